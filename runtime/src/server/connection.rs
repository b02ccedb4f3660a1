//! A session's Socket.IO side: packets in, handlers started in order, sockets opened and closed.
//!
//! All of it runs in the session's own task. It knows nothing of transports, and of user types only [`App`](super::app::App).

mod admit;
mod handlers;
mod timers;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytestring::ByteString;
use futures_util::stream::FuturesUnordered;
use tokio::time::Sleep;

use super::{
    ConnectError, IncomingEvent, Server,
    app::{Admission, Joining},
    backlog::Backlog,
    core::{ConnectionCore, SocketCore},
    hub::{Hub, Seat},
    metrics::{self, CallLabel, RefusedBy},
    namespace::NamespaceCore,
    rate_limit::Buckets,
    recovery::{self, Claim},
    revision::Revision,
    running::{CallKind, Cleanup, Work, catch},
};
use crate::{
    adapter::Recipient,
    engine::{self, HandshakeRequest, Message, Session, WhenFull},
    event::{BoxFuture, PacketWriter},
    id::SocketId,
    protocol::{
        close::CloseReason,
        socket_io::{
            PacketError,
            decoder::{Decoder, DecoderLimits},
            packet::{Packet, PacketKind, Payload},
        },
    },
};

/// A namespace that this connection has joined or is joining.
struct Entry {
    namespace: Seat,
    id: SocketId,
    /// `None` while `connect` runs.
    socket: Option<Arc<SocketCore>>,
    /// `connected` has been called.
    begun: bool,
    /// The client has left, or was made to: it may join anew, beside what is still running here.
    left: bool,
    /// Events wait while this is not 0: `connected`, or in a sequential namespace any handler.
    gates: u32,
    /// Events that wait for the gate.
    parked: Backlog<IncomingEvent>,
    /// Events of it among [`Connection::waiting`].
    waiting: u32,
    /// Handlers running.
    running: u32,
    /// `disconnected` is running. Until it ends the socket counts among the connection's namespaces: otherwise a client that joins
    /// and leaves for ever would have any number of them.
    disconnecting: bool,
}

/// The Socket.IO side of one session.
pub(super) struct Connection {
    hub: Arc<Hub>,
    core: Arc<ConnectionCore>,
    revision: Revision,
    decoder: Decoder,
    entries: Vec<Entry>,
    /// Joins that wait for the socket before them, which had the same id, to be gone.
    rejoins: Vec<(ByteString, Option<Payload>)>,
    /// Bounded: one `connect` for each namespace, `max_handlers` handlers, one `disconnected` for each socket.
    /// There only while something runs.
    running: Option<Box<FuturesUnordered<Work>>>,
    /// Event handlers among `running`.
    handlers: usize,
    /// Events that may start as soon as `handlers` allows, by socket. Bounded by `backlog_bytes`: past it nothing is read.
    waiting: Backlog<(SocketId, IncomingEvent)>,
    /// Bytes of `waiting` and of all `parked`.
    backlog_bytes: usize,
    /// For those whose `connected` has not been called.
    gap: Option<Pin<Box<Sleep>>>,
    /// Until the first namespace is joined.
    connect_timer: Option<Pin<Box<Sleep>>>,
    /// For the earliest deadline of all answers we wait for.
    ack_timer: Option<Pin<Box<Sleep>>>,
    closed: bool,
    /// Guards against recursion: a handler that ends at once starts the next from within `advance`.
    advancing: bool,
}

impl Connection {
    pub(super) fn new(server: Server, session: Session, request: Arc<HandshakeRequest>) -> Self {
        let hub = Arc::clone(&server.0.hub);
        let limits = &hub.limits;
        let packet = DecoderLimits {
            max_attachments: limits.max_attachments,
            max_bytes: limits.max_packet_bytes.unwrap_or_else(|| {
                limits.max_payload.saturating_mul(limits.max_attachments.saturating_add(1))
            }),
        };
        let decoder = Decoder::of(hub.parser, packet);
        let connect_timer = Some(Box::pin(tokio::time::sleep(limits.connect_timeout)));
        let (kicked, buckets) = (AtomicBool::new(false), Buckets::default());
        let core = Arc::new(ConnectionCore { server, session, request, kicked, buckets });
        let revision = Revision::of(core.request.dialect);
        let unasked = revision.joined_unasked(&core.request);
        let mut connection = Self {
            hub,
            core,
            revision,
            decoder,
            entries: Vec::new(),
            rejoins: Vec::new(),
            running: None,
            handlers: 0,
            waiting: Backlog::default(),
            backlog_bytes: 0,
            gap: None,
            connect_timer,
            ack_timer: None,
            closed: false,
            advancing: false,
        };
        // Where it does not exist, the client is after another: a refusal would reach all its sockets.
        if let Some((path, auth)) = unasked.filter(|(path, _)| connection.hub.join(path).is_some()) {
            connection.join(path, Some(auth));
        }
        connection
    }

