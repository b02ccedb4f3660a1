//! Socket.IO v5: packets on top of Engine.IO messages.
//!
//! Knows nothing of sessions, handlers or types of the user: an event's arguments stay the text they came as.
//!
//! - [`packet`]: what a packet is, once it is off the wire.
//! - [`Parser`]: which of the two ways a packet is written in.
//! - [`decoder`]: from messages to packets, with their attachments.
//! - [`encoder`]: the head of a packet, written in front of a body that is already there.
//! - [`json`]: how far a value goes in a text, and whether a text is JSON.
//! - [`acks`]: the answers that are outstanding.

pub mod acks;
pub mod decoder;
pub mod encoder;
mod error;
pub mod json;
#[cfg(feature = "msgpack")]
pub(crate) mod msgpack;
#[cfg(not(feature = "msgpack"))]
#[path = "msgpack_off.rs"]
pub(crate) mod msgpack;
mod name;
pub mod packet;
mod parser;
pub(crate) mod scan;
#[cfg(test)]
mod tests;

pub use error::PacketError;
pub use parser::Parser;
