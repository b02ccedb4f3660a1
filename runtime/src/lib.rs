//! Socket.IO for Rust with the events in the type system.

extern crate self as sockeye;

#[cfg(feature = "macros")]
mod derives;
#[cfg(feature = "engine")]
pub mod engine;
pub mod event;
mod id;
pub mod protocol;

pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
// Until the server's `Socket` is here: see the file.
mod server_standin;
pub use server_standin::Socket;

#[cfg(feature = "macros")]
pub use derives::*;
pub use event::Namespace;
