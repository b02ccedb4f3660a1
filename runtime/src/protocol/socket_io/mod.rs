//! Socket.IO v5: packets on top of Engine.IO messages.
//!
//! Knows nothing of sessions, handlers or types of the user: an event's arguments stay the text they came as.
//!
//! - [`packet`]: what a packet is, once it is off the wire.
//! - [`decoder`]: from messages to packets, with their attachments.
//! - [`encoder`]: the head of a packet, written in front of a body that is already there.
//! - [`json`]: how far a value goes in a text, and whether a text is JSON.
//! - [`acks`]: the answers that are outstanding.

pub mod acks;
pub mod decoder;
pub mod encoder;
mod error;
pub mod json;
mod name;
pub mod packet;
#[cfg(test)]
mod tests;

pub use error::PacketError;
