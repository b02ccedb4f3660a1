//! The way from a name to a handler: one `match`, and a small function for each event.
//!
//! The function decodes and boxes the handler's future, once; nothing above it is generic over the event, so that a namespace's
//! machinery is compiled once.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::{events, handler::Handler};
use crate::model::{Ack, Event, EventSet, here};

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let span = set.span();
    let private = set.private(span);
    let functions = set.events.iter().enumerate().map(|(at, event)| function(set, at, event));
    let arms = set.events.iter().map(|event| {
        let (name, method) = (event.names(), &event.method);
        quote_spanned!(span=> #name => #method(handler, context, args, reply),)
    });
    let body = quote_spanned! {span=>
        #(#functions)*

        match name {
            #(#arms)*
            _ => #private::Dispatched::Unknown,
        }
    };
    implementation(set, &body)
}

/// The `impl` around a body, which the fallback leaves empty.
pub(super) fn implementation(set: &EventSet, body: &TokenStream) -> TokenStream {
    let Some(handles) = Handler::of(set) else { return TokenStream::new() };
    let (ident, trait_name) = (&set.ident, &handles.name);
    let span = set.span();
    let private = set.private(span);
    let (namespace, handler) = (set.parameter("N"), set.parameter("H"));
    let any = set.parameter("C");
    let (bound, context) = (handles.bound(set), handles.context(set, &namespace, span));
    let admits = admits(set, &namespace);
    quote_spanned! {span=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl<#namespace, #handler> #private::Dispatch<#context, #handler> for #ident
        where
            #namespace: #bound #admits,
            #handler: #trait_name<#namespace>,
        {
            fn dispatch(
                handler: &#private::Arc<#handler>,
                context: #context,
                name: &#private::str,
                args: &mut #private::ArgReader<'_>,
                reply: #private::ReplyTo,
            ) -> #private::Dispatched
            where
                #handler: #private::Shared,
            {
                #body
            }
        }

        #[automatically_derived]
        impl<#namespace, #any, #handler> #private::HandledBy<#namespace, #any, #handler> for #ident
        where
            #ident: #private::Handled<#namespace, #any, #handler>,
        {
            fn dispatch(
                handler: &#private::Arc<#handler>,
                context: #any,
                name: &#private::str,
                args: &mut #private::ArgReader<'_>,
                reply: #private::ReplyTo,
            ) -> #private::Dispatched
            where
                #handler: #private::Shared,
            {
                <#ident as #private::Handled<#namespace, #any, #handler>>::dispatch(
                    handler, context, name, args, reply,
                )
            }

            fn each_event(tell: &mut dyn #private::FnMut(&'static #private::EventDef)) {
                for event in <#ident as #private::Events>::EVENTS {
                    tell(event);
                }
            }
        }
    }
}

fn function(set: &EventSet, at: usize, event: &Event) -> TokenStream {
    let Some(handles) = Handler::of(set) else { return TokenStream::new() };
    let trait_name = &handles.name;
    let span = set.span();
    let private = set.private(span);
    let (namespace, handler_type) = (set.parameter("N"), set.parameter("H"));
    let (bound, context) = (handles.bound(set), handles.context(set, &namespace, span));
    let method = &event.method;
    let locals = event.locals();
    let reads = events::reads(set, event);
    let failed = failed(set, event);
    let finish = events::finish(event, span);
    let admits = admits(set, &namespace);
    let guard = event.guard.as_ref().map(|_| Ident::new("guard", span));
    let guard = guard.iter();
    let call = quote_spanned! {span=>
        <#handler_type as #trait_name<#namespace>>::#method(&handler, context #(, #guard)* #(, #locals)*).await
    };
    let answer = answer(set, event, &call);
    let dispatched = dispatched(set, at, event, &namespace, &answer);
    quote_spanned! {span=>
        fn #method<#namespace, #handler_type>(
            handler: &#private::Arc<#handler_type>,
            context: #context,
            args: &mut #private::ArgReader<'_>,
            reply: #private::ReplyTo,
        ) -> #private::Dispatched
        where
            #namespace: #bound #admits,
            #handler_type: #trait_name<#namespace> + #private::Shared,
        {
            #(
                let #locals = match #reads {
                    #private::Result::Ok(value) => value,
                    #private::Result::Err(error) => return #failed,
                };
            )*
            if let #private::Result::Err(error) = #private::ArgReader::#finish(args) {
                return #failed;
            }
            let handler = #private::Clone::clone(handler);
            #dispatched
        }
    }
}

