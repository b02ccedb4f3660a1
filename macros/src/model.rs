//! What a derive knows about an item.

use std::{cell::OnceCell, collections::HashSet};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericArgument, Ident, LitStr, Path, PathArguments, Type,
    Visibility, ext::IdentExt, spanned::Spanned,
};

use crate::{
    attr,
    case::{self, RenameRule},
    check,
    ctxt::Ctxt,
    side::Sides,
};

pub(crate) use crate::place::{Private, here};

/// Which way events go: which derive it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ClientToServer,
    ServerToClient,
    ServerToServer,
}

impl Direction {
    pub(crate) const ALL: [Self; 3] = [Self::ClientToServer, Self::ServerToClient, Self::ServerToServer];

    /// Above a trait.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::ClientToServer => "client_to_server",
            Self::ServerToClient => "server_to_client",
            Self::ServerToServer => "server_to_server",
        }
    }

    pub(crate) const fn derive(self) -> &'static str {
        match self {
            Self::ClientToServer => "ClientToServer",
            Self::ServerToClient => "ServerToClient",
            Self::ServerToServer => "ServerToServer",
        }
    }
}

/// A set of events: an enum.
pub(crate) struct EventSet {
    pub(crate) direction: Direction,
    /// Whose handlers are written.
    pub(crate) sides: Sides,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// Where the name stands. Each change of a span asks the compiler, which takes longer than to keep it.
    at: Span,
    private: Private,
    /// The names in the types of arguments, gathered when they are asked for.
    taken: OnceCell<HashSet<String>>,
    pub(crate) events: Vec<Event>,
    /// There are mistakes in it: what is written must give rise to no more errors.
    pub(crate) stub: bool,
    /// It was a trait with mistakes: maybe even the direction is unknown.
    pub(crate) broken: bool,
}

/// An event: a variant.
pub(crate) struct Event {
    pub(crate) ident: Ident,
    at: Span,
    pub(crate) name: String,
    /// Where the name was written: the literal, or the variant.
    pub(crate) name_span: Span,
    pub(crate) method: Ident,
    pub(crate) shape: Shape,
    pub(crate) args: Vec<Arg>,
    pub(crate) ack: Ack,
    /// Other names that it is received under.
    pub(crate) aliases: Vec<LitStr>,
    /// The handler's parameter after the socket.
    pub(crate) guard: Option<Guard>,
    /// The word `optional`: the handler has a default body.
    pub(crate) optional: Option<Ident>,
    pub(crate) deny_extra: bool,
    /// Stands for what its handler answers, where there are mistakes in what says so.
    pub(crate) misread: Option<Type>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) deprecated: Option<Attribute>,
}

/// How a variant's fields are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Unit,
    Tuple,
    Struct,
}

/// An argument: a field.
pub(crate) struct Arg {
    /// The field's name, or `arg0`, `arg1`…
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// What it is when it is missing, if `#[arg(default)]` says so.
    pub(crate) default: Option<Missing>,
    /// The module that reads and writes it.
    pub(crate) with: Option<Path>,
    /// It may be `null`, but has to be there.
    pub(crate) nullable: bool,
}

/// What stands for an argument that is missing.
pub(crate) struct Missing {
    /// The word `default`.
    pub(crate) word: Ident,
    /// A function that makes it; otherwise the type's own default.
    pub(crate) function: Option<Path>,
}

/// `guard = Type`.
pub(crate) struct Guard {
    /// The word `guard`.
    pub(crate) word: Ident,
    pub(crate) ty: Type,
}

/// The answer to an event.
pub(crate) enum Ack {
    None,
    Plain(Box<Type>),
    Fallible(Box<Type>, Box<Type>),
}

