//! A server under attack, the bystander on it, and attackers that have come as far as a session.

use std::{net::SocketAddr, time::Duration};

use sockeye::{
    Server,
    prelude::*,
    server::{ServerBuilder, Stats, UntypedEvent, UntypedHandler},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::raw::{Raw, UPGRADE, post, request, text, within};

#[derive(Namespace)]
#[namespace("/", untyped)]
pub(crate) struct Main;

#[derive(Namespace)]
#[namespace("/dyn-{id}", untyped)]
pub(crate) struct Dyn {
    pub(crate) id: u32,
}

/// Everything of it panics.
#[derive(Namespace)]
#[namespace("/panics-{how}", untyped, session = Brittle)]
pub(crate) struct Panics {
    pub(crate) how: String,
}

#[derive(Debug)]
pub(crate) struct Brittle(bool);

impl Drop for Brittle {
    fn drop(&mut self) {
        assert!(!self.0, "as asked, when it is dropped");
    }
}

pub(crate) struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
    // Who asked is told, so that a test knows when it is over.
    fn decode_failed(&self, _: &Socket<Main>, _: &DecodeError) -> FailureAction {
        FailureAction::answer("does not decode")
    }
    fn refused(&self, _: &Socket<Main>, _: &IncomingEvent, refusal: &Refused) -> FailureAction {
        FailureAction::answer(refusal.clone())
    }
}

impl UntypedHandler<Main> for App {
    async fn event(&self, socket: Socket<Main>, event: UntypedEvent) {
        match event.name.as_str() {
            "panic" => panic!("as asked"),
            "panic later" => {
                tokio::task::yield_now().await;
                panic!("as asked, later");
            }
            "hang" => std::future::pending().await,
            "pause" => tokio::time::sleep(Duration::from_millis(200)).await,
            // More than the kernel takes at once, and nothing is written while it runs.
            "flood" => (0..100).for_each(|_| socket.emit().event("blob", ("x".repeat(10_000),))),
            "ask" => {
                let answer = socket.emit().event_with_ack("question", ());
                tokio::spawn(async move {
                    let answer = answer.await;
                    socket.emit().event("answered", (format!("{answer:?}"),));
                });
            }
            "questions" => {
                let ask = || socket.timeout(Duration::from_secs(1)).emit().event_with_ack("question", ());
                let questions: Vec<_> = (0..10_000).map(|_| ask()).collect();
                tokio::spawn(async move {
                    for question in questions {
                        let _ = question.await;
                    }
                });
            }
            "rooms" => {
                let joined =
                    (0..100).map(|room| socket.join(format!("room {room}"))).filter(Result::is_ok).count();
                socket.emit().event("joined", (joined,));
            }
            _ => {}
        }
        if let Some(ack) = event.ack {
            let _ = ack.send(event.args);
        }
    }
}

impl Lifecycle<Dyn> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl UntypedHandler<Dyn> for App {
    async fn event(&self, _: Socket<Dyn>, _: UntypedEvent) {}
}

impl Lifecycle<Panics> for App {
    async fn connect(&self, handshake: Handshake<()>) -> Result<Brittle, ConnectError> {
        assert!(!handshake.namespace().ends_with("connect"), "as asked");
        Ok(Brittle(handshake.namespace().ends_with("drop")))
    }
    async fn connected(&self, socket: Socket<Panics>) {
        socket.join("room").unwrap();
        assert!(!socket.namespace().ends_with("connected"), "as asked");
    }
    async fn disconnected(&self, socket: Socket<Panics>, _: CloseReason) {
        assert!(!socket.namespace().ends_with("disconnected"), "as asked");
    }
}

impl UntypedHandler<Panics> for App {
    async fn event(&self, _: Socket<Panics>, event: UntypedEvent) {
        panic!("as asked by {}", event.name);
    }
}

/// Most bytes of a message, small enough to be gone over.
pub(crate) const MAX_PAYLOAD: usize = 100_000;

pub(crate) struct Site {
    pub(crate) io: Server,
    pub(crate) addr: SocketAddr,
    /// What the server has when only the bystander is there.
    quiet: Stats,
    questions: mpsc::Sender<oneshot::Sender<()>>,
    bystander: JoinHandle<()>,
    serving: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(|io| io).await
    }

    /// A server with other options.
    pub(crate) async fn with<C: sockeye::server::Current>(
        options: impl FnOnce(ServerBuilder<sockeye::server::Open<Main>>) -> ServerBuilder<C>,
    ) -> Self {
        let io = Server::builder()
            .namespace::<Dyn>(App)
            .namespace::<Panics>(App)
            .namespace::<Main>(App)
            .max_payload(MAX_PAYLOAD)
            .ping_interval(Duration::from_secs(3))
            .ping_timeout(Duration::from_secs(3));
        let io = options(io).build();
        let bound = io.bind("127.0.0.1:0").await.unwrap();
        let addr = bound.local_addr().unwrap();
        let serving = tokio::spawn(bound.serve_with_shutdown(std::future::pending()));
        let (questions, asked) = mpsc::channel(1);
        let attacker = Attacker::joined(addr).await;
        let bystander = tokio::spawn(bystander(attacker, asked));
        Self { quiet: io.stats(), io, addr, questions, bystander, serving }
    }

    /// Checks that the bystander still gets its answers, and that the attacker has left nothing.
    pub(crate) async fn is_unharmed(&self, case: &str) {
        let (answer, answered) = oneshot::channel();
        self.questions.send(answer).await.unwrap_or_else(|_| panic!("{case}: the bystander is gone"));
        within(&format!("{case}: the bystander's answer"), answered)
            .await
            .unwrap_or_else(|_| panic!("{case}: the bystander is gone"));
        let figures =
            |stats: Stats| (stats.sessions, stats.sockets, stats.namespaces, stats.rooms, stats.acks);
        let gone = async {
            while figures(self.io.stats()) != figures(self.quiet) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), gone).await.is_err() {
            panic!("{case}: something is left: {:?}", self.io.stats());
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.bystander.abort();
        self.serving.abort();
    }
}

