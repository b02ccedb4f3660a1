//! A server to connect to, a network that can be cut, and what both sides have seen.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use sockeye::{
    client::{Client, ClientBuilder, ClientLifecycle, DisconnectReason},
    prelude::*,
    server::ServerBuilder,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

/// A guard against hanging, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap()
}

#[derive(ClientToServer)]
pub(crate) enum Request {
    #[event(ack = String, error = Refusal)]
    Shout {
        text: String,
    },
    Note(u32),
    #[event(ack = Bytes)]
    Turn(Bytes),
    /// Never answered.
    #[event(ack = ())]
    Wait,
    /// The server asks back.
    #[event(ack = bool)]
    AskBack,
    /// The server sends this many.
    Count(u32),
    /// The server puts the client out.
    Leave,
}

#[derive(Debug, serde::Serialize, serde::Deserialize, PartialEq)]
pub(crate) enum Refusal {
    Empty,
}

#[derive(Debug, ServerToClient, PartialEq)]
pub(crate) enum Push {
    Said {
        text: String,
    },
    Number(u32),
    #[event(ack = bool)]
    StillThere {
        since: u32,
    },
    /// Has a text at its end, which is no offset.
    Labelled {
        number: u32,
        label: String,
    },
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Token {
    pub(crate) name: String,
}

impl Token {
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, auth = Token, session = String)]
pub(crate) struct Main;

#[derive(Namespace)]
#[namespace("/other", client_to_server = Request, server_to_client = Push, auth = Token, session = String)]
pub(crate) struct Other;

#[derive(Namespace)]
#[namespace("/room-{id}", client_to_server = Request, server_to_client = Push, auth = Token, session = String)]
pub(crate) struct Room {
    pub(crate) id: u32,
}

/// What has happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<(Mutex<Vec<String>>, Notify)>);

impl Log {
    pub(crate) fn add(&self, text: impl Into<String>) {
        self.0.0.lock().push(text.into());
        self.0.1.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().clone()
    }

    /// Until so much has been written; takes it.
    pub(crate) async fn take(&self, entries: usize) -> Vec<String> {
        let waiting = async {
            loop {
                let changed = self.0.1.notified();
                if self.0.0.lock().len() >= entries {
                    return self.0.0.lock().drain(..entries).collect();
                }
                changed.await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("only {:?}", self.all()))
    }

    fn find(&self, text: &str) -> Option<Vec<String>> {
        let mut all = self.0.0.lock();
        let at = all.iter().position(|entry| entry == text)?;
        Some(all.drain(..=at).collect())
    }

    /// Until this has been written; takes all up to it.
    pub(crate) async fn until(&self, text: &str) -> Vec<String> {
        let waiting = async {
            loop {
                let changed = self.0.1.notified();
                if let Some(found) = self.find(text) {
                    return found;
                }
                changed.await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.all()))
    }
}

/// The server's side.
#[derive(Clone, Default)]
pub(crate) struct App {
    pub(crate) log: Log,
}

impl App {
    fn check(&self, name: &str) -> Result<String, ConnectError> {
        self.log.add(format!("auth {name}"));
        match name {
            "nobody" => Err(ConnectError::new("not authorized").with_data(&7)),
            name => Ok(name.to_owned()),
        }
    }
}

macro_rules! serves {
    ($($namespace:ty)*) => { $(
        impl Lifecycle<$namespace> for App {
            async fn connect(&self, handshake: Handshake<Token>) -> Result<String, ConnectError> {
                if handshake.auth().name == "slow" {
                    std::future::pending::<()>().await;
                }
                self.check(&handshake.auth().name)
            }

            async fn connected(&self, socket: Socket<$namespace>) {
                self.log.add(format!("connected {} {}", socket.namespace(), socket.session()));
            }

            async fn disconnected(&self, socket: Socket<$namespace>, reason: CloseReason) {
                self.log.add(format!("disconnected {}: {reason}", socket.namespace()));
            }
        }

        impl RequestHandler<$namespace> for App {
            async fn shout(&self, _: Socket<$namespace>, text: String) -> Result<String, Refusal> {
                if text.is_empty() { Err(Refusal::Empty) } else { Ok(text.to_uppercase()) }
            }

            async fn note(&self, _: Socket<$namespace>, number: u32) {
                self.log.add(format!("note {number}"));
            }

            async fn turn(&self, _: Socket<$namespace>, data: Bytes) -> Bytes {
                data.iter().rev().copied().collect()
            }

            async fn wait(&self, socket: Socket<$namespace>) {
                self.log.add("wait");
                socket.closed().await;
            }

            async fn ask_back(&self, socket: Socket<$namespace>) -> bool {
                socket.emit().still_there(7).await.unwrap()
            }

            async fn count(&self, socket: Socket<$namespace>, to: u32) {
                (0..to).for_each(|number| socket.emit().number(number));
            }

            async fn leave(&self, socket: Socket<$namespace>) {
                socket.disconnect();
            }
        }
    )* };
}

serves! { Main Other Room }

/// A server that runs.
pub(crate) struct House {
    pub(crate) io: Server,
    pub(crate) log: Log,
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(|builder| builder).await
    }

