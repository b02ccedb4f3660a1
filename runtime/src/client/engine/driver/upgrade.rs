//! From polling to WebSocket, while polling goes on: a probe over the new transport, then a pause of the old one, then the change. Until the
//! change, a WebSocket that fails costs nothing: the session stays on polling.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::Instant;

use super::{Driver, Line};
use crate::{
    client::engine::{
        error::{OpenError, OpenErrorKind},
        options::Transport,
        requests::Requests,
        websocket::WebSocket,
    },
    protocol::engine_io::{Packet, client::Opened, packet::PROBE},
};

/// How far the upgrade is.
pub(super) enum Upgrade {
    /// Not wanted, failed, or done.
    None,
    /// The WebSocket is opened and tried.
    Probing {
        probe: Pin<Box<dyn Future<Output = Result<Box<WebSocket>, OpenError>> + Send>>,
        at_latest: Instant,
    },
    /// It works: no further requests are begun, and those under way are awaited.
    Pausing { websocket: Box<WebSocket>, at_latest: Instant },
    /// The WebSocket is the session's, whose first packet says so.
    Changed,
}

impl Upgrade {
    /// Begins, if both sides want it.
    pub(super) fn begin(requests: &Requests, opened: &Opened) -> Self {
        let options = &requests.options;
        let offered = opened.upgrades.iter().any(|name| name == Transport::WebSocket.as_str());
        if !options.upgrade || !offered || !options.transports.contains(&Transport::WebSocket) {
            return Self::None;
        }
        let at_latest = Instant::now() + options.upgrade_timeout;
        Self::Probing { probe: Box::pin(probe(requests.clone())), at_latest }
    }

    /// Whether no request of polling may be begun.
    pub(super) fn is_pausing(&self) -> bool {
        matches!(self, Self::Pausing { .. })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Probing { at_latest, .. } | Self::Pausing { at_latest, .. } => Some(*at_latest),
            Self::None | Self::Changed => None,
        }
    }

    /// Gives up what has taken too long; says whether it had.
    pub(super) fn give_up(&mut self, now: Instant) -> bool {
        let late = self.deadline().is_some_and(|deadline| now >= deadline);
        if late {
            tracing::debug!("the upgrade took too long, the session stays on polling");
            *self = Self::None;
        }
        late
    }

    /// Whether the packet that says the change is still to be sent; it is from now on taken for sent.
    pub(super) fn take_changed(&mut self) -> bool {
        let changed = matches!(self, Self::Changed);
        if changed {
            *self = Self::None;
        }
        changed
    }
}

async fn probe(requests: Requests) -> Result<Box<WebSocket>, OpenError> {
    let mut websocket = requests.websocket().await?;
    let failed = |closed| OpenError::caused(OpenErrorKind::Io, closed);
    websocket.send(Packet::Ping(PROBE.into())).await.map_err(failed)?;
    match websocket.packet().await.map_err(failed)? {
        Packet::Pong(data) if data == PROBE => Ok(websocket),
        _ => Err(OpenError::new(OpenErrorKind::Protocol)),
    }
}

impl Driver {
    /// Carries the upgrade on; says whether something changed.
    pub(super) fn poll_upgrade(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.upgrade {
            Upgrade::None | Upgrade::Changed => return false,
            Upgrade::Probing { probe, at_latest } => {
                let at_latest = *at_latest;
                let Poll::Ready(probed) = probe.as_mut().poll(cx) else { return false };
                self.upgrade = match probed {
                    Ok(websocket) => Upgrade::Pausing { websocket, at_latest },
                    Err(error) => {
                        tracing::debug!(%error, "the upgrade failed, the session stays on polling");
                        Upgrade::None
                    }
                };
                return true;
            }
            Upgrade::Pausing { websocket, .. } => {
                // Nothing may come yet: it is the end, or nothing that we know.
                if websocket.poll_packet(cx).is_ready() {
                    tracing::debug!("the upgrade failed, the session stays on polling");
                    self.upgrade = Upgrade::None;
                    return true;
                }
            }
        }
        let idle =
            matches!(&self.line, Line::Polling(polling) if !polling.is_getting() && !polling.is_posting());
        if !idle {
            return false;
        }
        match std::mem::replace(&mut self.upgrade, Upgrade::Changed) {
            Upgrade::Pausing { websocket, .. } => self.line = Line::WebSocket(websocket),
            other => self.upgrade = other,
        }
        self.control.set_transport(self.transport());
        true
    }
}
