//! A lifecycle that accepts everyone: of every namespace, or of those that are named.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Generics, Ident, spanned::Spanned};

use crate::{
    attr,
    ctxt::Ctxt,
    model::{Private, here},
};

pub(super) fn expand(cx: &Ctxt, input: &DeriveInput) -> TokenStream {
    let attr = attr::Lifecycle::read(cx, &input.attrs);
    let private = Private::new(attr.krate.as_ref());
    let is_broken = cx.failed();
    let Some(namespaces) = attr.namespaces else {
        let span = here(input.ident.span());
        let namespace = parameter(&input.generics, span);
        let mut generics = input.generics.clone();
        generics.params.push(syn::parse_quote!(#namespace));
        let private_here = private.at(span);
        let clause = generics.make_where_clause();
        clause.predicates.push(syn::parse_quote!(#namespace: #private_here::Namespace));
        if !is_broken {
            clause.predicates.push(syn::parse_quote! {
                <#namespace as #private_here::Namespace>::Session: #private_here::DefaultSession<#namespace>
            });
        }
        return implementation(input, &private, generics, &quote!(#namespace), span, is_broken);
    };
    let implementations = namespaces.iter().map(|namespace| {
        let span = here(namespace.span());
        implementation(input, &private, input.generics.clone(), &quote!(#namespace), span, is_broken)
    });
    implementations.collect()
}

fn implementation(
    input: &DeriveInput,
    private: &Private,
    mut generics: Generics,
    namespace: &TokenStream,
    span: Span,
    is_broken: bool,
) -> TokenStream {
    let ident = &input.ident;
    let private = private.at(span);
    let (_, arguments, _) = input.generics.split_for_impl();
    // What a type parameter is, only the user of the type knows; of a type without any, the compiler says what is missing.
    if !input.generics.params.is_empty() {
        let predicate = syn::parse_quote! {
            #ident #arguments: #private::Send + #private::Sync + 'static
        };
        generics.make_where_clause().predicates.push(predicate);
    }
    let (parameters, _, clause) = generics.split_for_impl();
    let session = quote_spanned!(span=> <#namespace as #private::Namespace>::Session);
    let answer = if is_broken {
        quote_spanned!(span=> loop {})
    } else {
        quote_spanned! {span=>
            #private::Result::Ok(<#session as #private::DefaultSession<#namespace>>::new())
        }
    };
    quote_spanned! {span=>
        #[automatically_derived]
        impl #parameters #private::Lifecycle<#namespace> for #ident #arguments #clause {
            fn connect(
                &self,
                _: #private::Handshake<<#namespace as #private::Namespace>::Auth>,
            ) -> impl #private::Future<Output = #private::Result<#session, #private::ConnectError>>
                + #private::Send
            {
                // `self` stays out of it: the future asks nothing of its type.
                async move { #answer }
            }
        }
    }
}

/// A name that no parameter of the type has.
fn parameter(generics: &Generics, span: Span) -> Ident {
    let mut name = format_ident!("N", span = span);
    while generics.type_params().any(|param| param.ident == name)
        || generics.const_params().any(|param| param.ident == name)
    {
        name = format_ident!("{name}_", span = span);
    }
    name
}