impl EventSet {
    /// `None` if nothing can be derived on the item, not even a fallback.
    pub(crate) fn read(cx: &Ctxt, sides: Sides, direction: Direction, input: &DeriveInput) -> Option<Self> {
        let container = attr::Container::read(cx, &input.attrs);
        if !input.generics.params.is_empty() {
            cx.error(
                &input.generics,
                "event enums take no generic parameters: the set of events is part of the wire protocol",
            );
            return None;
        }
        if let Some(clause) = &input.generics.where_clause {
            cx.error(clause, "event enums have no `where` clause");
        }
        let mut this = Self {
            direction,
            sides,
            vis: input.vis.clone(),
            at: here(input.ident.span()),
            ident: input.ident.clone(),
            private: Private::new(container.krate.as_ref()),
            taken: OnceCell::new(),
            events: Vec::new(),
            stub: false,
            broken: container.broken,
        };
        let misplaced = match &input.data {
            Data::Enum(data) => {
                let rule = container.rename_all.unwrap_or(RenameRule::Camel);
                this.events = data.variants.iter().map(|variant| Event::read(cx, rule, variant)).collect();
                if container.deny_extra.is_some() {
                    this.events.iter_mut().for_each(|event| event.deny_extra = true);
                }
                None
            }
            Data::Struct(data) => Some(data.struct_token.to_token_stream()),
            Data::Union(data) => Some(data.union_token.to_token_stream()),
        };
        if let Some(token) = misplaced {
            cx.error(token, format!("`{}` goes on an enum with one variant per event", direction.derive()));
        }
        Some(this)
    }

    /// The module that generated code names, written where `span` is.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        self.private.at(span)
    }

    /// Goes into a block of generated code: the import to write at its beginning, which makes the path that
    /// [`private`](Self::private) gives from now on a short one. Hundreds of events name it thousands of times, and rustc takes
    /// its time for each token.
    pub(crate) fn enter_block(&mut self) -> TokenStream {
        let span = self.span();
        let outside = self.private(span);
        self.private = Private::Imported;
        let name = self.private(span);
        quote_spanned!(span=> use #outside as #name;)
    }

    /// Where the enum's name stands: the place of what comes from no variant.
    pub(crate) fn span(&self) -> Span {
        self.at
    }

    /// The name of something generated for the enum, at the enum's place.
    pub(crate) fn named(&self, suffix: &str) -> Ident {
        Ident::new(&format!("{}{suffix}", self.ident.unraw()), self.ident.span())
    }

    /// A number for an argument that no other of the enum has.
    pub(crate) fn position(&self, arg: &Arg) -> usize {
        let mut all = self.events.iter().flat_map(|event| &event.args);
        all.position(|other| std::ptr::eq(other, arg)).unwrap_or_default()
    }

    /// A name for a type parameter that no argument's type has.
    pub(crate) fn parameter(&self, wanted: &str) -> Ident {
        let taken = self.taken.get_or_init(|| {
            let mut taken = HashSet::from([self.ident.unraw().to_string()]);
            for ty in self.events.iter().flat_map(Event::types) {
                idents(ty.to_token_stream(), &mut taken);
            }
            taken
        });
        let mut name = wanted.to_owned();
        while taken.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site())
    }
}

fn idents(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) => {
                found.insert(ident.unraw().to_string());
            }
            proc_macro2::TokenTree::Group(group) => idents(group.stream(), found),
            _ => {}
        }
    }
}

