//! What was refused, by its cause: the one place that counts it, for the engine and for what stands on it.
//!
//! Knows numbers only: neither who was refused nor what became of it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::Refused;
use crate::protocol::{close::CloseReason, engine_io::handshake::ErrorCode, websocket::FrameError};

/// A number that only grows. Adding costs one relaxed instruction, and happens only where something is refused.
#[derive(Debug)]
pub(crate) struct Counter(AtomicU64, Refused);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.add();
    }
}

macro_rules! causes {
    ($($(#[doc = $doc:literal])* $cause:ident,)*) => {
        /// How often something was refused since the start, by cause. Each number only grows.
        ///
        /// ```
        /// # let io = sockeye::Server::builder().build();
        /// let refusals = io.stats().refusals;
        /// assert_eq!(refusals.sessions + refusals.sessions_per_address, 0);
        /// for (cause, count) in refusals.by_cause() {
        ///     println!("refusals{{cause=\"{cause}\"}} {count}");
        /// }
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Refusals {
            $($(#[doc = $doc])* pub $cause: u64,)*
        }

        impl Refusals {
            /// All of them by name, in the order of the fields.
            pub fn by_cause(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($cause), self.$cause)),*].into_iter()
            }
        }

        /// What counts them.
        #[derive(Debug)]
        pub(crate) struct Counters {
            $(pub(crate) $cause: Counter,)*
        }

        impl Default for Counters {
            fn default() -> Self {
                Self { $($cause: Counter(AtomicU64::new(0), Refused::new(stringify!($cause))),)* }
            }
        }

        impl Counters {
            pub(crate) fn read(&self) -> Refusals {
                Refusals { $($cause: self.$cause.0.load(Ordering::Relaxed),)* }
            }
        }
    };
}

causes! {
    /// Connections dropped because there were `max_connections` of HTTP.
    connections,
    /// TLS handshakes that failed, were broken off, or were past `Tls::max_handshakes`; the connection was closed.
    tls_handshakes,
    /// TLS handshakes that did not end within `Tls::handshake_timeout`; the connection was closed.
    late_tls_handshakes,
    /// Requests whose head had more than `max_header_bytes` or `max_headers`, answered with 431.
    heads,
    /// Connections closed because a head, or the next request, was not there within `header_timeout`.
    late_heads,
    /// Requests that fit no session or no protocol, answered with 400.
    requests,
    /// Requests that `allow_request` or the check of origins did not want: 403, or 400 on WebSocket.
    forbidden,
    /// Handshakes past `max_handshakes`, answered with 503.
    handshakes,
    /// Handshakes not decided or not finished within `handshake_timeout`; 503 if there was somebody to tell.
    late_handshakes,
    /// Handshakes past `max_sessions`, answered with 503.
    sessions,
    /// Handshakes past `max_sessions_per_address`, answered with 429.
    sessions_per_address,
    /// Upgrades of open sessions that failed, or did not end within `upgrade_timeout`. The session went on polling.
    upgrades,
    /// Bodies and messages past `max_payload`: 413 on polling, close code 1009 on WebSocket.
    payloads,
    /// Messages in more than `max_fragments`: close code 1008.
    fragments,
    /// WebSocket frames that broke the rules otherwise: close codes 1002 and 1007.
    frames,
    /// Packets that broke a protocol, of Engine.IO or Socket.IO; each closes its session.
    packets,
    /// Packets past `max_attachments` or `max_packet_bytes`; each closes its session.
    attachments,
    /// Sessions that joined no namespace within `connect_timeout`.
    late_connects,
    /// Joins past `max_namespaces`, answered with `connect_error`.
    namespaces,
    /// Joins past `max_rooms`.
    rooms,
    /// Emits past `max_acks`.
    acks,
    /// Times that a connection was not read for a while because its events filled `max_backlog`.
    backlogs,
    /// Sessions closed because their outbox was over `outbox_limit`.
    outboxes,
    /// Events that a middleware or a guard refused, [`RateLimit`](crate::server::RateLimit)'s included.
    events,
    /// Events that a [`RateLimit`](crate::server::RateLimit) refused.
    rate_limited,
}

impl Counters {
    /// A request was refused with this code.
    pub(crate) fn request(&self, code: ErrorCode) {
        match code {
            ErrorCode::Forbidden => self.forbidden.add(),
            _ => self.requests.add(),
        }
    }

    /// A peer broke the rules of the framing.
    pub(crate) fn frame(&self, error: FrameError) {
        match error {
            FrameError::TooLong { .. } => self.payloads.add(),
            FrameError::TooManyFragments => self.fragments.add(),
            _ => self.frames.add(),
        }
    }

    /// A session has closed.
    pub(crate) fn closed(&self, reason: CloseReason) {
        if reason == CloseReason::Overflow {
            self.outboxes.add();
        }
    }
}
