//! The server's promises, over the in-memory transport and with the clock paused: time-outs pass in no time and never early.

mod acks;
mod closing;
mod events;
mod joining;
mod msgpack;
mod order;
mod rooms;
mod stage;
mod untyped;
