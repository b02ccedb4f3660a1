//! The application that the tests play with: one namespace, a handler for each thing that can happen.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sockeye::{
    CloseReason,
    event::DecodeError,
    prelude::*,
    server::{FailureAction, Panic, Refused},
    testing::TestClient,
};
use tokio::sync::{Notify, mpsc};

#[derive(ClientToServer)]
pub(crate) enum Ask {
    /// Notes the number when it starts and, after that many ms, when it ends.
    Work(u64),
    #[event(ack = u32)]
    Double(u32),
    #[event(ack = u32, error = Refusal)]
    Half(u32),
    /// Asks the client back, with a time-out in ms.
    #[event(ack = String)]
    Query(u64),
    Join(String),
    Leave(String),
    /// To a room, but not to the sender.
    Say {
        room: String,
        text: String,
    },
    /// Never returns.
    #[event(ack = ())]
    Hang,
    Panic,
    Kick {
        connection: bool,
    },
    /// Emits so many ticks.
    Burst(u32),
    #[event("blocked")]
    Blocked,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    Odd(u32),
}

#[derive(ServerToClient, Debug, PartialEq)]
pub(crate) enum Push {
    Said {
        text: String,
    },
    Tick(u32),
    Blob(bytes::Bytes),
    #[event(ack = String)]
    Question(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) name: String,
}

pub(crate) struct User {
    pub(crate) name: String,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Ask, server_to_client = Push, auth = Token, session = User, data = Vec<u8>)]
pub(crate) struct Stage;

/// What happened, in order.
#[derive(Debug, PartialEq)]
pub(crate) enum Note {
    Connected(String),
    Started(u64),
    Ended(u64),
    Dropped(u64),
    Disconnected { name: String, reason: CloseReason, rooms: Vec<String> },
    DecodeFailed(String),
    Unknown(String),
    Refused(String),
    Panicked(&'static str, String),
}

pub(crate) struct App {
    notes: mpsc::UnboundedSender<Note>,
    /// `connected` waits for this if set.
    pub(crate) gate: Mutex<Option<Arc<Notify>>>,
    pub(crate) on_bad: Mutex<fn() -> FailureAction>,
    pub(crate) running: AtomicUsize,
    pub(crate) most_running: AtomicUsize,
}

/// Tells when a handler is dropped before its end.
struct Watch<'a>(&'a App, u64, bool);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.note(if self.2 { Note::Ended(self.1) } else { Note::Dropped(self.1) });
    }
}

impl App {
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Note>) {
        let (notes, receiver) = mpsc::unbounded_channel();
        let app = Self {
            notes,
            gate: Mutex::new(None),
            on_bad: Mutex::new(|| FailureAction::Ignore),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
        };
        (Arc::new(app), receiver)
    }

    fn note(&self, note: Note) {
        let _ = self.notes.send(note);
    }
}

impl Lifecycle<Stage> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<User, ConnectError> {
        let Token { name } = handshake.into_auth();
        match name.as_str() {
            "nobody" => Err(ConnectError::new("not you").with_data(&["go", "away"])),
            "late" => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(User { name })
            }
            "bug" => panic!("connect broke"),
            _ => Ok(User { name }),
        }
    }

    async fn connected(&self, socket: Socket<Stage>) {
        let gate = self.gate.lock().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        self.note(Note::Connected(socket.session().name.clone()));
    }

    async fn disconnected(&self, socket: Socket<Stage>, reason: CloseReason) {
        let rooms = socket.rooms().iter().map(ToString::to_string).collect();
        self.note(Note::Disconnected { name: socket.session().name.clone(), reason, rooms });
    }

    fn decode_failed(&self, _: &Socket<Stage>, error: &DecodeError) -> FailureAction {
        self.note(Note::DecodeFailed(error.to_string()));
        self.on_bad.lock()()
    }

    fn unknown_event(&self, _: &Socket<Stage>, event: &IncomingEvent) -> FailureAction {
        self.note(Note::Unknown(event.name().into_owned()));
        self.on_bad.lock()()
    }

    fn refused(&self, _: &Socket<Stage>, event: &IncomingEvent, refusal: &Refused) -> FailureAction {
        self.note(Note::Refused(format!("{}: {refusal}", event.name())));
        self.on_bad.lock()()
    }

    fn panicked(&self, _: &Socket<Stage>, panic: &Panic) {
        self.note(Note::Panicked(panic.what(), panic.message().to_owned()));
    }
}

impl AskHandler<Stage> for App {
    async fn work(&self, _: Socket<Stage>, millis: u64) {
        self.note(Note::Started(millis));
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_running.fetch_max(running, Ordering::SeqCst);
        let mut watch = Watch(self, millis, false);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        watch.2 = true;
    }

    async fn double(&self, _: Socket<Stage>, n: u32) -> u32 {
        2 * n
    }

    async fn half(&self, _: Socket<Stage>, n: u32) -> Result<u32, Refusal> {
        if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Refusal::Odd(n)) }
    }

    async fn query(&self, socket: Socket<Stage>, millis: u64) -> String {
        let answer = socket.timeout(Duration::from_millis(millis)).emit().question("well?").await;
        match answer {
            Ok(answer) => answer,
            Err(error) => error.to_string(),
        }
    }

    async fn join(&self, socket: Socket<Stage>, room: String) {
        socket.join(room).unwrap();
    }

    async fn leave(&self, socket: Socket<Stage>, room: String) {
        socket.leave(room);
    }

    async fn say(&self, socket: Socket<Stage>, room: String, text: String) {
        socket.to(room).emit().said(text);
    }

    async fn hang(&self, _: Socket<Stage>) {
        std::future::pending().await
    }

    async fn panic(&self, _: Socket<Stage>) {
        panic!("handler broke");
    }

    async fn kick(&self, socket: Socket<Stage>, connection: bool) {
        if connection { socket.disconnect_connection() } else { socket.disconnect() }
    }

    async fn burst(&self, socket: Socket<Stage>, n: u32) {
        for i in 0..n {
            socket.emit().tick(i);
        }
    }

    async fn blocked(&self, _: Socket<Stage>) {
        unreachable!("the middleware refuses it");
    }
}

pub(crate) struct Played {
    pub(crate) io: Server,
    pub(crate) app: Arc<App>,
    pub(crate) notes: mpsc::UnboundedReceiver<Note>,
}

impl Played {
    pub(crate) async fn join(&self, name: &str) -> TestClient<Stage> {
        TestClient::connect(&self.io, Token { name: name.to_owned() }).await.unwrap()
    }

    pub(crate) async fn note(&mut self) -> Note {
        self.notes.recv().await.unwrap()
    }

    /// Waits until nothing of any client is left.
    pub(crate) async fn empty(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            let stats = self.io.stats();
            if (stats.sessions, stats.sockets, stats.rooms) == (0, 0, 0) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "left behind: {stats:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) fn played() -> Played {
    let (app, notes) = App::new();
    let io = Server::builder().namespace::<Stage>(Arc::clone(&app)).build();
    Played { io, app, notes }
}

pub(crate) fn played_with(
    change: impl FnOnce(sockeye::server::ServerBuilder) -> sockeye::server::ServerBuilder,
) -> Played {
    let (app, notes) = App::new();
    let io = change(Server::builder()).namespace::<Stage>(Arc::clone(&app)).build();
    Played { io, app, notes }
}
