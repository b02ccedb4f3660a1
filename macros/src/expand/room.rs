//! A room's name, from a value and back.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Ident, spanned::Spanned};

use crate::{
    model::here,
    room::{Room, Rooms},
};

pub(super) fn expand(rooms: &Rooms) -> TokenStream {
    let Rooms { ident, private, kinds, broken, .. } = rooms;
    let span = here(ident.span());
    let private_here = private.at(span);
    let (write, parse) = if *broken {
        (quote_spanned!(span=> loop {}), quote_spanned!(span=> #private_here::Option::None))
    } else {
        let writes = kinds.iter().map(|kind| write(rooms, kind));
        let parses = kinds.iter().map(|kind| parse(rooms, kind));
        (
            quote_spanned!(span=> match self { #(#writes)* }),
            quote_spanned!(span=> #(#parses)* #private_here::Option::None),
        )
    };
    quote_spanned! {span=>
        const _: () = {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #private_here::RoomName for #ident {
                #[allow(unused_variables)]
                fn write_name(&self, name: &mut #private_here::String) {
                    #write
                }

                #[allow(unused_variables)]
                fn parse_name(name: &#private_here::str) -> #private_here::Option<Self> {
                    #parse
                }
            }

            #[automatically_derived]
            impl #private_here::From<#ident> for #private_here::Room {
                fn from(value: #ident) -> Self {
                    #private_here::room(&value)
                }
            }

            #[automatically_derived]
            impl #private_here::From<&#ident> for #private_here::Room {
                fn from(value: &#ident) -> Self {
                    #private_here::room(value)
                }
            }

            #[automatically_derived]
            impl #private_here::From<&&#ident> for #private_here::Room {
                fn from(value: &&#ident) -> Self {
                    #private_here::room(*value)
                }
            }
        };
    }
}

fn locals(kind: &Room, span: Span) -> Vec<Ident> {
    (0..kind.params.len()).map(|at| format_ident!("param{at}", span = span)).collect()
}

/// The arm that writes the name. Only the last parameter may contain what ends it.
fn write(rooms: &Rooms, kind: &Room) -> TokenStream {
    let span = here(rooms.ident.span());
    let private = rooms.private.at(span);
    let Room { path, literals, params, .. } = kind;
    let locals = locals(kind, span);
    let members = params.iter().map(|param| &param.member);
    let mut literals = literals.iter();
    let first = literals.next();
    let count = params.len();
    let others =
        params.iter().zip(&locals).zip(literals).enumerate().map(|(at, ((param, local), literal))| {
            let ty = &param.ty;
            let at_type = here(ty.span());
            let private_there = rooms.private.at(at_type);
            let write = quote_spanned!(at_type=> <#ty as #private_there::PathParam>::write(#local, name));
            if at + 1 == count {
                quote_spanned!(span=> #write; name.push_str(#literal);)
            } else {
                quote_spanned! {span=>
                    let start = name.len();
                    #write;
                    #private::escape(name, start, #literal);
                    name.push_str(#literal);
                }
            }
        });
    quote_spanned! {span=>
        #path { #(#members: #locals),* } => {
            name.push_str(#first);
            #(#others)*
        }
    }
}

/// A statement that returns the value if the name is one of this kind.
fn parse(rooms: &Rooms, kind: &Room) -> TokenStream {
    let span = here(rooms.ident.span());
    let private = rooms.private.at(span);
    let Room { path, literals, params, .. } = kind;
    let locals = locals(kind, span);
    if params.is_empty() {
        return quote_spanned! {span=>
            if name == #(#literals)* {
                return #private::Option::Some(#path {});
            }
        };
    }
    let members = params.iter().map(|param| &param.member);
    let count = params.len();
    let reads = params.iter().zip(&locals).enumerate().map(|(at, (param, local))| {
        let ty = &param.ty;
        let at_type = here(ty.span());
        let private = rooms.private.at(at_type);
        let text = if at + 1 == count {
            quote_spanned!(at_type=> #local)
        } else {
            quote_spanned!(at_type=> &#private::unescape(#local)?)
        };
        quote_spanned!(at_type=> <#ty as #private::PathParam>::parse(#text)?)
    });
    quote_spanned! {span=>
        let read = || {
            let [#(#locals),*] = #private::match_path(name, &[#(#literals),*])?;
            #private::Option::Some(#path { #(#members: #reads),* })
        };
        if let #private::Option::Some(value) = read() {
            if #private::is_room(&value, name) {
                return #private::Option::Some(value);
            }
        }
    }
}
