//! Against npm's `engine.io`: the echo of `tests/interop/reference-server.mjs`. Needs node and npm's packages, so `tests/run` runs it.

use std::{process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::ours::{connected, numbered, text};
use crate::{
    client::engine::{Address, EngineOptions, HttpDialer, HttpOptions, Proxy, Session, Transport},
    protocol::{
        close::CloseReason,
        frame::{Encoded, Frame},
    },
};

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

struct Reference {
    /// Killed when it is dropped.
    child: Child,
    url: String,
}

impl Reference {
    async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/interop/reference-server.mjs");
        let mut command = Command::new("node");
        command.args([script, "127.0.0.1:0"]).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().expect("npm ci first");
        let url = line.strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    async fn connect(&self, change: impl FnOnce(EngineOptions) -> EngineOptions) -> Session {
        let address = Address::new(&self.url, "/engine.io", true, &[]).unwrap();
        let http = HttpOptions { proxy: Proxy::Off, ..HttpOptions::default() };
        let dialer = Arc::new(HttpDialer::new(&http, &address).unwrap());
        let options = EngineOptions { outbox_limit: 8 << 20, ..EngineOptions::new(address) };
        connected(change(options), dialer).await
    }
}

#[tokio::test]
#[ignore = "needs npm's packages: tests/run"]
async fn numbered_messages_arrive_in_order_on_all_transports() {
    let reference = Reference::start().await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let mut session =
            reference.connect(|options| EngineOptions { transports: vec![transport], ..options }).await;
        numbered(&mut session, 1000).await;
        timeout(PATIENCE, session.close(PATIENCE)).await.unwrap();
    }
    for _ in 0..20 {
        let mut session = reference.connect(|options| options).await;
        while session.transport() == Transport::Polling {
            numbered(&mut session, 100).await;
        }
        numbered(&mut session, 100).await;
        timeout(PATIENCE, session.close(PATIENCE)).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs npm's packages: tests/run"]
async fn long_messages_pass_and_heartbeats_go_on() {
    let reference = Reference::start().await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let mut session =
            reference.connect(|options| EngineOptions { transports: vec![transport], ..options }).await;
        let long = "é".repeat(400_000);
        session.outbox().push(&Encoded::new(Frame::text(&long))).unwrap();
        assert_eq!(text(&mut session).await, long);
        // Several times the interval and the time-out of its heartbeat.
        assert!(timeout(Duration::from_secs(2), session.recv()).await.is_err());
        numbered(&mut session, 10).await;
    }
}

#[tokio::test]
#[ignore = "needs npm's packages: tests/run"]
async fn ends_have_javascripts_reasons() {
    let mut reference = Reference::start().await;
    let change = |options| EngineOptions { transports: vec![Transport::WebSocket], ..options };
    let mut long = reference.connect(change).await;
    // Over the server's limit: it closes with 1009.
    long.outbox().push(&Encoded::new(Frame::text(&"x".repeat(1_000_001)))).unwrap();
    let closed = timeout(PATIENCE, long.recv()).await.unwrap().unwrap_err();
    assert_eq!(closed.reason, CloseReason::TransportClose);
    let change = |options| EngineOptions { transports: vec![Transport::Polling], ..options };
    let mut long = reference.connect(change).await;
    // 413.
    long.outbox().push(&Encoded::new(Frame::text(&"x".repeat(1_000_001)))).unwrap();
    let closed = timeout(PATIENCE, long.recv()).await.unwrap().unwrap_err();
    assert_eq!(closed.reason, CloseReason::TransportError);

    let mut killed = reference.connect(|options| options).await;
    while killed.transport() == Transport::Polling {
        numbered(&mut killed, 10).await;
    }
    reference.child.kill().await.unwrap();
    let closed = timeout(PATIENCE, killed.recv()).await.unwrap().unwrap_err();
    assert_eq!(closed.reason, CloseReason::TransportClose);
}
