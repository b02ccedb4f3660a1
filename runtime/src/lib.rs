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
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "server")]
pub use adapter::{IntoRooms, JoinError, Room};
#[cfg(feature = "macros")]
pub use event::derives::*;
pub use event::{DecodeError, Namespace, PathParam, Value};
pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;
#[cfg(feature = "server")]
pub use server::{
    AckError, Broadcast, ConnectError, EmitError, FailureAction, Handshake, IncomingEvent, Lifecycle,
    Middleware, Panic, Refused, ServeError, Server, Socket, UntypedEvent, UntypedHandler, middleware,
};

/// What a file that declares or handles events needs: the derives, and every name that the signatures of their traits have.
///
/// ```
/// use sockeye::prelude::*;
/// ```
pub mod prelude {
    pub use bytes::Bytes;

    #[cfg(feature = "server")]
    pub use crate::{
        AckError, Broadcast, ConnectError, EmitError, FailureAction, Handshake, IncomingEvent, Lifecycle,
        Middleware, Panic, Refused, Room, Server, Socket, UntypedEvent, UntypedHandler, middleware,
    };
    #[cfg(feature = "macros")]
    pub use crate::{ClientToServer, ServerToClient, ServerToServer};
    pub use crate::{CloseReason, DecodeError, Namespace, SocketId, Value};
}

/// The README's programs, compiled.
#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
struct ReadmeDoctests;
