//! What a peer can do wrong with frames.

use std::{error::Error, fmt};

/// A broken rule of the framing. The connection cannot go on: send [`FrameError::close_code`] and end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A reserved bit is set, and no extension was agreed on.
    ReservedBits,
    /// An operation code that no standard defines.
    UnknownOpcode(u8),
    /// A client sent a frame without mask.
    Unmasked,
    /// A server sent a frame with a mask.
    Masked,
    /// A control frame of more than [`MAX_CONTROL`](super::MAX_CONTROL) bytes.
    ControlTooLong,
    /// A control frame that is not the last of its message.
    ControlFragmented,
    /// A continuation without a message to continue.
    UnexpectedContinuation,
    /// A new message inside a fragmented one.
    ExpectedContinuation,
    /// A close frame of one byte: too short for a code.
    ShortClose,
    /// A close code that may not be sent.
    CloseCode(u16),
    /// A text, or the reason of a close, that is not UTF-8.
    InvalidUtf8,
    /// A message longer than the limit.
    TooLong {
        /// Bytes it has so far, with what the last header announced.
        len: u64,
        /// Most bytes it may have.
        max: usize,
    },
    /// A message in more fragments than allowed, or with more than [`MAX_EMPTY_FRAGMENTS`](super::MAX_EMPTY_FRAGMENTS) empty ones.
    TooManyFragments,
}

impl FrameError {
    /// The code for the close frame that answers it: 1002, 1007, 1008 or 1009.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::InvalidUtf8 => 1007,
            Self::TooManyFragments => 1008,
            Self::TooLong { .. } => 1009,
            _ => 1002,
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits => f.write_str("a reserved bit is set"),
            Self::UnknownOpcode(bits) => write!(f, "unknown operation code {bits:#x}"),
            Self::Unmasked => f.write_str("a frame from a client is not masked"),
            Self::Masked => f.write_str("a frame from a server is masked"),
            Self::ControlTooLong => f.write_str("a control frame is longer than 125 bytes"),
            Self::ControlFragmented => f.write_str("a control frame is fragmented"),
            Self::UnexpectedContinuation => f.write_str("a continuation without a message to continue"),
            Self::ExpectedContinuation => f.write_str("a new message begins inside a fragmented one"),
            Self::ShortClose => f.write_str("a close frame is too short for its code"),
            Self::CloseCode(code) => write!(f, "close code {code} may not be sent"),
            Self::InvalidUtf8 => f.write_str("a text is not utf-8"),
            Self::TooLong { len, max } => write!(f, "a message of {len} bytes, where {max} are allowed"),
            Self::TooManyFragments => f.write_str("a message has too many fragments"),
        }
    }
}

impl Error for FrameError {}
