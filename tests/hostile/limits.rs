//! Limits on who may come in, each gone over by a handshake on polling, by one on WebSocket, and by the request that begins an upgrade: what the
//! client sees, and the counter that shows it. Those on what a session sends are in `messages.rs`.

use std::time::Duration;

use sockeye::{
    Server,
    engine::{Cors, Forbidden},
    prelude::*,
    testing::TestClient,
};

use crate::{
    peer::{On, Peer, probe, websocket},
    raw::{Raw, UPGRADE, frame, request, text, within},
    site::{App, Attacker, Main, Poller, Site},
};

const POLLING: &str = "GET /socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "GET /socket.io/?EIO=4&transport=websocket";

async fn status(site: &Site, request: String) -> u16 {
    let mut raw = Raw::connect(site.addr).await;
    raw.send(request).await;
    raw.response().await.map_or(0, |response| response.status)
}

/// The statuses of a handshake on polling, of one on WebSocket, and of the request of an upgrade; 0 where the connection is closed instead.
/// The session that was to be upgraded must go on by polling.
async fn statuses(site: &Site, poller: &mut Poller, headers: &str) -> [u16; 3] {
    let websocket = format!("{headers}{UPGRADE}");
    let statuses = [
        status(site, request(POLLING, headers)).await,
        status(site, request(WEBSOCKET, &websocket)).await,
        status(site, request(&format!("GET {}", poller.websocket()), &websocket)).await,
    ];
    assert!(poller.lives().await);
    statuses
}

/// An upgrade opens no session: it is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_past_the_limits_are_refused_on_both_transports() {
    // The bystander is one of them.
    let site = Site::with(|io| io.max_sessions(2)).await;
    let mut second = Poller::joined(site.addr).await;
    assert_eq!(statuses(&site, &mut second, "").await, [503, 503, 101]);
    assert_eq!(site.io.stats().refusals.sessions, 2);
    second.close().await;
    site.is_unharmed("sessions").await;

    let site = Site::with(|io| io.max_sessions_per_address(2)).await;
    let mut second = Poller::joined(site.addr).await;
    assert_eq!(statuses(&site, &mut second, "").await, [429, 429, 101]);
    assert_eq!(site.io.stats().refusals.sessions_per_address, 2);
    second.close().await;
    site.is_unharmed("sessions of an address").await;
    Attacker::joined(site.addr).await;
    site.is_unharmed("a session after another has gone").await;
}

