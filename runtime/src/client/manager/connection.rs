//! An open session, and the namespaces on it: packets in, packets out.
//!
//! Knows nothing of reconnecting: it says how it ended.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::time::Instant;

use super::{
    super::{
        ConnectError, DisconnectReason, Transport,
        builder::ManagerOptions,
        engine::{Closed, Outbox, PushError, Session},
        inbox::Item,
        member::{Member, Todo},
        socket::{Arrivals, ConnectFault, Outgoing},
    },
    has_room,
};
use crate::{
    event::EmitError,
    protocol::{
        close::CloseReason,
        engine_io::Message,
        frame::Encoded,
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{Packet, PacketKind, Payload},
        },
    },
};

/// Most messages that are worked through before everything else is looked at.
const BATCH: usize = 64;

/// Why a connection ended, or has to.
pub(super) struct Ended {
    pub(super) reason: DisconnectReason,
    /// For those who had not joined.
    pub(super) error: ConnectError,
    /// It is still open, and to be closed.
    pub(super) in_order: bool,
}

impl Ended {
    fn by_us(reason: DisconnectReason, error: ConnectError) -> Self {
        Self { reason, error, in_order: true }
    }

    fn parse_error(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::by_us(DisconnectReason::ParseError, ConnectError::failed(cause))
    }
}

impl From<Closed> for Ended {
    fn from(closed: Closed) -> Self {
        let reason = match closed.reason {
            CloseReason::PingTimeout => DisconnectReason::PingTimeout,
            CloseReason::TransportError => DisconnectReason::TransportError,
            CloseReason::ParseError => DisconnectReason::ParseError,
            _ => DisconnectReason::TransportClose,
        };
        Self { reason, error: ConnectError::failed(closed), in_order: false }
    }
}

/// The outbox of a session, as sockets see it.
struct Wire {
    outbox: Arc<Outbox>,
    limit: usize,
}

impl Outgoing for Wire {
    fn push(&self, packet: &Encoded) -> Result<(), EmitError> {
        self.outbox.push(packet).map_err(refused)
    }

    fn push_anyway(&self, packet: &Encoded) -> Result<(), EmitError> {
        self.outbox.push_anyway(packet).map_err(refused)
    }

    fn is_writable(&self) -> bool {
        self.outbox.is_writable()
    }

    fn pending_bytes(&self) -> usize {
        self.outbox.pending_bytes()
    }

    fn limit(&self) -> usize {
        self.limit
    }
}

fn refused(error: PushError) -> EmitError {
    match error {
        PushError::Full => EmitError::Full,
        PushError::Closed => EmitError::Closed,
    }
}

/// An open connection.
pub(super) struct Connection {
    session: Session,
    decoder: Decoder,
    wire: Arc<Wire>,
    patience: Duration,
    /// Whether a namespace has been let in or refused: the server speaks Socket.IO.
    joined: bool,
}

impl Connection {
    pub(super) fn new(session: Session, options: &ManagerOptions, outbox_limit: usize) -> Self {
        let limits = DecoderLimits { max_bytes: options.max_payload, ..DecoderLimits::default() };
        let wire = Arc::new(Wire { outbox: session.outbox(), limit: outbox_limit });
        let decoder = Decoder::of(options.parser, limits);
        Self { session, decoder, wire, patience: options.connect_timeout, joined: false }
    }

    pub(super) fn transport(&self) -> Transport {
        self.session.transport()
    }

    pub(super) fn has_joined(&self) -> bool {
        self.joined
    }

    pub(super) async fn close(self: Box<Self>, within: Duration) {
        self.session.close(within).await;
    }

    /// Does what the namespaces want and can have.
    pub(super) fn tend(&mut self, members: &[Arc<Member>], now: Instant) -> Option<Ended> {
        for member in members {
            if member.take_malformed() {
                return Some(Ended::parse_error(Malformed));
            }
            match member.step(now, self.patience) {
                Todo::Nothing => {}
                Todo::Join(auth) => match member.socket.connect_packet(auth.as_deref()) {
                    // A full outbox is that of a peer which takes nothing, and that is found out elsewhere.
                    Ok(Some(packet)) => {
                        let _ = self.wire.push_anyway(&packet);
                    }
                    Ok(None) => {}
                    Err(error) => member.no_auth(now, error.into()),
                },
                Todo::Late => {
                    let error = ConnectError::timed_out();
                    if !members.iter().any(|member| member.is_joined()) {
                        return Some(Ended::by_us(DisconnectReason::TransportError, error));
                    }
                    // The others are not made to pay for it, and an answer that still comes is taken.
                    member.failed(&error);
                }
            }
        }
        None
    }

