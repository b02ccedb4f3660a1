//! What a client speaks, and to which of the server's ports. Knows no packets of its own.

use std::net::SocketAddr;

/// A port of the server, and the language of one who goes there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mount {
    pub(crate) addr: SocketAddr,
    pub(crate) dialect: Dialect,
}

/// Parser and revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    MessagePack,
    /// Engine.IO 3 and packets of protocol 4, as the clients 2.x speak.
    Old,
}

/// What is counted for each dialect.
pub(crate) struct Names {
    pub(crate) sessions: &'static str,
    pub(crate) upgrades: &'static str,
    pub(crate) events: &'static str,
    pub(crate) attachments: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) recovered: &'static str,
}

impl Dialect {
    /// Of Engine.IO.
    pub(crate) fn revision(self) -> u8 {
        if self == Self::Old { 3 } else { 4 }
    }

    /// Whether a broken connection's sockets can be had back.
    pub(crate) fn recovers(self) -> bool {
        self != Self::Old
    }

    pub(crate) fn names(self) -> &'static Names {
        match self {
            Self::Json => &Names {
                sessions: "sessions: json",
                upgrades: "upgrades: json",
                events: "events received: json",
                attachments: "packets with attachments: json",
                answers: "answers received: json",
                recovered: "recovered: json",
            },
            Self::MessagePack => &Names {
                sessions: "sessions: messagepack",
                upgrades: "upgrades: messagepack",
                events: "events received: messagepack",
                attachments: "packets with attachments: messagepack",
                answers: "answers received: messagepack",
                recovered: "recovered: messagepack",
            },
            Self::Old => &Names {
                sessions: "sessions: eio3",
                upgrades: "upgrades: eio3",
                events: "events received: eio3",
                attachments: "packets with attachments: eio3",
                answers: "answers received: eio3",
                recovered: "recovered: eio3",
            },
        }
    }
}
