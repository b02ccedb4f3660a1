//! The writing side of a WebSocket. While its session is on it, it lies in the outbox, so that whoever has something to send can
//! write it; before and after, with what it reads from.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{io::AsyncWrite, net::tcp::OwnedWriteHalf};

use super::write::WriteQueue;
use crate::engine::io::Source;

pub(crate) struct Wire {
    pub(crate) out: WriteQueue,
    /// Of a TCP stream. All others are written to through what they are read from.
    half: Option<OwnedWriteHalf>,
}

impl Wire {
    pub(super) fn new(half: Option<OwnedWriteHalf>) -> Self {
        Self { out: WriteQueue::default(), half }
    }

    /// Whether it can be written to without its source.
    pub(crate) fn is_direct(&self) -> bool {
        self.half.is_some()
    }

    /// Writes what is in `out`.
    pub(crate) fn poll_flush(&mut self, source: &mut Source, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match (&mut self.half, source) {
            (Some(half), _) => self.out.poll_flush(half, cx),
            (None, Source::Whole(io)) => self.out.poll_flush(io, cx),
            (None, Source::Tcp(_)) => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Writes what can be written at once, without anybody being told when more can. `false` if that is not all.
    pub(crate) fn try_flush(&mut self) -> io::Result<bool> {
        match &self.half {
            Some(half) => self.out.try_flush(half),
            None => Ok(self.out.is_flushed()),
        }
    }

    /// Ends this side's direction of a stream that is dropped next. That of a TCP stream ends when it is closed.
    pub(crate) fn poll_end(&mut self, source: &mut Source, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.half {
            Some(_) => Poll::Ready(Ok(())),
            None => self.poll_shutdown(source, cx),
        }
    }

    /// Ends this side's direction of the stream.
    pub(crate) fn poll_shutdown(
        &mut self,
        source: &mut Source,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match (&mut self.half, source) {
            (Some(half), _) => Pin::new(half).poll_shutdown(cx),
            (None, Source::Whole(io)) => Pin::new(io).poll_shutdown(cx),
            (None, Source::Tcp(_)) => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Wire {
    /// The half would end its direction now, and the other half the connection a moment later: the latter is enough.
    fn drop(&mut self) {
        if let Some(half) = self.half.take() {
            half.forget();
        }
    }
}
