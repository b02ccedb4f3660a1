//! L4: the client. Connects to any Socket.IO server, and speaks from the same enums as ours.
//!
//! Never names the server: what both need lies below, in `event` and `protocol`.
//!
//! ```no_run
//! use sockeye::client::{AnyNamespace, Client, UntypedClientEvent, UntypedClientHandler};
//!
//! struct Print;
//!
//! impl UntypedClientHandler<AnyNamespace> for Print {
//!     async fn event(&self, _: Client<AnyNamespace>, event: UntypedClientEvent) {
//!         println!("{} {:?}", event.name, event.args);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::<AnyNamespace>::builder("https://example.org").connect(Print)?;
//! client.connected().await?;
//! let answer = client.emit().event_with_ack("hello", ("world",)).await?;
//! println!("{answer:?}");
//! # Ok(()) }
//! ```
//!
#![doc = include_str!("../../docs/client-options.md")]

mod ack;
mod app;
mod backoff;
mod builder;
mod emit;
#[cfg(test)]
#[cfg(feature = "macros")]
mod emit_tests;
#[cfg_attr(
    not(feature = "server"),
    allow(dead_code, unused_imports, reason = "a part of it is for `testing`")
)]
mod engine;
mod error;
mod handle;
mod handlers;
mod inbox;
mod lifecycle;
mod manager;
mod member;
mod options;
mod pull;
mod socket;
mod state;
#[cfg(test)]
mod test_wire;
mod untyped;

pub use ack::AckFuture;
pub use builder::{ClientBuilder, ManagerBuilder, NamespaceBuilder};
pub use emit::{ClientTarget, Permit, TryTarget};
#[cfg(feature = "rustls")]
pub use engine::ClientTls;
#[cfg(feature = "server")]
pub(crate) use engine::{Dialer, Dialing, HttpAnswer, HttpRequest, Stream, WebSocketRequest};
pub use engine::{OpenError, OpenErrorKind, Proxy, Transport};
pub use error::{BuildError, ConnectError, NoData};
pub use handle::{Client, Emitting};
pub use lifecycle::ClientLifecycle;
pub use manager::Manager;
pub use pull::{Answer, Pull, Pulls};
pub use state::{DisconnectReason, State, StateWatch};
pub use untyped::{AnyNamespace, ClientAckSender, UntypedClientEvent, UntypedClientHandler};
