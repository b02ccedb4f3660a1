//! Testing handlers without a port: a typed client over an in-memory transport, and another node of a cluster.
//!
//! The bytes are real ones (WebSocket frames, Engine.IO and Socket.IO packets), and the server's side is the production path from
//! the frame on; only the kernel is missing. So a test can pause tokio's clock (`#[tokio::test(start_paused = true)]`), and
//! time-outs pass in no time and never early.
//!
//! ```
//! use sockeye::{prelude::*, testing::TestClient};
//!
//! #[derive(ClientToServer)]
//! enum Ask {
//!     #[event(ack = u32)]
//!     Double(u32),
//! }
//! #[derive(Namespace)]
//! #[namespace("/", client_to_server = Ask)]
//! struct Maths;
//!
//! struct App;
//! impl Lifecycle<Maths> for App {
//!     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
//! }
//! impl AskHandler<Maths> for App {
//!     async fn double(&self, _: Socket<Maths>, n: u32) -> u32 { 2 * n }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let io = Server::builder().namespace::<Maths>(App).build();
//! let client = TestClient::<Maths>::connect(&io, ()).await?;
//! assert_eq!(client.emit().double(21).await?, 42);
//! # Ok(()) }
//! ```

mod client;
mod network;
mod node;
mod target;
mod wire;

pub use client::{ConnectRefused, TestClient};
pub use network::{Direction, Network};
pub use node::{NodeAck, NodeReply, NodeTarget, TestNode};
pub use target::{ClientAck, ClientReply, ClientTarget};
