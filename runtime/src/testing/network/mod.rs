//! A network in memory, with faults that a test scripts: what it does to connections is decided here, how bytes travel in [`conduit`].
//!
//! Knows Engine.IO's messages, because they are what a script counts, but no event and no type of the user's.

mod conduit;
#[cfg(feature = "client")]
mod dialer;
mod frames;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use conduit::Way;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::watch,
};

use super::wire::STREAM_BUFFER;
use crate::{engine::HandshakeRequest, server::Server};

/// A network between clients and a [`Server`] in the same process, with faults that a test scripts. No port, and no time but tokio's: with
/// the clock paused (`#[tokio::test(start_paused = true)]`), a delay of an hour passes at once, and each run is like the other.
///
/// [`TestClient::connect_over`](super::TestClient::connect_over) connects over it; with the feature `client`, so does a real client whose
/// builder is told to go `over` it, by polling and by WebSocket. Without a fault, it carries everything at once.
///
/// | a test of | does |
/// | --- | --- |
/// | latency | [`delay`](Self::delay) |
/// | connections that break | [`cut`](Self::cut) |
/// | a request that is lost | [`cut_at`](Self::cut_at)`(Direction::ToServer, 1)` |
/// | an answer that is lost | [`cut_at`](Self::cut_at)`(Direction::ToClient, 1)` |
/// | a peer that is silent | [`freeze`](Self::freeze), [`thaw`](Self::thaw) |
/// | a server that is down | [`refuse`](Self::refuse)`(true)` and [`cut`](Self::cut) |
/// | a server that was restarted | [`switch_to`](Self::switch_to) and [`cut`](Self::cut) |
///
/// Faults are those of all connections; for one client alone, give it a network of its own to the same server. A clone is another
/// handle of the same network. Clients keep it; when they and all handles are gone, what is left of its connections is cut.
///
/// ```
/// # use std::time::Duration;
/// # use sockeye::prelude::*;
/// use sockeye::testing::{Network, TestClient};
/// # #[derive(ClientToServer)]
/// # enum Ask { #[event(ack = u32)] Double(u32) }
/// # #[derive(Namespace)]
/// # #[namespace("/", client_to_server = Ask)]
/// # struct Maths;
/// # struct App;
/// # impl Lifecycle<Maths> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// # impl AskHandler<Maths> for App {
/// #     async fn double(&self, _: Socket<Maths>, n: u32) -> u32 { 2 * n }
/// # }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let io = Server::builder().namespace::<Maths>(App).build();
/// let network = Network::new(&io);
/// let client = TestClient::<Maths>::connect_over(&network, ()).await.unwrap();
///
/// network.delay(Duration::from_millis(100));
/// let asked = tokio::time::Instant::now();
/// assert_eq!(client.emit().double(21).await.unwrap(), 42);
/// assert_eq!(asked.elapsed(), Duration::from_millis(200));
/// # });
/// ```
#[derive(Clone)]
pub struct Network {
    /// Not among what connections share: they end when the last handle is dropped.
    weather: Arc<watch::Sender<Weather>>,
    shared: Arc<Shared>,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a client to the server.
    ToServer,
    /// From the server to a client.
    ToClient,
}

/// What holds for all connections.
#[derive(Clone, Copy, Default)]
struct Weather {
    delay: Duration,
    frozen: bool,
    refusing: bool,
    /// How often all connections were cut: one that was opened before the last time is.
    cuts: u64,
}

/// What connections share with the handles.
struct Shared {
    server: Mutex<Server>,
    script: Mutex<Script>,
    connections: AtomicUsize,
}

/// For each way, how many messages there still are until each of the cuts.
#[derive(Default)]
struct Script {
    to_server: Vec<u64>,
    to_client: Vec<u64>,
}

impl Script {
    fn of(&mut self, direction: Direction) -> &mut Vec<u64> {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// Counts messages; says whether a cut falls on one of them.
    fn count(&mut self, direction: Direction, messages: u64) -> bool {
        let cuts = self.of(direction);
        let before = cuts.len();
        cuts.retain(|left| *left > messages);
        cuts.iter_mut().for_each(|left| *left -= messages);
        cuts.len() < before
    }
}

/// New connections are refused.
struct NoConnection;

impl Network {
    /// A network without faults, in front of this server.
    #[must_use]
    pub fn new(server: &Server) -> Self {
        let shared = Shared {
            server: Mutex::new(server.clone()),
            script: Mutex::default(),
            connections: AtomicUsize::new(0),
        };
        Self { weather: Arc::new(watch::Sender::new(Weather::default())), shared: Arc::new(shared) }
    }

