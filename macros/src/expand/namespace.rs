//! The traits of a namespace.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::{
    model::here,
    namespace::{Namespace, Sets},
};

pub(super) fn expand(namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, auth, session, data, sequential, .. } = namespace;
    let span = here(ident.span());
    let client_to_server = namespace.client_to_server.joined(private, span);
    let server_to_client = namespace.server_to_client.joined(private, span);
    let receives = namespace.client_to_server.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #private::Receives<#set> for #ident {}

            #[automatically_derived]
            impl #private::Admits<#set, #private::Socket<#ident>> for #ident {
                type Guarded = #set;
            }
        }
    });
    let emits = namespace.server_to_client.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #private::EmittableOn<#ident> for #set {}
        }
    });
    let distinct =
        [&namespace.client_to_server, &namespace.server_to_client].map(|sets| distinct(namespace, sets));
    let params = params(namespace);
    let private = private.at(span);
    quote_spanned! {span=>
        const _: () = {
            #[automatically_derived]
            impl #private::Namespace for #ident {
                const PATH: &'static #private::str = #path;
                const SEQUENTIAL: #private::bool = #sequential;
                type ClientToServer = #client_to_server;
                type ServerToClient = #server_to_client;
                type Auth = #auth;
                type Session = #session;
                type Data = #data;
                #params
            }

            #(#receives)*
            #(#emits)*
            #(#distinct)*
        };
    }
}

/// How the path and the struct become each other.
fn params(namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, literals, params, .. } = namespace;
    let span = here(ident.span());
    let private_here = private.at(span);
    if namespace.broken {
        return quote_spanned! {span=>
            fn parse_path(_: &#private_here::str) -> #private_here::Option<Self> {
                #private_here::Option::None
            }

            fn path(&self) -> #private_here::Cow<'static, #private_here::str> {
                #private_here::Cow::Borrowed(#path)
            }
        };
    }
    if params.is_empty() {
        return quote_spanned! {span=>
            fn parse_path(path: &#private_here::str) -> #private_here::Option<Self> {
                if path == #path { #private_here::Option::Some(Self {}) } else { #private_here::Option::None }
            }

            fn path(&self) -> #private_here::Cow<'static, #private_here::str> {
                #private_here::Cow::Borrowed(#path)
            }
        };
    }
    let (first, others) = (&literals[0], &literals[1..]);
    let found: Vec<_> = (0..params.len()).map(|index| quote::format_ident!("found_{index}")).collect();
    let reads = params.iter().zip(&found).map(|((field, ty), found)| {
        let span = here(ty.span());
        let private = private.at(span);
        quote_spanned! {span=> #field: <#ty as #private::PathParam>::parse(#found)? }
    });
    let writes = params.iter().zip(others).map(|((field, ty), literal)| {
        let span = here(ty.span());
        let private = private.at(span);
        quote_spanned! {span=>
            <#ty as #private::PathParam>::write(&self.#field, &mut path);
            path.push_str(#literal);
        }
    });
    quote_spanned! {span=>
        const DYNAMIC: #private_here::bool = true;

        fn parse_path(path: &#private_here::str) -> #private_here::Option<Self> {
            let [#(#found),*] = #private_here::match_path(path, &[#first, #(#others),*])?;
            #private_here::Option::Some(Self { #(#reads),* })
        }

        fn path(&self) -> #private_here::Cow<'static, #private_here::str> {
            let mut path = #private_here::String::new();
            path.push_str(#first);
            #(#writes)*
            #private_here::Cow::Owned(path)
        }
    }
}

/// Compares the names of each set with those of the sets before it: only the compiler sees several enums at once.
fn distinct(namespace: &Namespace, sets: &Sets) -> TokenStream {
    let types = sets.types();
    let after_first = types.iter().enumerate().skip(1);
    let asserts = after_first.map(|(at, set)| {
        let others = types.iter().take(at);
        let span = here(set.span());
        let private = namespace.private.at(span);
        quote_spanned! {span=>
            const _: () = #private::assert_distinct(
                <#set as #private::Events>::EVENTS,
                &[#(<#others as #private::Events>::EVENTS),*],
            );
        }
    });
    asserts.collect()
}