    /// Works through what comes; ends when everything has to be looked at. Cancel safe.
    pub(super) async fn drive(&mut self, members: &[Arc<Member>]) -> Option<Ended> {
        let room = wait_for_room(&self.wire.outbox, members);
        if !has_room(members) {
            room.await;
            return None;
        }
        let message = tokio::select! {
            message = self.session.recv() => message,
            () = room => return None,
        };
        let mut next = Some(message);
        for _ in 0..BATCH {
            match next {
                Some(Ok(message)) => {
                    if let Err(ended) = self.message(members, message) {
                        return Some(ended);
                    }
                }
                Some(Err(closed)) => return Some(closed.into()),
                None => return None,
            }
            if !has_room(members) {
                return None;
            }
            next = self.session.recv().now_or_never();
        }
        // What was taken last has not been looked at.
        match next {
            Some(Ok(message)) => self.message(members, message).err(),
            Some(Err(closed)) => Some(closed.into()),
            None => None,
        }
    }

    fn message(&mut self, members: &[Arc<Member>], message: Message) -> Result<(), Ended> {
        let packet = match message {
            Message::Text(text) => self.decoder.text(text),
            Message::Binary(data) => self.decoder.binary(data),
        };
        match packet {
            Ok(Some(packet)) => self.packet(members, packet),
            Ok(None) => Ok(()),
            Err(error) => Err(Ended::parse_error(error)),
        }
    }

    fn packet(&mut self, members: &[Arc<Member>], packet: Packet) -> Result<(), Ended> {
        // The last one: another of the same path may be saying good-bye.
        let of_path = |member: &&Arc<Member>| *member.path == *packet.namespace;
        let Some(member) = members.iter().rev().find(of_path) else {
            tracing::debug!(namespace = %packet.namespace, "a packet of a namespace that is not ours");
            return Ok(());
        };
        let now = Instant::now().into_std();
        match packet.kind {
            PacketKind::Connect(payload) => return self.connect(member, payload.as_ref()),
            PacketKind::ConnectError(payload) => {
                self.joined = true;
                match member.socket.handle_connect_error() {
                    true => member.refused(ConnectError::refused(payload)),
                    false => member.left(),
                }
            }
            PacketKind::Disconnect if member.is_joined() => {
                member.socket.handle_closed();
                member.put_out();
            }
            // Meant for a socket that has left meanwhile; the answer to CONNECT is still to come.
            PacketKind::Disconnect => {
                tracing::debug!(namespace = %member.path, "put out before it was let in: passed over");
            }
            PacketKind::Event(payload, id) => hand_on(member, member.socket.handle_event(payload, id)),
            PacketKind::Ack(payload, id) => member.socket.handle_ack(id, payload, now),
        }
        Ok(())
    }

    fn connect(&mut self, member: &Arc<Member>, payload: Option<&Payload>) -> Result<(), Ended> {
        let wire: Arc<dyn Outgoing> = Arc::clone(&self.wire) as _;
        match member.socket.handle_connect(payload, wire, Instant::now().into_std()) {
            Ok(connected) => {
                self.joined = true;
                if member.joined(connected.recovered) {
                    hand_on(member, connected.events);
                }
                Ok(())
            }
            Err(ConnectFault::Left) => {
                member.left();
                Ok(())
            }
            Err(fault @ ConnectFault::Unexpected) => {
                tracing::debug!(namespace = %member.path, error = %fault, "passed over");
                Ok(())
            }
            Err(fault) => Err(Ended::parse_error(fault)),
        }
    }
}

fn hand_on(member: &Member, events: Arrivals) {
    for event in events {
        member.inbox.push(Item::Event(event));
    }
}

/// Waits until the outbox has room for somebody who wants it, and tells all who do.
async fn wait_for_room(outbox: &Outbox, members: &[Arc<Member>]) {
    let Some(size) = members.iter().filter_map(|member| member.socket.wants_room()).min() else {
        return pending().await;
    };
    if outbox.room(size).await.is_err() {
        // The session says how it ended.
        return pending().await;
    }
    let now = Instant::now().into_std();
    for member in members {
        if member.socket.wants_room().is_some() {
            member.socket.handle_room(now);
        }
    }
}

/// An event whose arguments are no JSON.
#[derive(Debug)]
struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event's arguments are not JSON")
    }
}

impl std::error::Error for Malformed {}
