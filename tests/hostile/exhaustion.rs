//! Attacks that are legal one by one, and many.

use std::time::Duration;

use crate::{
    raw::{Raw, UPGRADE, frame, post, request, text},
    site::{Attacker, Main, Poller, Site, sid_of},
};

/// How many connections with both ends in this process may be had at once: 1,000, unless there are too few descriptors for them and for the
/// tests beside this one.
fn many() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().next()?.parse().ok());
    soft.map_or(100, |soft: usize| (soft.saturating_sub(500) / 2).clamp(100, 1_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_that_never_end_die_in_time_and_leave_their_sessions_alone() {
    const TASKS: usize = 10;
    let site = Site::with(|io| {
        let io = io.upgrade_timeout(Duration::from_secs(5));
        io.ping_timeout(Duration::from_secs(60))
    })
    .await;
    let addr = site.addr;
    let count = many() / TASKS;
    let begin = async move || {
        let mut raw = Raw::connect(addr).await;
        raw.send(request("GET /socket.io/?EIO=4&transport=polling", "Connection: close\r\n")).await;
        let sid = sid_of(&raw.response().await.unwrap().body).unwrap().to_owned();
        let mut raw = Raw::connect(addr).await;
        let line = format!("GET /socket.io/?EIO=4&transport=websocket&sid={sid}");
        raw.send(request(&line, UPGRADE)).await;
        assert_eq!(raw.response().await.unwrap().status, 101);
        (sid, raw)
    };
    let tasks = (0..TASKS).map(|_| {
        tokio::spawn(async move {
            let mut half_open = Vec::new();
            for round in 0..count {
                let (sid, mut raw) = begin().await;
                if round % 2 == 0 {
                    raw.send(text("2probe")).await;
                    assert_eq!(raw.frame().await.unwrap().1, b"3probe");
                }
                half_open.push((sid, raw));
            }
            for (sid, raw) in half_open {
                assert_eq!(Attacker { raw }.close_code().await, 1000);
                let mut raw = Raw::connect(addr).await;
                let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
                raw.send(post(&path, "Connection: close\r\n", "1")).await;
                assert_eq!(raw.response().await.unwrap().status, 200);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(site.io.stats().refusals.upgrades, (TASKS * count) as u64);
    site.is_unharmed("half-open upgrades").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resets_at_each_point_leave_nothing() {
    let site = Site::with(|io| io.upgrade_timeout(Duration::from_millis(300))).await;
    let upgrade = request("GET /socket.io/?EIO=4&transport=websocket", UPGRADE);
    for length in [0, 1, 20, upgrade.len() - 2, upgrade.len()] {
        let mut raw = Raw::connect(site.addr).await;
        raw.send(&upgrade[..length]).await;
        raw.reset();
        site.is_unharmed(&format!("a reset after {length} bytes of the upgrade")).await;
    }
    for frames in [text("40"), frame(0x01, "4"), frame(0x88, ""), frame(0xf1, "x"), text(r#"42["hang"]"#)] {
        let mut attacker = Attacker::joined(site.addr).await;
        attacker.raw.send(frames).await;
        attacker.raw.reset();
    }
    for packet in ["2probe", "5", "9", "1"] {
        let poller = Poller::open(site.addr).await;
        let mut raw = Raw::connect(site.addr).await;
        raw.send(request(&format!("GET {}", poller.websocket()), UPGRADE)).await;
        assert_eq!(raw.response().await.unwrap().status, 101);
        raw.send(text(packet)).await;
        raw.reset();
        poller.close().await;
    }
    site.is_unharmed("resets").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_costs_no_more_than_its_outbox() {
    const LIMIT: usize = 256 * 1024;
    let site = Site::with(|io| io.outbox_limit(LIMIT)).await;
    let attacker = Attacker::joined(site.addr).await;
    let blob = "x".repeat(10_000);
    let mut most = 0;
    // More than any kernel's buffers hold: the bystander is not in the room.
    let room = site.io.of::<Main>().fetch_sockets().await.into_iter().last().unwrap();
    let before = site.io.stats().refusals.outboxes;
    for _ in 0..3000 {
        site.io.of::<Main>().to(room.id.as_str()).emit().event("blob", (blob.clone(),));
        most = most.max(site.io.stats().outbox_bytes);
        tokio::task::yield_now().await;
    }
    assert!(most <= LIMIT + 20_000, "{most}");
    assert_eq!(site.io.stats().refusals.outboxes, before + 1);
    site.is_unharmed("a client that does not read").await;
    drop(attacker);
}
