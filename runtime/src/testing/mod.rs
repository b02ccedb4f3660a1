//! Testing without a port: a typed client in memory, a network whose faults the test scripts, and another node of a cluster.
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
//!
//! # Under loss
//!
//! A [`Network`] between client and server delays, cuts, freezes and refuses when the test says so. A deposit whose answer is lost is
//! sent again by a client that cannot know better; so its handler has to know:
//!
//! ```
//! use std::{collections::HashMap, sync::Mutex};
//!
//! use sockeye::{
//!     prelude::*,
//!     testing::{Direction, Network, TestClient},
//! };
//!
//! #[derive(ClientToServer)]
//! enum Request {
//!     /// Made once for each `id`, however often it comes.
//!     #[event(ack = u64)]
//!     Deposit { id: String, amount: u64 },
//! }
//! #[derive(Namespace)]
//! #[namespace("/", client_to_server = Request)]
//! struct Bank;
//!
//! #[derive(Default, sockeye::Lifecycle)]
//! struct App(Mutex<HashMap<String, u64>>);
//! impl RequestHandler<Bank> for App {
//!     async fn deposit(&self, _: Socket<Bank>, id: String, amount: u64) -> u64 {
//!         let mut deposits = self.0.lock().unwrap();
//!         deposits.entry(id).or_insert(amount);
//!         deposits.values().sum()
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
//! # runtime.block_on(async {
//! let io = Server::builder().namespace::<Bank>(App::default()).build();
//! let network = Network::new(&io);
//! for lost in [Direction::ToServer, Direction::ToClient] {
//!     let client = TestClient::<Bank>::connect_over(&network, ()).await.unwrap();
//!     network.cut_at(lost, 1);
//!     assert!(matches!(client.emit().deposit("a", 10).await, Err(AckError::Disconnected)));
//!
//!     let again = TestClient::<Bank>::connect_over(&network, ()).await.unwrap();
//!     assert_eq!(again.emit().deposit("a", 10).await.unwrap(), 10);
//! }
//! # });
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
