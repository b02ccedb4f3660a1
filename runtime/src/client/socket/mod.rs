//! One namespace as the client sees it: what waits to be sent, what waits for an answer, what it takes to come back.
//!
//! No I/O, no task and no clock of its own: whoever drives it tells it what came and what time it is, and gives it, with each
//! connection, the queue that it fills. Knows nothing of the user's types.
//!
//! - `shared`: the door to all of it, from any thread.
//! - `state`: what happens when.
//! - `offline`: packets that the connection has not taken.
//! - `retries`: packets that are sent until they are answered.
//! - `waiters`: who waits for an answer.
//! - `recovery`: how a connection is taken up where it was left.
//! - `held`: events that come before the server says that we have joined.
//! - `room`: waiting until there is room for a packet.

mod held;
mod offline;
mod recovery;
mod retries;
mod room;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod waiters;

use std::{error::Error, fmt, time::Duration};

use smallvec::SmallVec;

use crate::{
    event::EmitError,
    protocol::{frame::Encoded, socket_io::packet::Payload},
};

pub(crate) use recovery::Arities;
pub(crate) use room::Reservation;
pub(crate) use shared::SocketShared;
pub(crate) use waiters::{Answer, Failure};

/// The longest time that is waited for anything; keeps sums of instants in range.
pub(crate) const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Where packets go while there is a connection. Called under the socket's lock, so that the order of calls is the order on the wire:
/// it must neither block, nor run code of the user's, nor call back.
pub(crate) trait Outgoing: Send + Sync {
    /// Queues a packet, all its frames together. While nothing waits it takes any packet, whatever its size.
    ///
    /// # Errors
    ///
    /// [`EmitError::Full`] if it takes no more now, [`EmitError::Closed`] once the connection is ending.
    fn push(&self, packet: &Encoded) -> Result<(), EmitError>;

    /// Queues a packet whatever else waits: a DISCONNECT, of which there is one.
    ///
    /// # Errors
    ///
    /// [`EmitError::Closed`] once the connection is ending.
    fn push_anyway(&self, packet: &Encoded) -> Result<(), EmitError>;

    /// Whether the transport would take a packet at once: what is volatile is dropped if not.
    fn is_writable(&self) -> bool;

    /// Bytes that wait.
    fn pending_bytes(&self) -> usize;

    /// Most bytes that may wait.
    fn limit(&self) -> usize;
}

/// How a socket behaves.
#[derive(Clone, Debug)]
pub(crate) struct SocketOptions {
    /// Most bytes that wait for a connection, or with `retries` for an answer; 1 MiB.
    pub(crate) buffer_bytes: usize,
    /// Most bytes of events that are held back until the server says that we have joined; 1 MiB.
    pub(crate) held_bytes: usize,
    /// Most answers that are waited for at a time; 100,000.
    pub(crate) max_acks: usize,
    /// How long an answer is waited for; 20 s.
    pub(crate) ack_timeout: Duration,
    /// How often a packet is sent again that is not answered in time; 0 sends packets once and does not wait for answers that nobody
    /// asked for.
    pub(crate) retries: u32,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            buffer_bytes: 1024 * 1024,
            held_bytes: 1024 * 1024,
            max_acks: 100_000,
            ack_timeout: Duration::from_secs(20),
            retries: 0,
        }
    }
}

/// How an event is emitted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EmitFlags {
    /// Dropped if it cannot be sent at once; never retried.
    pub(crate) volatile: bool,
    /// How long the answer is waited for, each time that it is sent; the option's by default.
    pub(crate) timeout: Option<Duration>,
    /// Room was promised to it.
    pub(crate) reserved: bool,
}

/// An event that is to be handled.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Its name and arguments.
    pub(crate) payload: Payload,
    /// The id of the answer that the server waits for.
    pub(crate) id: Option<u64>,
    /// Whether the server may have put an offset behind its arguments.
    pub(crate) has_offset: bool,
    /// Which connection it came over, for [`SocketShared::answer`].
    pub(crate) generation: u64,
}

/// Events in the order in which they came.
pub(crate) type Arrivals = SmallVec<[Incoming; 1]>;

/// We have joined.
#[derive(Debug)]
pub(crate) struct Connected {
    /// Whether the server took up the session that we had before.
    pub(crate) recovered: bool,
    /// What came before this: to be handled first.
    pub(crate) events: Arrivals,
}

/// Why a CONNECT from the server does not make us connected.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum ConnectFault {
    /// Nobody asked to join, or we have joined already: the server does not keep to the protocol.
    Unexpected,
    /// It came after the user had left again; the server has been told.
    Left,
    /// It has no payload with an id: the server speaks a protocol before Socket.IO 3.
    NoId,
    /// Its payload does not decode.
    Malformed(serde_json::Error),
}

impl fmt::Display for ConnectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unexpected => "the server answers a CONNECT that was not sent",
            Self::Left => "the socket was disconnected before the server answered",
            Self::NoId => "the server gives no socket id: it may be older than Socket.IO 3",
            Self::Malformed(_) => "the server's CONNECT does not decode",
        })
    }
}

impl Error for ConnectFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            _ => None,
        }
    }
}
