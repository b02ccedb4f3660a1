//! The end of a WebSocket: the close frame, and a moment for the peer to read it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use super::websocket::Stream;

/// Sends a close frame, waits for the peer's, ends the stream. Dropping a stream in which unread bytes wait would reset it, and
/// the peer might lose the close frame; so what still comes is read and thrown away.
///
/// Ends early when the stream is blocked from the beginning: a peer that does not read is not waited for.
pub(crate) struct Farewell {
    stream: Stream,
    timeout: Duration,
    /// Most peers have gone before anything has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
    step: Step,
    /// Bytes from before wait to be written.
    blocked: bool,
    /// Nothing is waited for.
    dead: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Write,
    /// Reads until the peer closes, this side still being open.
    Await,
    Shutdown,
    /// Reads until the stream ends.
    Drain,
}

impl Farewell {
    /// With a close frame of this code.
    pub(crate) fn new(mut stream: Stream, code: u16, timeout: Duration) -> Self {
        let blocked = !stream.wire.out.is_flushed();
        stream.queue_close(code);
        Self { stream, timeout, timer: None, step: Step::Write, blocked, dead: false }
    }

    /// To a peer that most likely is not there any more: it is told, and not waited for.
    pub(crate) fn without_waiting(mut self) -> Self {
        self.dead = true;
        self
    }
}

impl Future for Farewell {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_steps(cx).is_ready() {
            return Poll::Ready(());
        }
        let timeout = self.timeout;
        self.timer.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx)
    }
}

impl Farewell {
    fn poll_steps(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.dead {
            // What the kernel does not take at once is lost.
            if self.stream.poll_flush(cx).is_ready() {
                let _ = self.stream.poll_end(cx);
            }
            return Poll::Ready(());
        }
        loop {
            self.step = match self.step {
                Step::Write => match self.stream.poll_flush(cx) {
                    Poll::Ready(Ok(())) if self.stream.is_broken() => Step::Shutdown,
                    Poll::Ready(Ok(())) => Step::Await,
                    Poll::Pending if !self.blocked => return Poll::Pending,
                    Poll::Ready(Err(_)) | Poll::Pending => return Poll::Ready(()),
                },
                Step::Await => match self.stream.poll_drain(cx) {
                    Poll::Ready(()) => Step::Shutdown,
                    Poll::Pending => return Poll::Pending,
                },
                Step::Shutdown if !self.stream.is_broken() => return self.stream.poll_end(cx).map(drop),
                Step::Shutdown => match self.stream.poll_shutdown(cx) {
                    Poll::Ready(Ok(())) => Step::Drain,
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                },
                Step::Drain => return self.stream.poll_drain(cx),
            };
        }
    }
}
