//! Each limit gone over, what the client sees, and the counter that shows it.

use std::time::Duration;

use sockeye::{Server, prelude::*, testing::TestClient};

use crate::{
    raw::{Raw, UPGRADE, request, text},
    site::{App, Attacker, Main, Poller, Site},
};

const POLLING: &str = "GET /socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "GET /socket.io/?EIO=4&transport=websocket";

async fn status(site: &Site, request: String) -> u16 {
    let mut raw = Raw::connect(site.addr).await;
    raw.send(request).await;
    raw.response().await.map_or(0, |response| response.status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_past_the_limits_are_refused_on_both_transports() {
    // The bystander is one of them.
    let site = Site::with(|io| io.max_sessions(1)).await;
    assert_eq!(status(&site, request(POLLING, "")).await, 503);
    assert_eq!(status(&site, request(WEBSOCKET, UPGRADE)).await, 503);
    assert_eq!(site.io.stats().refusals.sessions, 2);
    site.is_unharmed("sessions").await;

    let site = Site::with(|io| io.max_sessions_per_address(2)).await;
    let mut second = Poller::joined(site.addr).await;
    assert_eq!(status(&site, request(POLLING, "")).await, 429);
    assert_eq!(status(&site, request(WEBSOCKET, UPGRADE)).await, 429);
    assert_eq!(site.io.stats().refusals.sessions_per_address, 2);
    assert!(second.lives().await);
    second.close().await;
    site.is_unharmed("sessions of an address").await;
    Attacker::joined(site.addr).await;
    site.is_unharmed("a session after another has gone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_have_a_deadline() {
    let site = Site::with(|io| {
        io.handshake_timeout(Duration::from_millis(100)).allow_request(|request| async move {
            if request.uri.contains("slow") {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    })
    .await;
    assert_eq!(status(&site, request(&format!("{POLLING}&slow"), "")).await, 503);
    assert_eq!(status(&site, request(&format!("{WEBSOCKET}&slow"), UPGRADE)).await, 503);
    assert_eq!(site.io.stats().refusals.late_handshakes, 2);
    site.is_unharmed("late handshakes").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_are_slow_or_long_are_refused() {
    let site = Site::with(|io| io.header_timeout(Duration::from_millis(200)).max_headers(20)).await;
    let mut raw = Raw::connect(site.addr).await;
    raw.send("GET /socket.io/ HTTP/1.1\r\nX: ").await;
    raw.end().await;
    assert_eq!(status(&site, request(POLLING, &"X: y\r\n".repeat(20))).await, 431);
    site.is_unharmed("heads").await;
    let refusals = site.io.stats().refusals;
    assert!(refusals.late_heads >= 1 && refusals.heads == 1, "{refusals:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_and_rooms_past_the_limits_are_refused() {
    let site = Site::with(|io| io.max_packet_bytes(1000).max_attachments(2).max_rooms(7)).await;
    let mut attacker = Attacker::joined(site.addr).await;
    attacker.raw.send(text(r#"42["rooms"]"#)).await;
    assert_eq!(attacker.text().await.unwrap(), r#"42["joined",7]"#);
    drop(attacker);
    for packet in [format!(r#"42["{}"]"#, "x".repeat(1000)), r#"453-["x"]"#.to_owned()] {
        let mut attacker = Attacker::joined(site.addr).await;
        attacker.raw.send(text(&packet)).await;
        assert_eq!(attacker.close_code().await, 1000);
        let mut poller = Poller::joined(site.addr).await;
        poller.post(&packet).await;
        while poller.get().await.is_some() {}
    }
    assert_eq!(site.io.stats().refusals.attachments, 4);
    assert_eq!(site.io.stats().refusals.rooms, 93);
    site.is_unharmed("packets").await;
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_refuses_with_the_time_to_wait() {
    let limit = RateLimit::per_second(20).event("chat message", 5);
    let io = Server::builder().namespace::<Main>(App).middleware(limit).build();
    let client = TestClient::<Main>::connect(&io, ()).await.unwrap();
    let mut refused = 0;
    for _ in 0..8 {
        let answer = client.emit().event_with_ack("chat message", (1,)).await.unwrap();
        refused += usize::from(format!("{answer:?}").contains("rate limited"));
    }
    assert_eq!((refused, io.stats().refusals.rate_limited, io.stats().refusals.events), (3, 3, 3));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answer = client.emit().event_with_ack("chat message", (1,)).await.unwrap();
    assert!(!format!("{answer:?}").contains("rate limited"));
}

/// 200,000 answers that never come leave no entry.
#[tokio::test(start_paused = true)]
async fn answers_that_never_come_leave_no_entry() {
    let io = Server::builder().namespace::<Main>(App).max_acks(10_000).outbox_limit(8 << 20).build();
    let client = TestClient::<Main>::connect(&io, ()).await.unwrap();
    for _ in 0..20 {
        client.emit().event_with_ack("questions", ()).await.unwrap();
        assert_eq!(io.stats().acks, 10_000);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(io.stats().acks, 0);
    }
}
