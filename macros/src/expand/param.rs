//! One parameter of a path or of a room's name, written and read. It knows of neither.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use crate::model::{Private, here};

/// A parameter, and what follows it in the pattern.
pub(super) struct Param<'a> {
    pub(super) private: &'a Private,
    pub(super) ty: &'a Type,
    pub(super) literal: &'a str,
    /// Only the last parameter may contain what ends it.
    pub(super) is_last: bool,
}

impl Param<'_> {
    /// Adds `value`, a reference, and what follows it to `name`, a `&mut String`.
    pub(super) fn write(&self, value: &impl ToTokens, name: &Ident) -> TokenStream {
        let Self { ty, literal, .. } = self;
        let span = here(name.span());
        let at_type = here(ty.span());
        let (private, private_there) = (self.private.at(span), self.private.at(at_type));
        let write = quote_spanned!(at_type=> <#ty as #private_there::PathParam>::write(#value, #name));
        if self.is_last {
            return quote_spanned!(span=> #write; #name.push_str(#literal););
        }
        quote_spanned! {span=>
            let start = #name.len();
            #write;
            #private::escape(#name, start, #literal);
            #name.push_str(#literal);
        }
    }

    /// The value of the text in the variable `found`; returns `None` if there is none.
    pub(super) fn read(&self, found: &Ident) -> TokenStream {
        let Self { ty, literal, .. } = self;
        let span = here(ty.span());
        let private = self.private.at(span);
        let text = if self.is_last {
            quote_spanned!(span=> #found)
        } else {
            quote_spanned!(span=> &#private::unescape(#found, #literal)?)
        };
        quote_spanned!(span=> <#ty as #private::PathParam>::parse(#text)?)
    }
}
