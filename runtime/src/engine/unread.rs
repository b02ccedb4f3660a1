//! A stream for HTTP whose peer has to take what is written to it. Knows no HTTP.
//!
//! hyper gives a request's head a deadline, and the engine every session; but an answer that nobody reads would hold its bytes
//! and its descriptor until the peer's machine forgets the connection.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::io::Io;

/// Bytes for which a slow peer is given one more second: those on bad lines are served, one that trickles is not.
const RATE: u32 = 4096;

/// Fails a write that stays blocked for too long.
pub(crate) struct Impatient {
    io: Io,
    patience: Duration,
    /// Since something could not be written: until when it has to be.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    pub(crate) fn new(io: Io, patience: Duration) -> Self {
        Self { io, patience, deadline: None }
    }

    pub(crate) fn into_inner(self) -> Io {
        self.io
    }

    /// What to say instead of `Pending`.
    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let patience = self.patience;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(patience)));
        deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn wrote(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            return self.wait(cx);
        }
        if let (Poll::Ready(Ok(written)), Some(deadline)) = (&written, &mut self.deadline) {
            let more = Duration::from_secs(1) * u32::try_from(*written).unwrap_or(u32::MAX) / RATE;
            let until = deadline.deadline() + more;
            deadline.as_mut().reset(until);
        }
        written
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wrote(cx, written)
    }

    /// hyper flushes when it has written all.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_pending() {
            return self.wait(cx);
        }
        self.deadline = None;
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(cx);
        if shut.is_pending() { self.wait(cx) } else { shut }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::Instant,
    };

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(45);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_or_a_byte_a_second_is_given_up_on_time() {
        for trickles in [false, true] {
            let (mut peer, stream) = duplex(64);
            let mut stream = Impatient::new(Io::new(stream), PATIENCE);
            let reading = tokio::spawn(async move {
                while trickles && peer.read_u8().await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                std::future::pending::<()>().await;
            });
            let start = Instant::now();
            let error = stream.write_all(&[7; 4096]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert_eq!(start.elapsed().as_secs(), PATIENCE.as_secs());
            reading.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_on_a_slow_line_gets_all() {
        let (mut peer, stream) = duplex(4096);
        let mut stream = Impatient::new(Io::new(stream), PATIENCE);
        let reading = tokio::spawn(async move {
            let mut buf = vec![0; 8192];
            let mut all = 0;
            loop {
                match peer.read(&mut buf).await.unwrap() {
                    0 => return all,
                    read => all += read,
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        stream.write_all(&[7; 1 << 20]).await.unwrap();
        stream.flush().await.unwrap();
        drop(stream);
        assert_eq!(reading.await.unwrap(), 1 << 20);
    }
}
