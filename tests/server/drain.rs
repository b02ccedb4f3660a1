//! Rolling deploys: sessions are sent away one after the other, with time standing still in between.

use std::{collections::HashMap, time::Duration};

use http_body_util::{BodyExt, Full};
use sockeye::{CloseReason, Server, testing::TestClient};
use tokio::{task::JoinSet, time::Instant};

use crate::stage::{Note, Stage, Token, played, played_with};

const WINDOW: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn sessions_are_closed_evenly_over_the_window_and_nobody_new_is_let_in() {
    let mut stage = played();
    let mut clients = Vec::new();
    for i in 0..60 {
        clients.push(stage.join(&format!("client {i}")).await);
        assert!(matches!(stage.note().await, Note::Connected(_)));
    }
    assert!(!stage.io.is_draining());
    let start = Instant::now();
    let draining = tokio::spawn({
        let io = stage.io.clone();
        async move { io.drain(WINDOW).await }
    });
    let mut order = Vec::new();
    let mut times = Vec::new();
    for i in 0..60 {
        let Note::Disconnected { name, reason, .. } = stage.note().await else { panic!("not a close") };
        assert_eq!(reason, CloseReason::ServerShuttingDown);
        if i == 0 {
            assert!(stage.io.is_draining());
            let refused = TestClient::<Stage>::connect(&stage.io, Token { name: "late".into() }).await;
            assert!(refused.is_err());
        }
        // Who is still there is served.
        order.push(name);
        times.push(start.elapsed());
    }
    for (i, time) in times.iter().enumerate() {
        let slot = Duration::from_secs(i as u64)..=Duration::from_secs(i as u64 + 1);
        assert!(
            slot.contains(&time.saturating_sub(Duration::from_millis(5))) || slot.contains(time),
            "{i}: {time:?}"
        );
    }
    // Neither the order nor the moments can be foreseen.
    assert!(!order.is_sorted());
    let gaps: std::collections::HashSet<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(gaps.len() > 10, "{gaps:?}");
    draining.await.unwrap();
    for client in &mut clients {
        assert_eq!(client.next().await, None);
    }
    stage.io.shutdown(Duration::from_secs(1)).await;
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_early_when_nobody_is_left_and_can_be_cut_short() {
    let mut stage = played();
    let client = stage.join("ann").await;
    assert!(matches!(stage.note().await, Note::Connected(_)));
    drop(client);
    assert!(matches!(stage.note().await, Note::Disconnected { .. }));
    let start = Instant::now();
    stage.io.drain(WINDOW).await;
    assert!(start.elapsed() < WINDOW / 2);
    assert!(stage.io.is_draining());

    let mut stage = played();
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(stage.join("ann").await);
        assert!(matches!(stage.note().await, Note::Connected(_)));
    }
    let start = Instant::now();
    let short = Duration::from_millis(1);
    assert!(tokio::time::timeout(short, stage.io.drain(WINDOW)).await.is_err());
    assert!(stage.io.stats().sessions >= 9);
    stage.io.shutdown(Duration::from_secs(10)).await;
    stage.empty().await;
    assert!(start.elapsed() < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_wait_for_the_shutdown_it_asks_for() {
    let open = crate::yard::open();
    let mut asks = open.client();
    asks.send(&["0/yard-1,"]).await;
    while asks.next().await.is_none_or(|packet| !packet.starts_with("0/")) {}
    let mut other = open.client();
    other.send(&["0/yard-2,"]).await;
    while other.next().await.is_none_or(|packet| !packet.starts_with("0/")) {}
    let start = Instant::now();
    asks.send(&[r#"2/yard-1,["shut down"]"#]).await;
    while other.next().await.is_some() {}
    drop(other);
    while asks.next().await.is_some() {}
    drop(asks);
    while open.io.engine().backlog() != Default::default() || open.io.stats().sessions > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    open.io.shutdown(Duration::from_secs(60)).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_kept_socket_keeps_no_namespace_listed_and_closes_no_later_connection() {
    use crate::yard::Yard;
    let open = crate::yard::open();
    let mut client = open.client();
    client.send(&["0/yard-1,"]).await;
    assert!(client.next().await.is_some());
    let before = open.io.stats().namespaces;
    let kept = open.io.of_with(Yard { id: 1 }).sockets().remove(0);
    client.send(&["1/yard-1,"]).await;
    kept.closed().await;
    while open.io.stats().namespaces == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(open.io.of_path("/yard-1").is_none());
    client.send(&["0/yard-1,"]).await;
    while client.next().await.is_none_or(|packet| !packet.starts_with("0/")) {}
    kept.disconnect_connection();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(open.io.of_with(Yard { id: 1 }).sockets().len(), 1);
    assert_eq!(open.io.stats().namespaces, before);
}

/// One that polls, of either revision, by requests of its own.
struct Poller {
    io: Server,
    query: String,
}

impl Poller {
    async fn join(io: &Server, revision: u8, name: &str) -> Self {
        let query = format!("EIO={revision}&transport=polling&b64=1&name={name}");
        let mut poller = Self { io: io.clone(), query };
        let open = poller.ask("GET", "").await.unwrap();
        let sid = open.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
        poller.query += &format!("&sid={sid}");
        if revision == 4 {
            poller.ask("POST", &format!("40{{\"name\":\"{name}\"}}")).await.unwrap();
        }
        while !open.contains("40") && !poller.ask("GET", "").await.unwrap().contains("40") {}
        poller
    }

    /// The body of the answer, if it is a good one.
    async fn ask(&self, method: &str, body: &str) -> Option<String> {
        let uri = format!("/socket.io/?{}", self.query);
        let request = http::Request::builder().method(method).uri(uri).body(Full::from(body.to_owned()));
        let answer = self.io.engine().handle(request.unwrap()).await;
        let good = answer.status() == 200;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        good.then(|| String::from_utf8(body.to_vec()).unwrap())
    }

    /// Polls until the session is closed.
    async fn poll(self) {
        while self.ask("GET", "").await.is_some() {}
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_of_every_kind_are_spread_over_the_window_and_none_passes_the_deadline() {
    const EACH: usize = 20;
    let mut stage = played_with(|io| io.allow_eio3(true).ping_interval(Duration::from_secs(3600)));
    let mut clients = Vec::new();
    let mut polling = JoinSet::new();
    for i in 0..EACH {
        clients.push(stage.join(&format!("websocket{i}")).await);
        polling.spawn(Poller::join(&stage.io, 4, &format!("polling{i}")).await.poll());
        polling.spawn(Poller::join(&stage.io, 3, &format!("old{i}")).await.poll());
        // Between two GETs for ever: nobody there to be told.
        Poller::join(&stage.io, 4, &format!("absent{i}")).await;
    }
    for _ in 0..4 * EACH {
        assert!(matches!(stage.note().await, Note::Connected(_)));
    }
    let start = Instant::now();
    let io = stage.io.clone();
    let draining = tokio::spawn(async move { io.drain(WINDOW).await });
    let mut told: HashMap<String, Vec<Duration>> = HashMap::new();
    for _ in 0..4 * EACH {
        let Note::Disconnected { name, reason, .. } = stage.note().await else { panic!("not a close") };
        assert_eq!(reason, CloseReason::ServerShuttingDown);
        let kind = name.trim_end_matches(|char: char| char.is_ascii_digit()).to_owned();
        let now = start.elapsed();
        told.entry(kind).or_default().push(now);
    }
    draining.await.unwrap();
    assert!(start.elapsed() <= WINDOW + Duration::from_millis(5), "{:?}", start.elapsed());
    for kind in ["websocket", "polling", "old", "absent"] {
        let times = &told[kind];
        assert_eq!(times.len(), EACH);
        // All of a kind within a third of the window: once in 10^9 runs.
        assert!(times[EACH - 1] - times[0] > WINDOW / 3, "{kind}: {times:?}");
    }
    // Those who could be told are gone.
    while polling.join_next().await.is_some() {}
    for client in &mut clients {
        assert_eq!(client.next().await, None);
    }
    assert!(start.elapsed() <= WINDOW + Duration::from_millis(10), "{:?}", start.elapsed());
    // For the others a GET might have come for up to 30 s: not past the shutdown.
    stage.io.shutdown(Duration::from_secs(60)).await;
    assert!(start.elapsed() <= WINDOW + Duration::from_millis(20), "{:?}", start.elapsed());
    stage.empty().await;
}
