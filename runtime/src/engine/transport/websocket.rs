//! WebSocket messages in and out of a stream, for a server. Answers pings; leaves closes to its user.

use std::{
    cell::Cell,
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::wire::Wire;
use crate::{
    engine::io::{Io, Presence, Source},
    protocol::websocket::{self, Decoder, FrameError, Message, OpCode, Role},
};

/// Bytes that are read at a time, into a buffer that all connections of a thread share.
const SHARED: usize = 128 * 1024;

/// Bytes asked for at a time where a frame has come in part. That buffer exists only while it holds something.
const READ: usize = 4096;

/// Bytes of pongs after which only the last ping is answered, as the standard allows: a flood of them costs no memory.
const MAX_PONGS: usize = 4096;

thread_local! {
    /// Taken out while it is in use, so that nobody can meet it half-way.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

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

/// The reading side of a server's WebSocket.
pub(crate) struct Reader {
    source: Source,
    decoder: Decoder,
    /// What came behind a message, or a part of one.
    read: BytesMut,
    /// Pong frames to be written: all that are wanted, up to [`MAX_PONGS`].
    pongs: Vec<u8>,
    /// The decoder gave an error: what comes cannot be understood any more.
    broken: bool,
    /// A close frame has come.
    closed: bool,
}

/// Both sides.
pub(crate) struct Stream {
    pub(crate) reader: Reader,
    pub(crate) wire: Box<Wire>,
}

impl Reader {
    /// The next message that is not a ping or a pong.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, ReadError>> {
        loop {
            let message = match self.next_kept() {
                Ok(None) => ready!(self.poll_next(cx)),
                kept => kept,
            };
            match message {
                Ok(Some(Message::Ping(data))) => self.pong(&data),
                Ok(Some(Message::Pong(_)) | None) => {}
                Ok(Some(message)) => {
                    self.closed |= matches!(message, Message::Close(_));
                    return Poll::Ready(Ok(message));
                }
                Err(error) => {
                    if matches!(error, ReadError::Frame(_)) {
                        self.broken = true;
                        self.read = BytesMut::new();
                    }
                    return Poll::Ready(Err(error));
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

    /// A message of what was read before.
    fn next_kept(&mut self) -> Result<Option<Message>, ReadError> {
        if self.read.is_empty() {
            return Ok(None);
        }
        let message = self.decoder.decode(&mut self.read).map_err(ReadError::Frame);
        if self.read.is_empty() {
            self.read = BytesMut::new();
        }
        message
    }

    /// Reads, and gives a message if one is there then.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, ReadError>> {
        if !self.read.is_empty() {
            return self.poll_more(cx).map_ok(|()| None);
        }
        let mut buffer = BUFFER.take();
        if buffer.is_empty() {
            buffer.resize(SHARED, 0);
        }
        let mut read = ReadBuf::new(&mut buffer);
        let polled = Pin::new(&mut self.source).poll_read(cx, &mut read);
        let message = match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(ReadError::Io(error))),
            Poll::Ready(Ok(())) if read.filled().is_empty() => Poll::Ready(Err(ReadError::Eof)),
            Poll::Ready(Ok(())) => {
                let mut filled = read.filled_mut();
                let message = self.decoder.decode_slice(&mut filled).map_err(ReadError::Frame);
                if !filled.is_empty() {
                    self.read = BytesMut::with_capacity(filled.len() + self.decoder.wanted());
                    self.read.extend_from_slice(filled);
                }
                Poll::Ready(message)
            }
        };
        BUFFER.set(buffer);
        message
    }

    /// Reads behind what is there.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        if self.read.capacity() - self.read.len() < READ / 4 {
            self.read.reserve(READ);
        }
        match ready!(pin!(self.source.read_buf(&mut self.read)).poll(cx)) {
            Ok(0) => Poll::Ready(Err(ReadError::Eof)),
            Ok(_) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(ReadError::Io(error))),
        }
    }

    /// Whether the peer is there, as far as can be told without reading.
    pub(crate) fn presence(&self) -> Presence {
        self.source.presence()
    }

    /// Answers to pings, if any are due.
    pub(crate) fn take_pongs(&mut self) -> Option<Bytes> {
        if self.pongs.is_empty() { None } else { Some(std::mem::take(&mut self.pongs).into()) }
    }

    /// Throws away what comes, until the peer has closed or the stream ends.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.closed {
            if self.broken {
                self.read.clear();
                if ready!(self.poll_more(cx)).is_err() {
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

    /// Writes what is in the queue of the wire that belongs to this.
    pub(crate) fn poll_flush(&mut self, wire: &mut Wire, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        wire.poll_flush(&mut self.source, cx)
    }
}

impl Stream {
    /// Takes a stream over after the handshake. `early` is what was read behind it already.
    pub(crate) fn new(io: Io, early: &[u8], max_message: usize) -> Self {
        let (source, half) = io.split();
        let reader = Reader {
            source,
            decoder: Decoder::new(Role::Server, max_message),
            read: BytesMut::from(early),
            pongs: Vec::new(),
            broken: false,
            closed: false,
        };
        Self { reader, wire: Box::new(Wire::new(half)) }
    }

    /// Takes at most so many fragments of a message.
    pub(crate) fn with_max_fragments(mut self, fragments: u32) -> Self {
        self.reader.decoder = self.reader.decoder.with_max_fragments(fragments);
        self
    }

    /// The next message that is not a ping or a pong.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, ReadError>> {
        self.reader.poll_message(cx)
    }

    /// Throws away what comes, until the peer has closed or the stream ends.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.reader.poll_drain(cx)
    }

    /// Whether the peer broke the framing, so that its close frame could not be told.
    pub(crate) fn is_broken(&self) -> bool {
        self.reader.broken
    }

    /// Queues the answers to pings, if there are any. To be called when the queue is empty.
    pub(crate) fn queue_pongs(&mut self) {
        if let Some(pongs) = self.reader.take_pongs() {
            self.wire.out.push_bytes(pongs);
        }
    }

    /// Queues a close frame.
    pub(crate) fn queue_close(&mut self, code: u16) {
        self.queue_pongs();
        let mut frame = Vec::new();
        websocket::close_frame(&mut frame, code, "", None);
        self.wire.out.push_bytes(frame.into());
    }

    /// Writes what is queued.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_flush(&mut self.reader.source, cx)
    }

    /// Ends this side's direction of a stream that is dropped next.
    pub(crate) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_end(&mut self.reader.source, cx)
    }

    /// Ends this side's direction of the stream.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.poll_shutdown(&mut self.reader.source, cx)
    }
}
