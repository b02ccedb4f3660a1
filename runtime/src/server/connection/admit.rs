//! Making a socket of an admission, new or back again, and telling the client.

use std::sync::Arc;

use super::{
    super::{
        app::Admission,
        core::{Identity, SocketCore},
        namespace::NamespaceCore,
        recovery::{Away, Claimed, Memory},
    },
    Connection,
};
use crate::{
    adapter::{Member, Room},
    engine::WhenFull,
    id::{SessionId, SocketId},
    protocol::close::CloseReason,
};

impl Connection {
    /// Makes the socket reachable, once its CONNECT packet is queued. `None` if the session is closing.
    pub(super) fn admit(
        &self,
        namespace: &Arc<NamespaceCore>,
        id: SocketId,
        admission: Admission,
    ) -> Option<Arc<SocketCore>> {
        match admission {
            Admission::New(belongings) => {
                let pid = match &namespace.memory {
                    Some(_) => Some(SessionId::generate().ok()?),
                    None => None,
                };
                let identity = Identity { belongings: Arc::new(belongings), pid, recovered: false };
                let socket = self.socket(namespace, id, identity);
                let memory = namespace.memory.as_deref().map(Memory::lock);
                self.tell(&socket)?;
                if let Some(memory) = &memory {
                    let last = memory.log.last();
                    socket.set_joined(last);
                    socket.set_queued(last);
                }
                namespace.local.rooms.insert(Arc::clone(&socket));
                socket.open();
                Some(socket)
            }
            Admission::Again(claimed) => self.readmit(namespace, *claimed),
        }
    }

    /// A socket that comes back: what it missed goes first, then CONNECT with the ids it had. If the session is closing, the claim goes
    /// back to where it was.
    fn readmit(&self, namespace: &Arc<NamespaceCore>, claimed: Claimed) -> Option<Arc<SocketCore>> {
        let from = claimed.from;
        let Away { id, rooms, belongings, pid, joined_at, .. } = claimed.away.clone();
        let identity = Identity { belongings, pid: Some(pid), recovered: true };
        let socket = self.socket(namespace, id, identity);
        // All that were joined before can be joined again.
        let _ = namespace.join(&socket, &rooms);
        let mut targets = rooms;
        targets.push(Room::from(socket.own_room()));
        let memory = namespace.memory.as_ref()?.lock();
        let Some(missed) = memory.log.missed(from, &targets) else {
            // Forgotten in the moment since the claim: the client comes back once more, as a new one.
            drop(memory);
            claimed.settle();
            namespace.local.rooms.remove(&socket);
            self.core.session.close(CloseReason::ForcedClose);
            return None;
        };
        for (_, packet) in missed {
            let _ = self.core.session.outbox().push_with(packet.clone(), false, WhenFull::Close);
        }
        if self.tell(&socket).is_none() {
            drop(memory);
            namespace.local.rooms.remove(&socket);
            return None;
        }
        socket.set_joined(joined_at);
        socket.set_queued(memory.log.last());
        let before = namespace.local.rooms.insert(Arc::clone(&socket));
        socket.open();
        // The last reference to a socket drops what is the user's: not under the lock.
        drop(memory);
        claimed.settle();
        drop(before);
        Some(socket)
    }

    fn socket(&self, namespace: &Arc<NamespaceCore>, id: SocketId, identity: Identity) -> Arc<SocketCore> {
        Arc::new(SocketCore::new(id, Arc::clone(namespace), Arc::clone(&self.core), identity))
    }

    /// Queues the CONNECT packet.
    fn tell(&self, socket: &SocketCore) -> Option<()> {
        let pid = socket.passport.as_ref().map(|passport| passport.pid.as_str());
        let packet = self.revision.connected(&socket.namespace.writer, &socket.id, pid).ok()?;
        self.core.session.outbox().push_with(packet, false, WhenFull::Close).ok()
    }
}
