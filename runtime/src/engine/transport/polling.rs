//! Requests in and responses out, for a session that polls: what HTTP's side ([`service`](crate::engine::service)) and the
//! session's task tell each other.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::websocket::{ReadError, Stream};
use crate::engine::io::Presence;
use crate::protocol::{
    engine_io::{
        Dialect, Packet, PacketError,
        dialect::{Payload, Reader},
        handshake::{ErrorCode, Query},
        payload::MAX_PACKETS,
    },
    websocket::{self, FrameError},
};

/// How a request is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A GET: 200 with this payload.
    Payload(Payload),
    /// A payload that is not worth compressing.
    Plain(Payload),
    /// A POST: 200 `ok`.
    Ok,
    /// A POST: 413, and the session lives on.
    TooLarge,
    /// The error's status and JSON.
    Refused(ErrorCode),
}

/// What became of the body of a POST.
#[derive(Debug)]
pub(crate) enum Body {
    /// It is all here.
    Complete(Bytes),
    /// It is over the limit.
    TooLarge,
}

/// The body of a POST, as its request finds it.
#[derive(Debug)]
pub(crate) enum Posted {
    /// It came with the head.
    Here(Body),
    /// It is on its way; one that is dropped was cut off.
    Coming(oneshot::Receiver<Body>),
}

/// A request for a session.
pub(crate) enum Command {
    Get {
        reply: oneshot::Sender<Reply>,
    },
    /// Sent when a POST begins, so that two at a time are noticed.
    Post {
        body: Posted,
        /// Whether it is bytes; otherwise it is text.
        binary: bool,
        reply: oneshot::Sender<Reply>,
    },
    /// A WebSocket that wants to take over, and was asked for with this query.
    Probe(Box<Stream>, Query),
}

/// Most requests that wait for the session's task.
pub(crate) const MAX_COMMANDS: usize = 8;

/// What came in.
pub(crate) enum Input {
    Packet(Result<Packet, PacketError>),
    Get(oneshot::Sender<Reply>),
    GetCancelled,
    Post {
        body: Posted,
        binary: bool,
        reply: oneshot::Sender<Reply>,
    },
    /// The POST is through: answer it.
    PostDone(Reply),
    PostCutOff,
    Violation,
    Probe(Box<Stream>),
    ProbePacket(Packet),
    ProbeClosed,
    /// The probing WebSocket broke the framing.
    ProbeBroken(FrameError),
}

struct Post {
    state: PostState,
    reply: oneshot::Sender<Reply>,
}

enum PostState {
    /// The body is on its way.
    Coming { body: Posted, binary: bool },
    /// Its packets are handed over one by one.
    Taking(Reader),
}

/// The polling side of a session.
pub(crate) struct Polling {
    pub(crate) dialect: Dialect,
    commands: mpsc::Receiver<Command>,
    get: Option<oneshot::Sender<Reply>>,
    post: Option<Post>,
    pub(crate) probe: Option<Box<Stream>>,
}

impl Polling {
    pub(crate) fn new(commands: mpsc::Receiver<Command>, dialect: Dialect) -> Self {
        Self { dialect, commands, get: None, post: None, probe: None }
    }

