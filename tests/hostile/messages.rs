//! Limits on what a session sends and is sent, each gone over on polling, on WebSocket, and by polling while a WebSocket probes. On a WebSocket
//! that probes only `2probe` and `5` mean anything: what that one may send is in `limits.rs`.

use std::time::Duration;

use sockeye::{
    engine::Refusals,
    prelude::*,
    server::{Open, ServerBuilder},
};

use crate::{
    peer::{On, Peer},
    site::{MAX_PAYLOAD, Main, Site},
};

type Builder = ServerBuilder<Open<Main>>;

/// What becomes of the session.
enum Outcome {
    /// It is closed.
    Closes,
    /// It goes on.
    Lives,
    /// It gets this, and goes on.
    Answers(&'static str),
}
use Outcome::{Answers, Closes, Lives};

struct Case {
    option: &'static str,
    set: fn(Builder) -> Builder,
    packets: Vec<String>,
    outcome: Outcome,
    counter: fn(Refusals) -> u64,
    /// How often it counts.
    by: u64,
}

fn cases() -> Vec<Case> {
    let texts = |packets: &[&str]| packets.iter().map(|&packet| packet.to_owned()).collect::<Vec<_>>();
    let big = format!(r#"42["nobody","{}"]"#, "x".repeat(600));
    vec![
        Case {
            option: "no option: packets that are none",
            set: |io| io,
            packets: texts(&["48"]),
            outcome: Closes,
            counter: |refusals| refusals.packets,
            by: 1,
        },
        Case {
            option: "max_attachments",
            set: |io| io.max_attachments(2),
            packets: texts(&[r#"453-["x"]"#]),
            outcome: Closes,
            counter: |refusals| refusals.attachments,
            by: 1,
        },
        Case {
            option: "max_packet_bytes",
            set: |io| io.max_packet_bytes(500),
            packets: vec![big.clone()],
            outcome: Closes,
            counter: |refusals| refusals.attachments,
            by: 1,
        },
        Case {
            option: "max_namespaces",
            set: |io| io.max_namespaces(2),
            packets: texts(&["40/dyn-1,", "40/dyn-2,"]),
            outcome: Answers("44/dyn-2,{"),
            counter: |refusals| refusals.namespaces,
            by: 1,
        },
        Case {
            option: "max_rooms",
            set: |io| io.max_rooms(7),
            packets: texts(&[r#"42["rooms"]"#]),
            outcome: Answers(r#"42["joined",7]"#),
            counter: |refusals| refusals.rooms,
            by: 93,
        },
        Case {
            option: "max_acks",
            set: |io| io.max_acks(100),
            packets: texts(&[r#"42["questions"]"#]),
            outcome: Lives,
            counter: |refusals| refusals.acks,
            by: 9_900,
        },
        // The event that goes over the limit is taken; the next is not read until the handler is through.
        Case {
            option: "max_handlers and max_backlog",
            set: |io| io.max_handlers(1).max_backlog(1000),
            packets: vec![r#"42["pause"]"#.to_owned(), big.clone(), big.clone(), big.clone(), big],
            outcome: Lives,
            counter: |refusals| refusals.backlogs,
            by: 1,
        },
        Case {
            option: "outbox_limit",
            set: |io| io.outbox_limit(64 * 1024),
            packets: texts(&[r#"42["flood"]"#]),
            outcome: Closes,
            counter: |refusals| refusals.outboxes,
            by: 1,
        },
        Case {
            option: "a middleware that limits the rate",
            set: |io| io.middleware(RateLimit::per_second(1000).event("limited", 1)),
            packets: texts(&[r#"421["limited"]"#, r#"422["limited"]"#]),
            outcome: Answers("432["),
            counter: |refusals| (refusals.rate_limited + refusals.events) / 2,
            by: 1,
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_past_a_limit_are_refused_and_counted_on_every_transport() {
    for case in cases() {
        let site = Site::with(case.set).await;
        for on in On::ALL {
            let name = format!("{} on {on:?}", case.option);
            let count = || (case.counter)(site.io.stats().refusals);
            let before = count();
            let packets: Vec<_> = case.packets.iter().map(String::as_str).collect();
            let mut peer = Peer::joined(site.addr, on).await;
            peer.push(&packets).await;
            if let Peer::Polling { poller, .. } = &mut peer {
                assert_eq!(poller.posts.response().await.unwrap().status, 200, "{name}");
            }
            match case.outcome {
                Closes => peer.ends().await,
                Lives => peer.lives().await,
                Answers(start) => {
                    peer.answers(start).await;
                    peer.lives().await;
                }
            }
            site.is_unharmed(&name).await;
            assert_eq!(count() - before, case.by, "{name}");
        }
    }
}

/// Bodies are as limited while a WebSocket probes; there the message that is too long costs the upgrade, not the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_past_the_limit_are_refused_on_every_transport() {
    let site = Site::new().await;
    let long = "x".repeat(MAX_PAYLOAD + 1);
    for (index, on) in On::ALL.into_iter().enumerate() {
        let mut peer = Peer::joined(site.addr, on).await;
        let status = peer.send(&[&long]).await;
        match peer {
            Peer::WebSocket(mut attacker) => assert_eq!(attacker.close_code().await, 1009),
            // The connection may be reset before its answer is read.
            _ => {
                assert!([0, 413].contains(&status), "{status}");
                peer.lives().await;
            }
        }
        site.is_unharmed(&format!("a long message on {on:?}")).await;
        assert_eq!(site.io.stats().refusals.payloads, index as u64 + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_nothing_in_time_is_closed_on_every_transport() {
    let site = Site::with(|io| io.connect_timeout(Duration::from_secs(2))).await;
    let addr = site.addr;
    let idle = |on| async move { Peer::open(addr, on).await.ends().await };
    tokio::join!(idle(On::Polling), idle(On::WebSocket), idle(On::Upgrade));
    site.is_unharmed("peers that join nothing").await;
    assert_eq!(site.io.stats().refusals.late_connects, 3);
}
