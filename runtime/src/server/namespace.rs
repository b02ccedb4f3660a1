//! A namespace without its types: its sockets, rooms, outstanding answers, and the application behind it.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use smallvec::SmallVec;

use super::{ack::NamespaceAcks, app::App, core::SocketCore, hub::Hub};
use crate::{
    adapter::{JoinError, Local, Room},
    event::PacketWriter,
};

/// Limits of the sockets of a namespace and of the connections they belong to.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) ack_timeout: Duration,
    pub(crate) max_acks: usize,
    pub(crate) max_rooms: usize,
    pub(crate) max_namespaces: usize,
    pub(crate) max_handlers: usize,
    pub(crate) max_backlog_bytes: usize,
    pub(crate) max_attachments: usize,
    pub(crate) max_payload: usize,
    pub(crate) connect_timeout: Duration,
}

pub(crate) struct NamespaceCore {
    pub(crate) path: Arc<str>,
    pub(crate) writer: PacketWriter,
    pub(crate) local: Local<SocketCore>,
    pub(super) acks: NamespaceAcks,
    pub(super) app: Arc<dyn App>,
    pub(crate) limits: Arc<Limits>,
    /// The namespace's type.
    pub(super) marker: TypeId,
    /// A value of that type, with what the path says.
    pub(super) params: Box<dyn Any + Send + Sync>,
    /// Where a dynamic namespace is listed while somebody is in it.
    pub(super) listed: Option<Weak<Hub>>,
}

/// The last one has left a dynamic namespace: it is forgotten.
impl Drop for NamespaceCore {
    fn drop(&mut self) {
        if let Some(hub) = self.listed.as_ref().and_then(Weak::upgrade) {
            hub.forget(&self.path);
        }
    }
}

impl NamespaceCore {
    pub(super) fn join(&self, socket: &Arc<SocketCore>, rooms: &[Room]) -> Result<(), JoinError> {
        rooms.iter().try_for_each(|room| self.local.rooms.join(socket, room, self.limits.max_rooms))
    }

    pub(super) fn leave(&self, socket: &SocketCore, rooms: &[Room]) {
        for room in rooms {
            self.local.rooms.leave(socket, room);
        }
    }
}

/// The namespaces a broadcast is for: nearly always one.
pub(super) type Namespaces = SmallVec<[Arc<NamespaceCore>; 1]>;

impl fmt::Debug for NamespaceCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("path", &self.path).finish_non_exhaustive()
    }
}
