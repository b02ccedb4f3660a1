//! Engines without sockets: requests by hand, WebSockets over in-memory pipes, time that stands still until it is waited for.

mod eio3;
mod http;
mod models;
mod options;
mod polling;
mod upgrade;
mod websocket;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::{io::DuplexStream, sync::mpsc, time::Instant};
use tokio_tungstenite::WebSocketStream;

use super::*;
use crate::protocol::frame::{Encoded, Frame};

/// What the application was told.
#[derive(Debug, PartialEq)]
enum Seen {
    Message(Message),
    Closed(CloseReason),
}

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

fn packet(text: &str) -> Encoded {
    Encoded::new(Frame::text(text))
}

/// How the application behaves; shared with its connections.
#[derive(Default)]
struct Behaviour {
    /// Sends everything back.
    echo: AtomicBool,
    /// Takes no messages.
    busy: AtomicBool,
    /// Is not finished when the session closes.
    lingers: AtomicBool,
    waker: AtomicWaker,
}

impl Behaviour {
    fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
        self.waker.wake();
    }
}

struct App {
    behaviour: Arc<Behaviour>,
    seen: mpsc::UnboundedSender<Seen>,
    sessions: mpsc::UnboundedSender<Session>,
}

impl Application for App {
    fn open(&self, session: &Session, _: Arc<HandshakeRequest>) -> Box<dyn Connection> {
        let _ = self.sessions.send(session.clone());
        let (session, behaviour, seen) = (session.clone(), self.behaviour.clone(), self.seen.clone());
        Box::new(Conn { session, behaviour, seen })
    }
}

struct Conn {
    session: Session,
    behaviour: Arc<Behaviour>,
    seen: mpsc::UnboundedSender<Seen>,
}

impl Connection for Conn {
    fn message(&mut self, message: Message) {
        assert!(self.is_ready(), "a message while the application is not ready");
        assert_ne!(message, text("panic"), "as asked");
        if self.behaviour.echo.load(Ordering::Relaxed) {
            let frame = match &message {
                Message::Text(text) => Frame::text(text),
                Message::Binary(data) => Frame::Binary(data.clone()),
            };
            let _ = self.session.outbox().push(&Encoded::new(frame), false);
        }
        let _ = self.seen.send(Seen::Message(message));
    }

    fn is_ready(&self) -> bool {
        !self.behaviour.busy.load(Ordering::Relaxed)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.behaviour.waker.register(cx.waker());
        if self.behaviour.lingers.load(Ordering::Relaxed) { Poll::Pending } else { Poll::Ready(()) }
    }

    fn closed(&mut self, reason: CloseReason) {
        let _ = self.seen.send(Seen::Closed(reason));
    }
}

/// An engine and its application.
struct Fixture {
    engine: Engine,
    behaviour: Arc<Behaviour>,
    seen: mpsc::UnboundedReceiver<Seen>,
    sessions: mpsc::UnboundedReceiver<Session>,
}

impl Fixture {
    fn new(config: Config) -> Self {
        let behaviour = Arc::new(Behaviour::default());
        let (seen, was_seen) = mpsc::unbounded_channel();
        let (opened, sessions) = mpsc::unbounded_channel();
        let app = App { behaviour: behaviour.clone(), seen, sessions: opened };
        Self { engine: Engine::new(config, Arc::new(app)), behaviour, seen: was_seen, sessions }
    }

    fn echo(config: Config) -> Self {
        let fixture = Self::new(config);
        fixture.behaviour.echo.store(true, Ordering::Relaxed);
        fixture
    }

    /// The session that was opened last.
    async fn session(&mut self) -> Session {
        self.sessions.recv().await.unwrap()
    }

    /// What the application is told next.
    async fn seen(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    /// Opens a session over a pipe of so many bytes; the OPEN packet has not been read.
    async fn connect(&mut self, pipe: usize) -> (WebSocketStream<DuplexStream>, Session) {
        let (client, server) = tokio::io::duplex(pipe);
        let session = self.engine.open_websocket(server, HandshakeRequest::new("/?EIO=4")).unwrap();
        (as_client(client).await, session)
    }

    /// Waits until no task of a session is left, and checks that nothing else is.
    async fn is_gone(&mut self) {
        self.engine.shared.registry.wait_empty().await;
        assert_eq!(self.engine.sessions(), 0);
        assert!(self.seen.try_recv().is_err(), "told more after the end");
    }
}

async fn as_client(io: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(io, tungstenite::protocol::Role::Client, None).await
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
