//! An event as it came in, before its arguments are read.

use std::borrow::Cow;

use crate::{
    event::{ArgReader, DecodeError, Value},
    protocol::socket_io::packet::Payload,
};

/// An event from a client, not yet decoded: what middleware and the hooks of `Lifecycle` see.
#[derive(Clone, Debug)]
pub struct IncomingEvent {
    pub(crate) payload: Payload,
    pub(crate) ack_id: Option<u64>,
}

impl IncomingEvent {
    /// The name on the wire.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match ArgReader::event(&self.payload) {
            Ok((name, _)) => name,
            Err(_) => Cow::Borrowed(""),
        }
    }

    /// All arguments, decoded without types. Costs an allocation for each; meant for logs and gateways.
    ///
    /// # Errors
    ///
    /// If the payload is not what its parser writes, or a value is one that serde cannot hold.
    pub fn args(&self) -> Result<Vec<Value>, DecodeError> {
        let (_, mut args) = ArgReader::event(&self.payload)?;
        args.rest()
    }

    /// Whether the client asked for an acknowledgement.
    #[must_use]
    pub fn wants_ack(&self) -> bool {
        self.ack_id.is_some()
    }

    /// Bytes of the payload, attachments included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.payload.size()
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventOutcome {
    /// Its handler has run to its end.
    Handled,
    /// Its arguments did not decode.
    DecodeFailed,
    /// The namespace has no such event.
    Unknown,
    /// A middleware or a guard refused it.
    Refused,
    /// Its handler, or a middleware, panicked.
    Panicked,
}

impl EventOutcome {
    /// A name for logs, such as `decode_failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::DecodeFailed => "decode_failed",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Panicked => "panicked",
        }
    }
}
