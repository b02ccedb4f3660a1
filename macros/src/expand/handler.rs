//! The handler trait of a client-to-server enum: what the user implements, and the same for an `Arc` of it.
//!
//! Every part stands where the variant or field stands that it comes from: rustc's own messages about a missing or wrong
//! handler then point there.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::docs;
use crate::model::{Ack, Direction, Event, EventSet, here};

/// The trait's name, if the direction has one.
pub(super) fn name(set: &EventSet) -> Option<Ident> {
    (set.direction == Direction::ClientToServer).then(|| set.named("Handler"))
}

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let Some(name) = name(set) else { return TokenStream::new() };
    let EventSet { ident, vis, events, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let namespace = set.parameter("N");
    let methods = events.iter().map(|event| method(set, event, &namespace));
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
    }
}

/// The handler trait for an `Arc` of what has it.
pub(super) fn shared(set: &EventSet) -> TokenStream {
    let Some(name) = name(set) else { return TokenStream::new() };
    let EventSet { ident, events, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let namespace = set.parameter("N");
    let handler = set.parameter("H");
    let forwards = events.iter().map(|event| forward(set, event, &name, &namespace, &handler));
    quote_spanned! {span=>
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
    let about = docs(&event.docs, &format!("A client sent `{}`.", event.name));
    let signature = signature(set, event, namespace, event.args.iter().map(|arg| &arg.ident));
    quote_spanned!(event.span()=> #about fn #method #signature;)
}

fn forward(set: &EventSet, event: &Event, name: &Ident, namespace: &Ident, handler: &Ident) -> TokenStream {
    let method = &event.method;
    let locals = event.locals();
    let signature = signature(set, event, namespace, locals.iter());
    quote_spanned! {event.span()=>
        fn #method #signature {
            <#handler as #name<#namespace>>::#method(&**self, socket #(, #locals)*)
        }
    }
}

/// Parameters and return type. `self` and `socket` are not the user's, should an argument be called that.
fn signature<'a>(
    set: &EventSet,
    event: &Event,
    namespace: &Ident,
    names: impl Iterator<Item = &'a Ident>,
) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    let types = event.args.iter().map(|arg| &arg.ty);
    let future = future(set, event);
    quote_spanned! {span=>
        (&self, socket: #private::Socket<#namespace> #(, #names: #types)*)
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