    /// The next thing that came in. Packets are handed out only while `ready`.
    pub(crate) fn poll_input(&mut self, cx: &mut Context<'_>, ready: bool) -> Poll<Input> {
        if let Some(input) = self.poll_post(cx, ready) {
            return Poll::Ready(input);
        }
        // Before the requests: a client that polls after its `5` is to be told that it has upgraded. After the POST: what was
        // sent by polling came first.
        let held = matches!(self.post, Some(Post { state: PostState::Taking(_), .. }));
        if !held && let Some(input) = self.poll_probe(cx) {
            return Poll::Ready(input);
        }
        if let Some(get) = &mut self.get
            && get.poll_closed(cx).is_ready()
        {
            self.get = None;
            return Poll::Ready(Input::GetCancelled);
        }
        match self.commands.poll_recv(cx) {
            Poll::Ready(Some(Command::Get { reply })) => Poll::Ready(Input::Get(reply)),
            Poll::Ready(Some(Command::Post { binary: true, reply, .. })) if !self.dialect.reads_bytes() => {
                let _ = reply.send(Reply::Refused(ErrorCode::BadRequest));
                Poll::Ready(Input::Violation)
            }
            Poll::Ready(Some(Command::Post { body, binary, reply })) => {
                Poll::Ready(Input::Post { body, binary, reply })
            }
            Poll::Ready(Some(Command::Probe(mut stream, query))) => {
                stream.wire.out.dialect = self.dialect.on_transport(&query);
                Poll::Ready(Input::Probe(stream))
            }
            // Without senders the registry has forgotten the session; its deadlines end it.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll_post(&mut self, cx: &mut Context<'_>, ready: bool) -> Option<Input> {
        let post = self.post.as_mut()?;
        if let PostState::Coming { body, binary } = &mut post.state {
            let binary = *binary;
            let body = match body {
                // Only once: whatever becomes of it, the state is another then, or there is no POST any more.
                Posted::Here(body) => Poll::Ready(Ok(std::mem::replace(body, Body::Complete(Bytes::new())))),
                Posted::Coming(body) => Pin::new(body).poll(cx),
            };
            match body {
                Poll::Pending => return None,
                Poll::Ready(Ok(Body::Complete(body))) => {
                    match self.dialect.read_payload(body, binary, MAX_PACKETS) {
                        Ok(payload) => post.state = PostState::Taking(payload),
                        Err(error) => return Some(Input::Packet(Err(error))),
                    }
                }
                Poll::Ready(Ok(Body::TooLarge)) => return Some(Input::PostDone(Reply::TooLarge)),
                Poll::Ready(Err(_)) => return Some(Input::PostCutOff),
            }
        }
        match &mut post.state {
            PostState::Taking(payload) if ready => {
                Some(payload.next().map_or(Input::PostDone(Reply::Ok), Input::Packet))
            }
            _ => None,
        }
    }

    fn poll_probe(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        let message = match self.probe.as_mut()?.poll_message(cx) {
            Poll::Pending => return None,
            Poll::Ready(message) => message,
        };
        Some(match message {
            Ok(websocket::Message::Text(text)) => {
                self.dialect.read_text(&text).map_or(Input::ProbeClosed, Input::ProbePacket)
            }
            Ok(websocket::Message::Binary(data)) => {
                self.dialect.read_binary(data).map_or(Input::ProbeClosed, Input::ProbePacket)
            }
            Err(ReadError::Frame(error)) => Input::ProbeBroken(error),
            Ok(_) | Err(ReadError::Eof | ReadError::Io(_)) => Input::ProbeClosed,
        })
    }

    /// The accepted GET.
    pub(crate) fn set_get(&mut self, reply: oneshot::Sender<Reply>) {
        self.get = Some(reply);
    }

    /// The accepted POST.
    pub(crate) fn set_post(&mut self, body: Posted, binary: bool, reply: oneshot::Sender<Reply>) {
        self.post = Some(Post { state: PostState::Coming { body, binary }, reply });
    }

    /// Whether a GET is pending.
    pub(crate) fn has_get(&self) -> bool {
        self.get.is_some()
    }

    /// Whether packets of a POST wait until the application is ready.
    pub(crate) fn is_held(&self) -> bool {
        matches!(self.post, Some(Post { state: PostState::Taking(_), .. }))
    }

    /// Whether the peer has given up a POST whose packets wait until the application is ready.
    pub(crate) fn presence(&self) -> Presence {
        match &self.post {
            Some(post) if post.reply.is_closed() => Presence::Left,
            _ => Presence::There,
        }
    }

    /// Answers the pending GET. `false` if the peer has given it up.
    pub(crate) fn answer_get(&mut self, payload: Payload, compress: bool) -> bool {
        let reply = if compress { Reply::Payload(payload) } else { Reply::Plain(payload) };
        self.get.take().is_none_or(|get| get.send(reply).is_ok())
    }

    /// Answers the POST.
    pub(crate) fn answer_post(&mut self, reply: Reply) {
        if let Some(post) = self.post.take() {
            // If it is gone: its packets have been taken in all the same.
            let _ = post.reply.send(reply);
        }
    }

    /// Ends everything: the pending GET with `last`, a POST whose packets were being taken with `ok`, all others with the error.
    pub(crate) fn end(mut self, last: Payload, error: ErrorCode) {
        self.answer_get(last, false);
        let reply = if self.is_held() { Reply::Ok } else { Reply::Refused(error) };
        self.answer_post(reply);
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Get { reply } | Command::Post { reply, .. } = command {
                let _ = reply.send(Reply::Refused(error));
            }
        }
    }
}
