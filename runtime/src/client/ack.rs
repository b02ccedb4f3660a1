//! Waiting for the server's answer to an event.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use tokio::sync::oneshot;

use super::socket::{Answer, Failure, SocketShared};
use crate::event::{AckError, AckShape, AckTypes, EmitError, decode_answer};

/// The answer to an event that was emitted to the server. The event is on its way already, or waits for a connection; this only waits for the
/// answer: at most for the `ack_timeout` of the client (20 s by default) or the `timeout` of the emit, counted from the emit.
///
/// With `retries`, that time is counted anew each time the event is sent, and not while there is no connection: the wait ends with an
/// answer, after the last try, or when the client is closed.
///
/// # Errors
///
/// It ends with an [`AckError`]: at once with [`AckError::Disconnected`] when the connection over which the event was sent ends, since the
/// answer can come over no other. An event that waits for a connection when its time is over is not sent any more.
///
/// # Cancel safety
///
/// Dropping it forgets the answer; the event is not taken back.
#[must_use = "the event has been sent; await this for the answer, or `drop` it"]
pub struct AckFuture<A: AckTypes> {
    state: AckState,
    shape: PhantomData<fn() -> A>,
}

enum AckState {
    Waiting { receiver: oneshot::Receiver<Answer>, socket: Weak<SocketShared>, id: u64 },
    NotSent(Option<EmitError>),
}

impl<A: AckShape> AckFuture<A> {
    pub(super) fn waiting(socket: &Arc<SocketShared>, id: u64, receiver: oneshot::Receiver<Answer>) -> Self {
        let state = AckState::Waiting { receiver, socket: Arc::downgrade(socket), id };
        Self { state, shape: PhantomData }
    }

    pub(super) fn not_sent(error: EmitError) -> Self {
        Self { state: AckState::NotSent(Some(error)), shape: PhantomData }
    }
}

impl<A: AckShape> Future for AckFuture<A> {
    type Output = Result<A::Value, AckError<A::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            AckState::Waiting { receiver, .. } => Pin::new(receiver).poll(cx).map(|answer| match answer {
                Ok(Ok(payload)) => decode_answer::<A>(&payload),
                Ok(Err(Failure::Timeout)) => Err(AckError::Timeout),
                Ok(Err(Failure::Disconnected)) | Err(_) => Err(AckError::Disconnected),
            }),
            AckState::NotSent(error) => Poll::Ready(Err(match error.take() {
                Some(EmitError::Closed) | None => AckError::Disconnected,
                Some(error) => AckError::Emit(error),
            })),
        }
    }
}

impl<A: AckTypes> Drop for AckFuture<A> {
    fn drop(&mut self) {
        if let AckState::Waiting { socket, id, receiver } = &mut self.state
            && !receiver.is_terminated()
            && let Some(socket) = socket.upgrade()
        {
            socket.forget(*id);
        }
    }
}

impl<A: AckTypes> fmt::Debug for AckFuture<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AckFuture")
    }
}