impl Event {
    fn read(cx: &Ctxt, rule: RenameRule, variant: &syn::Variant) -> Self {
        let before = cx.count();
        let mut attr = attr::Event::read(cx, &variant.attrs);
        let says_ack = |attr: &Attribute| attr.to_token_stream().to_string().to_lowercase().contains("ack");
        let says_ack = variant.attrs.iter().any(says_ack);
        let misread = cx.mistaken(before).filter(|_| says_ack);
        let says_guard = |attr: &Attribute| attr.to_token_stream().to_string().contains("guard");
        let misread_guard =
            cx.mistaken(before).filter(|_| attr.guard.is_none() && variant.attrs.iter().any(says_guard));
        if let Some((_, value)) = &variant.discriminant {
            cx.error(value, "a discriminant has no meaning on the wire");
        }
        let plain = variant.ident.unraw().to_string();
        let (name, name_span) = match &attr.name {
            Some(text) => (text.value(), text.span()),
            None => (rule.apply(&plain), variant.ident.span()),
        };
        let shape = match variant.fields {
            Fields::Unit => Shape::Unit,
            Fields::Unnamed(_) => Shape::Tuple,
            Fields::Named(_) => Shape::Struct,
        };
        let args: Vec<_> =
            variant.fields.iter().enumerate().map(|(at, field)| Arg::read(cx, at, field)).collect();
        check::order(cx, &args);
        let guard = attr.guard.take().map(|(ty, word)| {
            let before = cx.count();
            check::guard(cx, &ty);
            Guard { word, ty: cx.mistaken(before).unwrap_or(ty) }
        });
        let guard = guard
            .or_else(|| Some(Guard { word: Ident::new("guard", variant.ident.span()), ty: misread_guard? }));
        let before = cx.count();
        let aliases = attr.aliases.take().unwrap_or_default();
        let (optional, deny_extra) = (attr.optional.take(), attr.deny_extra.is_some());
        let (method, ack) = match attr::Method::read(&variant.attrs) {
            None => (method(cx, &variant.ident, &plain), Ack::read(cx, attr)),
            Some(method) => (method.ident, Ack::returned(cx, &attr, method.output)),
        };
        let misread = misread.or_else(|| cx.mistaken(before));
        Self {
            method,
            at: here(variant.ident.span()),
            ident: variant.ident.clone(),
            name,
            name_span,
            shape,
            args,
            aliases,
            guard,
            optional,
            deny_extra,
            ack,
            misread,
            docs: attributes(&variant.attrs, "doc"),
            deprecated: attributes(&variant.attrs, "deprecated").pop(),
        }
    }

    /// Where the variant's name stands.
    pub(crate) fn span(&self) -> Span {
        self.at
    }

