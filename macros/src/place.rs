//! Where generated code stands, and how it names what is Sockeye's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// The path of `sockeye::__private`.
pub(crate) enum Private {
    /// From anywhere.
    Path(TokenStream),
    /// Where a `use` has given it a name of its own.
    Imported,
}

impl Private {
    pub(crate) fn new(krate: Option<&syn::Path>) -> Self {
        Self::Path(match krate {
            Some(path) => quote!(#path::__private),
            None => quote!(::sockeye::__private),
        })
    }

    /// The path, written where `span` is. A part of generated code that stands elsewhere than the rest would stretch what rustc
    /// underlines from there to here.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let span = here(span);
        let path = match self {
            Self::Path(path) => path.clone(),
            // Most of what is written: without a walk over tokens, each step of which asks the compiler.
            Self::Imported => return Ident::new("__sockeye", span).into_token_stream(),
        };
        let respanned = path.into_iter().map(|mut token| {
            // What `crate` resolves to must not change.
            let resolution = token.span();
            token.set_span(resolution.located_at(span));
            token
        });
        respanned.collect()
    }
}

/// The place of `span`, for a name that no name of the user's can be meant by.
pub(crate) fn here(span: Span) -> Span {
    span.resolved_at(Span::mixed_site())
}
