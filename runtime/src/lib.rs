//! Socket.IO for Rust with the events in the type system.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! | --- | --- | --- |
//! | `macros` | yes | the derives: `ClientToServer`, `ServerToClient`, `ServerToServer`, `Namespace` |
//! | `server` | yes | `Server` and `testing`; includes `engine` |
//! | `engine` | with `server` | bare Engine.IO: tokio, hyper, tungstenite |
//! | `msgpack` | no | `Parser::MessagePack`, which a server may choose instead of JSON: npm's `socket.io-msgpack-parser` |
//!
//! Features only add: a crate that turns one on changes nothing for the others. Without any, the protocol and the typed layer are left.

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
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "server")]
pub use adapter::{IntoRooms, JoinError, Room};
#[cfg(feature = "macros")]
pub use event::derives::*;
pub use event::{DecodeError, Namespace, Parser, PathParam};
pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;
#[cfg(feature = "server")]
pub use server::{
    AckError, Broadcast, ConnectError, EmitError, Handshake, IncomingEvent, Lifecycle, Middleware,
    ServeError, Server, Socket, middleware,
};

/// What a file that declares or handles events needs.
///
/// ```
/// use sockeye::prelude::*;
/// ```
pub mod prelude {
    pub use bytes::Bytes;

    #[cfg(feature = "server")]
    pub use crate::{
        AckError, ConnectError, EmitError, Handshake, IncomingEvent, Lifecycle, Middleware, Room, Server,
        Socket,
    };
    #[cfg(feature = "macros")]
    pub use crate::{ClientToServer, ServerToClient, ServerToServer};
    pub use crate::{CloseReason, Namespace, SocketId};
}

/// The README's programs, compiled.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
struct ReadmeDoctests;