    /// The types of arguments, answer and guard.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        let guard = self.guard.as_ref().map(|guard| &guard.ty);
        self.args.iter().map(|arg| &arg.ty).chain(self.ack.types()).chain(guard)
    }

    /// The wire name as a literal.
    pub(crate) fn literal(&self) -> LitStr {
        LitStr::new(&self.name, Span::mixed_site())
    }

    /// A pattern of all names that it is received under.
    pub(crate) fn names(&self) -> TokenStream {
        let name = self.literal();
        let aliases = self.aliases.iter().map(|alias| LitStr::new(&alias.value(), Span::mixed_site()));
        quote!(#name #(| #aliases)*)
    }

    /// The wire name in JSON as a literal.
    pub(crate) fn json_literal(&self) -> LitStr {
        LitStr::new(&case::json(&self.name), Span::mixed_site())
    }

    /// A pattern, or an expression, of this variant with its fields bound to `names`.
    pub(crate) fn with(&self, set: &Ident, names: &[Ident]) -> TokenStream {
        let ident = &self.ident;
        let span = ident.span();
        match self.shape {
            Shape::Unit => quote_spanned!(span=> #set::#ident),
            Shape::Tuple => quote_spanned!(span=> #set::#ident(#(#names),*)),
            Shape::Struct => {
                let fields = self.args.iter().map(|arg| &arg.ident);
                quote_spanned!(span=> #set::#ident { #(#fields: #names),* })
            }
        }
    }

    /// A local variable for each argument, which no field's name can clash with.
    pub(crate) fn locals(&self) -> Vec<Ident> {
        let span = self.span();
        (0..self.args.len()).map(|at| Ident::new(&format!("arg{at}"), span)).collect()
    }
}

/// About an attribute.
pub(crate) const SERDE: &str = "`serde` has no effect on event arguments: an argument's options are written `#[arg(…)]`; what else serde can do, put on a type of your own and use that";

impl Arg {
    fn read(cx: &Ctxt, at: usize, field: &syn::Field) -> Self {
        let attr = attr::Arg::read(cx, &field.attrs);
        let before = cx.count();
        check::field(cx, &field.ty, &attr);
        let mistaken = cx.mistaken(before).filter(|_| attr.nullable.is_none() && attr.array.is_none());
        let ident = field.ident.clone().unwrap_or_else(|| Ident::new(&format!("arg{at}"), field.ty.span()));
        Self {
            ident,
            ty: mistaken.unwrap_or_else(|| field.ty.clone()),
            default: attr.default.map(|(function, word)| Missing { word, function }),
            with: attr.with.map(|(path, _)| path),
            nullable: attr.nullable.is_some(),
        }
    }

    /// Its name as a text, for messages.
    pub(crate) fn literal(&self) -> LitStr {
        LitStr::new(&self.ident.unraw().to_string(), Span::mixed_site())
    }
}

impl Ack {
    /// What a method returns.
    fn returned(cx: &Ctxt, attr: &attr::Event, output: Option<Type>) -> Self {
        if let Some(ty) = attr.ack.as_ref().or(attr.error.as_ref()) {
            let message = "the return type is the acknowledgement: write `-> T`, or `-> Result<T, E>` for what can be refused";
            cx.error(ty, message);
        }
        let Some(output) = output else { return Self::None };
        let this = match result(&output).as_deref() {
            None => Self::Plain(output.into()),
            Some(&[value, error]) => Self::Fallible(value.clone().into(), error.clone().into()),
            Some(_) => {
                cx.error(
                    &output,
                    "the error is part of the wire protocol: write `Result<T, E>` with both types",
                );
                return Self::Plain(output.into());
            }
        };
        this.types().for_each(|ty| check::argument(cx, ty));
        this
    }

    fn types(&self) -> impl Iterator<Item = &Type> {
        let (value, error) = match self {
            Self::None => (None, None),
            Self::Plain(value) => (Some(&**value), None),
            Self::Fallible(value, error) => (Some(&**value), Some(&**error)),
        };
        value.into_iter().chain(error)
    }

    fn read(cx: &Ctxt, attr: attr::Event) -> Self {
        if let Some(ty) = &attr.ack {
            check::acknowledgement(cx, ty);
        }
        if let Some(ty) = &attr.error {
            check::argument(cx, ty);
        }
        match (attr.ack, attr.error) {
            (None, None) => Self::None,
            (Some(value), None) => Self::Plain(value.into()),
            (Some(value), Some(error)) => Self::Fallible(value.into(), error.into()),
            (None, Some(error)) => {
                cx.error(
                    &error,
                    "`error` says how an acknowledgement fails; add `ack = Type`, or `ack = ()` for none",
                );
                Self::None
            }
        }
    }
}

/// The one or two types of a `Result`, for what is one by its name.
fn result(ty: &Type) -> Option<Vec<&Type>> {
    match ty {
        Type::Group(group) => result(&group.elem),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
            let PathArguments::AngleBracketed(args) = &last.arguments else { return Some(Vec::new()) };
            let types = args.args.iter().filter_map(|arg| match arg {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            Some(types.collect())
        }
        _ => None,
    }
}

/// The method that a variant becomes, where the variant stands.
fn method(cx: &Ctxt, variant: &Ident, plain: &str) -> Ident {
    let name = case::method(plain);
    let span = variant.span();
    match name.as_str() {
        "" | "self" | "super" | "crate" => {
            cx.error(variant, format!("becomes the method `{name}`, which is not a legal name"));
            Ident::new("unnamed", span)
        }
        // Keywords do not parse as identifiers.
        _ => match syn::parse_str::<Ident>(&name) {
            Ok(_) => Ident::new(&name, span),
            Err(_) => Ident::new_raw(&name, span),
        },
    }
}

fn attributes(attrs: &[Attribute], name: &str) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident(name)).cloned().collect()
}
