//! Where complaints are collected.

use std::{cell::RefCell, fmt::Display};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

/// The mistakes found so far. Has to be asked for them at the end: an expansion that drops them would compile.
pub(crate) struct Ctxt(RefCell<Option<Vec<syn::Error>>>);

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// Complains about these tokens.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.syn_error(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn syn_error(&self, error: syn::Error) {
        if let Some(errors) = self.0.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// Whether there is a complaint so far.
    pub(crate) fn failed(&self) -> bool {
        self.count() > 0
    }

    /// How many complaints there are so far.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().as_ref().map_or(0, Vec::len)
    }

    /// A type that stands for one that was complained about after the first `since` complaints; `None` if none was.
    ///
    /// It is the complaint again, where a type is expected: the compiler says the same thing once, and then no more of what the type
    /// is used for.
    pub(crate) fn mistaken(&self, since: usize) -> Option<Type> {
        let errors = self.0.borrow();
        let error = errors.as_ref()?.get(since)?.to_compile_error();
        // A type is in error where its length is; a macro in the place of a type would be `()` and not in error.
        syn::parse2(quote!([(); { #error }])).ok()
    }

    /// All complaints as `compile_error!`s; nothing if there are none.
    pub(crate) fn finish(self) -> TokenStream {
        let errors = self.0.borrow_mut().take().unwrap_or_default();
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.0.borrow().is_some() {
            panic!("nobody asked for the mistakes of an item");
        }
    }
}
