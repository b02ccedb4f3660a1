//! Reading and writing one argument, as its options say.
//!
//! Payloads are read and written by paths of the form `<Type as EventArg>::read`, the whole of it where the type stands: a type
//! that cannot be an argument is then one message, at the type, however often it is named.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use crate::model::{Arg, EventSet, here};

/// Reads the argument from `args`: a result.
pub(super) fn read(set: &EventSet, arg: &Arg) -> TokenStream {
    let args = Ident::new("args", set.span());
    let (ty, name, set_name) = (&arg.ty, arg.literal(), &set.ident);
    let span = here(ty.span());
    let private = set.private(span);
    let missing = missing(set, arg);
    let read = match (&arg.with, missing) {
        (None, None) => quote_spanned!(span=> <#ty as #private::EventArg>::read(#args, #name)),
        (None, Some(missing)) => {
            quote_spanned!(span=> <#ty as #private::EventArg>::read_or(#args, #name, #missing))
        }
        (Some(_), missing) => {
            let at = set.position(arg);
            match missing {
                None => quote_spanned!(span=> #private::read_coded::<#ty, #set_name, #at>(#args, #name)),
                Some(missing) => {
                    quote_spanned!(span=> #private::read_coded_or::<#ty, #set_name, #at>(#args, #name, #missing))
                }
            }
        }
    };
    // An `Option` is `None` when it is missing too; a nullable one has to be there.
    if arg.nullable && arg.default.is_none() {
        return quote_spanned!(span=> #private::ArgReader::present(#args, #name).and_then(|()| #read));
    }
    read
}

/// A function that makes the argument when it is missing.
fn missing(set: &EventSet, arg: &Arg) -> Option<TokenStream> {
    let missing = arg.default.as_ref()?;
    let ty = &arg.ty;
    Some(match &missing.function {
        Some(function) => {
            let span = here(function.span());
            quote_spanned!(span=> || -> #ty { #function() })
        }
        None => {
            let span = here(ty.span());
            let private = set.private(span);
            quote_spanned!(span=> <#ty as #private::HasDefault>::default_value)
        }
    })
}

/// Writes what is at `value`, a reference, to `writer`.
pub(super) fn write(set: &EventSet, arg: &Arg, value: &TokenStream, writer: &Ident) -> TokenStream {
    let (ty, set_name) = (&arg.ty, &set.ident);
    let span = here(ty.span());
    let private = set.private(span);
    if arg.with.is_some() {
        let at = set.position(arg);
        quote_spanned!(span=> #private::write_coded::<#ty, #set_name, #at>(#value, #writer);)
    } else {
        quote_spanned!(span=> <#ty as #private::EventArg>::write(#value, #writer);)
    }
}

/// The modules of `with`, as implementations on the enum: the one place where their functions are named.
pub(super) fn codecs(set: &EventSet) -> TokenStream {
    let args = set.events.iter().flat_map(|event| &event.args);
    let codec = |arg: &Arg| {
        let (module, ty, ident) = (arg.with.as_ref()?, &arg.ty, &set.ident);
        let at = set.position(arg);
        let span = here(module.span());
        let private = set.private(span);
        let (serializer, deserializer) = (set.parameter("S"), set.parameter("D"));
        Some(quote_spanned! {span=>
            #[automatically_derived]
            impl #private::ArgCodec<#ty, #at> for #ident {
                fn serialize<#serializer: #private::Serializer>(
                    value: &#ty,
                    serializer: #serializer,
                ) -> #private::Result<#serializer::Ok, #serializer::Error> {
                    #module::serialize(value, serializer)
                }

                fn deserialize<'de, #deserializer: #private::Deserializer<'de>>(
                    deserializer: #deserializer,
                ) -> #private::Result<#ty, #deserializer::Error> {
                    #module::deserialize(deserializer)
                }
            }
        })
    };
    args.filter_map(codec).collect()
}
