//! The handler trait of a client-to-server enum: what the user implements, and the same for an `Arc` of it.
//!
//! Every part stands where the variant or field stands that it comes from: rustc's own messages about a missing or wrong
//! handler then point there.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Ident;

use super::{docs, output};
use crate::model::{Direction, Event, EventSet};

/// The trait's name, if the direction has one.
pub(super) fn name(set: &EventSet) -> Option<Ident> {
    (set.direction == Direction::ClientToServer).then(|| set.named("Handler"))
}

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let Some(name) = name(set) else { return TokenStream::new() };
    let EventSet { ident, vis, private, events, .. } = set;
    let namespace = set.parameter("N");
    let handler = set.parameter("H");
    let methods = events.iter().map(|event| method(set, event, &namespace));
    let forwards = events.iter().map(|event| forward(set, event, &name, &namespace, &handler));
    let about =
        format!("Handles the events of [`{ident}`]: a method for each, called when a client sends it.");
    // No span of its own: rustc points at it only to say "in this trait".
    quote_spanned! {Span::mixed_site()=>
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
    let Event { method, .. } = event;
    let span = event.ident.span();
    let about = docs(&event.docs, &format!("A client sent `{}`.", event.name));
    let signature = signature(set, event, namespace, event.args.iter().map(|arg| &arg.ident));
    quote_spanned!(span=> #about fn #method #signature;)
}

fn forward(set: &EventSet, event: &Event, name: &Ident, namespace: &Ident, handler: &Ident) -> TokenStream {
    let Event { method, .. } = event;
    let locals = event.locals();
    let signature = signature(set, event, namespace, locals.iter());
    quote_spanned! {Span::mixed_site()=>
        fn #method #signature {
            <#handler as #name<#namespace>>::#method(&**self, socket #(, #locals)*)
        }
    }
}

fn signature<'a>(
    set: &EventSet,
    event: &Event,
    namespace: &Ident,
    names: impl Iterator<Item = &'a Ident>,
) -> TokenStream {
    let private = &set.private;
    let span = event.ident.span();
    let types = event.args.iter().map(|arg| &arg.ty);
    let output = output(set, &event.ack);
    // Not the user's `socket`, should an argument be called that.
    let socket = Ident::new("socket", Span::mixed_site());
    let receiver = quote_spanned!(Span::mixed_site()=> &self);
    quote_spanned! {span=>
        (#receiver, #socket: #private::Socket<#namespace> #(, #names: #types)*)
            -> impl #private::Future<Output = #output> + #private::Send
    }
}
