//! `#[lifecycle(…)]`: the namespaces that everyone may connect to.

use quote::ToTokens;
use syn::{
    Attribute, Ident, Lit, Meta, Path, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use super::{krate, once, skip};
use crate::ctxt::Ctxt;

/// `#[lifecycle(…)]`.
#[derive(Default)]
pub(crate) struct Lifecycle {
    /// `None` stands for all.
    pub(crate) namespaces: Option<Vec<Type>>,
    pub(crate) krate: Option<Path>,
}

impl Lifecycle {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let malformed =
            "expected the namespaces that everyone may connect to, as in `#[lifecycle(Chat, News)]`";
        let mut this = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("lifecycle")) {
            let Meta::List(list) = &attr.meta else {
                cx.error(&attr.meta, malformed);
                continue;
            };
            let parser = |input: ParseStream<'_>| {
                if input.is_empty() {
                    cx.error(&attr.meta, malformed);
                }
                while !input.is_empty() {
                    if let Err(error) = this.item(input) {
                        cx.syn_error(error);
                        skip(input)?;
                    }
                    if !input.is_empty() {
                        input.parse::<Token![,]>()?;
                    }
                }
                Ok(())
            };
            if let Err(error) = parser.parse2(list.tokens.clone()) {
                cx.syn_error(error);
            }
        }
        this
    }

    fn item(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            let name = input.call(Ident::parse_any)?;
            let path = krate(input, &name)?;
            return once(&mut self.krate, &name, path);
        }
        if input.peek(Lit) {
            return Err(input.error("expected the type of a namespace, not its path"));
        }
        let ty: Type = input.parse()?;
        let namespaces = self.namespaces.get_or_insert_default();
        let text = ty.to_token_stream().to_string();
        if namespaces.iter().any(|other| other.to_token_stream().to_string() == text) {
            return Err(syn::Error::new_spanned(ty, "this namespace is named twice"));
        }
        namespaces.push(ty);
        Ok(())
    }
}