async fn bystander(mut attacker: Attacker, mut asked: mpsc::Receiver<oneshot::Sender<()>>) {
    let mut waiting = None;
    loop {
        tokio::select! {
            question = asked.recv(), if waiting.is_none() => {
                let Some(question) = question else { return };
                waiting = Some(question);
                attacker.raw.send(text(r#"4277["echo",true]"#)).await;
            }
            frame = attacker.raw.frame_of_bystander() => match frame {
                None => return,
                Some(frame) if frame == "2" => attacker.raw.send(text("3")).await,
                Some(frame) => {
                    assert_eq!(frame, "4377[true]");
                    let _ = waiting.take().map(|waiting: oneshot::Sender<()>| waiting.send(()));
                }
            },
        }
    }
}

impl Raw {
    /// The next text, however long it takes.
    async fn frame_of_bystander(&mut self) -> Option<String> {
        let (_, payload) = self.frame().await?;
        String::from_utf8(payload).ok()
    }
}

/// A client on WebSocket.
pub(crate) struct Attacker {
    pub(crate) raw: Raw,
}

impl Attacker {
    /// Opens a session, and joins nothing.
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let mut raw = Raw::connect(addr).await;
        raw.send(request("GET /socket.io/?EIO=4&transport=websocket", UPGRADE)).await;
        let response = raw.response().await.unwrap();
        assert_eq!(response.status, 101, "{}", response.head);
        let (_, open) = raw.frame().await.unwrap();
        assert!(open.starts_with(b"0{"));
        Self { raw }
    }

    /// Joins `/`.
    pub(crate) async fn joined(addr: SocketAddr) -> Self {
        let mut client = Self::open(addr).await;
        client.raw.send(text("40")).await;
        assert!(client.text().await.unwrap().starts_with("40{"));
        client
    }

    /// The next text that is no ping, which is answered; `None` at the end, also after a close frame.
    pub(crate) async fn text(&mut self) -> Option<String> {
        loop {
            let (first, payload) = self.raw.frame().await?;
            match first & 0x0f {
                8 => return None,
                1 if payload == b"2" => self.raw.send(text("3")).await,
                1 => return Some(String::from_utf8(payload).unwrap()),
                _ => {}
            }
        }
    }

    /// Whether the server answers still; what comes before the answer is dropped.
    pub(crate) async fn lives(&mut self) -> bool {
        self.raw.send(text(r#"4299["echo",1]"#)).await;
        while let Some(text) = self.text().await {
            if text == "4399[1]" {
                return true;
            }
        }
        false
    }

    /// The code of the close frame that comes; 0 if the connection ends without one.
    pub(crate) async fn close_code(&mut self) -> u16 {
        while let Some((first, payload)) = self.raw.frame().await {
            match first & 0x0f {
                8 => return payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)),
                1 if payload == b"2" => self.raw.send(text("3")).await,
                _ => {}
            }
        }
        0
    }
}

/// A client that polls.
pub(crate) struct Poller {
    pub(crate) addr: SocketAddr,
    pub(crate) path: String,
    pub(crate) gets: Raw,
    pub(crate) posts: Raw,
}

impl Poller {
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let mut gets = Raw::connect(addr).await;
        gets.send(request("GET /socket.io/?EIO=4&transport=polling", "")).await;
        let response = gets.response().await.unwrap();
        assert_eq!(response.status, 200, "{}", response.body);
        let sid = sid_of(&response.body).unwrap();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        Self { addr, path, gets, posts: Raw::connect(addr).await }
    }

    pub(crate) async fn joined(addr: SocketAddr) -> Self {
        let mut poller = Self::open(addr).await;
        assert_eq!(poller.post("40").await, 200);
        assert!(poller.get().await.unwrap().contains("40{"));
        poller
    }

    /// The path of the session's WebSocket.
    pub(crate) fn websocket(&self) -> String {
        self.path.replace("polling", "websocket")
    }

    /// The status of the answer; 0 if there is none.
    pub(crate) async fn post(&mut self, body: impl AsRef<[u8]>) -> u16 {
        self.posts.send(post(&self.path, "", body)).await;
        match self.posts.response().await {
            Some(response) if response.status != 413 => response.status,
            other => {
                // What is left of the body is not read.
                self.posts = Raw::connect(self.addr).await;
                other.map_or(0, |response| response.status)
            }
        }
    }

    /// The next payload; `None` when the session is over.
    pub(crate) async fn get(&mut self) -> Option<String> {
        self.gets.send(request(&format!("GET {}", self.path), "")).await;
        let response = self.gets.response().await?;
        (response.status == 200).then_some(response.body)
    }

    /// Whether the server answers still.
    pub(crate) async fn lives(&mut self) -> bool {
        if self.post(r#"4299["echo",1]"#).await != 200 {
            return false;
        }
        while let Some(payload) = self.get().await {
            for packet in payload.split('\x1e') {
                match packet {
                    "4399[1]" => return true,
                    "1" => return false,
                    "2" => drop(self.post("3").await),
                    _ => {}
                }
            }
        }
        false
    }

    /// Leaves.
    pub(crate) async fn close(mut self) {
        self.post("1").await;
    }
}

/// The session id in the answer to a handshake.
pub(crate) fn sid_of(body: &str) -> Option<&str> {
    body.strip_prefix("0{\"sid\":\"")?.split('"').next()
}