/// `allow_request` is asked at handshakes, origins are looked at in each request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_wanted_is_refused() {
    let site = Site::with(|io| {
        io.cors(Cors::origins(["http://good.example"]).refuse_other_origins()).allow_request(|request| {
            let allowed = request.header("x-unwanted").is_none();
            async move { if allowed { Ok(()) } else { Err(Forbidden::new("no")) } }
        })
    })
    .await;
    let mut poller = Poller::joined(site.addr).await;
    assert_eq!(statuses(&site, &mut poller, "X-Unwanted: 1\r\n").await, [403, 400, 101]);
    assert_eq!(site.io.stats().refusals.forbidden, 2);
    assert_eq!(statuses(&site, &mut poller, "Origin: http://evil.example\r\n").await, [403, 400, 400]);
    assert_eq!(site.io.stats().refusals.forbidden, 5);
    poller.close().await;
    site.is_unharmed("who is not wanted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_past_the_limit_are_refused() {
    let (asked, mut is_asked) = tokio::sync::mpsc::unbounded_channel();
    let site = Site::with(|io| {
        io.max_handshakes(1).allow_request(move |request| {
            let asked = asked.clone();
            async move {
                if request.uri().contains("slow") {
                    asked.send(()).unwrap();
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        })
    })
    .await;
    let mut poller = Poller::joined(site.addr).await;
    let mut slow = Raw::connect(site.addr).await;
    slow.send(request(&format!("{POLLING}&slow"), "")).await;
    within("the slow one", is_asked.recv()).await.unwrap();
    assert_eq!(statuses(&site, &mut poller, "").await, [503; 3]);
    assert_eq!(site.io.stats().refusals.handshakes, 3);
    slow.reset();
    while status(&site, request(WEBSOCKET, UPGRADE)).await != 101 {}
    poller.close().await;
    site.is_unharmed("handshakes").await;
}

/// What begins an upgrade is decided at once; from then on `upgrade_timeout` counts, for which see `exhaustion.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_have_a_deadline() {
    let site = Site::with(|io| {
        io.handshake_timeout(Duration::from_millis(500)).allow_request(|request| async move {
            if request.uri().contains("slow") {
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
async fn heads_that_are_long_are_refused() {
    for (header, count) in [("X: y\r\n".to_owned(), 20), (format!("X: {}\r\n", "y".repeat(2000)), 5)] {
        let site = Site::with(|io| io.max_headers(20).max_header_bytes(9000)).await;
        let mut poller = Poller::joined(site.addr).await;
        assert_eq!(statuses(&site, &mut poller, &header.repeat(count)).await, [431; 3]);
        assert_eq!(site.io.stats().refusals.heads, 3);
        poller.close().await;
        site.is_unharmed("heads").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_are_slow_are_refused() {
    let site = Site::with(|io| io.header_timeout(Duration::from_secs(1))).await;
    let mut poller = Poller::joined(site.addr).await;
    let lines = [POLLING.to_owned(), WEBSOCKET.to_owned(), format!("GET {}", poller.websocket())];
    let mut slow = Vec::new();
    for line in lines {
        let mut raw = Raw::connect(site.addr).await;
        raw.send(format!("{line} HTTP/1.1\r\nHost: x\r\nX: ")).await;
        slow.push(raw);
    }
    let before = site.io.stats().refusals.late_heads;
    for mut raw in slow {
        raw.end().await;
    }
    assert!(site.io.stats().refusals.late_heads >= before + 3);
    // Its own connections have waited too long for a request.
    (poller.gets, poller.posts) = (Raw::connect(site.addr).await, Raw::connect(site.addr).await);
    assert!(poller.lives().await);
    poller.close().await;
    site.is_unharmed("slow heads").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_past_the_limit_are_dropped() {
    // The bystander's is a WebSocket: it does not count, as soon as HTTP has let go of it.
    let site = Site::with(|io| io.max_connections(2)).await;
    let mut poller = Poller::open(site.addr).await;
    while poller.post("40").await != 200 {}
    let before = site.io.stats().refusals.connections;
    assert_eq!(statuses(&site, &mut poller, "").await, [0; 3]);
    assert_eq!(site.io.stats().refusals.connections - before, 3);
    poller.close().await;
    while status(&site, request(WEBSOCKET, UPGRADE)).await != 101 {}
    site.is_unharmed("connections").await;
}

/// On a WebSocket that probes the session's limits hold, and cost the upgrade only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_past_the_limits_cost_the_session_or_the_upgrade() {
    let site = Site::with(|io| io.max_fragments(3)).await;
    let fragments = [frame(0x01, "4"), frame(0x00, "x"), frame(0x00, "x"), frame(0x00, "x")].concat();
    let long = text(&"x".repeat(crate::site::MAX_PAYLOAD + 1));
    let mut counted = Vec::new();
    for (what, bytes, code) in
        [("fragments", fragments, 1008), ("bytes", long, 1009), ("a reserved bit", frame(0xc1, "4"), 1002)]
    {
        let refusals = || {
            let refusals = site.io.stats().refusals;
            (vec![refusals.fragments, refusals.payloads, refusals.frames], refusals.upgrades)
        };
        let mut attacker = Attacker::joined(site.addr).await;
        attacker.raw.send(&bytes).await;
        assert_eq!(attacker.close_code().await, code, "{what}");
        for begun in [false, true] {
            let mut poller = Poller::joined(site.addr).await;
            let mut raw = if begun { probe(&poller).await } else { websocket(&poller).await };
            raw.send(&bytes).await;
            assert_eq!(Attacker { raw }.close_code().await, code, "{what} on a probe");
            assert!(poller.lives().await);
            // Another try is not refused.
            Peer::polling(poller, On::Upgrade).await.lives().await;
        }
        // One on the WebSocket of a session, two on such as probed.
        counted.push(3);
        let mut expected = counted.clone();
        expected.resize(3, 0);
        assert_eq!(refusals(), (expected, 2 * counted.len() as u64), "{what}");
        site.is_unharmed(what).await;
    }
}

/// Every counter is named in the guide, in the table of limits or below it.
#[test]
fn every_counter_is_in_the_guide() {
    let guide = include_str!("../../runtime/docs/options.md");
    let limits = guide.split("What JavaScript leaves without a limit").nth(1).unwrap();
    let named = |line: &str, cause: &str| line.contains(&format!("`{cause}`"));
    for (cause, _) in sockeye::engine::Refusals::default().by_cause() {
        assert!(limits.lines().any(|line| named(line, cause)), "{cause} is not in runtime/docs/options.md");
    }
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
