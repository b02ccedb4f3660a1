//! RFC 6455 without input or output: bytes in, messages out, and back, for both roles.
//!
//! Knows nothing of Engine.IO and nothing of the opening handshake: it begins where the HTTP upgrade ended. It answers
//! nothing by itself: that a ping wants a pong, and a close a close, is for the transport to know. Extensions are not
//! negotiated, so reserved bits are errors.
//!
//! What the server sends to many is in [`frame`](crate::protocol::frame); [`encode()`] is for control frames, and for clients.

mod decoder;
mod encoder;
mod error;
mod header;
mod mask;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use bytestring::ByteString;

pub use decoder::{Decoder, MAX_EMPTY_FRAGMENTS, MAX_FRAGMENTS};
pub use encoder::{close_frame, encode};
pub use error::FrameError;

/// Most bytes in a control frame.
pub const MAX_CONTROL: usize = 125;

/// Which end of a connection this side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads masked frames, writes unmasked ones.
    Server,
    /// Reads unmasked frames, writes masked ones.
    Client,
}

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpCode {
    /// A further part of a fragmented message.
    Continuation,
    /// A text message, or its first part.
    Text,
    /// A binary message, or its first part.
    Binary,
    /// The end of the connection.
    Close,
    /// A question whether the peer is alive.
    Ping,
    /// The answer to it.
    Pong,
}

impl OpCode {
    /// The four bits on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xa,
        }
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it is a control frame: short, whole, and allowed between the parts of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// What a peer sent: fragments put together, mask taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
    /// To be answered with a pong of the same bytes.
    Ping(Bytes),
    /// The answer to a ping, or a sign of life that nobody asked for.
    Pong(Bytes),
    /// The peer ends the connection; `None` if it gives no code.
    Close(Option<CloseFrame>),
}

/// Why a peer ends a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code, one that may be sent: see [`is_close_code`].
    pub code: u16,
    /// A text for logs; at most 123 bytes.
    pub reason: ByteString,
}

/// Whether `code` may stand in a close frame: those that RFC 6455 and its registry define to be sent (1000–1003, 1007–1014),
/// and those left to libraries and applications (3000–4999).
#[must_use]
pub const fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
