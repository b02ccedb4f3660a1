//! User code that panics: caught at each poll, and described.
//!
//! Knows neither whose code it is nor who is told.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

/// Runs user code that is not a future.
#[cfg_attr(
    not(any(feature = "server", feature = "client")),
    allow(dead_code, reason = "called by servers and clients")
)]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    // What the code was working on is dropped or belongs to this socket alone.
    catch_unwind(AssertUnwindSafe(f))
}

/// Polls user code once; a panic counts as the end.
#[cfg_attr(
    not(any(feature = "server", feature = "client")),
    allow(dead_code, reason = "called by servers and clients")
)]
pub(crate) fn guarded<T>(
    future: Pin<&mut (dyn Future<Output = T> + Send)>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, Box<dyn Any + Send>>> {
    match catch(|| future.poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(payload) => Poll::Ready(Err(payload)),
    }
}

/// A panic of user code that was caught.
#[derive(Debug)]
pub struct Panic {
    /// What ran: an event's method name, or `connected`, `disconnected`.
    pub(crate) what: &'static str,
    pub(crate) payload: Box<dyn Any + Send>,
}

impl Panic {
    /// What ran: the handler's method name, or `connected`, `disconnected`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The panic's message, if it is text.
    #[must_use]
    pub fn message(&self) -> &str {
        self.payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| self.payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(no message)")
    }
}
