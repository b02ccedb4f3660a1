//! What the derive knows about a namespace.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Type, ext::IdentExt};

use crate::{
    attr,
    ctxt::Ctxt,
    model::Private,
    pattern::{self, Kind},
};

/// A namespace: a unit struct, or a struct with a field for each parameter of its path.
pub(crate) struct Namespace {
    pub(crate) ident: Ident,
    pub(crate) private: Private,
    pub(crate) path: LitStr,
    /// The pieces of the path around the parameters: one more than there are parameters.
    pub(crate) literals: Vec<String>,
    /// The parameters, in the path's order, with their types.
    pub(crate) params: Vec<(Ident, Type)>,
    pub(crate) client_to_server: Sets,
    pub(crate) server_to_client: Sets,
    pub(crate) server_to_server: Sets,
    pub(crate) auth: Type,
    pub(crate) session: Type,
    pub(crate) data: Type,
    pub(crate) sequential: bool,
    /// There are mistakes in it: what is written must give rise to no more errors. Stands for types that they may have kept from being read.
    pub(crate) mistaken: Option<Type>,
}

/// The events of one direction.
pub(crate) enum Sets {
    None,
    Some(Vec<Type>),
    Untyped,
}

impl Namespace {
    /// `None` if nothing can be derived on the item, not even a fallback.
    pub(crate) fn read(cx: &Ctxt, input: &DeriveInput) -> Option<Self> {
        if !input.generics.params.is_empty() {
            cx.error(&input.generics, "a namespace takes no generic parameters: it stands for one path");
            return None;
        }
        let fields = fields(cx, input);
        let attr = attr::Namespace::read(cx, &input.attrs).unwrap_or_else(|| {
            cx.error(&input.ident, "a namespace needs its path: `#[namespace(\"/chat\", …)]`");
            attr::Namespace { path: Some(root()), ..Default::default() }
        });
        let path = attr.path.unwrap_or_else(|| {
            if !cx.failed() {
                cx.error(&input.ident, "the path is missing: write it first, `#[namespace(\"/chat\", …)]`");
            }
            root()
        });
        let (literals, params) = match check_path(cx, &path) {
            Some((literals, names)) => (literals, params(cx, &path, &names, fields)),
            None => Default::default(),
        };
        let untyped = attr.untyped.is_some();
        if untyped {
            let sets = [&attr.client_to_server, &attr.server_to_client].into_iter().flatten().flatten();
            sets.for_each(|set| cx.error(set, "an untyped namespace names no events of its clients"));
        }
        let unit = || -> Type { syn::parse_quote!(()) };
        Some(Self {
            ident: input.ident.clone(),
            private: Private::new(attr.krate.as_ref()),
            path,
            literals,
            params,
            client_to_server: Sets::of(cx, attr.client_to_server, untyped),
            server_to_client: Sets::of(cx, attr.server_to_client, untyped),
            // An untyped namespace may have them: these events are the application's own, not its clients'.
            server_to_server: Sets::of(cx, attr.server_to_server, false),
            auth: attr.auth.unwrap_or_else(unit),
            session: attr.session.unwrap_or_else(unit),
            data: attr.data.unwrap_or_else(unit),
            sequential: attr.sequential.is_some(),
            mistaken: cx.mistaken(0),
        })
    }
}

impl Sets {
    fn of(cx: &Ctxt, types: Option<Vec<Type>>, untyped: bool) -> Self {
        match types {
            Some(types) if untyped && !types.is_empty() => Self::None,
            _ if untyped => Self::Untyped,
            None => Self::None,
            Some(types) if types.is_empty() => Self::None,
            Some(types) => {
                let (mut names, all) = (HashSet::new(), types);
                let mut types = Vec::new();
                for ty in all {
                    if names.insert(ty.to_token_stream().to_string()) {
                        types.push(ty);
                    } else {
                        cx.error(&ty, "this enum is named twice");
                    }
                }
                if let Some(extra) = types.get(8) {
                    cx.error(extra, "a namespace takes at most eight enums each way");
                }
                Self::Some(types)
            }
        }
    }

    pub(crate) fn types(&self) -> &[Type] {
        match self {
            Self::Some(types) => types,
            Self::None | Self::Untyped => &[],
        }
    }

    /// The type that stands for the direction, each enum as `written`.
    pub(crate) fn joined(
        &self,
        private: &Private,
        otherwise: Span,
        mistaken: Option<&Type>,
        written: impl Fn(&Type) -> TokenStream,
    ) -> TokenStream {
        let private = private.at(otherwise);
        match self {
            Self::None => match mistaken {
                Some(mistaken) => quote!(#mistaken),
                None => quote!(#private::NoEvents),
            },
            Self::Untyped => quote!(#private::Untyped),
            Self::Some(types) => {
                let mut types = types.iter().map(written);
                match (types.next(), types.next()) {
                    (Some(one), None) => one,
                    (one, two) => {
                        let several = one.into_iter().chain(two).chain(types);
                        quote!((#(#several,)*))
                    }
                }
            }
        }
    }
}

fn root() -> LitStr {
    LitStr::new("/", Span::call_site())
}

/// The fields of the struct.
fn fields(cx: &Ctxt, input: &DeriveInput) -> Vec<(Ident, Type)> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unit => Vec::new(),
            Fields::Named(fields) => {
                let named = fields.named.iter();
                named.filter_map(|field| Some((field.ident.clone()?, field.ty.clone()))).collect()
            }
            Fields::Unnamed(fields) => {
                cx.error(
                    fields,
                    "a namespace is a unit struct, or has a named field for each parameter of its path",
                );
                Vec::new()
            }
        },
        Data::Enum(data) => {
            cx.error(data.enum_token, "`Namespace` goes on a struct, as in `struct Chat;`");
            Vec::new()
        }
        Data::Union(data) => {
            cx.error(data.union_token, "`Namespace` goes on a struct, as in `struct Chat;`");
            Vec::new()
        }
    }
}

/// The parameters in the path's order, each with the type of its field.
fn params(cx: &Ctxt, path: &LitStr, names: &[String], fields: Vec<(Ident, Type)>) -> Vec<(Ident, Type)> {
    for (field, _) in &fields {
        if !names.iter().any(|name| field.unraw() == name) {
            cx.error(
                field,
                format!("the path has no parameter `{{{field}}}`: a namespace holds nothing but those"),
            );
        }
    }
    let find = |name: &String| {
        let found = fields.iter().find(|(field, _)| field.unraw() == name);
        if found.is_none() {
            cx.error(path, format!("the struct has no field `{name}` for the parameter `{{{name}}}`"));
        }
        found.cloned()
    };
    names.iter().filter_map(find).collect()
}

fn check_path(cx: &Ctxt, literal: &LitStr) -> Option<pattern::Pieces> {
    let path = literal.value();
    if !path.starts_with('/') {
        cx.error(
            literal,
            format!("a namespace's path begins with a slash; did you mean {:?}?", format!("/{path}")),
        );
    }
    if let Some(letter) = path.chars().find(|letter| matches!(letter, '?' | ',' | '#')) {
        let why = match letter {
            '?' => "what follows it is a query to clients, which send it to the server apart",
            '#' => "what follows it is a fragment to clients, which do not send it",
            _ => "it ends the path on the wire",
        };
        cx.error(literal, format!("`{letter}` cannot be in a namespace's path: {why}"));
    }
    pattern::split(cx, literal, &path, Kind::Path)
}
