//! The client's promises, against our own server over real sockets. Tests wait for events, not for time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod connecting;
mod emitting;
mod house;
mod losing;
mod namespaces;
mod pulling;
