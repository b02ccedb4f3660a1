//! The traits of a namespace.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use crate::{
    model::here,
    namespace::{Namespace, Sets},
};

pub(super) fn expand(namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, auth, session, data, sequential, .. } = namespace;
    let span = here(ident.span());
    let client_to_server = namespace.client_to_server.joined(private, span);
    let server_to_client = namespace.server_to_client.joined(private, span);
    let server_to_server = namespace.server_to_server.joined(private, span);
    // Written at the derive: rustc would offer to add a parameter for a type that is not in scope, as a second error.
    let no_parameters = quote_spanned!(Span::mixed_site()=> <>);
    let receives = namespace.client_to_server.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #no_parameters #private::Receives<#set> for #ident {}

            // It also asks whether they are events from clients at all: see `directions`.
            #[automatically_derived]
            impl #no_parameters #private::Admits<#set, #private::Socket<#ident>> for #ident {
                type Guarded = #set;
            }
        }
    });
    // What it receives may have been meant by what is wrong.
    let receives_any = (namespace.broken && namespace.client_to_server.types().is_empty()).then(|| {
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl<E: #private::ClientToServer> #private::Receives<E> for #ident {}

            #[automatically_derived]
            impl<E: #private::Guarded<#private::Socket<#ident>>>
                #private::Admits<E, #private::Socket<#ident>> for #ident
            {
                type Guarded = E;
            }
        }
    });
    let receives_any_from_nodes =
        (namespace.broken && namespace.server_to_server.types().is_empty()).then(|| {
            let private = private.at(span);
            quote_spanned! {span=>
                #[automatically_derived]
                impl<E: #private::ServerToServer> #private::ReceivesFromNodes<E> for #ident {}
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
    let receives_from_nodes = namespace.server_to_server.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl #no_parameters #private::ReceivesFromNodes<#set> for #ident {}
        }
    });
    let distinct = [&namespace.client_to_server, &namespace.server_to_client, &namespace.server_to_server]
        .map(|sets| distinct(namespace, sets));
    let directions = directions(namespace);
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
                type ServerToServer = #server_to_server;
                type Auth = #auth;
                type Session = #session;
                type Data = #data;
                #params
            }

            #directions
            #(#receives)*
            #receives_any
            #(#emits)*
            #(#receives_from_nodes)*
            #receives_any_from_nodes
            #(#distinct)*
        };
    }
}

/// Asks of each enum that it goes the way it is named for, here and not in the bounds of other traits: this is underlined whole. Of
/// those that clients send it is asked together with their guards, `Admits`.
fn directions(namespace: &Namespace) -> TokenStream {
    let s2c = namespace.server_to_client.types().iter().map(|set| (set, "ServerToClient"));
    let s2s = namespace.server_to_server.types().iter().map(|set| (set, "ServerToServer"));
    let asked = s2c.chain(s2s).map(|(set, direction)| {
        let span = here(set.span());
        let private = namespace.private.at(span);
        let direction = Ident::new(direction, span);
        quote_spanned!(span=> const _: () = <#set as #private::#direction>::CHECKED;)
    });
    asked.collect()
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
