//! A namespace without its types: its sockets, rooms, outstanding answers, and the application behind it.

use std::{fmt, sync::Arc, time::Duration};

use super::{ack::NamespaceAcks, app::App, core::SocketCore};
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
    pub(super) app: Box<dyn App>,
    pub(crate) limits: Arc<Limits>,
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

impl fmt::Debug for NamespaceCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("path", &self.path).finish_non_exhaustive()
    }
}
