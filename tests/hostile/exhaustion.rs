//! Attacks that are legal one by one, and many.

use std::time::Duration;

use crate::{
    raw::{Raw, UPGRADE, frame, request, text},
    site::{Attacker, Main, Poller, Site},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrades_that_never_end_die_in_time_and_leave_their_sessions_alone() {
    let site = Site::with(|io| io.upgrade_timeout(Duration::from_millis(300))).await;
    let mut half_open = Vec::new();
    for round in 0..100 {
        let poller = Poller::open(site.addr).await;
        let mut raw = Raw::connect(site.addr).await;
        raw.send(request(&format!("GET {}", poller.websocket()), UPGRADE)).await;
        assert_eq!(raw.response().await.unwrap().status, 101);
        if round % 2 == 0 {
            raw.send(text("2probe")).await;
            assert_eq!(raw.frame().await.unwrap().1, b"3probe");
        }
        half_open.push((poller, raw));
    }
    for (mut poller, raw) in half_open {
        assert_eq!(Attacker { raw }.close_code().await, 1000);
        assert_eq!(poller.post("40").await, 200);
        assert!(poller.get().await.unwrap().contains("40{"));
        poller.close().await;
    }
    assert_eq!(site.io.stats().refusals.upgrades, 100);
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
