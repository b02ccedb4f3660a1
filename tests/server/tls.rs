//! HTTP and WebSocket over TLS, on real sockets.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt,
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{
    peer::{PATIENCE, Peer, client_tls, server_tls, tcp},
    stage::{Note, Played, played},
};

pub(crate) struct Serving {
    pub(crate) addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    pub(crate) async fn start(stage: &Played, tls: Option<sockeye::engine::Tls>) -> Self {
        let mut bound = stage.io.bind("127.0.0.1:0").await.unwrap();
        if let Some(tls) = tls {
            bound = bound.tls(tls);
        }
        let addr = bound.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(bound.serve_with_shutdown(async { drop(stopped.await) }));
        Self { addr, stop, task }
    }

    /// Gives the signal and waits until the server has ended; says how long that took.
    pub(crate) async fn stop(self) -> Duration {
        let start = Instant::now();
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
        start.elapsed()
    }
}

#[tokio::test]
async fn a_client_polls_upgrades_and_talks_over_tls() {
    let mut stage = played();
    let serving = Serving::start(&stage, Some(server_tls())).await;
    let mut peer = Peer::connect(serving.addr, true).await;
    let query = peer.join_polling("ann").await;
    assert_eq!(peer.post(&query, r#"420["double",4]"#).await.1, "ok");
    assert_eq!(peer.get(&query).await.1, "430[8]");
    let mut socket = Peer::connect(serving.addr, true).await;
    let sid = query.split("sid=").nth(1).unwrap();
    socket.upgrade(&format!("&sid={sid}")).await;
    socket.send("2probe").await;
    assert_eq!(socket.frame().await, "3probe");
    socket.send("5").await;
    socket.send(r#"421["double",21]"#).await;
    assert_eq!(socket.frame().await, "431[42]");
    // More than a TLS record, and more than rustls holds.
    stage.io.of::<crate::stage::Stage>().emit().said("x".repeat(60_000));
    assert_eq!(socket.frame().await.len(), 60_000 + r#"42["said",""]"#.len());
    assert!(serving.stop().await < Duration::from_secs(9));
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
    assert!(matches!(stage.note().await, Note::Disconnected { .. }));
    stage.empty().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_end_holds_nobody_up_and_is_given_up() {
    let stage = played();
    let tls = server_tls().handshake_timeout(Duration::from_millis(300)).max_handshakes(2);
    let serving = Serving::start(&stage, Some(tls)).await;
    let mut silent = tcp(serving.addr).await;
    let mut peer = Peer::connect(serving.addr, true).await;
    peer.join_websocket("ann").await;
    let mut rest = Vec::new();
    // Closed, and told nothing.
    timeout(PATIENCE, silent.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.is_empty());
    let refusals = stage.io.stats().refusals;
    assert_eq!((refusals.late_tls_handshakes, refusals.tls_handshakes), (1, 0));
    serving.stop().await;
}

#[tokio::test]
async fn past_the_most_handshakes_connections_are_closed_and_shutdown_waits_for_none() {
    let stage = played();
    let tls = server_tls().handshake_timeout(Duration::from_secs(3600)).max_handshakes(2);
    let serving = Serving::start(&stage, Some(tls)).await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(tcp(serving.addr).await);
    }
    let mut last = silent.pop().unwrap();
    assert_eq!(
        timeout(PATIENCE, last.read_u8()).await.unwrap().unwrap_err().kind(),
        std::io::ErrorKind::UnexpectedEof
    );
    let refusals = stage.io.stats().refusals;
    assert_eq!((refusals.late_tls_handshakes, refusals.tls_handshakes), (0, 1));
    assert!(serving.stop().await < Duration::from_secs(5));
    for mut silent in silent {
        assert!(timeout(PATIENCE, silent.read_u8()).await.unwrap().is_err());
    }
}

#[tokio::test]
async fn what_speaks_no_tls_or_only_another_protocol_is_refused_and_counted() {
    let stage = played();
    let serving = Serving::start(&stage, Some(server_tls())).await;
    let mut plain = Peer::connect(serving.addr, false).await;
    plain.send_get("transport=polling").await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, plain.io.read_to_end(&mut answer)).await.unwrap();
    assert!(!answer.starts_with(b"HTTP"));
    let name = ServerName::try_from("localhost").unwrap();
    let refused = client_tls(&["h2"]).connect(name, tcp(serving.addr).await).await;
    assert!(refused.unwrap_err().to_string().contains("NoApplicationProtocol"));
    drop(tcp(serving.addr).await);
    // Its end is counted when the server has seen it.
    let counted = async {
        while stage.io.stats().refusals.tls_handshakes < 3 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, counted).await.unwrap();
    assert_eq!(stage.io.stats().refusals.by_cause().map(|(_, count)| count).sum::<u64>(), 3);
    serving.stop().await;
}
