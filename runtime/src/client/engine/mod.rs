//! The Engine.IO 4 client: one session over its transports, HTTP long-polling and WebSocket, with the upgrade between them and the heartbeat.
//!
//! Knows messages, and nothing of Socket.IO, of reconnecting or of whom a message is for.
//!
//! A session's way: [`open()`](open::open) asks a [`Dialer`] for the first transport and reads the handshake; [`driver`] is the session's task, which
//! reads from the transport into the [`inbox`] and writes out of the [`Outbox`]; the owner has a [`Session`].

mod address;
mod dial;
mod driver;
mod error;
mod http;
mod inbox;
mod open;
mod options;
mod outbox;
mod polling;
mod requests;
mod session;
#[cfg(test)]
mod tests;
#[cfg(feature = "rustls")]
mod tls;
#[cfg(not(feature = "rustls"))]
#[path = "tls_off.rs"]
mod tls;
mod wake;
mod websocket;

pub(crate) use address::Address;
pub(crate) use dial::{Dialer, Dialing, HttpAnswer, HttpRequest, Stream, WebSocketRequest};
pub(crate) use error::Closed;
pub use error::{OpenError, OpenErrorKind};
pub use http::Proxy;
pub(crate) use http::{HttpDialer, HttpOptions};
pub(crate) use open::open;
pub(crate) use options::EngineOptions;
pub use options::Transport;
pub(crate) use outbox::{Outbox, PushError};
pub(crate) use session::Session;
#[cfg(feature = "rustls")]
pub use tls::ClientTls;
#[cfg(not(feature = "rustls"))]
pub(crate) use tls::ClientTls;
