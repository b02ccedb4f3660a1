//! Whose turn it is to ping: the one difference between the dialects that a session's state machine meets.

use std::{sync::Arc, time::Instant};

use super::{
    Packet,
    dialect::Dialect,
    heartbeat::{Beat, Heartbeat},
    session::Timing,
    v3,
};

/// The server's side of the heartbeat, in the session's dialect.
#[derive(Debug)]
pub(super) enum Heart {
    /// The server pings.
    Pinging(Heartbeat),
    /// The client pings.
    Answering(v3::heartbeat::Heartbeat),
}

impl Heart {
    pub(super) fn new(dialect: Dialect, now: Instant, timing: &Arc<Timing>) -> Self {
        match dialect {
            Dialect::V4 => Self::Pinging(Heartbeat::new(now, Arc::clone(timing))),
            Dialect::V3 { .. } => Self::Answering(v3::heartbeat::Heartbeat::new(now, Arc::clone(timing))),
        }
    }

    /// A PING or a PONG came.
    pub(super) fn handle_packet(&mut self, now: Instant, packet: &Packet) -> Option<Beat> {
        match (self, packet) {
            (Self::Pinging(heart), Packet::Pong(_)) => {
                heart.handle_pong(now);
                None
            }
            (Self::Answering(heart), Packet::Ping(_)) => {
                heart.handle_ping(now);
                Some(Beat::Send)
            }
            _ => Some(Beat::WrongWay),
        }
    }

    pub(super) fn handle_reading(&mut self, now: Instant, reading: bool) {
        match self {
            Self::Pinging(heart) => heart.handle_reading(now, reading),
            Self::Answering(heart) => heart.handle_reading(now, reading),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, reachable: bool) -> Option<Beat> {
        match self {
            Self::Pinging(heart) => heart.handle_timeout(now, reachable),
            Self::Answering(heart) => heart.handle_timeout(now),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Pinging(heart) => heart.poll_timeout(),
            Self::Answering(heart) => heart.poll_timeout(),
        }
    }
}
