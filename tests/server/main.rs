//! The server's promises, over the in-memory transport and with the clock paused: time-outs pass in no time and never early; over real sockets where
//! those are the matter.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod acks;
mod away;
mod closing;
mod cores;
mod drain;
mod eio3;
mod events;
mod faults;
mod guests;
mod guide;
mod joining;
mod metrics;
mod msgpack;
mod nodes;
mod numbers;
mod options;
mod order;
mod peer;
mod recovery;
mod reentry;
mod rooms;
mod secrets;
mod slow;
mod stage;
mod tls;
mod traces;
mod untyped;
mod watching;
mod yard;
