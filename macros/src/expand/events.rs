//! The traits that describe an enum: `Emits`, `Events`, and its direction's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, LitStr, ext::IdentExt};

use super::argument;
use crate::model::{Ack, Arg, Direction, Event, EventSet};

pub(super) fn expand(set: &EventSet) -> TokenStream {
    let EventSet { ident, events, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let definitions = events.iter().map(|event| definition(set, event));
    let decode = events.iter().map(|event| decode(set, event));
    let name = name(set);
    let encode = encode(set);
    let markers = markers(set);
    quote_spanned! {span=>
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
                    _ => #private::Result::Ok(#private::Option::None),
                }
            }

            fn name(&self) -> #private::EventName<'_> {
                #name
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
    let ident = &set.ident;
    let span = set.span();
    let private = set.private(span);
    let emitter = set.named("Emitter");
    let directions = Direction::ALL.into_iter().filter(|&direction| set.broken || direction == set.direction);
    let directions = directions.map(|direction| Ident::new(direction.derive(), span));
    quote_spanned! {span=>
        #[automatically_derived]
        impl #private::Emits for #ident {
            type Emitter<T: #private::EmitTarget> = #emitter<T>;

            fn emitter<T: #private::EmitTarget>(target: T) -> #emitter<T> {
                #emitter(target)
            }
        }

        #(
            #[automatically_derived]
            impl #private::#directions for #ident {}
        )*
    }
}

fn definition(set: &EventSet, event: &Event) -> TokenStream {
    let span = event.span();
    let private = set.private(span);
    let name = event.literal();
    let method = LitStr::new(&event.method.unraw().to_string(), span);
    let args = event.args.iter().map(Arg::literal);
    let ack = !matches!(event.ack, Ack::None);
    let aliases = (!event.aliases.is_empty()).then(|| {
        let aliases = &event.aliases;
        quote_spanned!(span=> .with_aliases(&[#(#aliases),*]))
    });
    quote_spanned! {span=>
        #private::EventDef::new(#name, #method, &[#(#private::ArgDef::new(#args)),*], #ack) #aliases
    }
}

fn decode(set: &EventSet, event: &Event) -> TokenStream {
    let span = set.span();
    let private = set.private(span);
    let name = event.names();
    let finish = finish(event, span);
    let locals = event.locals();
    let reads = reads(set, event);
    let value = event.with(&set.ident, &locals);
    quote_spanned! {span=>
        #name => {
            #(let #locals = #reads?;)*
            #private::ArgReader::#finish(args)?;
            #private::Result::Ok(#private::Option::Some(#value))
        }
    }
}

/// Reads each argument: results, in order.
pub(super) fn reads(set: &EventSet, event: &Event) -> Vec<TokenStream> {
    event.args.iter().map(|arg| argument::read(set, arg)).collect()
}

/// The method that ends the reading of arguments.
pub(super) fn finish(event: &Event, span: Span) -> Ident {
    Ident::new(if event.deny_extra { "deny_extra" } else { "finish" }, span)
}

fn name(set: &EventSet) -> TokenStream {
    let EventSet { ident, events, .. } = set;
    let span = set.span();
    let private = set.private(span);
    let arms = events.iter().map(|event| {
        let variant = &event.ident;
        let (plain, json) = (event.literal(), event.json_literal());
        quote_spanned!(span=> #ident::#variant { .. } => #private::EventName::new(#plain, #json),)
    });
    matching(set, arms.collect())
}

fn encode(set: &EventSet) -> TokenStream {
    let span = set.span();
    let arms = set.events.iter().map(|event| {
        let locals = event.locals();
        let pattern = event.with(&set.ident, &locals);
        let args = Ident::new("args", span);
        let writes = event
            .args
            .iter()
            .zip(&locals)
            .map(|(arg, local)| argument::write(set, arg, &local.to_token_stream(), &args));
        quote_spanned!(span=> #pattern => { #(#writes)* })
    });
    matching(set, arms.collect())
}

/// A `match` on the event. An enum without events has no arms, and only its value, not a reference, matches that.
fn matching(set: &EventSet, arms: TokenStream) -> TokenStream {
    let span = set.span();
    if arms.is_empty() {
        return quote_spanned!(span=> match *self {});
    }
    quote_spanned!(span=> match self { #arms })
}
