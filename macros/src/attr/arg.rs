//! `#[arg(…)]` on a field.

use syn::{Attribute, Ident, LitStr, Path, Token, parse::ParseStream};

use super::{Item, each_option, equals, flag, once, unknown};
use crate::{ctxt::Ctxt, model::SERDE};

const OPTIONS: &[&str] = &["default", "with", "array", "nullable"];

/// What the attribute says. Words are kept for complaints.
#[derive(Default)]
pub(crate) struct Arg {
    /// The function, if one is named.
    pub(crate) default: Option<(Option<Path>, Ident)>,
    pub(crate) with: Option<(Path, Ident)>,
    pub(crate) array: Option<Ident>,
    pub(crate) nullable: Option<Ident>,
}

impl Arg {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for attr in attrs {
            let path = attr.path();
            if path.is_ident("serde") {
                cx.error(attr, SERDE);
            }
            if path.is_ident("event") || path.is_ident("events") {
                let place = if path.is_ident("event") { "variant" } else { "enum" };
                let word = path.get_ident().map(Ident::to_string).unwrap_or_default();
                cx.error(
                    attr,
                    format!("`{word}` belongs on the {place}; an argument's options are written `#[arg(…)]`"),
                );
            }
            if path.is_ident("arg") {
                let malformed = "expected an option, as in `#[arg(default)]`; there are `default`, `with`, `array`, `nullable`";
                each_option(cx, attr, malformed, OPTIONS, |option, input| this.item(option, input));
            }
        }
        this.contradictions(cx);
        this
    }

    fn item(&mut self, option: Item, input: ParseStream<'_>) -> syn::Result<()> {
        let name = match option {
            Item::Text(text) => {
                let message = "an argument has no name on the wire: it is found by its position";
                return Err(syn::Error::new(text.span(), message));
            }
            Item::Option(name) => name,
        };
        match name.to_string().as_str() {
            "default" if !input.peek(Token![=]) => once(&mut self.default, &name, (None, name.clone())),
            "default" => {
                let path = path(input, &name, "function")?;
                once(&mut self.default, &name, (Some(path), name.clone()))
            }
            "with" => {
                let path = path(input, &name, "module")?;
                once(&mut self.with, &name, (path, name.clone()))
            }
            "array" => flag(&mut self.array, name, input),
            "nullable" => flag(&mut self.nullable, name, input),
            _ => Err(unknown(&name, "arg", OPTIONS)),
        }
    }

    fn contradictions(&mut self, cx: &Ctxt) {
        if let (Some(_), Some(nullable)) = (&self.default, &self.nullable) {
            cx.error(
                nullable,
                "`nullable` is for an argument that has to be there, `default` for one that may be missing",
            );
            self.nullable = None;
        }
        if let (Some(_), Some(array)) = (&self.with, &self.array) {
            cx.error(array, "`with` says how the argument is written: there is nothing left for `array`");
            self.array = None;
        }
    }
}

/// The path of a function or module. serde takes it as a text.
fn path(input: ParseStream<'_>, name: &Ident, what: &str) -> syn::Result<Path> {
    equals(input, name, what)?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("write the path without quotes: `{name} = {}`", text.value());
        return Err(syn::Error::new(text.span(), message));
    }
    let message = format!("`{name}` takes the path of a {what}: `{name} = some::{what}`");
    let start = input.span();
    let path: Path = input.parse().map_err(|_| syn::Error::new(start, &message))?;
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(syn::Error::new(input.span(), format!("{message}, and nothing behind it")));
    }
    Ok(path)
}
