//! The byte stream under a WebSocket. Knows no frames.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::{rt::TokioIo, server::conn::auto};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::unread::Impatient;

/// Whatever can be read and written.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for T {}

/// A stream on top of a TCP stream of ours.
pub(crate) trait OverTcp: Duplex {
    /// The stream below.
    fn tcp(&self) -> &TcpStream;
}

/// Whether a peer is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    There,
    /// It sends nothing more; what it sent before can still be read.
    Left,
    /// The connection is no more.
    Reset,
}

/// A TCP stream, TLS on one, or anything else behind a pointer: an in-memory pipe, a stream of somebody else's HTTP server.
pub(crate) enum Io {
    Tcp(TcpStream),
    #[cfg_attr(not(feature = "rustls"), allow(dead_code, reason = "made by the module `tls`"))]
    Tls(Box<dyn OverTcp>),
    Other(Box<dyn Duplex>),
}

impl Io {
    pub(crate) fn new(io: impl Duplex) -> Self {
        Self::Other(Box::new(io))
    }

    /// Takes TCP apart, so that the two halves can be used at once; the rest cannot be.
    pub(crate) fn split(self) -> (Source, Option<OwnedWriteHalf>) {
        match self {
            Self::Tcp(tcp) => {
                let (read, write) = tcp.into_split();
                (Source::Tcp(read), Some(write))
            }
            whole @ (Self::Tls(_) | Self::Other(_)) => (Source::Whole(Box::new(whole)), None),
        }
    }

    /// Takes the stream back out of hyper, with the bytes that came right behind the request's head.
    pub(crate) fn from_upgraded(upgraded: Upgraded) -> (Self, Bytes) {
        let upgraded = match upgraded.downcast::<TokioIo<Impatient>>() {
            Ok(parts) => return (parts.io.into_inner().into_inner(), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => return (Self::Tcp(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        // As `axum::serve` has it.
        match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => (Self::Tcp(parts.io.into_inner()), parts.read_buf),
            Err(upgraded) => (Self::new(TokioIo::new(upgraded)), Bytes::new()),
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
            Self::Other(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_write(cx, buf),
            Self::Other(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
            Self::Other(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
            Self::Other(io) => Pin::new(io).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Other(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
            Self::Other(io) => io.is_write_vectored(),
        }
    }
}

/// What a WebSocket reads from; unless it is TCP, it is also written to.
pub(crate) enum Source {
    Tcp(OwnedReadHalf),
    Whole(Box<Io>),
}

impl Source {
    /// Looks at the connection without reading from it. Of a stream of somebody else's nothing is known: it is there, until a ping cannot be
    /// written.
    pub(crate) fn presence(&self) -> Presence {
        let tcp = match self {
            Self::Tcp(half) => half.as_ref(),
            Self::Whole(io) => match &**io {
                Io::Tcp(tcp) => tcp,
                Io::Tls(over) => over.tcp(),
                Io::Other(_) => return Presence::There,
            },
        };
        let mut ready = pin!(tcp.ready(Interest::READABLE | Interest::WRITABLE | Interest::ERROR));
        match ready.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(ready)) if ready.is_error() || ready.is_write_closed() => Presence::Reset,
            Poll::Ready(Ok(ready)) if ready.is_read_closed() => Presence::Left,
            Poll::Ready(Err(_)) => Presence::Reset,
            Poll::Ready(Ok(_)) | Poll::Pending => Presence::There,
        }
    }
}

impl AsyncRead for Source {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(half) => Pin::new(half).poll_read(cx, buf),
            Self::Whole(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}
