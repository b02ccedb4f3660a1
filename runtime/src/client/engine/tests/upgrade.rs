//! The upgrade, step by step: nothing is lost, the order is kept, and a failure costs nothing.

use std::time::Duration;

use super::peer::{self, Answer, Asked, OPEN, Peer, Socket, opening, options, settle, text};
use crate::{
    client::engine::{EngineOptions, OpenError, OpenErrorKind, Session, Transport},
    protocol::close::CloseReason,
};

/// A session whose upgrade has begun, with its first GET.
async fn upgrading(options: EngineOptions) -> (Peer, Session, Socket, Answer) {
    let (mut peer, session) = opening(options);
    peer.get().await.ok(OPEN);
    let session = session.await.unwrap().unwrap();
    let (mut socket, mut get) = (None, None);
    while socket.is_none() || get.is_none() {
        match peer.asked().await {
            Asked::Get(answer) => get = Some(answer),
            Asked::WebSocket(sender, _) => socket = Some(peer::accept(sender).await),
            Asked::Post(body, _) => panic!("a POST of {body}"),
        }
    }
    (peer, session, socket.unwrap(), get.unwrap())
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_end_first_and_what_waits_goes_over_the_new_transport() {
    let (mut peer, mut session, mut socket, get) = upgrading(options()).await;
    let outbox = session.outbox();
    assert_eq!(socket.text().await, "2probe");
    outbox.push(&text("1")).unwrap();
    let (body, post) = peer.post().await;
    assert_eq!(body, "41");
    socket.send("3probe").await;
    settle().await;
    outbox.push(&text("2")).unwrap();
    get.ok("4a\x1e4b");
    assert!(peer.asked_now().await.is_none(), "no request is begun");
    assert_eq!(session.transport(), Transport::Polling);
    assert!(!outbox.is_writable());
    post.ok("ok");
    assert_eq!(socket.text().await, "5");
    assert_eq!(socket.text().await, "42");
    assert_eq!(session.transport(), Transport::WebSocket);
    socket.send("4c").await;
    for expected in ["a", "b", "c"] {
        assert_eq!(peer::received(&mut session).await, expected);
    }
    outbox.push(&text("3")).unwrap();
    assert_eq!(socket.text().await, "43");
    assert!(peer.asked_now().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_has_taken_yet_stays_in_front_of_those_of_the_new_transport() {
    let (_peer, mut session, mut socket, get) =
        upgrading(EngineOptions { inbox_limit: 10, ..options() }).await;
    assert_eq!(socket.text().await, "2probe");
    get.ok("4long enough\x1e4b\x1e4c");
    socket.send("3probe").await;
    assert_eq!(socket.text().await, "5");
    socket.send("4d").await;
    settle().await;
    for expected in ["long enough", "b", "c", "d"] {
        assert_eq!(peer::received(&mut session).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_does_not_stop_the_upgrade() {
    let (mut peer, mut session, mut socket, get) =
        upgrading(EngineOptions { inbox_limit: 10, ..options() }).await;
    assert_eq!(socket.text().await, "2probe");
    get.ok("4long enough");
    assert!(peer.asked_now().await.is_none(), "no GET is begun while nobody takes what came");
    socket.send("3probe").await;
    assert_eq!(socket.text().await, "5");
    socket.send("4b").await;
    for expected in ["long enough", "b"] {
        assert_eq!(peer::received(&mut session).await, expected);
    }
}

/// The session goes on over polling.
async fn unharmed(peer: &mut Peer, session: &mut Session, get: Answer) {
    session.outbox().push(&text("still")).unwrap();
    let (body, answer) = peer.post().await;
    assert_eq!(body, "4still");
    answer.ok("ok");
    get.ok("4here");
    assert_eq!(peer::received(session).await, "here");
    assert_eq!(session.transport(), Transport::Polling);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_fails_costs_nothing() {
    // The server refuses.
    let (mut peer, session) = opening(options());
    peer.get().await.ok(OPEN);
    let mut session = session.await.unwrap().unwrap();
    let get = peer.get().await;
    let Asked::WebSocket(sender, _) = peer.asked().await else { panic!("the upgrade begins at once") };
    sender.send(Err(OpenError::new(OpenErrorKind::Io))).ok();
    unharmed(&mut peer, &mut session, get).await;

    // It answers the probe with something else.
    let (mut peer, mut session, mut socket, get) = upgrading(options()).await;
    assert_eq!(socket.text().await, "2probe");
    socket.send("3").await;
    unharmed(&mut peer, &mut session, get).await;

    // It closes instead.
    let (mut peer, mut session, socket, get) = upgrading(options()).await;
    drop(socket);
    unharmed(&mut peer, &mut session, get).await;

    // It closes after its probe, while the client waits for its requests.
    let (mut peer, mut session, mut socket, get) = upgrading(options()).await;
    assert_eq!(socket.text().await, "2probe");
    socket.send("3probe").await;
    settle().await;
    drop(socket);
    settle().await;
    unharmed(&mut peer, &mut session, get).await;
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_does_not_end_is_given_up_in_time() {
    for probed in [false, true] {
        let late = EngineOptions { upgrade_timeout: Duration::from_millis(300), ..options() };
        let (mut peer, mut session, mut socket, get) = upgrading(late).await;
        assert_eq!(socket.text().await, "2probe");
        if probed {
            socket.send("3probe").await;
        }
        assert!(peer::within(socket.next()).await.is_none());
        unharmed(&mut peer, &mut session, get).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_upgrade_is_begun_only_if_both_sides_want_it() {
    let unwanted = EngineOptions { upgrade: false, ..options() };
    let without = EngineOptions { transports: vec![Transport::Polling], ..options() };
    let not_offered = OPEN.replace("\"websocket\"", "\"webtransport\"");
    for (options, open) in [(unwanted, OPEN), (without, OPEN), (options(), not_offered.as_str())] {
        let (mut peer, session) = opening(options);
        peer.get().await.ok(open.to_owned());
        let _session = session.await.unwrap().unwrap();
        let _get = peer.get().await;
        assert!(peer.asked_now().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_and_ends_during_the_upgrade_count() {
    let (mut peer, mut session, mut socket, get) = upgrading(options()).await;
    assert_eq!(socket.text().await, "2probe");
    get.ok("2");
    let (mut get, mut pong) = (None, false);
    while get.is_none() || !pong {
        match peer.asked().await {
            Asked::Get(answer) => get = Some(answer),
            Asked::Post(body, answer) => {
                assert_eq!(body, "3");
                answer.ok("ok");
                pong = true;
            }
            Asked::WebSocket(..) => panic!("a second upgrade"),
        }
    }
    get.unwrap().ok("1");
    assert_eq!(peer::end(&mut session).await.reason, CloseReason::TransportClose);
    assert!(peer::within(socket.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_close_during_the_upgrade_goes_over_polling() {
    let (mut peer, session, mut socket, _get) = upgrading(options()).await;
    assert_eq!(socket.text().await, "2probe");
    socket.send("3probe").await;
    settle().await;
    session.outbox().push(&text("last")).unwrap();
    let closing = tokio::spawn(session.close(Duration::from_secs(5)));
    for expected in ["4last", "1"] {
        let (body, answer) = peer.post().await;
        assert_eq!(body, expected);
        answer.ok("ok");
    }
    peer::within(closing).await.unwrap();
    assert!(peer::within(socket.next()).await.is_none());
}
