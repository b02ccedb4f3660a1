//! The guide for those who come from JavaScript; no code, but each program on the page is compiled.
//!
// Of two definitions of a link the first one counts: here the page of options is the builder's documentation.
//! [options]: crate::server::ServerBuilder
//!
#![doc = include_str!("../../docs/from-javascript.md")]
