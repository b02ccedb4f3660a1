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
            }

            #(#receives)*
            #(#emits)*
            #(#distinct)*
        };
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