    pub(crate) async fn open_with(options: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self::open_at("127.0.0.1:0".parse().unwrap(), options).await
    }

    pub(crate) async fn open_at(
        addr: SocketAddr,
        options: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let app = App::default();
        let log = app.log.clone();
        let builder = options(Server::builder());
        let builder = builder.namespace::<Main>(app.clone()).namespace::<Other>(app.clone());
        let io = builder.namespace::<Room>(app).build();
        let bound = io.bind(addr).await.unwrap();
        let addr = bound.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(bound.serve_with_shutdown(async {
            let _ = stopped.await;
        }));
        Self { io, log, addr, stop: Some(stop), serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Until its port is free again.
    pub(crate) async fn close(mut self) {
        drop(self.stop.take());
        soon(&mut self.serving).await.unwrap();
    }

    pub(crate) fn builder(&self) -> ClientBuilder<Main> {
        builder(&self.url())
    }
}

/// A client that does not wait long before it comes back.
pub(crate) fn builder<N: sockeye::Namespace<Auth = Token>>(url: &str) -> ClientBuilder<N> {
    Client::<N>::builder(url)
        .auth(Token::of("ann"))
        .reconnection_delay(Duration::from_millis(10))
        .reconnection_delay_max(Duration::from_millis(100))
}

/// The client's side: handlers and lifecycle.
#[derive(Clone, Default)]
pub(crate) struct Bot {
    pub(crate) log: Log,
}

macro_rules! handles {
    ($($namespace:ty)*) => { $(
        impl PushHandler<$namespace> for Bot {
            async fn said(&self, _: Client<$namespace>, text: String) {
                self.log.add(format!("said {text}"));
            }

            async fn number(&self, _: Client<$namespace>, number: u32) {
                self.log.add(format!("number {number}"));
            }

            async fn still_there(&self, client: Client<$namespace>, since: u32) -> bool {
                // A handler may wait for an answer itself.
                let answer = client.emit().shout("nested").await;
                since == 7 && answer.is_ok_and(|answer| answer == "NESTED")
            }

            async fn labelled(&self, _: Client<$namespace>, number: u32, label: String) {
                self.log.add(format!("labelled {number} {label}"));
            }
        }
    )* };
}

handles! { Main Other Room }

impl<N: sockeye::Namespace> ClientLifecycle<N> for Bot {
    async fn connected(&self, client: Client<N>) {
        self.log.add(format!("connected {}", client.recovered()));
    }

    async fn disconnected(&self, _: Client<N>, reason: DisconnectReason) {
        self.log.add(format!("disconnected: {reason}"));
    }

    async fn connect_error(&self, _: Client<N>, error: sockeye::client::ConnectError) {
        self.log.add(if error.is_refusal() {
            format!("refused: {error}")
        } else {
            "connect error".to_owned()
        });
    }

    async fn reconnecting(&self, _: Client<N>, attempt: u32, _: Duration) {
        self.log.add(format!("reconnecting {attempt}"));
    }

    async fn reconnect_failed(&self, _: Client<N>) {
        self.log.add("reconnect failed");
    }
}

/// A network between a client and a server, that can be cut.
pub(crate) struct Network {
    pub(crate) addr: SocketAddr,
    state: Arc<NetworkState>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct NetworkState {
    down: AtomicBool,
    cut: Notify,
}

impl Network {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::<NetworkState>::default();
        let task = tokio::spawn(Self::run(listener, server, Arc::clone(&state)));
        Self { addr, state, task }
    }

    async fn run(listener: TcpListener, server: SocketAddr, state: Arc<NetworkState>) {
        let mut lines = JoinSet::new();
        loop {
            let Ok((client, _)) = listener.accept().await else { return };
            while lines.try_join_next().is_some() {}
            if state.down.load(Ordering::SeqCst) {
                continue;
            }
            let state = Arc::clone(&state);
            lines.spawn(async move {
                let cut = state.cut.notified();
                tokio::pin!(cut);
                cut.as_mut().enable();
                tokio::select! {
                    () = cut => {}
                    () = Self::line(client, server) => {}
                }
            });
        }
    }

    async fn line(mut client: TcpStream, server: SocketAddr) {
        if let Ok(mut server) = TcpStream::connect(server).await {
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Ends all connections without a word.
    pub(crate) fn cut(&self) {
        self.state.cut.notify_waiters();
    }

    /// As [`cut`](Self::cut), and lets no other through until it is up again.
    pub(crate) fn down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
        if down {
            self.cut();
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
    }
}
