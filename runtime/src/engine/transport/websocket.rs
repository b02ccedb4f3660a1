//! WebSocket messages in and out of a stream, for a server. Answers pings; leaves closes to its user.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::write::WriteQueue;
use crate::{
    engine::io::{Io, Presence},
    protocol::websocket::{self, Decoder, FrameError, Message, OpCode, Role},
};

/// Bytes asked for at a time. The buffer exists only while it holds something.
const READ: usize = 4096;

/// Bytes of pongs after which only the last ping is answered, as the standard allows: a flood of them costs no memory.
const MAX_PONGS: usize = 4096;

/// Why no more can be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The peer broke the rules of the framing.
    Frame(FrameError),
    /// The stream ended without a close frame.
    Eof,
    /// The stream failed.
    Io(io::Error),
}

/// The server's end of a WebSocket.
pub(crate) struct Stream {
    io: Io,
    decoder: Decoder,
    read: BytesMut,
    /// Pong frames to be written: all that are wanted, up to [`MAX_PONGS`].
    pongs: Vec<u8>,
    pub(crate) out: WriteQueue,
    /// The decoder gave an error: what comes cannot be understood any more.
    broken: bool,
    /// A close frame has come.
    closed: bool,
}

impl Stream {
    /// Takes a stream over after the handshake. `early` is what was read behind it already.
    pub(crate) fn new(io: Io, early: &[u8], max_message: usize) -> Self {
        Self {
            io,
            decoder: Decoder::new(Role::Server, max_message),
            read: BytesMut::from(early),
            pongs: Vec::new(),
            out: WriteQueue::default(),
            broken: false,
            closed: false,
        }
    }

    /// Takes at most so many fragments of a message.
    pub(crate) fn with_max_fragments(mut self, fragments: u32) -> Self {
        self.decoder = self.decoder.with_max_fragments(fragments);
        self
    }

    /// The next message that is not a ping or a pong.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, ReadError>> {
        loop {
            match self.decoder.decode(&mut self.read) {
                Ok(Some(Message::Ping(data))) => self.pong(&data),
                Ok(Some(Message::Pong(_))) => {}
                Ok(Some(message)) => {
                    self.closed |= matches!(message, Message::Close(_));
                    return Poll::Ready(Ok(message));
                }
                Ok(None) => {
                    if let Err(error) = ready!(self.poll_read(cx)) {
                        return Poll::Ready(Err(error));
                    }
                }
                Err(error) => {
                    self.broken = true;
                    self.read = BytesMut::new();
                    return Poll::Ready(Err(ReadError::Frame(error)));
                }
            }
        }
    }

    fn pong(&mut self, data: &[u8]) {
        if self.pongs.len() > MAX_PONGS {
            self.pongs.clear();
        }
        websocket::encode(&mut self.pongs, true, OpCode::Pong, data, None);
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        if self.read.capacity() - self.read.len() < READ / 4 {
            self.read.reserve(READ);
        }
        let read = pin!(self.io.read_buf(&mut self.read)).poll(cx);
        match read {
            Poll::Pending => {
                if self.read.is_empty() {
                    self.read = BytesMut::new();
                }
                Poll::Pending
            }
            Poll::Ready(Ok(0)) => Poll::Ready(Err(ReadError::Eof)),
            Poll::Ready(Ok(_)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(ReadError::Io(error))),
        }
    }

    /// Whether the peer is there, as far as can be told without reading.
    pub(crate) fn presence(&self) -> Presence {
        self.io.presence()
    }

    /// Throws away what comes, until the peer has closed or the stream ends.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.closed {
            if self.broken {
                self.read.clear();
                if ready!(self.poll_read(cx)).is_err() {
                    return Poll::Ready(());
                }
                continue;
            }
            match ready!(self.poll_message(cx)) {
                Ok(Message::Close(_)) | Err(ReadError::Eof | ReadError::Io(_)) => return Poll::Ready(()),
                Ok(_) | Err(ReadError::Frame(_)) => {}
            }
        }
        Poll::Ready(())
    }

    /// Whether the peer broke the framing, so that its close frame could not be told.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Queues the answers to pings, if there are any. To be called when `out` is empty.
    pub(crate) fn queue_pongs(&mut self) {
        self.out.push_bytes(std::mem::take(&mut self.pongs).into());
    }

    /// Queues a close frame.
    pub(crate) fn queue_close(&mut self, code: u16) {
        self.queue_pongs();
        let mut frame = Vec::new();
        websocket::close_frame(&mut frame, code, "", None);
        self.out.push_bytes(frame.into());
    }

    /// Writes what is in `out`.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.out.poll_flush(&mut self.io, cx)
    }

    /// Ends this side's direction of the stream.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
