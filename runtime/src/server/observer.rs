//! Watching all events of a server, in and out, without types: `socket.onAny` and `socket.onAnyOutgoing` for everybody at once.
//!
//! For logs, metrics and audits. What an observer sees it cannot change; what may refuse is middleware.

use std::{fmt, sync::Arc};

use super::{IncomingEvent, metrics::CallLabel, namespace::NamespaceCore};
use crate::{
    adapter::{Room, Target},
    id::SocketId,
    protocol::frame::Encoded,
};

/// Is told of every event of a server. Called on the path of the event, so it should be quick; a panic is caught and logged.
///
/// ```
/// use sockeye::{prelude::*, server::{EmittedEvent, Observer, ReceivedEvent}};
///
/// struct Log;
/// impl Observer for Log {
///     fn received(&self, event: &ReceivedEvent<'_>) {
///         println!("{} {} sends {}", event.namespace, event.socket, event.event.name());
///     }
///     fn emitted(&self, event: &EmittedEvent<'_>) {
///         println!("{} {} to {:?}", event.namespace, event.name, event.recipients);
///     }
/// }
/// let io = Server::builder().observe(Log).build();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an observer",
    label = "needs `impl Observer for {Self}`",
    note = "write `impl sockeye::server::Observer for {Self} {{ fn received(&self, event: &ReceivedEvent) {{ … }} }}`; both of its methods have defaults"
)]
pub trait Observer: Send + Sync + 'static {
    /// An event came from a client; middleware and handler have not seen it. `socket.onAny`.
    fn received(&self, event: &ReceivedEvent<'_>) {
        let _ = event;
    }

    /// An event is about to be queued, once for each emit and namespace, however many it is for. `socket.onAnyOutgoing`.
    fn emitted(&self, event: &EmittedEvent<'_>) {
        let _ = event;
    }
}

/// An event from a client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReceivedEvent<'a> {
    /// The path of the namespace.
    pub namespace: &'a str,
    /// Who sent it.
    pub socket: &'a SocketId,
    /// The event, not decoded.
    pub event: &'a IncomingEvent,
}

/// An event to clients.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EmittedEvent<'a> {
    /// The path of the namespace.
    pub namespace: &'a str,
    /// Whom it is for.
    pub recipients: Recipients<'a>,
    /// Its name.
    pub name: &'a str,
    /// Bytes of the encoded packet, attachments included, for one recipient.
    pub bytes: usize,
    /// Whether it may be dropped.
    pub volatile: bool,
    /// Whether it asks for answers.
    pub ack: bool,
}

/// Whom an event is for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Recipients<'a> {
    /// One socket.
    Socket(&'a SocketId),
    /// Those in any of `rooms`, in the whole namespace if it is empty, who are in none of `except`.
    Many {
        /// Rooms.
        rooms: &'a [Room],
        /// Rooms whose members do not get it; the room of the sender's id among them for `socket.broadcast()`.
        except: &'a [Room],
    },
}

impl<'a> From<&'a Target> for Recipients<'a> {
    fn from(target: &'a Target) -> Self {
        Self::Many { rooms: &target.rooms, except: &target.except }
    }
}

/// All observers of a server.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    pub(super) fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self(observers.into())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<dyn Observer>> {
        self.0.iter()
    }

    /// Tells them of an event that is about to be queued. No lock may be held: they are user code.
    pub(super) fn emitted(
        &self,
        core: &NamespaceCore,
        recipients: Recipients<'_>,
        name: &str,
        packet: &Encoded,
        volatile: bool,
        ack: bool,
    ) {
        for observer in self.iter() {
            let (namespace, bytes) = (&*core.path, packet.size());
            let event = EmittedEvent { namespace, recipients, name, bytes, volatile, ack };
            if super::running::catch(|| observer.emitted(&event)).is_err() {
                tracing::error!("an observer panicked");
                core.metrics.panicked(CallLabel::Observer);
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observers").field(&self.0.len()).finish()
    }
}
