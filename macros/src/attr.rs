//! Attributes: `#[events(…)]` on an enum, `#[event(…)]` on a variant, `#[arg(…)]` on a field, `#[namespace(…)]` on a struct.
//!
//! Each is a list of a text and options. A mistake in one option does not hide those in the next. What is not known here is
//! refused: an option that is ignored would be a promise that is not kept.

mod arg;
mod event;
mod lifecycle;
mod room;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Ident, Lit, LitStr, Meta, Path, Token, Type, bracketed,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::{Bracket, Paren},
};

use crate::{case::RenameRule, ctxt::Ctxt, spelling};
pub(crate) use arg::Arg;
pub(crate) use event::Event;
pub(crate) use lifecycle::Lifecycle;
pub(crate) use room::Room;

/// The options of each attribute.
const OF_EVENTS: &[&str] = &["rename_all", "deny_extra", "crate"];
const OF_NAMESPACE: &[&str] = &[
    "client_to_server",
    "server_to_client",
    "server_to_server",
    "auth",
    "session",
    "data",
    "sequential",
    "untyped",
    "crate",
];

/// What the macros tell each other, and no user writes.
const DECLARED: &str = "__sockeye";

/// After what is said about a `#[serde(…)]`.
const SERDE_TOO: &str = "; if serde has to read or write the enum too, let it do so to a type of its own";

/// `#[events(…)]`.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) rename_all: Option<RenameRule>,
    pub(crate) deny_extra: Option<Ident>,
    pub(crate) krate: Option<Path>,
    /// It was a trait with mistakes, which have been reported.
    pub(crate) broken: bool,
}

/// `#[__sockeye(fn name -> Type)]`: what `#[events]` on a trait says of the method that a variant was.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    pub(crate) output: Option<Type>,
}

/// `#[namespace(…)]`.
#[derive(Default)]
pub(crate) struct Namespace {
    pub(crate) path: Option<LitStr>,
    pub(crate) client_to_server: Option<Vec<Type>>,
    pub(crate) server_to_client: Option<Vec<Type>>,
    pub(crate) server_to_server: Option<Vec<Type>>,
    pub(crate) auth: Option<Type>,
    pub(crate) session: Option<Type>,
    pub(crate) data: Option<Type>,
    pub(crate) sequential: Option<Ident>,
    pub(crate) untyped: Option<Ident>,
    pub(crate) krate: Option<Path>,
}

impl Container {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for attr in attrs {
            if attr.path().is_ident("event") {
                cx.error(attr.path(), "`event` belongs on a variant; on the enum write `#[events(…)]`");
            }
            if attr.path().is_ident("arg") {
                cx.error(
                    attr.path(),
                    "`arg` belongs on a field of a variant; on the enum write `#[events(…)]`",
                );
            }
            if attr.path().is_ident("serde") {
                cx.error(
                    attr,
                    format!(
                        "`serde` has no effect on events: write `#[events(rename_all = \"…\")]`{SERDE_TOO}"
                    ),
                );
            }
            this.broken |= attr.path().is_ident(DECLARED);
            if !attr.path().is_ident("events") {
                continue;
            }
            let malformed = "expected `#[events(rename_all = \"…\")]`";
            each_option(cx, attr, malformed, OF_EVENTS, |option, input| match option {
                Item::Text(text) => Err(syn::Error::new(
                    text.span(),
                    "the enum has no wire name; write it on a variant: `#[event(\"…\")]`",
                )),
                Item::Option(name) if name == "rename_all" => {
                    let text: LitStr = value(input, &name, "\"snake_case\"")?;
                    once(&mut this.rename_all, &name, rename_rule(&text)?)
                }
                Item::Option(name) if name == "crate" => {
                    let path = krate(input, &name)?;
                    once(&mut this.krate, &name, path)
                }
                Item::Option(name) if name == "deny_extra" => flag(&mut this.deny_extra, name, input),
                Item::Option(name) => Err(unknown(&name, "events", OF_EVENTS)),
            });
        }
        this
    }
}

impl Method {
    /// `None` if the variant was written as such.
    pub(crate) fn read(attrs: &[Attribute]) -> Option<Self> {
        let attr = attrs.iter().find(|attr| attr.path().is_ident(DECLARED))?;
        let parser = |input: ParseStream<'_>| {
            input.parse::<Token![fn]>()?;
            let ident = input.parse()?;
            let output = match input.parse::<Option<Token![->]>>()? {
                Some(_) => Some(input.parse()?),
                None => None,
            };
            Ok(Self { ident, output })
        };
        attr.parse_args_with(parser).ok()
    }
}

