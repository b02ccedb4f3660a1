//! What can go wrong when something is sent, on either side.
//!
//! Knows what was sent, not how it travels: the layers above make these errors of their own.

use std::{convert::Infallible, error::Error, fmt};

use super::{DecodeError, EncodeError};

/// Why an event was not queued; what `try_emit()` returns.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmitError {
    /// The socket is closed.
    Closed,
    /// The outbox of the peer is full. A plain emit closes the peer for it; `try_emit()` leaves it alone.
    Full,
    /// The event was volatile, and the transport cannot take it now.
    Dropped,
    /// The socket waits for as many answers as it may.
    TooManyAcks,
    /// The event was answered before; an answer is sent once.
    AlreadyAnswered,
    /// The event cannot be written.
    Encode(EncodeError),
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the socket is closed",
            Self::Full => "the outbox of the peer is full",
            Self::Dropped => "the transport is busy, and the event was volatile",
            Self::TooManyAcks => "too many acknowledgements are outstanding",
            Self::AlreadyAnswered => "the event was answered before",
            Self::Encode(_) => "the event cannot be written",
        })
    }
}

impl Error for EmitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Encode(error) => Some(error),
            _ => None,
        }
    }
}

impl From<EncodeError> for EmitError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// Why there is no answer to an event. `E` is the event's own `error = E` type.
#[derive(Debug)]
#[non_exhaustive]
pub enum AckError<E = Infallible> {
    /// The other side's handler refused.
    Refused(E),
    /// No answer came in time.
    Timeout,
    /// The socket closed before the answer came.
    Disconnected,
    /// The answer has another shape than the event's definition says.
    Decode(DecodeError),
    /// The event was not sent.
    Emit(EmitError),
}

impl<E> fmt::Display for AckError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused(_) => "the peer refused",
            Self::Timeout => "no answer came in time",
            Self::Disconnected => "the socket closed before the answer came",
            Self::Decode(_) => "the answer does not decode",
            Self::Emit(_) => "the event was not sent",
        })
    }
}

impl<E: fmt::Debug> Error for AckError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::Emit(error) => Some(error),
            _ => None,
        }
    }
}
