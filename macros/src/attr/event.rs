//! `#[event(…)]` on a variant.

use syn::{
    Attribute, Ident, LitStr, Token, Type,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
    token::{Bracket, Paren},
};

use super::{Item, SERDE_TOO, each_option, flag, once, ty, unknown, value};
use crate::ctxt::Ctxt;

const OPTIONS: &[&str] = &["ack", "error", "guard", "aliases", "optional", "deny_extra"];

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Event {
    pub(crate) name: Option<LitStr>,
    pub(crate) ack: Option<Type>,
    pub(crate) error: Option<Type>,
    /// The type, and the word `guard`.
    pub(crate) guard: Option<(Type, Ident)>,
    pub(crate) aliases: Option<Vec<LitStr>>,
    pub(crate) optional: Option<Ident>,
    pub(crate) deny_extra: Option<Ident>,
}

impl Event {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for attr in attrs {
            if attr.path().is_ident("events") {
                cx.error(attr.path(), "`events` belongs on the enum; on a variant write `#[event(…)]`");
            }
            if attr.path().is_ident("arg") {
                cx.error(
                    attr.path(),
                    "`arg` belongs on a field of the variant; on the variant write `#[event(…)]`",
                );
            }
            if attr.path().is_ident("serde") {
                cx.error(
                    attr,
                    format!(
                        "`serde` has no effect on events: write the wire name as `#[event(\"…\")]`{SERDE_TOO}"
                    ),
                );
            }
            if !attr.path().is_ident("event") {
                continue;
            }
            let malformed = "expected a wire name or `ack = Type`, as in `#[event(\"name\", ack = Type)]`";
            each_option(cx, attr, malformed, OPTIONS, |option, input| this.item(cx, option, input));
        }
        this
    }

    fn item(&mut self, cx: &Ctxt, option: Item, input: ParseStream<'_>) -> syn::Result<()> {
        let name = match option {
            Item::Text(text) if self.name.is_some() => {
                let message =
                    "an event has one wire name; others that it is received under are `aliases(\"…\")`";
                return Err(syn::Error::new(text.span(), message));
            }
            Item::Text(text) => {
                self.name = Some(text);
                return Ok(());
            }
            Item::Option(name) => name,
        };
        match name.to_string().as_str() {
            "ack" => {
                let ty = ty(input, &name)?;
                if self.ack.is_some() {
                    let message =
                        "an event has one acknowledgement type (use a tuple or a struct for several values)";
                    return Err(syn::Error::new(name.span(), message));
                }
                self.ack = Some(ty);
                Ok(())
            }
            "error" => {
                let ty = ty(input, &name)?;
                once(&mut self.error, &name, ty)
            }
            "guard" => {
                let ty = ty(input, &name)?;
                if self.guard.is_some() {
                    let message =
                        "an event has one guard; make one type of several proofs, or of a tuple of your own";
                    return Err(syn::Error::new(name.span(), message));
                }
                self.guard = Some((ty, name));
                Ok(())
            }
            "aliases" => {
                let aliases = aliases(cx, input, &name)?;
                once(&mut self.aliases, &name, aliases)
            }
            "optional" => flag(&mut self.optional, name, input),
            "deny_extra" => flag(&mut self.deny_extra, name, input),
            "name" | "rename" => {
                let example =
                    value::<LitStr>(input, &name, "").map_or_else(|_| "…".to_owned(), |text| text.value());
                let message = format!("write the wire name first and bare: `#[event({example:?})]`");
                Err(syn::Error::new(name.span(), message))
            }
            _ => Err(unknown(&name, "event", OPTIONS)),
        }
    }
}

/// `("one", "another")`.
fn aliases(cx: &Ctxt, input: ParseStream<'_>, name: &Ident) -> syn::Result<Vec<LitStr>> {
    let wrong = |example: &str| {
        let message = format!("`{name}` takes names between parentheses: `aliases({example})`");
        syn::Error::new(name.span(), message)
    };
    if !input.peek(Paren) {
        // As if it were another option's value: what is there is shown as it should be written.
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
        }
        let texts = if input.peek(Bracket) {
            let content;
            syn::bracketed!(content in input);
            Punctuated::<LitStr, Token![,]>::parse_terminated(&content).unwrap_or_default()
        } else {
            input.parse::<LitStr>().into_iter().collect()
        };
        let texts: Vec<_> = texts.iter().map(|text| format!("{:?}", text.value())).collect();
        let example = if texts.is_empty() { "\"old name\"".to_owned() } else { texts.join(", ") };
        return Err(wrong(&example));
    }
    let content;
    syn::parenthesized!(content in input);
    if content.is_empty() {
        return Err(wrong("\"old name\""));
    }
    let mut names = Vec::new();
    let parser = |content: ParseStream<'_>| {
        while !content.is_empty() {
            if content.peek(LitStr) {
                names.push(content.parse::<LitStr>()?);
            } else {
                cx.syn_error(content.error("an alias is a text between double quotes"));
                super::skip(content)?;
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(content.parse()?)?;
    Ok(names)
}
