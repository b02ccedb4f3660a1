//! Rolling deploys: sessions are sent away one after the other, with time standing still in between.

use std::time::Duration;

use sockeye::{CloseReason, testing::TestClient};
use tokio::time::Instant;

use crate::stage::{Note, Stage, Token, played};

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
