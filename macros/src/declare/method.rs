//! A method of a trait of events, and the variant that it becomes.

use std::collections::HashMap;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Generics, Ident, Lifetime, LitStr, Token, Type, Visibility, ext::IdentExt, parenthesized,
    parse::ParseStream, parse_quote, spanned::Spanned, token::Brace,
};

use crate::{
    ctxt::Ctxt,
    model::{SERDE, here},
};

/// A method.
pub(super) struct Method {
    attrs: Vec<Attribute>,
    ident: Ident,
    variant: Ident,
    params: Vec<Param>,
    output: Option<Type>,
}

/// A parameter other than `&self`.
struct Param {
    attrs: Vec<Attribute>,
    ident: Ident,
    ty: Type,
}

/// The methods of a trait, without those that no variant can stand for.
pub(super) fn all(cx: &Ctxt, input: ParseStream<'_>, generics: &Generics) -> syn::Result<Vec<Method>> {
    let mut methods: Vec<Method> = Vec::new();
    let mut variants: HashMap<String, Ident> = HashMap::new();
    while !input.is_empty() {
        let Some(method) = Method::parse(cx, input, generics)? else { continue };
        // Of two that exclude each other by `cfg` the compiler sees one.
        if method.attrs.iter().any(|attr| attr.path().is_ident("cfg")) {
            methods.push(method);
            continue;
        }
        match variants.get(&method.variant.to_string()) {
            Some(first) if *first == method.ident => {
                cx.error(&method.ident, format!("two events are called `{first}`"));
            }
            Some(first) => {
                let message =
                    format!("`{first}` and `{}` both become the variant `{}`", method.ident, method.variant);
                cx.error(&method.ident, message);
            }
            None => {
                variants.insert(method.variant.to_string(), method.ident.clone());
                methods.push(method);
            }
        }
    }
    Ok(methods)
}

impl Method {
    /// `None` for what is no method.
    fn parse(cx: &Ctxt, input: ParseStream<'_>, generics: &Generics) -> syn::Result<Option<Self>> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        misplaced(cx, &mut attrs, "events", "`events` belongs on the trait; on a method write `#[event(…)]`");
        let vis: Visibility = input.parse()?;
        if !matches!(vis, Visibility::Inherited) {
            cx.error(&vis, "an event is as visible as the trait: leave this out");
        }
        if !is_method(input) {
            let at = input.span();
            skip_item(input)?;
            cx.syn_error(syn::Error::new(
                at,
                "a trait of events has a method for each event, and nothing else",
            ));
            return Ok(None);
        }
        let mut is_async = false;
        while !input.peek(Token![fn]) {
            if let Some(abi) = input.parse::<Option<LitStr>>()? {
                drop(abi);
                continue;
            }
            let word = input.call(Ident::parse_any)?;
            if word == "async" {
                is_async = true;
            } else {
                let message = format!("an event is declared by `async fn`: leave `{word}` out");
                cx.error(word, message);
            }
        }
        let keyword: Token![fn] = input.parse()?;
        let ident: Ident = input.parse()?;
        let own: Generics = input.parse()?;
        if !own.params.is_empty() {
            cx.error(
                &own,
                "an event takes no generic parameters: its arguments are part of the wire protocol",
            );
        }
        let unknown = Unknown::new(&[generics, &own]);
        let content;
        let parens = parenthesized!(content in input);
        let params = params(cx, &ident, parens.span.open(), &content, &unknown)?;
        let output = output(cx, input, is_async, &unknown)?;
        if !is_async {
            cx.error(keyword, "a handler is asynchronous: write `async fn`");
        }
        end(cx, input)?;
        let Some(variant) = variant_name(&ident) else {
            cx.error(&ident, "the name of an event begins with a letter, from which its variant is made");
            return Ok(None);
        };
        Ok(Some(Self { attrs, ident, variant, params, output }))
    }