/// The future of a handler, behind its guard if it has one.
fn dispatched(
    set: &EventSet,
    at: usize,
    event: &Event,
    namespace: &Ident,
    answer: &TokenStream,
) -> TokenStream {
    let ident = &set.ident;
    let span = set.span();
    let private = set.private(span);
    if event.guard.is_none() {
        return quote_spanned! {span=>
            #private::Dispatched::Handler {
                event: &<#ident as #private::Events>::EVENTS[#at],
                future: #private::Box::pin(async move { #answer }),
            }
        };
    };
    let refused = match &event.ack {
        Ack::Fallible(_, error) => quote_spanned! {span=> {
            use #private::{FromRefused as _, NotFromRefused as _};
            (&#private::Refusal::<#error>::new()).refused(refusal, reply)
        }},
        Ack::None | Ack::Plain(_) => quote_spanned!(span=> #private::refused(refusal)),
    };
    quote_spanned! {span=>
        #private::Dispatched::Guarded {
            event: &<#ident as #private::Events>::EVENTS[#at],
            future: #private::Box::pin(async move {
                let guard = <
                    <#namespace as #private::Admits<#ident, #private::Socket<#namespace>>>::Guarded
                        as #private::Guarded<#private::Socket<#namespace>>
                >::guard::<_>(&context, #at);
                let guard = match guard.await {
                    #private::Result::Ok(guard) => guard,
                    #private::Result::Err(refusal) => return #private::Result::Err(#refused),
                };
                #private::Result::Ok({ #answer })
            }),
        }
    }
}

/// A bound that the guards of the set can be made, if it has any.
fn admits(set: &EventSet, namespace: &Ident) -> Option<TokenStream> {
    let ident = &set.ident;
    let span = set.span();
    let private = set.private(span);
    set.events
        .iter()
        .any(|event| event.guard.is_some())
        .then(|| quote_spanned!(span=> + #private::Admits<#ident, #private::Socket<#namespace>>))
}

/// Waits for the handler and answers with what it returns.
fn answer(set: &EventSet, event: &Event, call: &TokenStream) -> TokenStream {
    let span = set.span();
    let result = Ident::new("result", span);
    let reply = Ident::new("reply", span);
    let answer = match &event.ack {
        Ack::None => {
            let private = set.private(span);
            return quote_spanned! {span=>
                let () = #call;
                #private::ReplyTo::none(reply)
            };
        }
        Ack::Plain(value) => {
            let span = here(value.span());
            let private = set.private(span);
            quote_spanned!(span=> <#value as #private::EventArg>::answer(&#result, #reply))
        }
        Ack::Fallible(value, error) => {
            let span = here(error.span());
            let private = set.private(span);
            quote_spanned!(span=> <#error as #private::ErrorBeside<#value>>::answer(&#result, #reply))
        }
    };
    quote_spanned! {span=>
        let #result = #call;
        #answer
    }
}

/// The outcome of arguments that do not decode. Whether the error type can be made from a `DecodeError` is found out by method
/// look-up, which prefers the first of two traits if its bound holds.
fn failed(set: &EventSet, event: &Event) -> TokenStream {
    let span = set.span();
    let private = set.private(span);
    match &event.ack {
        Ack::Fallible(_, refusal) => quote_spanned! {span=> {
            use #private::{FromDecodeError as _, NotFromDecodeError as _};
            (&#private::Refusal::<#refusal>::new()).failed(error, reply)
        }},
        Ack::None | Ack::Plain(_) => quote_spanned!(span=> #private::failed(error)),
    }
}
