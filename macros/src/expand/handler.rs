//! The handler trait of an enum whose events come to the application: what the user implements, and the same for an `Arc` of it.
//!
//! Every part stands where the variant or field stands that it comes from: rustc's own messages about a missing or wrong
//! handler then point there.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Ident, Type, spanned::Spanned};

use super::docs;
use crate::model::{Ack, Direction, Event, EventSet, here};

/// All that depends on who sends the events; names are those of `__private`.
struct Sender {
    /// Who it is, in the documentation.
    who: &'static str,
    /// What a namespace implements for the events it receives.
    receives: &'static str,
    /// What a handler is given beside the arguments, generic over the namespace.
    context: &'static str,
    /// What that is called in a signature.
    local: &'static str,
}

impl Sender {
    const fn of(direction: Direction) -> Self {
        match direction {
            Direction::ClientToServer => {
                Self { who: "a client", receives: "Receives", context: "Socket", local: "socket" }
            }
            Direction::ServerToClient => {
                Self { who: "the server", receives: "ReceivesFromServer", context: "Client", local: "client" }
            }
            Direction::ServerToServer => {
                Self { who: "another node", receives: "ReceivesFromNodes", context: "Broadcast", local: "io" }
            }
        }
    }
}

/// The handler trait of a set, and what its expansions are made of.
pub(super) struct Handler {
    /// The trait's name.
    pub(super) name: Ident,
    sender: Sender,
}

impl Handler {
    /// `None` if the side that the events go to is not part of this build.
    pub(super) fn of(set: &EventSet) -> Option<Self> {
        let is_written = set.sides.handle(set.direction);
        is_written.then(|| Self { name: set.named("Handler"), sender: Sender::of(set.direction) })
    }

    /// What the namespace has to implement.
    pub(super) fn bound(&self, set: &EventSet) -> TokenStream {
        let span = set.span();
        let private = set.private(span);
        let (receives, ident) = (Ident::new(self.sender.receives, span), &set.ident);
        quote_spanned!(span=> #private::#receives<#ident>)
    }

    /// The type of a handler's first parameter.
    pub(super) fn context(&self, set: &EventSet, namespace: &Ident, span: Span) -> TokenStream {
        let private = set.private(span);
        let context = Ident::new(self.sender.context, span);
        quote_spanned!(span=> #private::#context<#namespace>)
    }
}

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let Some(handles) = Handler::of(set) else { return TokenStream::new() };
    let name = &handles.name;
    let EventSet { ident, vis, events, .. } = set;
    let span = set.span();
    let namespace = set.parameter("N");
    let bound = handles.bound(set);
    let methods = events.iter().map(|event| method(set, &handles, event, &namespace));
    let who = handles.sender.who;
    let about = format!("Handles the events of [`{ident}`]: a method for each, called when {who} sends it.");
    quote_spanned! {span=>
        #[doc = #about]
        #[allow(dead_code, clippy::too_many_arguments)]
        #vis trait #name<#namespace>
        where
            #namespace: #bound,
        {
            #(#methods)*
        }
    }
}

/// The handler trait for an `Arc` of what has it.
pub(super) fn shared(set: &EventSet) -> TokenStream {
    let Some(handles) = Handler::of(set) else { return TokenStream::new() };
    let name = &handles.name;
    let span = set.span();
    let private = set.private(span);
    let namespace = set.parameter("N");
    let handler = set.parameter("H");
    let bound = handles.bound(set);
    let forwards = set.events.iter().map(|event| forward(set, &handles, event, &namespace, &handler));
    quote_spanned! {span=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl<#namespace, #handler> #name<#namespace> for #private::Arc<#handler>
        where
            #namespace: #bound,
            #handler: #name<#namespace> + #private::Shared,
        {
            #(#forwards)*
        }
    }
}

fn method(set: &EventSet, handles: &Handler, event: &Event, namespace: &Ident) -> TokenStream {
    let method = &event.method;
    let about = docs(&event.docs, &format!("Called when {} sent `{}`.", handles.sender.who, event.name));
    let signature = signature(set, handles, event, namespace, event.args.iter().map(|arg| &arg.ident));
    let span = event.span();
    let private = set.private(span);
    if set.stub {
        // A handler that is left out may be one that was meant to be optional.
        let future = future(set, event);
        return quote_spanned! {span=>
            #about
            #[allow(unused_variables)]
            fn #method #signature {
                fn nothing() -> impl #future + #private::Send {
                    async { loop {} }
                }
                nothing()
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
        /// It may be left out: the event is `optional`.
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

fn forward(
    set: &EventSet,
    handles: &Handler,
    event: &Event,
    namespace: &Ident,
    handler: &Ident,
) -> TokenStream {
    let (name, method) = (&handles.name, &event.method);
    let locals = event.locals();
    let local = Ident::new(handles.sender.local, event.span());
    let guard = event.guard.iter().map(|_| Ident::new("guard", event.span()));
    let signature = signature(set, handles, event, namespace, locals.iter());
    quote_spanned! {event.span()=>
        fn #method #signature {
            <#handler as #name<#namespace>>::#method(&**self, #local #(, #guard)* #(, #locals)*)
        }
    }
}

/// Parameters and return type. `self`, the context and `guard` are not the user's, should an argument be called that.
fn signature<'a>(
    set: &EventSet,
    handles: &Handler,
    event: &Event,
    namespace: &Ident,
    names: impl Iterator<Item = &'a Ident>,
) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    let types = event.args.iter().map(|arg| &arg.ty);
    let guard = event.guard.iter().map(|guard| &guard.ty);
    let future = future(set, event);
    let local = Ident::new(handles.sender.local, span);
    let context = handles.context(set, namespace, span);
    // Of a handler with too few parameters rustc shows what stands from here to the last: that is to be with the guard.
    let receiver = event.guard.as_ref().map_or(span, |guard| here(guard.word.span()));
    let receiver = quote_spanned!(receiver=> &self);
    quote_spanned! {span=>
        (#receiver, #local: #context #(, guard: #guard)* #(, #names: #types)*)
            -> impl #future + #private::Send
        where
            Self: #private::Shared,
    }
}

/// What a handler returns, where the acknowledgement stands if there is one: a wrong answer is wrong there.
fn future(set: &EventSet, event: &Event) -> TokenStream {
    if let Some(output) = &event.misread {
        // What the answer is may have been misread: a handler is right whatever it gives.
        let span = event.span();
        let private = set.private(span);
        return quote_spanned!(span=> #private::Future<Output = #output>);
    }
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
