//! A server played by a test: it gets each request, and answers when it wants to.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use tokio::{
    io::DuplexStream,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::WebSocketStream;
use tungstenite::{Message as WsMessage, protocol::Role};

use crate::{
    client::engine::{
        Address, Closed, Dialer, Dialing, EngineOptions, HttpAnswer, HttpRequest, OpenError, OpenErrorKind,
        Session, Stream, WebSocketRequest, open,
    },
    protocol::{
        engine_io::Message,
        frame::{Encoded, Frame},
    },
};

/// A guard against hanging; time is paused, so it costs nothing.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What the server's stream holds.
const BUFFER: usize = 1024;

pub(super) const OPEN: &str =
    r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}"#;

/// A request that waits for its answer.
pub(super) enum Asked {
    Get(Answer),
    Post(String, Answer),
    WebSocket(oneshot::Sender<Result<Box<dyn Stream>, OpenError>>, String),
}

pub(super) struct Answer {
    sender: oneshot::Sender<HttpAnswer>,
    pub(super) url: String,
}

impl Answer {
    pub(super) fn ok(self, body: impl Into<Bytes>) {
        self.with(200, body);
    }

    pub(super) fn with(self, status: u16, body: impl Into<Bytes>) {
        let status = StatusCode::from_u16(status).unwrap();
        let _ = self.sender.send(HttpAnswer { status, body: body.into() });
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.sender.is_closed()
    }
}

struct Scripted(mpsc::UnboundedSender<Asked>);

impl Dialer for Scripted {
    fn request(&self, request: HttpRequest) -> Dialing<HttpAnswer> {
        let (sender, answer) = oneshot::channel();
        let sender = Answer { sender, url: request.url.to_string() };
        let asked = match request.body {
            None => Asked::Get(sender),
            Some(body) => Asked::Post(String::from_utf8(body.to_vec()).unwrap(), sender),
        };
        let _ = self.0.send(asked);
        Box::pin(async { answer.await.map_err(|_| OpenError::new(OpenErrorKind::Io)) })
    }

    fn websocket(&self, request: WebSocketRequest) -> Dialing<Box<dyn Stream>> {
        let (sender, stream) = oneshot::channel();
        let _ = self.0.send(Asked::WebSocket(sender, request.url.to_string()));
        Box::pin(async { stream.await.unwrap_or(Err(OpenError::new(OpenErrorKind::Io))) })
    }
}

/// The server's end.
pub(super) struct Peer {
    requests: mpsc::UnboundedReceiver<Asked>,
}

pub(super) fn options() -> EngineOptions {
    EngineOptions::new(Address::new("http://server", "/socket.io/", true, &[]).unwrap())
}

/// Begins to open a session.
pub(super) fn opening(options: EngineOptions) -> (Peer, tokio::task::JoinHandle<Result<Session, OpenError>>) {
    let (sender, requests) = mpsc::unbounded_channel();
    (Peer { requests }, tokio::spawn(open(Arc::new(options), Arc::new(Scripted(sender)))))
}

/// A session on polling, without an upgrade.
pub(super) async fn polling(mut options: EngineOptions) -> (Peer, Session) {
    options.upgrade = false;
    let (mut peer, session) = opening(options);
    peer.get().await.ok(OPEN);
    (peer, session.await.unwrap().unwrap())
}

/// A session on WebSocket.
pub(super) async fn websocket(mut options: EngineOptions) -> (Socket, Session) {
    options.websocket_first = true;
    let (mut peer, session) = opening(options);
    let mut socket = peer.accept().await;
    socket.send(OPEN).await;
    (socket, session.await.unwrap().unwrap())
}

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("waited in vain")
}

impl Peer {
    pub(super) async fn asked(&mut self) -> Asked {
        within(self.requests.recv()).await.expect("the client is gone")
    }

    /// The request that came already, or comes while nothing else happens; `None` if none does.
    pub(super) async fn asked_now(&mut self) -> Option<Asked> {
        settle().await;
        self.requests.try_recv().ok()
    }

    pub(super) async fn get(&mut self) -> Answer {
        match self.asked().await {
            Asked::Get(answer) => answer,
            Asked::Post(body, _) => panic!("no GET but a POST of {body}"),
            Asked::WebSocket(..) => panic!("no GET but a WebSocket"),
        }
    }

    pub(super) async fn post(&mut self) -> (String, Answer) {
        match self.asked().await {
            Asked::Post(body, answer) => (body, answer),
            Asked::Get(_) => panic!("no POST but a GET"),
            Asked::WebSocket(..) => panic!("no POST but a WebSocket"),
        }
    }

    /// Takes a request for a WebSocket.
    pub(super) async fn accept(&mut self) -> Socket {
        match self.asked().await {
            Asked::WebSocket(sender, _) => accept(sender).await,
            Asked::Get(_) => panic!("no WebSocket but a GET"),
            Asked::Post(body, _) => panic!("no WebSocket but a POST of {body}"),
        }
    }
}

pub(super) async fn accept(sender: oneshot::Sender<Result<Box<dyn Stream>, OpenError>>) -> Socket {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    assert!(sender.send(Ok(Box::new(theirs))).is_ok(), "the client is gone");
    Socket(WebSocketStream::from_raw_socket(ours, Role::Server, None).await)
}

/// The server's end of a WebSocket.
pub(super) struct Socket(pub(super) WebSocketStream<DuplexStream>);

impl Socket {
    pub(super) async fn send(&mut self, text: &str) {
        within(self.0.send(WsMessage::text(text))).await.unwrap();
    }

    /// The next message; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<WsMessage> {
        within(self.0.next()).await.and_then(Result::ok)
    }

    pub(super) async fn text(&mut self) -> String {
        match self.next().await {
            Some(WsMessage::Text(text)) => text.to_string(),
            other => panic!("no text but {other:?}"),
        }
    }
}

/// Lets all tasks run until nothing more happens, but no time pass.
pub(super) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

pub(super) fn text(text: &str) -> Encoded {
    Encoded::new(Frame::text(text))
}

pub(super) async fn received(session: &mut Session) -> String {
    match within(session.recv()).await {
        Ok(Message::Text(text)) => text.to_string(),
        other => panic!("no text but {other:?}"),
    }
}

pub(super) async fn end(session: &mut Session) -> Closed {
    loop {
        if let Err(closed) = within(session.recv()).await {
            return closed;
        }
    }
}