    fn entry(&mut self, id: &SocketId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == *id)
    }

    fn packet(&mut self, packet: Packet) {
        let Packet { namespace, kind } = self.revision.incoming(packet);
        let joined = self.entries.iter().position(|entry| !entry.left && *entry.namespace.path == *namespace);
        let rejoin = self.rejoins.iter().position(|(path, _)| *path == namespace);
        match (joined, kind) {
            (None, PacketKind::Connect(auth)) if rejoin.is_none() => self.join(&namespace, auth),
            (None, PacketKind::Disconnect) if rejoin.is_some() => {
                self.rejoins.retain(|(path, _)| *path != namespace);
            }
            (Some(index), kind) => match (self.entries[index].socket.clone(), kind) {
                (Some(socket), PacketKind::Event(payload, ack_id)) => {
                    // A handler may just have disconnected it, with more of what the client sent still to be looked at.
                    if socket.is_open() {
                        self.begin(&socket.id);
                        self.event(&socket, IncomingEvent { payload, ack_id });
                    }
                }
                (Some(socket), PacketKind::Ack(payload, id)) => {
                    answered(&socket, id, payload);
                    // As in JavaScript, whoever waits for the answer goes on before the next packet is looked at.
                    self.drive(&mut Context::from_waker(Waker::noop()));
                }
                (Some(socket), PacketKind::Disconnect) => {
                    socket.begin_close(CloseReason::ClientDisconnect);
                    self.leave(&socket.id);
                }
                // Changed its mind while `connect` runs: that is finished and its result dropped.
                (None, PacketKind::Disconnect) => self.entries[index].left = true,
                _ => self.violated("a packet that does not fit the state of its namespace"),
            },
            // As in JavaScript, also if the server has just disconnected the socket that it was for: what of a client is on its way
            // then costs it the connection, and it comes back.
            _ => self.violated("a packet for a namespace that was not joined"),
        }
    }

    fn violated(&self, what: &'static str) {
        tracing::debug!(session = ?self.core.session.id(), what, "closing a peer that broke the protocol");
        self.hub.limits.refusals.packets.add();
        self.core.session.close(CloseReason::ForcedServerClose);
    }

    fn count(&self, error: PacketError) {
        let refusals = &self.hub.limits.refusals;
        match error {
            PacketError::AttachmentCount | PacketError::TooLong => refusals.attachments.add(),
            _ => refusals.packets.add(),
        }
    }

    fn refuse(&self, namespace: &str, error: &ConnectError) {
        self.refuse_in(self.revision, namespace, error);
    }

    fn refuse_in(&self, revision: Revision, namespace: &str, error: &ConnectError) {
        let writer = PacketWriter::new(namespace.into(), self.hub.parser);
        match revision.refusal(&writer, error) {
            Ok(packet) => drop(self.core.session.outbox().push_with(packet, false, WhenFull::Close)),
            Err(error) => tracing::warn!(%error, "a refusal cannot be written"),
        }
    }

    fn join(&mut self, path: &str, auth: Option<Payload>) {
        let Some(seat) = self.hub.join(path) else {
            metrics::no_such_namespace();
            // An object in every revision, as JavaScript's server has it.
            return self.refuse_in(Revision::Five, path, &ConnectError::new("Invalid namespace"));
        };
        let namespace = Arc::clone(&seat);
        if self.entries.len() + self.rejoins.len() >= self.hub.limits.max_namespaces {
            self.hub.limits.refusals.namespaces.add();
            namespace.metrics.connect_refused(RefusedBy::Limit);
            return self.refuse(path, &ConnectError::new("too many namespaces"));
        }
        let claimed = namespace.memory.as_ref().and_then(|memory| {
            let now = tokio::time::Instant::now().into_std();
            let room = self.core.session.outbox().limit();
            Some((memory.claim(now, &Claim::read(auth.as_ref())?, room)?, memory.skips_middleware()))
        });
        let id = match &claimed {
            Some((claimed, _)) => Ok(claimed.away.id.clone()),
            None => self.revision.socket_id(&self.core.session, path),
        };
        let Ok(id) = id else {
            return self.refuse(path, &ConnectError::new("internal error"));
        };
        let taken = self.entries.iter().any(|entry| entry.id == id);
        if claimed.is_none() && (taken || namespace.local.rooms.find(id.as_str()).is_some()) {
            return self.rejoins.push((path.into(), auth));
        }
        let joining = Joining {
            auth,
            request: Arc::clone(&self.core.request),
            namespace: Arc::clone(&namespace.path),
            socket_id: id.clone(),
            metrics: namespace.metrics.clone(),
        };
        let future: Result<BoxFuture<'static, _>, _> = match claimed {
            None => catch(|| namespace.app.connect(joining)),
            Some((claimed, skip)) => catch(|| (!skip).then(|| namespace.app.check(joining))).map(|check| {
                let again = async move {
                    if let Some(check) = check {
                        check.await?;
                    }
                    Ok(Admission::Again(Box::new(claimed)))
                };
                Box::pin(again) as BoxFuture<'static, _>
            }),
        };
        let Ok(future) = future else {
            namespace.metrics.panicked(CallLabel::Connect);
            namespace.metrics.connect_refused(RefusedBy::Panic);
            return self.refuse(path, &ConnectError::new("internal error"));
        };
        if self.entries.is_empty() {
            // Most connections are in one namespace.
            self.entries.reserve_exact(1);
        }
        self.entries.push(Entry {
            namespace: seat,
            id: id.clone(),
            socket: None,
            begun: false,
            left: false,
            gates: 1,
            parked: Backlog::default(),
            waiting: 0,
            running: 0,
            disconnecting: false,
        });
        self.run(Work::Connect { namespace, id, future });
    }

    /// `connect` has ended.
    fn joined(
        &mut self,
        namespace: Arc<NamespaceCore>,
        id: SocketId,
        result: Result<Admission, ConnectError>,
    ) {
        let Some(index) = self.entries.iter().position(|entry| entry.id == id) else { return };
        let admission = match result {
            Ok(admission) if !self.closed && !self.entries[index].left => admission,
            Ok(admission) => {
                if let (Admission::Again(claimed), false) = (admission, self.closed) {
                    // It has said goodbye meanwhile.
                    claimed.settle();
                }
                self.entries.swap_remove(index);
                return;
            }
            Err(error) => {
                let left = self.entries.swap_remove(index).left;
                if !self.closed && !left {
                    self.refuse(&namespace.path, &error);
                }
                return;
            }
        };
        let Some(socket) = self.admit(&namespace, id, admission) else {
            // The session is closing: this socket never was.
            self.entries.swap_remove(index);
            return;
        };
        if self.connect_timer.take().is_some() {
            // In the connection's span: this runs in its task, and in no handler.
            tracing::Span::current().record("socket", &*socket.id.shown());
        }
        let recovered = socket.recovered;
        tracing::debug!(target: "sockeye::connection", namespace = %namespace.path, socket = %socket.id.shown(), recovered, "a socket joins");
        self.entries[index].socket = Some(Arc::clone(&socket));
        self.gap = Some(Box::pin(tokio::time::sleep(timers::AFTER_CONNECT)));
    }

    /// Calls `connected`, unless that was done. Like all that calls user code, it may shift the entries.
    fn begin(&mut self, id: &SocketId) {
        let Some(entry) = self.entry(id) else { return };
        let Some(socket) = entry.socket.clone().filter(|_| !std::mem::replace(&mut entry.begun, true)) else {
            return;
        };
        self.call(&socket, CallKind::Connected, "connected", None, |socket| {
            socket.namespace.app.connected(Arc::clone(socket))
        });
        socket.set_begun();
    }

    /// The socket of this entry is closed, or was by somebody else: runs `disconnected`.
    fn leave(&mut self, id: &SocketId) {
        self.begin(id);
        let Some(entry) = self.entry(id) else { return };
        entry.left = true;
        let Some(socket) = entry.socket.clone() else { return };
        let Some(reason) = socket.finish_close() else { return };
        entry.disconnecting = true;
        tracing::debug!(target: "sockeye::connection", namespace = %socket.namespace.path, socket = %socket.id.shown(), %reason, "a socket leaves");
        if recovery::is_recoverable(reason) {
            socket.keep();
        }
        if reason == CloseReason::ServerDisconnect {
            self.forget_events(id);
        }
        let cleanup = Cleanup(Arc::clone(&socket));
        self.call(&socket, CallKind::Disconnected, "disconnected", Some(cleanup), |socket| {
            socket.namespace.app.disconnected(Arc::clone(socket), reason)
        });
    }

    /// Sees to sockets that were disconnected from elsewhere.
    fn tend(&mut self) {
        if self.is_kicked() && self.core.kicked.swap(false, Ordering::AcqRel) {
            for entry in self.entries.iter().filter(|entry| !entry.left) {
                if let Some(socket) = &entry.socket {
                    socket.disconnect();
                }
            }
            self.core.session.close(CloseReason::ServerDisconnect);
        }
        let leaving = |entry: &&Entry| entry.socket.as_ref().is_some_and(|socket| socket.is_leaving());
        while let Some(entry) = self.entries.iter().filter(|entry| !entry.left).find(leaving) {
            let id = entry.id.clone();
            self.leave(&id);
        }
    }

    /// Tries again what waits for another socket to be gone.
    fn rejoin(&mut self, cx: &mut Context<'_>) {
        let waiting = std::mem::take(&mut self.rejoins);
        let before = waiting.len();
        for (path, auth) in waiting {
            self.join(&path, auth);
        }
        if self.rejoins.len() < before {
            self.drive(cx);
        }
    }

    /// Whether a handler wants the connection closed, and that is still to be done.
    fn is_kicked(&self) -> bool {
        self.core.kicked.load(Ordering::Acquire)
    }
}

