//! The server's promises, over the in-memory transport and with the clock paused: time-outs pass in no time and never early.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod acks;
mod closing;
mod eio3;
mod events;
mod guide;
mod joining;
mod msgpack;
mod nodes;
mod order;
mod recovery;
mod reentry;
mod rooms;
mod stage;
mod untyped;
mod watching;
mod yard;
