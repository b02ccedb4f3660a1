//! The traits that describe an enum: `Emits`, `Events`, and its direction's.
//!
//! Payloads are read and written by paths of the form `<Type as EventArg>::read`, the whole of it where the type stands: a type
//! that cannot be an argument is then one message, at the type, however often it is named.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, LitStr, ext::IdentExt, spanned::Spanned};

use crate::model::{Ack, Event, EventSet};

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let EventSet { ident, private, events, .. } = set;
    let definitions = events.iter().map(|event| definition(set, event));
    let decode = events.iter().map(|event| decode(set, event));
    let names = arms(set, |event| {
        let (plain, json) = (event.literal(), event.json_literal());
        quote_spanned!(Span::mixed_site()=> #private::EventName::new(#plain, #json))
    });
    let encode = encode(set);
    let markers = markers(set);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #private::Events for #ident {
            const EVENTS: &'static [#private::EventDef] = &[#(#definitions),*];

            fn decode(
                name: &#private::str,
                args: &mut #private::ArgReader<'_>,
            ) -> #private::Result<#private::Option<Self>, #private::DecodeError> {
                match name {
                    #(#decode)*
                    _ => return #private::Result::Ok(#private::Option::None),
                }
            }

            fn name(&self) -> #private::EventName<'_> {
                #names
            }

            fn encode(&self, args: &mut #private::ArgWriter) {
                #encode
            }
        }

        #markers
    }
}

/// What does not depend on the events; the fallback needs it too.
pub(super) fn markers(set: &EventSet) -> TokenStream {
    let EventSet { ident, private, .. } = set;
    let emitter = set.named("Emitter");
    let direction = Ident::new(set.direction.derive(), Span::mixed_site());
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #private::Emits for #ident {
            type Emitter<T: #private::EmitTarget> = #emitter<T>;

            fn emitter<T: #private::EmitTarget>(target: T) -> #emitter<T> {
                #emitter(target)
            }
        }

        #[automatically_derived]
        impl #private::#direction for #ident {}
    }
}

fn definition(set: &EventSet, event: &Event) -> TokenStream {
    let private = &set.private;
    let name = event.literal();
    let method = LitStr::new(&event.method.unraw().to_string(), Span::mixed_site());
    let args = event.args.iter().map(|arg| arg.literal());
    let ack = !matches!(event.ack, Ack::None);
    quote! {
        #private::EventDef::new(#name, #method, &[#(#private::ArgDef::new(#args)),*], #ack)
    }
}

fn decode(set: &EventSet, event: &Event) -> TokenStream {
    let EventSet { ident, private, .. } = set;
    let name = event.literal();
    let locals = event.locals();
    let reads = reads(set, event);
    let value = event.with(ident, &locals);
    quote_spanned! {Span::mixed_site()=>
        #name => {
            #(let #locals = #reads?;)*
            #private::ArgReader::finish(args)?;
            #private::Result::Ok(#private::Option::Some(#value))
        }
    }
}

/// Reads each argument: results, in order.
pub(super) fn reads(set: &EventSet, event: &Event) -> Vec<TokenStream> {
    let private = &set.private;
    let args = Ident::new("args", Span::mixed_site());
    let read = |arg: &crate::model::Arg| {
        let (ty, name) = (&arg.ty, arg.literal());
        let span = ty.span().resolved_at(Span::mixed_site());
        quote_spanned!(span=> <#ty as #private::EventArg>::read(#args, #name))
    };
    event.args.iter().map(read).collect()
}

fn encode(set: &EventSet) -> TokenStream {
    let EventSet { ident, private, events, .. } = set;
    if events.is_empty() {
        return quote!(match *self {});
    }
    let arms = events.iter().map(|event| {
        let locals = event.locals();
        let pattern = event.with(ident, &locals);
        let args = Ident::new("args", Span::mixed_site());
        let writes = event.args.iter().zip(&locals).map(|(arg, local)| {
            let ty = &arg.ty;
            let span = ty.span().resolved_at(Span::mixed_site());
            quote_spanned!(span=> <#ty as #private::EventArg>::write(#local, #args);)
        });
        quote_spanned!(Span::mixed_site()=> #pattern => { #(#writes)* })
    });
    quote_spanned!(Span::mixed_site()=> match self { #(#arms)* })
}

/// A `match` on the variant, fields aside.
fn arms(set: &EventSet, value: impl Fn(&Event) -> TokenStream) -> TokenStream {
    let EventSet { ident, events, .. } = set;
    if events.is_empty() {
        return quote!(match *self {});
    }
    let arms = events.iter().map(|event| {
        let (variant, value) = (&event.ident, value(event));
        quote_spanned!(Span::mixed_site()=> #ident::#variant { .. } => #value,)
    });
    quote_spanned!(Span::mixed_site()=> match self { #(#arms)* })
}
