//! `#[room(…)]` on a type that names rooms, or on a variant of it.

use syn::{Attribute, LitStr, Path};

use super::{Item, each_option, krate, once, value};
use crate::ctxt::Ctxt;

/// `#[room(…)]`.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) pattern: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

impl Room {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("room")) {
            let malformed = "expected the pattern of the name, as in `#[room(\"table-{id}\")]`";
            each_option(cx, attr, malformed, &["crate"], |option, input| match option {
                Item::Text(text) if this.pattern.is_some() => {
                    Err(syn::Error::new(text.span(), "a room has one pattern"))
                }
                Item::Text(text) => {
                    this.pattern = Some(text);
                    Ok(())
                }
                Item::Option(name) if name == "crate" => {
                    let path = krate(input, &name)?;
                    once(&mut this.krate, &name, path)
                }
                Item::Option(name) if name == "name" || name == "pattern" || name == "rename" => {
                    let example = value::<LitStr>(input, &name, "")
                        .map_or_else(|_| "…".to_owned(), |text| text.value());
                    let message = format!("write the pattern first and bare: `#[room({example:?})]`");
                    Err(syn::Error::new(name.span(), message))
                }
                Item::Option(name) => {
                    let message = format!(
                        "`#[room]` has no option `{name}`; it has a pattern, `\"table-{{id}}\"`, and `crate`"
                    );
                    Err(syn::Error::new(name.span(), message))
                }
            });
        }
        this
    }
}
