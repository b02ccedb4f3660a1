//! What the derive knows about a type that names rooms.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, Ident, Index, LitStr, Member, Type, ext::IdentExt, spanned::Spanned,
};

use crate::{
    attr, case,
    ctxt::Ctxt,
    model::{Private, here},
    pattern::{self, Kind, Shape},
};

/// A type: a struct is one kind of room, an enum has several.
pub(crate) struct Rooms {
    pub(crate) ident: Ident,
    pub(crate) private: Private,
    pub(crate) kinds: Vec<Room>,
    /// There are mistakes in it: what is written must give rise to no more errors.
    pub(crate) broken: bool,
}

/// A kind of room: the struct, or a variant.
pub(crate) struct Room {
    /// `Self`, or `Self::Variant`.
    pub(crate) path: TokenStream,
    ident: Ident,
    /// Where the pattern was written, or the name.
    span: Span,
    /// The pieces of the name around the parameters: one more than there are parameters.
    pub(crate) literals: Vec<String>,
    /// The parameters, in the pattern's order.
    pub(crate) params: Vec<Param>,
}

/// A field.
#[derive(Clone)]
pub(crate) struct Param {
    pub(crate) member: Member,
    pub(crate) ty: Type,
}

impl Param {
    fn name(&self) -> String {
        match &self.member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    fn is_number(&self) -> bool {
        let Type::Path(path) = &self.ty else { return false };
        let number =
            |ident: &Ident| ["u8", "u16", "u32", "u64", "u128", "usize"].iter().any(|name| ident == name);
        path.path.segments.last().is_some_and(|last| number(&last.ident))
    }
}

impl Rooms {
    /// `None` if nothing can be derived on the item, not even a fallback.
    pub(crate) fn read(cx: &Ctxt, input: &DeriveInput) -> Option<Self> {
        if !input.generics.params.is_empty() {
            cx.error(
                &input.generics,
                "a room's type takes no generic parameters: its names would be all alike",
            );
            return None;
        }
        let attr = attr::Room::read(cx, &input.attrs);
        let span = here(input.ident.span());
        let kinds = match &input.data {
            Data::Struct(data) => {
                let path = quote_spanned!(span=> Self);
                vec![Room::read(cx, path, &input.ident, &data.fields, attr.pattern.as_ref())]
            }
            Data::Enum(data) => {
                if let Some(pattern) = &attr.pattern {
                    cx.error(pattern, "an enum's rooms are named on its variants");
                }
                if data.variants.is_empty() {
                    cx.error(&input.ident, "an enum without variants names no room");
                }
                let variants = data.variants.iter().map(|variant| {
                    let ident = &variant.ident;
                    let own = attr::Room::read(cx, &variant.attrs);
                    if let Some(krate) = &own.krate {
                        cx.error(krate, "`crate` belongs on the enum");
                    }
                    let path = quote_spanned!(span=> Self::#ident);
                    Room::read(cx, path, ident, &variant.fields, own.pattern.as_ref())
                });
                variants.collect()
            }
            Data::Union(data) => {
                cx.error(data.union_token, "`Room` goes on a struct or an enum");
                return None;
            }
        };
        distinct(cx, &kinds);
        Some(Self {
            ident: input.ident.clone(),
            private: Private::new(attr.krate.as_ref()),
            kinds,
            broken: cx.failed(),
        })
    }
}

impl Room {
    fn read(cx: &Ctxt, path: TokenStream, ident: &Ident, fields: &Fields, pattern: Option<&LitStr>) -> Self {
        let params: Vec<Param> = fields
            .iter()
            .enumerate()
            .map(|(at, field)| {
                misplaced(cx, &field.attrs);
                let index = || Member::Unnamed(Index { index: at as u32, span: here(field.ty.span()) });
                Param { member: field.ident.clone().map_or_else(index, Member::Named), ty: field.ty.clone() }
            })
            .collect();
        let span = pattern.map_or_else(|| ident.span(), LitStr::span);
        let (literals, params) = match pattern {
            None => by_default(ident, params),
            Some(pattern) => by_pattern(cx, pattern, params).unwrap_or_default(),
        };
        Self { path, ident: ident.clone(), span, literals, params }
    }

    fn shape(&self) -> Shape {
        let numbers: Vec<_> = self.params.iter().map(Param::is_number).collect();
        Shape::new(&self.literals, &numbers)
    }
}

/// `Table { id: u32 }` is `table:{id}`.
fn by_default(ident: &Ident, params: Vec<Param>) -> (Vec<String>, Vec<Param>) {
    let mut name = case::method(&ident.unraw().to_string());
    if params.is_empty() {
        return (vec![name], params);
    }
    name.push(':');
    let mut literals = vec![name];
    literals.extend((1..params.len()).map(|_| ":".to_owned()));
    literals.push(String::new());
    (literals, params)
}

/// The fields in the order of the pattern.
fn by_pattern(cx: &Ctxt, pattern: &LitStr, fields: Vec<Param>) -> Option<(Vec<String>, Vec<Param>)> {
    let text = pattern.value();
    if text.is_empty() {
        cx.error(pattern, "a room needs a name");
    }
    let (literals, names) = pattern::split(cx, pattern, &text, Kind::Room)?;
    let missing: Vec<_> =
        names.iter().filter(|name| !fields.iter().any(|field| field.name() == **name)).collect();
    for name in &missing {
        cx.error(pattern, format!("there is no field `{name}` for the parameter `{{{name}}}`"));
    }
    // A field beside a parameter without one is most likely that parameter.
    let forgotten = fields.iter().filter(|field| missing.is_empty() && !names.contains(&field.name()));
    for field in forgotten {
        let name = field.name();
        let message =
            format!("the pattern has no parameter `{{{name}}}`: rooms that differ in it would have one name");
        match &field.member {
            Member::Named(ident) => cx.error(ident, message),
            Member::Unnamed(_) => cx.error(&field.ty, message),
        }
    }
    let params = names.iter().filter_map(|name| fields.iter().find(|field| field.name() == *name).cloned());
    let params = params.collect();
    Some((literals, params))
}

/// No name belongs to two kinds.
fn distinct(cx: &Ctxt, kinds: &[Room]) {
    if cx.failed() {
        return;
    }
    let shapes: Vec<_> = kinds.iter().map(Room::shape).collect();
    for (at, (kind, shape)) in kinds.iter().zip(&shapes).enumerate() {
        let before = kinds.iter().zip(&shapes).take(at);
        let clash = before.filter_map(|(other, of_other)| Some((other, shape.common(of_other)?))).next();
        if let Some((other, name)) = clash {
            let message = format!(
                "{name:?} can be a room of `{}` and of `{}`: give one of them another pattern, as in `#[room(\"…-{{id}}\")]`",
                other.ident, kind.ident,
            );
            cx.syn_error(syn::Error::new(kind.span, message));
        }
    }
}

fn misplaced(cx: &Ctxt, attrs: &[Attribute]) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("room")) {
        cx.error(attr.path().to_token_stream(), "`room` belongs on the struct, or on a variant");
    }
}
