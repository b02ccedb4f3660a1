//! The derives of sockeye: [`ClientToServer`], [`ServerToClient`], [`ServerToServer`], [`Namespace`],
//! [`Room`] and [`Lifecycle`]; and [`macro@events`], which
//! turns a trait into an enum with a derive above it (`declare`).
//!
//! A derive is a pipeline, a file for each stage: `attr` reads attributes, `model` makes a description of the item,
//! `check` looks for what is wrong with it as a whole, `expand` writes the code. All stages put their complaints into one
//! `ctxt::Ctxt`, so that a user sees all mistakes of an item at once; if there are any, `expand::fallback` writes the same
//! names with empty bodies, so that one mistake is one message.
//!
//! What is written names only `::sockeye::__private` (or what `crate = …` says), never a name that a user can shadow.
//! They are documented where they are re-exported, in `sockeye`.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod attr;
mod case;
mod check;
mod ctxt;
mod declare;
mod expand;
mod model;
mod namespace;
mod pattern;
mod place;
mod room;
mod side;
#[cfg(test)]
mod snapshots;
mod spelling;

use model::Direction;
use side::Sides;

/// Events that a client sends to a server; see `sockeye::ClientToServer`.
#[proc_macro_derive(ClientToServer, attributes(event, events, arg, __sockeye))]
pub fn client_to_server(input: TokenStream) -> TokenStream {
    expand::events(Sides::BUILT, Direction::ClientToServer, &parse_macro_input!(input as DeriveInput)).into()
}

/// Events that a server sends to a client; see `sockeye::ServerToClient`.
#[proc_macro_derive(ServerToClient, attributes(event, events, arg, __sockeye))]
pub fn server_to_client(input: TokenStream) -> TokenStream {
    expand::events(Sides::BUILT, Direction::ServerToClient, &parse_macro_input!(input as DeriveInput)).into()
}

/// Events between the nodes of a cluster; see `sockeye::ServerToServer`.
#[proc_macro_derive(ServerToServer, attributes(event, events, arg, __sockeye))]
pub fn server_to_server(input: TokenStream) -> TokenStream {
    expand::events(Sides::BUILT, Direction::ServerToServer, &parse_macro_input!(input as DeriveInput)).into()
}

/// Events declared by a trait; see `sockeye::events`.
#[proc_macro_attribute]
pub fn events(args: TokenStream, item: TokenStream) -> TokenStream {
    declare::events(args.into(), item.into()).into()
}

/// A namespace; see `sockeye::Namespace`.
#[proc_macro_derive(Namespace, attributes(namespace))]
pub fn namespace(input: TokenStream) -> TokenStream {
    expand::namespace(Sides::BUILT, &parse_macro_input!(input as DeriveInput)).into()
}

/// A room's name as a type; see `sockeye::Room`.
#[proc_macro_derive(Room, attributes(room))]
pub fn room(input: TokenStream) -> TokenStream {
    expand::room(&parse_macro_input!(input as DeriveInput)).into()
}

/// A lifecycle that accepts everyone; see `sockeye::Lifecycle`.
#[proc_macro_derive(Lifecycle, attributes(lifecycle))]
pub fn lifecycle(input: TokenStream) -> TokenStream {
    expand::lifecycle(&parse_macro_input!(input as DeriveInput)).into()
}
