//! Engine.IO v4, and v3 for those who ask for it: packets, polling payloads, the handshake and the session's state machine.
//!
//! Knows nothing of HTTP, of tasks or of what a message means. The specification is
//! <https://github.com/socketio/engine.io-protocol>; where it and JavaScript's server differ, JavaScript's server holds.

pub mod client;
pub mod dialect;
pub mod handshake;
mod heart;
mod heartbeat;
pub mod jsonp;
pub mod packet;
pub mod payload;
pub mod session;
mod v3;

pub use dialect::Dialect;
pub use packet::{Message, Packet, PacketError};
