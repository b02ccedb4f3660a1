//! A room's name, from a value and back.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Ident;

use super::param::Param;
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

/// The parameters, as they are written and read.
fn params<'a>(rooms: &'a Rooms, kind: &'a Room) -> impl Iterator<Item = Param<'a>> {
    let count = kind.params.len();
    kind.params.iter().zip(kind.literals.iter().skip(1)).enumerate().map(move |(at, (param, literal))| {
        Param { private: &rooms.private, ty: &param.ty, literal, is_last: at + 1 == count }
    })
}

/// The arm that writes the name.
fn write(rooms: &Rooms, kind: &Room) -> TokenStream {
    let span = here(rooms.ident.span());
    let locals = locals(kind, span);
    let members = kind.params.iter().map(|param| &param.member);
    let (path, first) = (&kind.path, kind.literals.first());
    let name = Ident::new("name", span);
    let others = params(rooms, kind).zip(&locals).map(|(param, local)| param.write(local, &name));
    quote_spanned! {span=>
        #path { #(#members: #locals),* } => {
            #name.push_str(#first);
            #(#others)*
        }
    }
}

/// A statement that returns the value if the name is one of this kind.
fn parse(rooms: &Rooms, kind: &Room) -> TokenStream {
    let span = here(rooms.ident.span());
    let private = rooms.private.at(span);
    let Room { path, literals, .. } = kind;
    let locals = locals(kind, span);
    if kind.params.is_empty() {
        return quote_spanned! {span=>
            if name == #(#literals)* {
                return #private::Option::Some(#path {});
            }
        };
    }
    let members = kind.params.iter().map(|param| &param.member);
    let reads = params(rooms, kind).zip(&locals).map(|(param, local)| param.read(local));
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
