//! Socket.IO for Rust with the events in the type system.
//!
//! Events are enums. From them come the wire format, the dispatch, typed `emit` methods and a handler trait: a missing handler,
//! a wrong argument or an event sent in the wrong direction does not compile.
//!
//! ```
//! use sockeye::prelude::*;
//!
//! /// What clients may send: a method of `RequestHandler` for each.
//! #[derive(ClientToServer)]
//! enum Request {
//!     #[event(ack = usize)]
//!     Shout { text: String },
//! }
//!
//! /// What the server sends: a method of `.emit()` for each.
//! #[derive(ServerToClient)]
//! enum Push {
//!     Heard { text: String },
//! }
//!
//! #[derive(Namespace)]
//! #[namespace("/", client_to_server = Request, server_to_client = Push)]
//! struct Main;
//!
//! struct App;
//!
//! impl Lifecycle<Main> for App {
//!     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
//!         Ok(())
//!     }
//! }
//!
//! impl RequestHandler<Main> for App {
//!     async fn shout(&self, socket: Socket<Main>, text: String) -> usize {
//!         socket.broadcast().emit().heard(&text);
//!         text.len()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let io = Server::builder().namespace::<Main>(App).build();
//! // `io.serve("127.0.0.1:3000").await?` serves it; a test needs no port:
//! let mut bob = sockeye::testing::TestClient::<Main>::connect(&io, ()).await?;
//! let ada = sockeye::testing::TestClient::<Main>::connect(&io, ()).await?;
//! assert_eq!(ada.emit().shout("hello").await?, 5);
//! assert!(matches!(bob.next().await, Some(Push::Heard { text }) if text == "hello"));
//! # Ok(()) }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! | --- | --- |
//! | events and namespaces | [`ClientToServer`](derive@ClientToServer), [`ServerToClient`](derive@ServerToClient), [`ServerToServer`](derive@ServerToServer), [`Namespace`](derive@Namespace), [`events`](macro@events) |
//! | who may connect, who comes and goes | [`Lifecycle`](trait@Lifecycle), [`Handshake`], [`ConnectError`] |
//! | code in front of all events | [`Middleware`], [`middleware`] |
//! | one client | [`Socket`] |
//! | many clients, rooms | [`Broadcast`], [`Room`](derive@Room) |
//! | answers | [`AckError`], [`server::AckFuture`], [`server::AckStream`], [`server::NodeAnswers`] |
//! | limits and times, serving | [`server::ServerBuilder`], [`Server`] |
//! | names known only at run time | [`UntypedHandler`] |
//! | logs, traces, metrics | [`server::observability`] |
//! | the other side: a client of any Socket.IO server | [`client`] (feature `client`) |
//! | tests without a port, under loss and delay | [`testing`], [`testing::Network`] |
//! | Engine.IO alone, or a bare WebSocket | [`engine`] |
//!
//! # Protocol
//!
//! Engine.IO protocol 4 and Socket.IO protocol 5, as socket.io 3 and 4 speak them (those of socket.io 2 behind an option), over
//! HTTP long-polling and WebSocket with the upgrade between them. The official clients connect unchanged.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! | --- | --- | --- |
//! | `macros` | yes | the derives: `ClientToServer`, `ServerToClient`, `ServerToServer`, `Namespace`, `Room`, `Lifecycle`; `events` |
//! | `server` | yes | `Server` and `testing`; includes `engine` |
//! | `engine` | with `server` | bare Engine.IO: tokio, hyper, tungstenite |
//! | `client` | no | `client`: a typed client of any Socket.IO server, and the handlers for it; does without `server` |
//! | `metrics` | no | numbers for whatever recorder of the `metrics` crate the program installs: [`server::observability`] |
//! | `msgpack` | no | `Parser::MessagePack`, which a server may choose instead of JSON: npm's `socket.io-msgpack-parser` |
//! | `rustls` | no | TLS on a listener of the server's own, `Bound::tls`, and for clients |
//!
//! Features only add: a crate that turns one on changes nothing for the others. Without any, the protocol and the typed layer are left.

extern crate self as sockeye;

#[cfg(feature = "server")]
mod adapter;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "engine")]
pub mod engine;
pub mod event;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
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
pub use adapter::{IntoRooms, JoinError, Room, RoomName};
#[cfg(feature = "client")]
pub use client::{Client, ClientLifecycle, DisconnectReason};
#[cfg(feature = "macros")]
pub use event::derives::*;
pub use event::{DecodeError, Namespace, Parser, PathParam, Value};
pub use id::{SessionId, SocketId};
pub use protocol::close::CloseReason;
#[cfg(feature = "server")]
pub use server::{
    AckError, Broadcast, ConnectError, EmitError, EventOutcome, FailureAction, FromSocket, Handshake,
    IncomingEvent, Lifecycle, Middleware, Panic, RateLimit, Refused, ServeError, Server, Socket,
    UntypedEvent, UntypedHandler, middleware,
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
        AckError, Broadcast, ConnectError, EmitError, EventOutcome, FailureAction, FromSocket, Handshake,
        IncomingEvent, Lifecycle, Middleware, Panic, RateLimit, Refused, Room, Server, Socket, UntypedEvent,
        UntypedHandler, middleware,
    };
    #[cfg(feature = "client")]
    pub use crate::{Client, ClientLifecycle, DisconnectReason};
    #[cfg(feature = "macros")]
    pub use crate::{ClientToServer, ServerToClient, ServerToServer, events};
    pub use crate::{CloseReason, DecodeError, Namespace, SocketId, Value};
}

/// The README's programs, compiled.
#[doc = include_str!("../../README.md")]
#[cfg(all(doctest, feature = "client", feature = "macros", feature = "server"))]
struct ReadmeDoctests;
