//! Events declared by a trait: `#[events(client_to_server)] trait Chat { async fn post(&self, text: String) -> u64; }`.
//!
//! A second way to write an enum, and no more than that: the trait becomes the enum, with a derive above it, and what the derive
//! cannot see in an enum goes along in `#[__sockeye(…)]`. So there is one model, `cfg` is applied before it is read, and every
//! option works here too. This file knows nothing of events but their shape; it complains about what a trait has and an enum has not.

mod arguments;
mod method;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Generics, Ident, Token, Visibility, braced,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Brace,
};

use crate::{
    ctxt::Ctxt,
    model::{Direction, Private, here},
};
use arguments::Arguments;
use method::Method;

/// `#[events(…)]` above an item.
pub(crate) fn events(args: TokenStream, item: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let parser = |input: ParseStream<'_>| declaration(&cx, &args, input);
    let written = parser.parse2(item.clone()).unwrap_or_else(|error| {
        cx.syn_error(error);
        item
    });
    let errors = cx.finish();
    quote!(#errors #written)
}

/// The item after its attributes and visibility, be it a trait or not.
fn declaration(cx: &Ctxt, args: &TokenStream, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    if input.peek(Token![enum]) {
        let keyword: Token![enum] = input.parse()?;
        let rest: TokenStream = input.parse()?;
        return Ok(on_enum(cx, args, &attrs, &quote!(#vis #keyword #rest)));
    }
    let is_trait = input.peek(Token![trait])
        || (input.peek(Token![unsafe]) && (input.peek2(Token![trait]) || input.peek2(Token![auto])))
        || (input.peek(Token![auto]) && input.peek2(Token![trait]));
    if !is_trait {
        let rest: TokenStream = input.parse()?;
        let keyword = rest.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
        cx.syn_error(syn::Error::new(
            keyword,
            "`events` goes on a trait with one method per event, or below the derive on an enum with one variant per event",
        ));
        return Ok(quote!(#(#attrs)* #vis #rest));
    }
    while !input.peek(Token![trait]) {
        let word = input.call(Ident::parse_any)?;
        let message = format!("the events are data, and `{word}` says nothing about them: leave it out");
        cx.error(word, message);
    }
    input.parse::<Token![trait]>()?;
    let ident: Ident = input.parse()?;
    let args = Arguments::read(cx, args);
    let attrs = on_trait(cx, attrs);
    let generics = header(cx, input)?;
    let content;
    braced!(content in input);
    let mut more = content.call(Attribute::parse_inner)?;
    more.iter_mut().for_each(|attr| attr.style = syn::AttrStyle::Outer);
    let methods = method::all(cx, &content, &generics)?;
    Ok(enumeration(cx, &args, &[attrs, more].concat(), &vis, &ident, &methods))
}

/// What stands between the trait's name and its body, where nothing may.
fn header(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Generics> {
    let generics: Generics = input.parse()?;
    if !generics.params.is_empty() {
        cx.error(&generics, "events take no generic parameters: they are part of the wire protocol");
    }
    let body = |input: ParseStream<'_>| input.is_empty() || input.peek(Brace);
    let mut supertraits = TokenStream::new();
    while !body(input) && !input.peek(Token![where]) {
        supertraits.extend([input.parse::<TokenTree>()?]);
    }
    if !supertraits.is_empty() {
        let message = "events have no supertraits; the handler trait that comes of them is `Send + Sync + 'static` by itself";
        cx.error(supertraits, message);
    }
    let mut clause = TokenStream::new();
    while !body(input) {
        clause.extend([input.parse::<TokenTree>()?]);
    }
    if !clause.is_empty() {
        cx.error(clause, "events have no `where` clause: their types are plain data");
    }
    Ok(generics)
}

/// The attributes that go to the enum: all but those that belong elsewhere.
fn on_trait(cx: &Ctxt, mut attrs: Vec<Attribute>) -> Vec<Attribute> {
    attrs.retain(|attr| {
        let misplaced = attr.path().is_ident("event");
        if misplaced {
            cx.error(attr.path(), "`event` belongs on a method; on the trait write `#[events(…)]`");
        }
        !misplaced
    });
    attrs
}

/// An enum needs no `events` above its derive. It gets what was meant.
fn on_enum(cx: &Ctxt, args: &TokenStream, attrs: &[Attribute], item: &TokenStream) -> TokenStream {
    let derives = |attr: &Attribute, direction: Direction| {
        attr.path().is_ident("derive") && attr.meta.to_token_stream().to_string().contains(direction.derive())
    };
    let derived = attrs.iter().any(|attr| Direction::ALL.iter().any(|&direction| derives(attr, direction)));
    if derived {
        let message = "on an enum `#[events(…)]` stands below the derive: move it there";
        cx.syn_error(syn::Error::new(Span::call_site(), message));
        return quote!(#(#attrs)* #[events(#args)] #item);
    }
    let quiet = Ctxt::new();
    let args = Arguments::read(&quiet, args);
    drop(quiet.finish());
    let direction = args.direction.unwrap_or(Direction::ClientToServer);
    let known = args.direction.map_or("…", Direction::derive);
    let message = format!(
        "an enum of events derives its direction, `#[derive({known})]`; this attribute goes on a trait"
    );
    cx.syn_error(syn::Error::new(Span::call_site(), message));
    let head = head(&args, direction, Span::call_site(), &broken());
    quote!(#head #(#attrs)* #item)
}

/// The attributes that make an enum a set of events.
fn head(args: &Arguments, direction: Direction, span: Span, declared: &TokenStream) -> TokenStream {
    let span = here(span);
    let private = Private::new(args.krate.as_ref()).at(span);
    let derive = Ident::new(direction.derive(), span);
    let options = &args.options;
    let options = (!options.is_empty()).then(|| quote_spanned!(span=> #[events(#(#options),*)]));
    quote_spanned! {span=>
        #[derive(#private::#derive)]
        #options
        #declared
    }
}

/// Mistakes have been reported: the derive is to write empty bodies, for any direction.
fn broken() -> TokenStream {
    quote!(#[__sockeye(broken)])
}

fn enumeration(
    cx: &Ctxt,
    args: &Arguments,
    attrs: &[Attribute],
    vis: &Visibility,
    ident: &Ident,
    methods: &[Method],
) -> TokenStream {
    let declared = if cx.failed() { broken() } else { TokenStream::new() };
    let direction = args.direction.unwrap_or(Direction::ClientToServer);
    let head = head(args, direction, ident.span(), &declared);
    let variants = methods.iter().map(Method::variant);
    quote_spanned! {here(ident.span())=>
        #head
        #[allow(missing_debug_implementations, clippy::enum_variant_names, clippy::large_enum_variant)]
        #(#attrs)*
        #vis enum #ident { #(#variants)* }
    }
}
