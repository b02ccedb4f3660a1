//! Socket.IO for Rust with the events in the type system.

extern crate self as sockeye;

#[cfg(feature = "server")]
mod adapter;
#[cfg(feature = "engine")]
pub mod engine;
pub mod event;
mod id;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;

#[cfg(feature = "server")]
pub use adapter::{IntoRooms, JoinError, Room};
#[cfg(feature = "server")]
pub use server::{
    AckError, Broadcast, ConnectError, EmitError, Handshake, IncomingEvent, Lifecycle, Middleware, ServeError, Server, Socket, middleware,
};
pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;
