//! From a description to code: a file for each thing that is written.

mod argument;
mod dispatch;
mod emitter;
mod events;
mod fallback;
mod guard;
mod handler;
mod lifecycle;
mod namespace;
mod param;
mod room;
#[cfg(test)]
mod size;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{
    check,
    ctxt::Ctxt,
    model::{Direction, EventSet},
    namespace::Namespace,
    room::Rooms,
    side::Sides,
};

/// One of the three event derives.
pub(crate) fn events(sides: Sides, direction: Direction, input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let set = EventSet::read(&cx, sides, direction, input);
    if let Some(set) = &set {
        check::events(&cx, set);
    }
    let failed = cx.failed();
    let errors = cx.finish();
    match set {
        None => errors,
        Some(set) if failed || set.broken => {
            let stubs = fallback::expand(set);
            quote!(#errors #stubs)
        }
        Some(mut set) => {
            let handler = handler::expand(&set);
            let emitter = emitter::expand(&set);
            let import = set.enter_block();
            let shared = handler::shared(&set);
            let events = events::expand(&set);
            let dispatch = dispatch::expand(&set);
            let guards = guard::expand(&set);
            let codecs = argument::codecs(&set);
            quote! {
                #handler
                #emitter
                const _: () = {
                    #import
                    #shared
                    #events
                    #dispatch
                    #guards
                    #codecs
                };
            }
        }
    }
}

/// The namespace derive. Its fallback is its usual code, with defaults for what could not be read.
pub(crate) fn namespace(sides: Sides, input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let namespace = Namespace::read(&cx, input).map(|namespace| namespace::expand(sides, &namespace));
    let errors = cx.finish();
    quote!(#errors #namespace)
}

/// The derive of room names.
pub(crate) fn room(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let rooms = Rooms::read(&cx, input).map(|rooms| room::expand(&rooms));
    let errors = cx.finish();
    quote!(#errors #rooms)
}

/// The derive of a lifecycle.
pub(crate) fn lifecycle(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::new();
    let implementations = lifecycle::expand(&cx, input);
    let errors = cx.finish();
    quote!(#errors #implementations)
}

/// Documentation for something generated from a variant: the variant's own, or a sentence.
fn docs(docs: &[syn::Attribute], otherwise: &str) -> TokenStream {
    if docs.is_empty() { quote!(#[doc = #otherwise]) } else { quote!(#(#docs)*) }
}