fn answered(socket: &SocketCore, id: u64, payload: Payload) {
    let waiter = socket.acks.lock().take(id);
    match waiter {
        Some(waiter) => waiter.send(Ok(payload)),
        None => socket.namespace.acks.answered(id, &socket.id, payload),
    }
}

impl engine::Connection for Connection {
    fn message(&mut self, message: Message) {
        if self.is_kicked() {
            return;
        }
        let decoded = match message {
            Message::Text(text) => self.decoder.text(text),
            Message::Binary(data) => self.decoder.binary(data),
        };
        match decoded {
            Ok(Some(packet)) => self.packet(packet),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(session = ?self.core.session.id(), %error, "closing a peer that sent an invalid packet");
                self.count(error);
                self.core.session.close(CloseReason::ForcedClose);
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.backlog_bytes <= self.hub.limits.max_backlog_bytes
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.tend();
        // What it starts is polled with the task's waker only by `drive`; what `drive` asks of clients has a deadline.
        self.begin_due(cx);
        self.drive(cx);
        self.rejoin(cx);
        self.expire_acks(cx);
        if self.closed && self.running.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn closed(&mut self, reason: CloseReason) {
        self.tend();
        self.closed = true;
        self.rejoins.clear();
        (self.gap, self.connect_timer, self.ack_timer) = (None, None, None);
        for entry in &self.entries {
            if let Some(socket) = &entry.socket {
                socket.begin_close(reason);
            }
        }
        while let Some(entry) = self.entries.iter().find(|entry| !entry.left) {
            let id = entry.id.clone();
            self.leave(&id);
        }
    }
}

/// The task was dropped before its time (the runtime went down, or the grace period ended): nothing may be left behind.
impl Drop for Connection {
    fn drop(&mut self) {
        for entry in &self.entries {
            if let Some(socket) = &entry.socket {
                socket.begin_close(CloseReason::TransportClose);
                if socket.finish_close().is_some() {
                    drop(Cleanup(Arc::clone(socket)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_connection_keeps_is_small() {
        let sizes = [
            size_of::<Connection>(),
            size_of::<Entry>(),
            size_of::<SocketCore>(),
            size_of::<ConnectionCore>(),
        ];
        // With numbers to keep it is a little more.
        let most = if cfg!(feature = "metrics") { [160, 64, 160, 72] } else { [152, 64, 160, 72] };
        assert!(sizes.iter().zip(most).all(|(size, most)| *size <= most), "{sizes:?}");
    }
}
