//! The traits of a namespace.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use super::param::Param;
use crate::{
    model::here,
    namespace::{Namespace, Sets},
    side::Sides,
};

pub(super) fn expand(sides: Sides, namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, auth, session, data, sequential, .. } = namespace;
    let span = here(ident.span());
    let joined = |sets: &Sets| {
        sets.joined(private, span, namespace.mistaken.as_ref(), |set| {
            checked(namespace, set, &question(namespace, set))
        })
    };
    let client_to_server = joined(&namespace.client_to_server);
    let server_to_client = joined(&namespace.server_to_client);
    let server_to_server = joined(&namespace.server_to_server);
    // Written at the derive: rustc would offer to add a parameter for a type that is not in scope, as a second error.
    let no_parameters = quote_spanned!(Span::mixed_site()=> <>);
    let receives = namespace.client_to_server.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        let checked = checked(namespace, set, &question(namespace, set));
        let admits = sides.server.then(|| {
            quote_spanned! {span=>
                #[automatically_derived]
                impl #no_parameters #private::Admits<#set, #private::Socket<#ident>> for #ident {
                    type Guarded = #checked;
                }
            }
        });
        quote_spanned! {span=>
            #[automatically_derived]
            impl #no_parameters #private::Receives<#checked> for #ident {}

            #admits
        }
    });
    // What it receives may have been meant by what is wrong.
    let receives_any =
        (namespace.mistaken.is_some() && namespace.client_to_server.types().is_empty()).then(|| {
            let private = private.at(span);
            let admits = sides.server.then(|| {
                quote_spanned! {span=>
                    #[automatically_derived]
                    impl<E: #private::Guarded<#private::Socket<#ident>>>
                        #private::Admits<E, #private::Socket<#ident>> for #ident
                    {
                        type Guarded = E;
                    }
                }
            });
            quote_spanned! {span=>
                #[automatically_derived]
                impl<E: #private::ClientToServer> #private::Receives<E> for #ident {}

                #admits
            }
        });
    let receives_any_from_nodes =
        (namespace.mistaken.is_some() && namespace.server_to_server.types().is_empty()).then(|| {
            let private = private.at(span);
            quote_spanned! {span=>
                #[automatically_derived]
                impl<E: #private::ServerToServer> #private::ReceivesFromNodes<E> for #ident {}
            }
        });
    let receives_any_from_server = (sides.client
        && namespace.mistaken.is_some()
        && namespace.server_to_client.types().is_empty())
    .then(|| {
        let private = private.at(span);
        quote_spanned! {span=>
            #[automatically_derived]
            impl<E: #private::ServerToClient> #private::ReceivesFromServer<E> for #ident {}
        }
    });
    let emits = namespace.server_to_client.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        let receives = sides.client.then(|| {
            let checked = checked(namespace, set, &question(namespace, set));
            quote_spanned! {span=>
                #[automatically_derived]
                impl #no_parameters #private::ReceivesFromServer<#checked> for #ident {}
            }
        });
        quote_spanned! {span=>
            #[automatically_derived]
            impl #no_parameters #private::EmittableOn<#ident> for #set {}

            #receives
        }
    });
    let receives_from_nodes = namespace.server_to_server.types().iter().map(|set| {
        let span = here(set.span());
        let private = private.at(span);
        let set = checked(namespace, set, &question(namespace, set));
        quote_spanned! {span=>
            #[automatically_derived]
            impl #no_parameters #private::ReceivesFromNodes<#set> for #ident {}
        }
    });
    let auth = checked(namespace, auth, &question(namespace, auth));
    let session = checked(namespace, session, &question(namespace, session));
    let data = checked(namespace, data, &question(namespace, data));
    let distinct = [&namespace.client_to_server, &namespace.server_to_client, &namespace.server_to_server]
        .map(|sets| distinct(namespace, sets));
    let params = params(namespace);
    let asked = questions(namespace).into_iter().map(|(ty, asked)| ask(namespace, ty, asked));
    let private = private.at(span);
    quote_spanned! {span=>
        const _: () = {
            #(#asked)*

            #[automatically_derived]
            impl #no_parameters #private::Namespace for #ident {
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

            #(#receives)*
            #receives_any
            #(#emits)*
            #(#receives_from_nodes)*
            #receives_any_from_nodes
            #receives_any_from_server
            #(#distinct)*
        };
    }
}

