//! Frames on their way into a stream: as many as there are with one call of the kernel.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{io::AsyncWrite, net::tcp::OwnedWriteHalf};

use crate::{
    engine::line::Line,
    protocol::{
        engine_io::{Dialect, dialect::FrameHead},
        frame::Frame,
    },
};

/// Most pieces for one call; the kernel's own limit is 1024.
const MAX_SLICES: usize = 64;

enum Piece {
    Shared(Bytes),
    /// The head of a binary frame, whose payload is shared and has none; and how much of it is written.
    Head(FrameHead, u8),
}

impl Piece {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Head(head, written) => head.as_slice().get(usize::from(*written)..).unwrap_or_default(),
        }
    }

    fn advance(&mut self, len: usize) {
        match self {
            Self::Shared(bytes) => bytes.advance(len),
            Self::Head(_, written) => *written += len as u8,
        }
    }
}

/// What has left the outbox and not yet been written. Bounded by whoever fills it: only when it is empty.
#[derive(Default)]
pub(crate) struct WriteQueue {
    pieces: Line<Piece>,
    /// How binary messages are framed.
    pub(crate) dialect: Dialect,
    /// Bytes were written that the stream may hold back.
    unflushed: bool,
    /// Bytes written since the stream was opened, modulo 2^64.
    written: u64,
}

impl Extend<Frame> for WriteQueue {
    fn extend<T: IntoIterator<Item = Frame>>(&mut self, frames: T) {
        for frame in frames {
            self.push(frame);
        }
    }
}

impl WriteQueue {
    /// Queues a message.
    pub(crate) fn push(&mut self, frame: Frame) {
        match frame {
            Frame::Text { frame, .. } => self.push_bytes(frame),
            Frame::Binary(data) => {
                let (head, data) = self.dialect.binary_frame(data);
                if !head.as_slice().is_empty() {
                    self.pieces.push(Piece::Head(head, 0));
                }
                self.push_bytes(data);
            }
        }
    }

    /// Queues bytes that are whole frames already.
    pub(crate) fn push_bytes(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.pieces.push(Piece::Shared(bytes));
        }
    }

    /// How much has been written in all: whether a peer takes anything is seen by its changing.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether all is written and nothing is held back by the stream, as TLS may.
    pub(crate) fn is_flushed(&self) -> bool {
        self.pieces.is_empty() && !self.unflushed
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Writes all and flushes the stream.
    pub(crate) fn poll_flush<W>(&mut self, io: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin,
    {
        while !self.pieces.is_empty() {
            let written = ready!(self.poll_write(io, cx))?;
            self.unflushed = true;
            self.wrote(written)?;
        }
        if self.unflushed {
            ready!(Pin::new(io).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what the kernel takes at once; `false` if that is not all.
    pub(crate) fn try_flush(&mut self, half: &OwnedWriteHalf) -> io::Result<bool> {
        while !self.pieces.is_empty() {
            let tried = match self.pieces.front() {
                Some(first) if self.pieces.len() == 1 => half.try_write(first.as_slice()),
                _ => half.try_write_vectored(slices(&self.pieces, &mut [IoSlice::new(&[]); MAX_SLICES])),
            };
            match tried {
                Ok(written) => self.wrote(written)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn poll_write<W>(&mut self, io: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<usize>>
    where
        W: AsyncWrite + Unpin,
    {
        if self.pieces.len() > 1 && !io.is_write_vectored() {
            // One write, and one TLS record, instead of many.
            let mut joined = Vec::with_capacity(self.pieces.iter().map(|piece| piece.as_slice().len()).sum());
            while let Some(piece) = self.pieces.pop() {
                joined.extend_from_slice(piece.as_slice());
            }
            self.pieces.push(Piece::Shared(joined.into()));
        }
        let io = Pin::new(io);
        match self.pieces.front() {
            Some(first) if self.pieces.len() == 1 => io.poll_write(cx, first.as_slice()),
            _ => {
                let mut room = [IoSlice::new(&[]); MAX_SLICES];
                io.poll_write_vectored(cx, slices(&self.pieces, &mut room))
            }
        }
    }

    fn wrote(&mut self, written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.written = self.written.wrapping_add(written as u64);
        self.advance(written);
        Ok(())
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(piece) = self.pieces.front_mut() {
            let len = piece.as_slice().len();
            if written < len {
                piece.advance(written);
                return;
            }
            written -= len;
            self.pieces.pop();
        }
    }
}

/// As many pieces as one call takes.
fn slices<'a, 'b>(pieces: &'a Line<Piece>, room: &'b mut [IoSlice<'a>; MAX_SLICES]) -> &'b [IoSlice<'a>] {
    let mut count = 0;
    for (slice, piece) in room.iter_mut().zip(pieces.iter()) {
        *slice = IoSlice::new(piece.as_slice());
        count += 1;
    }
    &room[..count]
}