    /// The variant.
    pub(super) fn variant(&self) -> TokenStream {
        let Self { attrs, ident, variant, params, output } = self;
        let output = output.as_ref().map(|ty| quote!(-> #ty));
        let fields = params.iter().map(|Param { attrs, ident, ty }| {
            let documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
            let about = format!("The argument `{}`.", ident.unraw());
            let about = (!documented).then(|| quote!(#[doc = #about]));
            quote!(#about #(#attrs)* #ident: #ty,)
        });
        let fields = (!params.is_empty()).then(|| quote!({ #(#fields)* }));
        quote_spanned! {here(ident.span())=>
            #(#attrs)*
            #[__sockeye(fn #ident #output)]
            #variant #fields,
        }
    }
}

/// Names of types that the enum has not.
struct Unknown(Vec<String>);

impl Unknown {
    fn new(generics: &[&Generics]) -> Self {
        let params = generics.iter().flat_map(|generics| generics.params.iter());
        let names = params.map(|param| match param {
            syn::GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
            syn::GenericParam::Type(ty) => ty.ident.to_string(),
            syn::GenericParam::Const(constant) => constant.ident.to_string(),
        });
        Self(names.collect())
    }

    /// The type, or one that the enum knows, too.
    fn known(&self, cx: &Ctxt, ty: Type) -> Type {
        let before = cx.count();
        if mentions(ty.to_token_stream(), &|ident| *ident == "Self") {
            cx.error(&ty, "`Self` is nothing here: write the type");
        } else if !mentions(ty.to_token_stream(), &|ident| self.0.iter().any(|name| ident == name)) {
            return syn::parse2(with_lifetimes(ty.to_token_stream())).unwrap_or(ty);
        }
        // A generic parameter has been complained about: what comes last is that.
        cx.mistaken(before)
            .or_else(|| cx.mistaken(before.checked_sub(1)?))
            .unwrap_or_else(|| parse_quote!(()))
    }
}

/// `&'static T` for `&T`: the derive refuses both, and so says it alone.
fn with_lifetimes(tokens: TokenStream) -> TokenStream {
    let mut result = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let elided = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'')
            }
            _ => false,
        };
        let span = token.span();
        result.extend([match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), with_lifetimes(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        }]);
        if elided {
            result.extend(Lifetime::new("'static", span).to_token_stream());
        }
    }
    result
}

fn mentions(tokens: TokenStream, wanted: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => wanted(&ident),
        TokenTree::Group(group) => mentions(group.stream(), wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn is_method(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.is_empty() && !ahead.peek(Token![fn]) {
        let modifier = ahead.peek(LitStr)
            || ahead.peek(Token![async])
            || ahead.peek(Token![const])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern]);
        if !modifier || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    !ahead.is_empty()
}

fn skip_item(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        let last = input.peek(Token![;]) || input.peek(Brace);
        input.parse::<TokenTree>()?;
        if last {
            break;
        }
    }
    input.parse::<Option<Token![;]>>()?;
    Ok(())
}

/// What ends a declaration: `;`.
fn end(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<()> {
    let mut clause = TokenStream::new();
    while !input.is_empty() && !input.peek(Brace) && !input.peek(Token![;]) {
        clause.extend([input.parse::<TokenTree>()?]);
    }
    if !clause.is_empty() {
        cx.error(clause, "an event has no `where` clause: its arguments are plain data");
    }
    if input.peek(Brace) {
        let body: TokenTree = input.parse()?;
        let message = "an event is declared, not handled here: end it with `;`, and write the body where the handler trait is implemented";
        let at = match &body {
            TokenTree::Group(group) => group.span_open(),
            other => other.span(),
        };
        cx.syn_error(syn::Error::new(at, message));
    }
    input.parse::<Option<Token![;]>>()?;
    Ok(())
}

fn params(
    cx: &Ctxt,
    method: &Ident,
    open: Span,
    input: ParseStream<'_>,
    unknown: &Unknown,
) -> syn::Result<Vec<Param>> {
    let mut params = Vec::new();
    let mut first = true;
    while !input.is_empty() {
        let attrs = input.call(Attribute::parse_outer)?;
        let receiver = first && receiver(cx, input, unknown)?;
        if first && !receiver {
            cx.syn_error(syn::Error::new(open, no_receiver(method)));
        }
        if !receiver && let Some(param) = param(cx, attrs, params.len(), input, unknown)? {
            params.push(param);
        }
        first = false;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    if first {
        cx.syn_error(syn::Error::new(open, no_receiver(method)));
    }
    Ok(params)
}

fn no_receiver(method: &Ident) -> String {
    format!("the handler is a method: write `{method}(&self, …)`")
}

/// Whether a `self` of some kind stands here; it is read.
fn receiver(cx: &Ctxt, input: ParseStream<'_>, unknown: &Unknown) -> syn::Result<bool> {
    let ahead = input.fork();
    let mut is_shared = false;
    if ahead.parse::<Option<Token![&]>>()?.is_some() {
        let lifetime = ahead.parse::<Option<Lifetime>>()?;
        // One that the method declares is wrong there.
        is_shared = lifetime.is_none_or(|lifetime| unknown.0.iter().any(|name| lifetime.ident == name))
            && ahead.peek(Token![self])
            && (ahead.peek2(Token![,]) || ahead.cursor().token_tree().is_none_or(|(_, rest)| rest.eof()));
    }
    ahead.parse::<Option<Token![mut]>>()?;
    if !ahead.peek(Token![self]) {
        return Ok(false);
    }
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    if !is_shared {
        cx.error(tokens, "one handler serves all sockets: write `&self`");
    }
    Ok(true)
}

/// `None` if it is no argument.
fn param(
    cx: &Ctxt,
    mut attrs: Vec<Attribute>,
    at: usize,
    input: ParseStream<'_>,
    unknown: &Unknown,
) -> syn::Result<Option<Param>> {
    misplaced(cx, &mut attrs, "event", "`event` belongs on the method");
    misplaced(cx, &mut attrs, "events", "`events` belongs on the trait");
    misplaced(cx, &mut attrs, "serde", SERDE);
    let mut pattern = Vec::new();
    while !input.is_empty() && (!input.peek(Token![:]) || input.peek(Token![::])) {
        if input.peek(Token![::]) {
            pattern.extend(input.parse::<Token![::]>()?.to_token_stream());
        } else {
            pattern.push(input.parse::<TokenTree>()?);
        }
    }
    input.parse::<Token![:]>()?;
    let ty: Type = input.parse()?;
    let ident = match pattern.as_slice() {
        [TokenTree::Ident(ident)] if ident != "_" => ident.clone(),
        other => {
            let message = "an argument is declared by a name: it is the variant's field";
            cx.error(other.iter().cloned().collect::<TokenStream>(), message);
            Ident::new(&format!("arg{at}"), here(ty.span()))
        }
    };
    if ident == "socket" && is_socket(&ty) {
        cx.error(
            &ty,
            "every handler gets the socket by itself, as its first parameter: declare only what is sent",
        );
        return Ok(None);
    }
    let ty = unknown.known(cx, ty);
    Ok(Some(Param { attrs, ident, ty }))
}

fn is_socket(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Socket"),
        Type::Reference(reference) => is_socket(&reference.elem),
        Type::Group(group) => is_socket(&group.elem),
        _ => false,
    }
}

/// What stands after `->`.
fn output(cx: &Ctxt, input: ParseStream<'_>, is_async: bool, unknown: &Unknown) -> syn::Result<Option<Type>> {
    if input.parse::<Option<Token![->]>>()?.is_none() {
        return Ok(None);
    }
    let ty: Type = input.parse()?;
    // `-> impl Future<Output = T>`: that `async` is missing says enough.
    if !is_async && matches!(ty, Type::ImplTrait(_)) {
        return Ok(None);
    }
    Ok(Some(unknown.known(cx, ty)))
}

fn misplaced(cx: &Ctxt, attrs: &mut Vec<Attribute>, name: &str, message: &str) {
    attrs.retain(|attr| {
        let misplaced = attr.path().is_ident(name);
        if misplaced {
            cx.error(attr.path(), message);
        }
        !misplaced
    });
}

/// `user_typing` is `UserTyping`.
fn variant_name(method: &Ident) -> Option<Ident> {
    let mut name = String::new();
    for word in method.unraw().to_string().split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    if name == "Self" {
        name.push('_');
    }
    syn::parse_str::<Ident>(&name).ok()?;
    Some(Ident::new(&name, method.span()))
}
