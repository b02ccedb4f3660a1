//! What a set of events becomes when there is a mistake in it: the same names with empty bodies.
//!
//! So that the mistake is the only message: handlers, emits and namespaces that use the enum still find their traits and
//! methods. Nothing here asks anything of the types of arguments.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Ident;

use super::{dispatch, emitter, events, guard, handler};
use crate::model::{Event, EventSet};

pub(super) fn expand(mut set: EventSet) -> TokenStream {
    set.stub = true;
    let mut methods = HashSet::new();
    set.events.retain(|event| methods.insert(event.method.to_string()));
    let handler = handler::expand(&set);
    let emitter = emitter::structure(&set, &|target| {
        set.events.iter().map(|event| method(&set, event, target)).collect()
    });
    let import = set.enter_block();
    let shared = handler::shared(&set);
    let markers = events::markers(&set);
    let ident = &set.ident;
    let span = set.span();
    let private = set.private(span);
    let guards = guard::expand(&set);
    let dispatch = dispatch::implementation(&set, &quote_spanned!(span=> #private::Dispatched::Unknown));
    quote_spanned! {span=>
        #handler
        #emitter
        const _: () = {
            #import
            #shared

            #[automatically_derived]
            impl #private::Events for #ident {
                const EVENTS: &'static [#private::EventDef] = &[];

                fn decode(
                    _: &#private::str,
                    _: &mut #private::ArgReader<'_>,
                ) -> #private::Result<#private::Option<Self>, #private::DecodeError> {
                    #private::Result::Ok(#private::Option::None)
                }

                fn name(&self) -> #private::EventName<'_> {
                    loop {}
                }

                fn encode(&self, _: &mut #private::ArgWriter) {}
            }

            #markers
            #guards
            #dispatch
        };
    }
}

fn method(set: &EventSet, event: &Event, target: &Ident) -> TokenStream {
    let EventSet { vis, .. } = set;
    let Event { method, .. } = event;
    let span = event.span();
    let private = set.private(span);
    let output = emitter::output(set, event, target);
    let args = event.args.iter().map(|_| quote_spanned!(span=> _: impl #private::Anything));
    quote_spanned! {span=>
        #[doc(hidden)]
        #vis fn #method(&self #(, #args)*) -> #output {
            loop {}
        }
    }
}
