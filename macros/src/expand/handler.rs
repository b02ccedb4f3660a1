//! The handler trait of a client-to-server enum: what the user implements, and the same for an `Arc` of it.
//!
//! Every part stands where the variant or field stands that it comes from: rustc's own messages about a missing or wrong
//! handler then point there.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, Type, spanned::Spanned};

use super::docs;
use crate::model::{Ack, Event, EventSet, here};

/// The trait's name, if the direction has one.
pub(super) fn name(set: &EventSet) -> Option<Ident> {
    set.direction.has_handlers().then(|| set.named("Handler"))
}

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let Some(name) = name(set) else { return TokenStream::new() };
    let EventSet { ident, vis, events, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let namespace = set.parameter("N");
    let handler = set.parameter("H");
    let methods = events.iter().map(|event| method(set, event, &namespace));
    let forwards = events.iter().map(|event| forward(set, event, &name, &namespace, &handler));
    let about =
        format!("Handles the events of [`{ident}`]: a method for each, called when a client sends it.");
    quote_spanned! {span=>
        #[doc = #about]
        #[allow(dead_code, clippy::too_many_arguments)]
        #vis trait #name<#namespace: #private::Receives<#ident>>:
            #private::Send + #private::Sync + 'static
        {
            #(#methods)*
        }

        #[automatically_derived]
        #[allow(deprecated)]
        impl<#namespace, #handler> #name<#namespace> for #private::Arc<#handler>
        where
            #namespace: #private::Receives<#ident>,
            #handler: #name<#namespace>,
        {
            #(#forwards)*
        }
    }
}

fn method(set: &EventSet, event: &Event, namespace: &Ident) -> TokenStream {
    let method = &event.method;
    let private = set.private(event.span());
    let about = docs(&event.docs, &format!("A client sent `{}`.", event.name));
    let signature = signature(set, event, namespace, event.args.iter().map(|arg| &arg.ident));
    let span = event.span();
    if set.broken {
        // A handler that is left out may be one that was meant to be optional.
        let future = future(set, event);
        return quote_spanned! {span=>
            #about
            #[allow(unused_variables, unreachable_code)]
            fn #method #signature {
                fn unreachable() -> impl #future + #private::Send {
                    async { loop {} }
                }
                unreachable()
            }
        };
    }
    if event.optional.is_none() {
        return quote_spanned!(span=> #about fn #method #signature;);
    }
    let value = default(set, event);
    quote_spanned! {span=>
        #about
        ///
        /// A handler may be left out: see what the event is declared with.
        #[allow(unused_variables)]
        fn #method #signature {
            #private::ready(#value)
        }
    }
}

/// What an event is answered with that nobody handles.
fn default(set: &EventSet, event: &Event) -> TokenStream {
    let default = |ty: &Type| {
        let span = here(ty.span());
        let private = set.private(span);
        quote_spanned!(span=> <#ty as #private::HasDefault>::default_value())
    };
    let span = event.span();
    let private = set.private(span);
    match &event.ack {
        Ack::None => quote_spanned!(span=> ()),
        Ack::Plain(value) => default(value),
        Ack::Fallible(value, _) => {
            let value = default(value);
            quote_spanned!(span=> #private::Result::Ok(#value))
        }
    }
}

fn forward(set: &EventSet, event: &Event, name: &Ident, namespace: &Ident, handler: &Ident) -> TokenStream {
    let method = &event.method;
    let locals = event.locals();
    let signature = signature(set, event, namespace, locals.iter());
    let guard = event.guard.iter().map(|_| Ident::new("guard", event.span()));
    quote_spanned! {event.span()=>
        fn #method #signature {
            <#handler as #name<#namespace>>::#method(&**self, socket #(, #guard)* #(, #locals)*)
        }
    }
}

/// Parameters and return type. `self`, `socket` and `guard` are not the user's, should an argument be called that.
fn signature<'a>(
    set: &EventSet,
    event: &Event,
    namespace: &Ident,
    names: impl Iterator<Item = &'a Ident>,
) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    let types = event.args.iter().map(|arg| &arg.ty);
    let guard = event.guard.iter().map(|guard| &guard.ty);
    let future = future(set, event);
    quote_spanned! {span=>
        (&self, socket: #private::Socket<#namespace> #(, guard: #guard)* #(, #names: #types)*)
            -> impl #future + #private::Send
    }
}

/// What a handler returns, where the acknowledgement stands if there is one: a wrong answer is wrong there.
fn future(set: &EventSet, event: &Event) -> TokenStream {
    match &event.ack {
        Ack::None => {
            let span = event.span();
            let private = set.private(span);
            quote_spanned!(span=> #private::Future<Output = ()>)
        }
        Ack::Plain(value) => {
            let span = here(value.span());
            let private = set.private(span);
            quote_spanned!(span=> #private::Future<Output = #value>)
        }
        Ack::Fallible(value, error) => {
            let span = here(value.span());
            let private = set.private(span);
            quote_spanned!(span=> #private::Future<Output = #private::Result<#value, #error>>)
        }
    }
}
