//! What a set of events becomes when there is a mistake in it: the same names with empty bodies.
//!
//! So that the mistake is the only message: handlers, emits and namespaces that use the enum still find their traits and
//! methods. Nothing here asks anything of the types of arguments.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::{dispatch, emitter, events, handler};
use crate::model::{Event, EventSet};

pub(super) fn expand(mut set: EventSet) -> TokenStream {
    let mut methods = HashSet::new();
    set.events.retain(|event| methods.insert(event.method.to_string()));
    let handler = handler::expand(&set);
    let emitter = emitter::structure(&set, &|target| {
        set.events.iter().map(|event| method(&set, event, target)).collect()
    });
    let markers = events::markers(&set);
    let EventSet { ident, private, .. } = &set;
    let dispatch =
        dispatch::implementation(&set, &quote_spanned!(Span::mixed_site()=> #private::Dispatched::Unknown));
    quote_spanned! {Span::mixed_site()=>
        #handler
        #emitter
        const _: () = {
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
            #dispatch
        };
    }
}

fn method(set: &EventSet, event: &Event, target: &Ident) -> TokenStream {
    let EventSet { vis, private, .. } = set;
    let Event { method, .. } = event;
    let (output, _) = emitter::result(private, event, target);
    let args = event.args.iter().map(|_| quote!(_: impl #private::Anything));
    let receiver = quote_spanned!(Span::mixed_site()=> &self);
    quote_spanned! {event.ident.span()=>
        #[doc(hidden)]
        #[allow(unused_variables)]
        #vis fn #method(#receiver #(, #args)*) -> #output {
            loop {}
        }
    }
}