impl Namespace {
    /// `None` if there is no such attribute.
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Option<Self> {
        let mut this = None;
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("namespace")) {
            let this: &mut Self = this.get_or_insert_default();
            let malformed = "expected the namespace's path, as in `#[namespace(\"/chat\")]`";
            each_option(cx, attr, malformed, OF_NAMESPACE, |option, input| this.option(option, input));
        }
        this
    }

    fn option(&mut self, option: Item, input: ParseStream<'_>) -> syn::Result<()> {
        let name = match option {
            Item::Text(text) if self.path.is_some() => {
                return Err(syn::Error::new(text.span(), "a namespace has one path"));
            }
            Item::Text(text) => {
                self.path = Some(text);
                return Ok(());
            }
            Item::Option(name) => name,
        };
        match name.to_string().as_str() {
            "client_to_server" => {
                let sets = types(input, &name)?;
                several(&mut self.client_to_server, &name, sets)
            }
            "server_to_client" => {
                let sets = types(input, &name)?;
                several(&mut self.server_to_client, &name, sets)
            }
            "server_to_server" => {
                let sets = types(input, &name)?;
                several(&mut self.server_to_server, &name, sets)
            }
            "auth" => {
                let ty = self::ty(input, &name)?;
                once(&mut self.auth, &name, ty)
            }
            "session" => {
                let ty = self::ty(input, &name)?;
                once(&mut self.session, &name, ty)
            }
            "data" => {
                let ty = self::ty(input, &name)?;
                once(&mut self.data, &name, ty)
            }
            "sequential" => flag(&mut self.sequential, name, input),
            "untyped" => flag(&mut self.untyped, name, input),
            "crate" => {
                let path = krate(input, &name)?;
                once(&mut self.krate, &name, path)
            }
            "path" => {
                let example =
                    value::<LitStr>(input, &name, "").map_or_else(|_| "/…".to_owned(), |text| text.value());
                let message = format!("write the path first and bare: `#[namespace({example:?}, …)]`");
                Err(syn::Error::new(name.span(), message))
            }
            _ => Err(unknown(&name, "namespace", OF_NAMESPACE)),
        }
    }
}

/// What a list between the parentheses is made of.
enum Item {
    Text(LitStr),
    /// The word of an option; its value has not been read.
    Option(Ident),
}

