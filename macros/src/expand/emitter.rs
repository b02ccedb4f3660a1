//! The emitter of an enum: a struct with a method for each event.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::docs;
use crate::model::{Ack, Event, EventSet};

pub(super) fn expand(set: &EventSet) -> TokenStream {
    structure(set, &|target| set.events.iter().map(|event| method(set, event, target)).collect())
}

/// The struct and its methods, which the fallback writes in its own way.
pub(super) fn structure(set: &EventSet, methods: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
    let EventSet { ident, vis, private, .. } = set;
    let name = set.named("Emitter");
    let target = set.parameter("T");
    let methods = methods(&target);
    let about = format!("Emits the events of [`{ident}`]: a method for each.");
    quote_spanned! {Span::mixed_site()=>
        #[doc = #about]
        #[allow(missing_debug_implementations)]
        #vis struct #name<#target>(#target);

        #[automatically_derived]
        #[allow(dead_code, clippy::too_many_arguments)]
        impl<#target: #private::EmitTarget> #name<#target> {
            #methods
        }
    }
}

fn method(set: &EventSet, event: &Event, target: &Ident) -> TokenStream {
    let EventSet { vis, private, .. } = set;
    let Event { method, deprecated, .. } = event;
    let span = event.ident.span();
    let about = docs(&event.docs, &format!("Emits `{}`.", event.name));
    let names: Vec<_> = event.args.iter().map(|arg| &arg.ident).collect();
    let types: Vec<_> = event.args.iter().map(|arg| &arg.ty).collect();
    let (plain, json) = (event.literal(), event.json_literal());
    let (output, send) = result(private, event, target);
    let writer = Ident::new("writer", Span::mixed_site());
    let receiver = quote_spanned!(Span::mixed_site()=> &self);
    let body = quote_spanned! {Span::mixed_site()=>
        #private::EmitTarget::#send(&self.0, #private::EventName::new(#plain, #json), &|#writer| {
            #(#private::ArgWriter::arg(#writer, #private::EmitArg::<#types>::wire(&#names));)*
        })
    };
    quote_spanned! {span=>
        #about
        #deprecated
        #vis fn #method(#receiver #(, #names: impl #private::EmitArg<#types>)*) -> #output {
            #body
        }
    }
}

/// What a method returns, and what it calls on the target.
pub(super) fn result(private: &TokenStream, event: &Event, target: &Ident) -> (TokenStream, TokenStream) {
    match &event.ack {
        Ack::None => (quote!(#target::Sent), quote!(send)),
        Ack::Plain(value) => (quote!(#target::Ack<#private::Plain<#value>>), quote!(send_with_ack)),
        Ack::Fallible(value, error) => {
            (quote!(#target::Ack<#private::Fallible<#value, #error>>), quote!(send_with_ack))
        }
    }
}
