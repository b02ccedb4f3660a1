//! A client as it is met on polling, on WebSocket, and while it upgrades: what is asked of one can be asked of all.

use std::{collections::VecDeque, net::SocketAddr};

use crate::{
    raw::{Raw, UPGRADE, post, request, text},
    site::{Attacker, Poller},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Polling,
    WebSocket,
    /// The session polls still, and its WebSocket has got its `3probe`.
    Upgrade,
}

impl On {
    pub(crate) const ALL: [Self; 3] = [Self::Polling, Self::WebSocket, Self::Upgrade];
}

pub(crate) enum Peer {
    Polling { poller: Box<Poller>, unread: VecDeque<String>, probe: Option<Raw> },
    WebSocket(Attacker),
}

/// Asks for a WebSocket for the session.
pub(crate) async fn websocket(poller: &Poller) -> Raw {
    let mut raw = Raw::connect(poller.addr).await;
    raw.send(request(&format!("GET {}", poller.websocket()), UPGRADE)).await;
    let response = raw.response().await.unwrap();
    assert_eq!(response.status, 101, "{}", response.head);
    raw
}

/// The same, and goes so far that only `5` is missing.
pub(crate) async fn probe(poller: &Poller) -> Raw {
    let mut raw = websocket(poller).await;
    raw.send(text("2probe")).await;
    assert_eq!(raw.frame().await.unwrap().1, b"3probe");
    raw
}

impl Peer {
    /// Opens a session, and joins nothing.
    pub(crate) async fn open(addr: SocketAddr, on: On) -> Self {
        if on == On::WebSocket {
            return Self::WebSocket(Attacker::open(addr).await);
        }
        Self::polling(Poller::open(addr).await, on).await
    }

    /// Joins `/`.
    pub(crate) async fn joined(addr: SocketAddr, on: On) -> Self {
        if on == On::WebSocket {
            return Self::WebSocket(Attacker::joined(addr).await);
        }
        Self::polling(Poller::joined(addr).await, on).await
    }

    /// Of a session that polls.
    pub(crate) async fn polling(poller: Poller, on: On) -> Self {
        let probe = match on {
            On::Upgrade => Some(probe(&poller).await),
            _ => None,
        };
        Self::Polling { poller: Box::new(poller), unread: VecDeque::new(), probe }
    }

    /// Sends packets at once, and waits for nothing.
    pub(crate) async fn push(&mut self, packets: &[&str]) {
        match self {
            Self::Polling { poller, .. } => {
                let body = packets.join("\x1e");
                poller.posts.send(post(&poller.path, "", body)).await;
            }
            Self::WebSocket(attacker) => {
                let frames = packets.iter().flat_map(|packet| text(packet));
                attacker.raw.send(frames.collect::<Vec<_>>()).await;
            }
        }
    }

    /// Sends packets; on polling the status of the answer, or 0.
    pub(crate) async fn send(&mut self, packets: &[&str]) -> u16 {
        match self {
            Self::Polling { poller, .. } => poller.post(packets.join("\x1e")).await,
            Self::WebSocket(_) => {
                self.push(packets).await;
                0
            }
        }
    }

    /// The next message, `4…`; `None` at the end of the session.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let (poller, unread) = match self {
            Self::WebSocket(attacker) => return attacker.text().await,
            Self::Polling { poller, unread, .. } => (poller, unread),
        };
        loop {
            while let Some(packet) = unread.pop_front() {
                match packet.as_str() {
                    "1" => return None,
                    "2" => drop(poller.post("3").await),
                    _ if packet.starts_with('4') => return Some(packet),
                    _ => {}
                }
            }
            unread.extend(poller.get().await?.split('\x1e').map(str::to_owned));
        }
    }

    /// Reads until a message begins so.
    pub(crate) async fn answers(&mut self, start: &str) {
        while let Some(message) = self.next().await {
            if message.starts_with(start) {
                return;
            }
        }
        panic!("closed instead of `{start}`");
    }

    /// Reads to the end, which must come; a WebSocket that was probing ends too.
    pub(crate) async fn ends(mut self) {
        while self.next().await.is_some() {}
        if let Self::Polling { probe: Some(raw), .. } = self {
            assert_eq!(Attacker { raw }.close_code().await, 1000);
        }
    }

    /// Is answered still, leaves, and the upgrade can be brought to its end.
    pub(crate) async fn lives(mut self) {
        self.send(&[r#"4298["echo",1]"#]).await;
        self.answers("4398[1]").await;
        match self {
            Self::WebSocket(attacker) => drop(attacker),
            Self::Polling { poller, probe: None, .. } => poller.close().await,
            Self::Polling { probe: Some(mut raw), .. } => {
                raw.send(text("5")).await;
                assert!(Attacker { raw }.lives().await);
            }
        }
    }
}
