//! The traits of a namespace.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Type, spanned::Spanned};

use crate::namespace::Namespace;

pub(super) fn expand(namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, auth, session, data, sequential, .. } = namespace;
    let client_to_server = namespace.client_to_server.joined(private);
    let server_to_client = namespace.server_to_client.joined(private);
    let receives = namespace.client_to_server.types().iter().map(|set| {
        quote_spanned! {at(set)=>
            #[automatically_derived]
            impl #private::Receives<#set> for #ident {}
        }
    });
    let emits = namespace.server_to_client.types().iter().map(|set| {
        quote_spanned! {at(set)=>
            #[automatically_derived]
            impl #private::EmittableOn<#ident> for #set {}
        }
    });
    let distinct =
        [&namespace.client_to_server, &namespace.server_to_client].map(|sets| match sets.types() {
            [] | [_] => TokenStream::new(),
            several => quote_spanned! {Span::mixed_site()=>
                const _: () = #private::assert_distinct(&[#(<#several as #private::Events>::EVENTS),*]);
            },
        });
    quote_spanned! {Span::mixed_site()=>
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

fn at(set: &Type) -> Span {
    set.span().resolved_at(Span::mixed_site())
}
