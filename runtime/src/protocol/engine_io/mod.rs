//! Engine.IO v4: packets, polling payloads, the handshake and the session's state machine.
//!
//! Knows nothing of HTTP, of tasks or of what a message means. The specification is
//! <https://github.com/socketio/engine.io-protocol>; where it and JavaScript's server differ, JavaScript's server holds.

pub mod handshake;
mod heartbeat;
pub mod packet;
pub mod payload;
pub mod session;

pub use packet::{Message, Packet, PacketError};
