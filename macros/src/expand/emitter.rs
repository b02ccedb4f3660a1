//! The emitter of an enum: a struct with a method for each event.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, Type, spanned::Spanned};

use super::{argument, docs};
use crate::model::{Ack, Arg, Event, EventSet, here};

pub(super) fn expand(set: &EventSet) -> TokenStream {
    structure(set, &|target| set.events.iter().map(|event| method(set, event, target)).collect())
}

/// The struct and its methods, which the fallback writes in its own way.
pub(super) fn structure(set: &EventSet, methods: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
    let EventSet { ident, vis, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let name = set.named("Emitter");
    let target = set.parameter("T");
    let methods = methods(&target);
    let about = format!("Emits the events of [`{ident}`]: a method for each.");
    quote_spanned! {span=>
        #[doc = #about]
        #[allow(missing_debug_implementations)]
        #vis struct #name<#target>(#target);

        #[automatically_derived]
        #[allow(dead_code, clippy::too_many_arguments)]
        impl<#target> #name<#target>
        where
            #target: #private::EmitTarget,
        {
            #methods
        }
    }
}

fn method(set: &EventSet, event: &Event, target: &Ident) -> TokenStream {
    let EventSet { vis, .. } = set;
    let Event { method, deprecated, .. } = event;
    let span = event.span();
    let private = set.private(span);
    let about = docs(&event.docs, &format!("Emits `{}`.", event.name));
    let names: Vec<_> = event.args.iter().map(|arg| &arg.ident).collect();
    let bounds = event.args.iter().map(|arg| bound(set, event, arg));
    let writer = Ident::new("writer", span);
    let writes = event.args.iter().map(|arg| {
        let (name, ty, bound) = (&arg.ident, &arg.ty, bound(set, event, arg));
        if arg.with.is_some() {
            return argument::write(set, arg, &quote_spanned!(span=> #bound::value(&#name)), &writer);
        }
        quote_spanned!(span=> #private::ArgWriter::arg(#writer, #private::EmitArg::<#ty>::wire(&#name));)
    });
    let (plain, json) = (event.literal(), event.json_literal());
    let output = output(set, event, target);
    let send = match &event.ack {
        Ack::None => quote_spanned!(span=> #private::EmitTarget::send),
        // At the type, as everywhere else: see `events`.
        Ack::Plain(value) => {
            let span = here(value.span());
            let private = set.private(span);
            quote_spanned!(span=> <#value as #private::EventArg>::ask)
        }
        Ack::Fallible(value, error) => {
            let check = checked(set, value);
            let span = here(error.span());
            let private = set.private(span);
            quote_spanned!(span=> #check <#error as #private::ErrorBeside<#value>>::ask)
        }
    };
    quote_spanned! {span=>
        #about
        #deprecated
        #vis fn #method(&self #(, #names: impl #bounds)*) -> #output {
            #send(&self.0, #private::EventName::new(#plain, #json), &|#writer| {
                #(#writes)*
            })
        }
    }
}

/// What a caller may give for an argument.
fn bound(set: &EventSet, event: &Event, arg: &Arg) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    let ty = &arg.ty;
    if arg.with.is_some() {
        return quote_spanned!(span=> #private::EmitValue::<#ty>);
    }
    quote_spanned!(span=> #private::EmitArg<#ty>)
}

/// A statement that the type can be an argument, at the type.
fn checked(set: &EventSet, value: &Type) -> TokenStream {
    let span = here(value.span());
    let private = set.private(span);
    quote_spanned!(span=> <#value as #private::EventArg>::check();)
}

/// What a method returns.
pub(super) fn output(set: &EventSet, event: &Event, target: &Ident) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    match &event.ack {
        Ack::None => quote_spanned!(span=> #target::Sent),
        Ack::Plain(value) => quote_spanned!(span=> #target::Ack<#private::Plain<#value>>),
        Ack::Fallible(value, error) => {
            quote_spanned!(span=> #target::Ack<#private::Fallible<#value, #error>>)
        }
    }
}
