//! L4: the client. Connects to any Socket.IO server, and speaks from the same enums as ours.
//!
//! Never names the server: what both need lies below, in `event` and `protocol`.

mod ack;
#[allow(dead_code, reason = "made by the handle")]
mod emit;
#[cfg(test)]
#[cfg(feature = "macros")]
mod emit_tests;
#[allow(dead_code, unused_imports, reason = "joined by the manager")]
mod engine;
mod handle;
#[allow(dead_code, reason = "driven by the manager")]
mod socket;

pub use ack::AckFuture;
pub use emit::{ClientTarget, Permit, TryTarget};
#[cfg(feature = "rustls")]
pub use engine::ClientTls;
pub use engine::{OpenError, OpenErrorKind, Proxy, Transport};
pub use handle::Client;