    /// How long everything takes one way, both ways alike. Holds for what is sent from now on, which does not overtake what was sent before.
    /// Opening a connection takes twice as long, there and back. Default none.
    pub fn delay(&self, one_way: Duration) {
        self.weather.send_modify(|weather| weather.delay = one_way);
    }

    /// Cuts all connections that are open, without a word: what is on its way is lost, and both sides find the connection ended. New ones
    /// can be opened at once.
    ///
    /// A session on polling loses the requests that are under way, which ends it for the client; the server waits for further ones until
    /// its heartbeat says otherwise. So it is with a real network.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Cuts a connection in the place of a message: the `nth` from now that goes this way, over whichever connection, does not arrive; its
    /// connection ends there, without a word, for both sides. What went before it has arrived.
    ///
    /// `cut_at(ToServer, 1)` loses the next request, so that no handler runs. `cut_at(ToClient, 1)` loses the answer to it: the handler has
    /// run, and the client cannot know. Each call adds a cut, and each cut happens once.
    ///
    /// Messages are those of Socket.IO: events, acknowledgements, joining and leaving a namespace, and each binary attachment by itself.
    /// Heartbeats do not count, nor does what opens or upgrades a session. Over polling, messages travel together in the body of a request
    /// or an answer: a cut that falls on one of them takes all.
    ///
    /// # Panics
    ///
    /// If `nth` is 0: the first is 1.
    pub fn cut_at(&self, direction: Direction, nth: u64) {
        assert!(nth > 0, "messages are counted from 1");
        self.shared.script.lock().of(direction).push(nth);
    }

    /// Whether new connections, and requests of polling, are refused, as where nothing listens. Those that are open stay. Default `false`.
    pub fn refuse(&self, refuse: bool) {
        self.weather.send_modify(|weather| weather.refusing = refuse);
    }

    /// From now on nothing arrives, and nobody is told: neither bytes nor the end of a connection. So both sides have only their heartbeats
    /// to find out. New connections wait.
    pub fn freeze(&self) {
        self.weather.send_modify(|weather| weather.frozen = true);
    }

    /// Ends a [`freeze`](Self::freeze): what was sent meanwhile arrives.
    pub fn thaw(&self) {
        self.weather.send_modify(|weather| weather.frozen = false);
    }

    /// Puts another server behind the network: new connections, and requests of polling, go there. Connections that are open stay with the
    /// old one; with [`cut`](Self::cut) it is as if the server had been restarted.
    pub fn switch_to(&self, server: &Server) {
        *self.shared.server.lock() = server.clone();
    }

    /// Connections that are open: WebSockets, and requests of polling under way.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The server that is behind it now.
    pub(super) fn current(&self) -> Server {
        self.shared.server.lock().clone()
    }

    /// A stream to the server's engine that speaks WebSocket frames already.
    pub(super) async fn websocket(&self) -> Result<DuplexStream, Refusal> {
        let mut way = self.open().map_err(|NoConnection| Refusal::Network)?;
        let server = self.current();
        let (near, far) = tokio::io::duplex(STREAM_BUFFER);
        let opening = async {
            way.travel(Direction::ToServer, 0).await?;
            let mount = &server.engine().config().path;
            let request = HandshakeRequest::new(format!("{mount}?EIO=4&transport=websocket"));
            let opened = server.engine().open_websocket(far, request).map_err(|_| Refusal::Server);
            way.travel(Direction::ToClient, 0).await?;
            opened.map(drop)
        };
        opening.await?;
        Ok(way.join(near))
    }

    /// A new connection.
    fn open(&self) -> Result<Way, NoConnection> {
        let weather = *self.weather.borrow();
        if weather.refusing {
            return Err(NoConnection);
        }
        Ok(Way::new(self.weather.subscribe(), Arc::clone(&self.shared), weather.cuts))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weather = *self.weather.borrow();
        f.debug_struct("Network")
            .field("connections", &self.connections())
            .field("delay", &weather.delay)
            .field("frozen", &weather.frozen)
            .field("refusing", &weather.refusing)
            .finish_non_exhaustive()
    }
}

/// Why a connection could not be opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Network,
    Cut,
    Server,
}

impl Refusal {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Network => "the network refused the connection",
            Self::Cut => "the connection was cut",
            Self::Server => "the server is closed",
        }
    }
}

impl From<conduit::Cut> for Refusal {
    fn from(_: conduit::Cut) -> Self {
        Self::Cut
    }
}

/// Whatever can be read and written.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}