/// Gives each item of an attribute to `read`, which reads an option's value too.
fn each_option(
    cx: &Ctxt,
    attr: &Attribute,
    malformed: &str,
    known: &[&str],
    mut read: impl FnMut(Item, ParseStream<'_>) -> syn::Result<()>,
) {
    let list = match &attr.meta {
        Meta::List(list) => list,
        Meta::NameValue(pair) => {
            let (path, value) = (&pair.path, &pair.value);
            let message =
                format!("write it between parentheses: `#[{}({})]`", quote!(#path), quote!(#value),);
            return cx.error(&attr.meta, message);
        }
        Meta::Path(_) => return cx.error(&attr.meta, malformed),
    };
    let parser = |input: ParseStream<'_>| {
        if input.is_empty() {
            cx.error(&attr.meta, malformed);
        }
        while !input.is_empty() {
            let item = item(input, malformed).map(|item| meant(attr, item, known));
            if let Err(error) = item.and_then(|(item, slip)| after(cx, slip, read(item, input))) {
                cx.syn_error(error);
                skip(input)?;
            } else if !input.is_empty() && !input.peek(Token![,]) {
                cx.syn_error(input.error("expected a comma before this"));
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

/// A misspelt option.
struct Slip {
    written: String,
    attribute: String,
    error: syn::Error,
}

/// The item, or what it should have been: after a slip of the pen the rest is read as it was meant, so that nothing else goes wrong.
fn meant(attr: &Attribute, item: Item, known: &[&str]) -> (Item, Option<Slip>) {
    let Item::Option(name) = &item else { return (item, None) };
    let written = name.to_string();
    match spelling::closest(&written, known) {
        Some(close) if !known.contains(&written.as_str()) => {
            let attribute = attr.path().get_ident().map(Ident::to_string).unwrap_or_default();
            let error = unknown(name, &attribute, known);
            (Item::Option(Ident::new(close, name.span())), Some(Slip { written, attribute, error }))
        }
        _ => (item, None),
    }
}

/// Reports the slip, in one message with what is wrong in its value.
fn after(cx: &Ctxt, slip: Option<Slip>, read: syn::Result<()>) -> syn::Result<()> {
    let Some(Slip { written, attribute, error }) = slip else { return read };
    match read {
        Ok(()) => {
            cx.syn_error(error);
            Ok(())
        }
        Err(error) => {
            let message = format!("`#[{attribute}]` has no option `{written}`; {error}");
            Err(syn::Error::new(error.span(), message))
        }
    }
}

fn item(input: ParseStream<'_>, malformed: &str) -> syn::Result<Item> {
    if input.peek(LitStr) {
        return input.parse().map(Item::Text);
    }
    if input.peek(Lit) {
        return Err(input.error("expected a text between double quotes"));
    }
    if input.peek(Ident::peek_any) {
        return input.call(Ident::parse_any).map(Item::Option);
    }
    Err(input.error(malformed))
}

/// Goes on to the comma before the next item; those between `<` and `>` belong to a type.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    until_comma(input).map(drop)
}

/// What stands before that comma.
pub(crate) fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0usize;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        if input.peek(Token![->]) || input.peek(Token![=>]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        } else if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The `=` between an option and its value. At the end of an attribute syn would point at the derive.
fn equals(input: ParseStream<'_>, name: &Ident, example: &str) -> syn::Result<()> {
    if input.peek(Token![=]) && !input.peek(Token![==]) {
        input.parse::<Token![=]>()?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Ok(());
        }
    }
    Err(syn::Error::new(name.span(), format!("`{name}` needs a value: write `{name} = {example}`")))
}

fn value<T: syn::parse::Parse>(input: ParseStream<'_>, name: &Ident, example: &str) -> syn::Result<T> {
    equals(input, name, example)?;
    input.parse()
}

/// A type, which serde's users may write as a text.
fn ty(input: ParseStream<'_>, name: &Ident) -> syn::Result<Type> {
    equals(input, name, "Type")?;
    bare_type(input, name)
}

fn bare_type(input: ParseStream<'_>, name: &Ident) -> syn::Result<Type> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("a type is written without quotes: `{name} = {}`", text.value());
        return Err(syn::Error::new(text.span(), message));
    }
    if input.peek(Lit) {
        return Err(input.error(format!("expected a type, as in `{name} = String`")));
    }
    input.parse()
}

/// One type, or several between brackets.
fn types(input: ParseStream<'_>, name: &Ident) -> syn::Result<Vec<Type>> {
    equals(input, name, "Enum")?;
    if !input.peek(Bracket) {
        let ty = bare_type(input, name)?;
        return match &ty {
            Type::Tuple(_) => {
                let message = format!("several enums stand between brackets: `{name} = [First, Second]`");
                Err(syn::Error::new_spanned(&ty, message))
            }
            _ => Ok(vec![ty]),
        };
    }
    let content;
    bracketed!(content in input);
    let mut types = Vec::new();
    while !content.is_empty() {
        types.push(bare_type(&content, name)?);
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(types)
}

/// The path of the crate, bare or as serde's text.
pub(crate) fn krate(input: ParseStream<'_>, name: &Ident) -> syn::Result<Path> {
    equals(input, name, "::sockeye")?;
    if input.peek(LitStr) {
        return input.parse::<LitStr>()?.parse_with(Path::parse_mod_style);
    }
    Path::parse_mod_style(input)
}

fn once<T>(slot: &mut Option<T>, name: &Ident, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(name.span(), format!("`{name}` is written twice")));
    }
    *slot = Some(value);
    Ok(())
}

/// As [`once`], and what is written again is read all the same: it is not what is wrong.
fn several<T>(slot: &mut Option<Vec<T>>, name: &Ident, more: Vec<T>) -> syn::Result<()> {
    match slot {
        Some(first) => {
            first.extend(more);
            let message =
                format!("`{name}` is written twice; several enums are a list: `{name} = [First, Second]`");
            Err(syn::Error::new(name.span(), message))
        }
        None => once(slot, name, more),
    }
}

fn flag(slot: &mut Option<Ident>, name: Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) || input.peek(Paren) {
        // It is there all the same, for what is checked later.
        slot.get_or_insert_with(|| name.clone());
        return Err(input.error(format!("`{name}` stands alone, without a value")));
    }
    let word = name.clone();
    once(slot, &name, word)
}

fn rename_rule(text: &LitStr) -> syn::Result<RenameRule> {
    RenameRule::from_name(&text.value()).ok_or_else(|| {
        let message = format!("unknown rule {:?}; there are {}", text.value(), RenameRule::names());
        syn::Error::new(text.span(), message)
    })
}

fn unknown(name: &Ident, attribute: &str, known: &[&str]) -> syn::Error {
    let all: Vec<_> = known.iter().map(|option| format!("`{option}`")).collect();
    let all = all.join(", ");
    let message = match spelling::closest(&name.to_string(), known) {
        Some(close) => {
            format!("`#[{attribute}]` has no option `{name}`; did you mean `{close}`? It has {all}")
        }
        None => format!("`#[{attribute}]` has no option `{name}`; it has {all}"),
    };
    syn::Error::new(name.span(), message)
}