/// The type, if it is fit for what it is named for. If it is not, that is said in a constant, once: where a constant is in
/// error, so is the type made with it, and the compiler says no more about what uses it.
fn checked(namespace: &Namespace, set: &Type, checked: &Ident) -> TokenStream {
    if is_unit(set) {
        return set.to_token_stream();
    }
    let span = here(set.span());
    let private = namespace.private.at(span);
    quote_spanned!(span=> <#private::Checked<#checked> as #private::Goes<#set>>::Way)
}

/// The types of a namespace, each with the trait that it has to have.
fn questions(namespace: &Namespace) -> Vec<(&Type, &'static str)> {
    let sets = [
        (&namespace.client_to_server, "ClientToServer"),
        (&namespace.server_to_client, "ServerToClient"),
        (&namespace.server_to_server, "ServerToServer"),
    ];
    let sets =
        sets.into_iter().flat_map(|(sets, direction)| sets.types().iter().map(move |set| (set, direction)));
    sets.chain([
        (&namespace.auth, "NamespaceAuth"),
        (&namespace.session, "NamespaceSession"),
        (&namespace.data, "NamespaceData"),
    ])
    .filter(|(ty, _)| !is_unit(ty))
    .collect()
}

/// What an option is that was not written: fit for all of them.
fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The constant that asks of a type, which is one of the namespace's own, whether it has the trait.
fn question(namespace: &Namespace, ty: &Type) -> Ident {
    let at = questions(namespace).iter().position(|(other, _)| std::ptr::eq(*other, ty));
    format_ident!("CHECKED_{}", at.unwrap_or_default(), span = here(ty.span()))
}

fn ask(namespace: &Namespace, ty: &Type, asked: &str) -> TokenStream {
    let span = here(ty.span());
    let private = namespace.private.at(span);
    let (constant, asked) = (question(namespace, ty), Ident::new(asked, span));
    quote_spanned!(span=> const #constant: #private::bool = <#ty as #private::#asked>::CHECKED;)
}

/// How the path and the struct become each other.
fn params(namespace: &Namespace) -> TokenStream {
    let Namespace { ident, private, path, literals, params, .. } = namespace;
    let span = here(ident.span());
    let private_here = private.at(span);
    if namespace.mistaken.is_some() {
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
    let count = params.len();
    let with_literals = params.iter().zip(others).enumerate().map(|(at, ((field, ty), literal))| {
        (field, Param { private, ty, literal, is_last: at + 1 == count })
    });
    let whole = Ident::new("path", span);
    let (reads, writes): (Vec<_>, Vec<_>) = with_literals
        .zip(&found)
        .map(|((field, param), found)| {
            let span = here(param.ty.span());
            let read = param.read(found);
            let field_of_self = quote_spanned!(span=> &self.#field);
            (quote_spanned!(span=> #field: #read), param.write(&field_of_self, &whole))
        })
        .unzip();
    quote_spanned! {span=>
        const DYNAMIC: #private_here::bool = true;

        fn parse_path(path: &#private_here::str) -> #private_here::Option<Self> {
            let [#(#found),*] = #private_here::match_path(path, &[#first, #(#others),*])?;
            #private_here::Option::Some(Self { #(#reads),* })
        }

        fn path(&self) -> #private_here::Cow<'static, #private_here::str> {
            let mut whole = #private_here::String::new();
            let #whole = &mut whole;
            #whole.push_str(#first);
            #(#writes)*
            #private_here::Cow::Owned(whole)
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
