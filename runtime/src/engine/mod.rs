//! L2: Engine.IO on tokio and hyper. Transports, the upgrade, heartbeats, the registry of sessions.
//!
//! Knows bytes and messages, not Socket.IO: what a message means is the [`Application`]'s affair. It can be used alone by those
//! who want only Engine.IO.
//!
//! It speaks Engine.IO protocol 4. An echo server:
//!
//! ```no_run
//! use std::{sync::Arc, time::Duration};
//!
//! use sockeye::{
//!     CloseReason,
//!     engine::{Application, Config, Connection, Engine, HandshakeRequest, Message, Session, bind},
//!     protocol::frame::{Encoded, Frame},
//! };
//!
//! struct Echo;
//! struct EchoConnection(Session);
//!
//! impl Application for Echo {
//!     fn open(&self, session: &Session, _: Arc<HandshakeRequest>) -> Box<dyn Connection> {
//!         Box::new(EchoConnection(session.clone()))
//!     }
//! }
//!
//! impl Connection for EchoConnection {
//!     fn message(&mut self, message: Message) {
//!         let frame = match message {
//!             Message::Text(text) => Frame::text(&text),
//!             Message::Binary(data) => Frame::Binary(data),
//!         };
//!         // A full outbox closes the session; a closed one takes nothing.
//!         let _ = self.0.outbox().push(&Encoded::new(frame), false);
//!     }
//!
//!     fn closed(&mut self, reason: CloseReason) {
//!         println!("closed: {reason}");
//!     }
//! }
//!
//! # #[tokio::main] async fn main() -> std::io::Result<()> {
//! let mut config = Config::default();
//! config.path = "/engine.io/".to_owned();
//! let engine = Engine::new(config, Arc::new(Echo));
//! let bound = bind("127.0.0.1:3000").await?;
//! bound.serve_with_shutdown(engine, std::future::pending(), Duration::from_secs(10)).await;
//! # Ok(()) }
//! ```
//!
//! A message's way in: [`serve`](Bound) accepts a connection and hyper reads a request; `service` decides what it is for, and `registry`
//! finds the session; `driver`, the session's task, reads from one of the `transport`s, asks the state machine in
//! [`protocol::engine_io::session`](crate::protocol::engine_io::session), and hands the message to the [`Connection`]. Its way out: somebody pushes
//! it into the [`Outbox`], which wakes the driver, which writes all that waits with one call; what is for many, a `flusher` writes.

mod config;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "used by the server"))]
mod cores;
mod drain;
mod driver;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "used by the server"))]
mod flusher;
mod handle;
mod head;
mod io;
mod line;
#[cfg(feature = "metrics")]
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "namespaces use the rest"))]
pub(crate) mod metrics;
#[cfg(not(feature = "metrics"))]
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "namespaces use the rest"))]
#[path = "metrics_off.rs"]
pub(crate) mod metrics;
mod opening;
mod options;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "used by the server"))]
mod outbox;
mod refusals;
mod registry;
mod request;
mod serve;
mod service;
mod span;
#[cfg(not(all(test, shuttle)))]
pub(crate) mod sync;
#[cfg(all(test, shuttle))]
#[path = "sync_shuttle.rs"]
pub(crate) mod sync;
#[cfg(test)]
mod tests;
#[cfg(feature = "rustls")]
pub mod tls;
mod trace_context;
mod transport;
mod unread;
mod upgrade;
mod websocket;

pub use config::Config;
#[cfg(feature = "server")]
pub(crate) use cores::Cores;
#[cfg(feature = "server")]
pub(crate) use flusher::Batch;
pub use handle::Engine;
#[cfg(fuzzing)]
pub(crate) use options::accepted_encoding;
pub use options::{ClientAddress, ClientFiles, Cookie, Cors, Forbidden, Hooks, SameSite};
pub use outbox::{Outbox, Overflow, Permit, PushError};
#[cfg(feature = "server")]
pub(crate) use outbox::{Reservation, WhenFull};
#[cfg(feature = "server")]
pub(crate) use refusals::Counters;
pub use refusals::Refusals;
pub use registry::{Backlog, OpenError};
pub use request::HandshakeRequest;
pub use serve::{Bound, bind};
#[cfg(feature = "rustls")]
pub use tls::{Tls, TlsConfigError};
pub use trace_context::TraceContext;
pub use upgrade::AcceptError;
pub use websocket::{Accepting, WebSocket, WebSocketError};

use std::{
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

pub use crate::protocol::engine_io::{Dialect, Message};
use crate::{id::SessionId, protocol::close::CloseReason};

/// How a session's packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportKind {
    /// HTTP long-polling: a pending GET for what the server sends, a POST for what the client sends.
    Polling,
    /// WebSocket.
    WebSocket,
}

impl TransportKind {
    /// The name in the `transport` query parameter and in `socket.conn.transport.name`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

/// The peer's address, as an extension of the request; put there by whoever accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// That the connection is TLS, as an extension of the request; put there by whoever accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secure;

/// What is told of new sessions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an application of an Engine.IO server",
    label = "needs `impl Application for {Self}`",
    note = "write `impl sockeye::engine::Application for {Self} {{ … }}`; a Socket.IO server is `sockeye::Server::builder()`"
)]
pub trait Application: Send + Sync + 'static {
    /// A session has opened; the handshake has been answered or is about to be. What is sent now arrives after it.
    fn open(&self, session: &Session, request: Arc<HandshakeRequest>) -> Box<dyn Connection>;
}

/// One session as the application sees it. All methods are called from the session's own task, never at the same time.
pub trait Connection: Send + 'static {
    /// A message came in. Must not block; work that takes time is started here and driven by [`poll`](Self::poll).
    fn message(&mut self, message: Message);

    /// Whether more messages may be read. While this is `false` the transport is not read and the pong deadline is suspended.
    fn is_ready(&self) -> bool {
        true
    }

    /// Drives what the application has begun: called after messages, and whenever the waker in `cx` was woken. After
    /// [`closed`](Self::closed) it is called until it is `Ready`, at most for the grace period of [`Config`]; before, its result means nothing.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Ready(())
    }

    /// The session is over: called exactly once, before the transport's last bytes are flushed.
    fn closed(&mut self, reason: CloseReason);
}

/// A handle to a session, for sending and closing from anywhere. Cheap to clone; does not keep the session alive.
#[derive(Clone, Debug)]
pub struct Session {
    id: SessionId,
    outbox: Arc<Outbox>,
}

impl Session {
    pub(crate) fn new(id: SessionId, outbox: Arc<Outbox>) -> Self {
        Self { id, outbox }
    }

    /// The secret id.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// Where its frames are queued; the only ordering point of what is sent.
    #[must_use]
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// The transport it is on now: an upgrade changes it.
    #[must_use]
    pub fn transport(&self) -> TransportKind {
        self.outbox.transport()
    }

    /// Asks the session to end: what is queued is flushed, then the transport is closed. Later calls change nothing.
    pub fn close(&self, reason: CloseReason) {
        self.outbox.close(reason);
    }
}
