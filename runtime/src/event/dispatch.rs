//! From a name and arguments to a running handler.

use std::{future::Future, pin::Pin, sync::Arc};

use serde::Serialize;

use super::{ArgReader, DecodeError, EventDef, Events, PacketWriter};
use crate::protocol::frame::Encoded;

/// A future that runs a handler: boxed once for each event, so that everything above it is compiled once.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// `Self` is a set of events whose handlers `H` has; `C` is the context that handlers get (a socket).
pub trait Dispatch<C, H>: Events {
    /// Finds the handler for `name`, reads its arguments, and gives its future, not yet polled.
    fn dispatch(handler: &Arc<H>, context: C, name: &str, args: &mut ArgReader<'_>, reply: ReplyTo) -> Dispatched;
}

/// What came of a dispatch.
#[must_use]
pub enum Dispatched {
    /// No event of that name.
    Unknown,
    /// The arguments do not decode. `answer` is there if the event's error type can be made from a [`DecodeError`].
    Failed {
        /// What is wrong.
        error: DecodeError,
        /// The answer that the event's error type makes of it.
        answer: Option<Reply>,
    },
    /// The handler, ready to run.
    Handler {
        /// Which event it is.
        event: &'static EventDef,
        /// Its future; ends with the answer.
        future: BoxFuture<'static, Reply>,
    },
}

/// The answer to an event, encoded; empty when the sender asked for none.
#[derive(Debug, Default)]
#[must_use]
pub struct Reply(pub Option<Encoded>);

/// Where the answer to an event goes; consumed by giving it.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    pub(crate) writer: PacketWriter,
    pub(crate) id: Option<u64>,
}

impl ReplyTo {
    /// For an event that came in through `writer`'s namespace with this ack id.
    #[must_use]
    pub fn new(writer: PacketWriter, id: Option<u64>) -> Self {
        Self { writer, id }
    }

    /// Whether the sender asked for an answer.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.id.is_some()
    }
}
