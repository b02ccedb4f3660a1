//! Clients over memory that do as little as can be: they send bytes prepared beforehand, and keep those that come.
//!
//! `sockeye::testing` has a client to test with, which decodes; what it costs would be counted too. Knows no events.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::BytesMut;
use parking_lot::Mutex;
use serde::Deserialize;
use sockeye::{
    Server, SocketId,
    engine::{HandshakeRequest, Session},
    protocol::websocket::{Decoder, Message, Role},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Failure, packets};

/// Waits until the peers of it have got a number of bytes, all together.
#[derive(Clone, Debug, Default)]
pub struct Goal(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    got: usize,
    wanted: usize,
    waker: Option<Waker>,
}

impl Goal {
    /// Waits until `bytes` more have come than at the end of the last wait.
    pub async fn reached(&self, bytes: usize) {
        self.0.lock().wanted = bytes;
        std::future::poll_fn(|cx| {
            let mut progress = self.0.lock();
            if progress.got >= progress.wanted {
                progress.got -= progress.wanted;
                return Poll::Ready(());
            }
            match &mut progress.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            Poll::Pending
        })
        .await;
    }

    fn count(&self, bytes: usize) {
        let mut progress = self.0.lock();
        progress.got += bytes;
        if progress.got >= progress.wanted
            && let Some(waker) = progress.waker.take()
        {
            waker.wake();
        }
    }
}

/// One connection, in the only namespace. Dropping it ends it.
#[derive(Debug)]
pub struct Peer {
    wire: Arc<Mutex<Wire>>,
    session: Session,
    id: SocketId,
}

#[derive(Debug)]
struct Wire {
    input: BytesMut,
    reader: Option<Waker>,
    output: BytesMut,
    has_ended: bool,
    goal: Goal,
}

impl Peer {
    /// Connects and joins the namespace.
    ///
    /// # Errors
    ///
    /// If the server takes no session, or refuses.
    pub async fn connect(server: &Server, goal: &Goal) -> Result<Self, Failure> {
        let wire = Arc::new(Mutex::new(Wire {
            input: BytesMut::new(),
            reader: None,
            output: BytesMut::new(),
            has_ended: false,
            goal: goal.clone(),
        }));
        let request = HandshakeRequest::new("/socket.io/?EIO=4&transport=websocket");
        let session = server.engine().open_websocket(End(Arc::clone(&wire)), request)?;
        let mut peer = Self { wire, session, id: SocketId::from("") };
        peer.send(&packets::client_text("40"));
        let mut frames = Decoder::new(Role::Client, usize::MAX);
        let mut read = BytesMut::new();
        loop {
            read.unsplit(peer.wire.lock().output.split());
            while let Some(message) = frames.decode(&mut read)? {
                let Message::Text(text) = message else { return Err("no text".into()) };
                if let Some(joined) = text.strip_prefix("40") {
                    peer.id = serde_json::from_str::<Joined>(joined)?.sid;
                    goal.0.lock().got = 0;
                    return Ok(peer);
                }
                if !text.starts_with('0') {
                    return Err(format!("instead of a connection: {text}").into());
                }
            }
            // Whatever comes next.
            goal.0.lock().got = 0;
            goal.reached(1).await;
        }
    }

    /// The id that the server gave its socket.
    #[must_use]
    pub fn id(&self) -> &SocketId {
        &self.id
    }

    /// The server's side of it, below the namespaces.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Sends bytes: whole frames.
    pub fn send(&self, frames: &[u8]) {
        let mut wire = self.wire.lock();
        wire.input.extend_from_slice(frames);
        if let Some(waker) = wire.reader.take() {
            waker.wake();
        }
    }

    /// Takes what has come, which must be exactly this.
    ///
    /// # Errors
    ///
    /// If it is anything else.
    pub fn take(&self, expected: &[u8]) -> Result<(), Failure> {
        let mut wire = self.wire.lock();
        if wire.output != expected {
            return Err(format!("got {:?} instead of {expected:?}", wire.output).into());
        }
        wire.output.clear();
        Ok(())
    }

    /// Forgets what has come.
    pub fn clear(&self) {
        self.wire.lock().output.clear();
    }
}

/// What the server says to one who joins.
#[derive(Deserialize)]
struct Joined {
    sid: SocketId,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let mut wire = self.wire.lock();
        wire.has_ended = true;
        if let Some(waker) = wire.reader.take() {
            waker.wake();
        }
    }
}

/// The server's end.
struct End(Arc<Mutex<Wire>>);

impl AsyncRead for End {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.0.lock();
        if wire.input.is_empty() && !wire.has_ended {
            match &mut wire.reader {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        let length = wire.input.len().min(buf.remaining());
        buf.put_slice(&wire.input[..length]);
        if length == wire.input.len() {
            wire.input.clear();
        } else {
            let _ = wire.input.split_to(length);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut wire = self.0.lock();
        wire.output.extend_from_slice(buf);
        wire.goal.count(buf.len());
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.0.lock();
        let mut length = 0;
        for buf in bufs {
            wire.output.extend_from_slice(buf);
            length += buf.len();
        }
        wire.goal.count(length);
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
