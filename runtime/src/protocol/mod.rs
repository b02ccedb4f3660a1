//! L0: the protocol without input or output. Bytes in, packets out, and back; state machines that are told the time.
//!
//! This layer knows no tokio, no HTTP, no clock, no user type. Everything in it can be tested and fuzzed without a socket.
//!
//! - [`engine_io`]: Engine.IO v4: packets, polling payloads, the handshake, the session's state machine.
//! - [`socket_io`]: Socket.IO v5: packets, the default parser, attachments, the table of outstanding acks.
//! - [`websocket`]: frames of RFC 6455, for both roles.
//! - [`frame`]: what lies in an outbox: a message encoded once, ready for every transport.

pub mod close;
pub mod engine_io;
pub mod frame;
pub mod socket_io;
pub mod websocket;
