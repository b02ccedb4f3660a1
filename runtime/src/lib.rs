//! Socket.IO for Rust with the events in the type system.

extern crate self as sockeye;

#[cfg(feature = "engine")]
pub mod engine;
pub mod event;
mod id;
pub mod protocol;

pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;
