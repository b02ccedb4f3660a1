//! How sessions end: by the server, by the network, by the owner.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;
use tungstenite::{Message as WsMessage, protocol::CloseFrame};

use super::peer::{self, Asked, end, options, settle, text};
use crate::{
    client::engine::{EngineOptions, PushError},
    protocol::{
        close::CloseReason,
        frame::{Encoded, Frame},
    },
};

#[tokio::test(start_paused = true)]
async fn ends_of_a_websocket_have_javascripts_reasons() {
    let (socket, mut session) = peer::websocket(options()).await;
    drop(socket);
    assert_eq!(end(&mut session).await.reason, CloseReason::TransportClose);

    let (mut socket, mut session) = peer::websocket(options()).await;
    let frame = CloseFrame { code: 1009.into(), reason: "".into() };
    socket.0.close(Some(frame)).await.unwrap();
    assert_eq!(end(&mut session).await.reason, CloseReason::TransportClose);
    assert!(matches!(socket.next().await, Some(WsMessage::Close(_))), "the close is answered");

    let (mut socket, mut session) = peer::websocket(options()).await;
    socket.send("4last").await;
    socket.send("1").await;
    assert_eq!(peer::received(&mut session).await, "last");
    for _ in 0..2 {
        assert_eq!(session.recv().await.unwrap_err().reason, CloseReason::TransportClose);
    }
    assert_eq!(session.outbox().push(&text("x")), Err(PushError::Closed));

    for bad in ["", "x", "b*"] {
        let (mut socket, mut session) = peer::websocket(options()).await;
        socket.send(bad).await;
        let closed = end(&mut session).await;
        assert_eq!(closed.reason, CloseReason::TransportError, "{bad:?}");
        assert!(closed.cause.is_some());
    }

    let (mut socket, mut session) = peer::websocket(EngineOptions { max_message: 200, ..options() }).await;
    socket.send(&"4".repeat(201)).await;
    assert_eq!(end(&mut session).await.reason, CloseReason::TransportError);
}

#[tokio::test(start_paused = true)]
async fn ends_of_polling_have_javascripts_reasons() {
    let (mut peer, mut session) = peer::polling(options()).await;
    peer.get().await.ok("4last\x1e1");
    assert_eq!(peer::received(&mut session).await, "last");
    assert_eq!(end(&mut session).await.reason, CloseReason::TransportClose);

    for (status, body) in
        [(400, r#"{"code":1,"message":"Session ID unknown"}"#), (200, ""), (200, "4a\x1e"), (302, "")]
    {
        let (mut peer, mut session) = peer::polling(options()).await;
        peer.get().await.with(status, body);
        let closed = end(&mut session).await;
        assert_eq!(closed.reason, CloseReason::TransportError, "{body}");
        assert!(closed.cause.is_some());
    }

    let (mut peer, mut session) = peer::polling(options()).await;
    let _get = peer.get().await;
    session.outbox().push(&text("x")).unwrap();
    peer.post().await.1.with(413, "");
    assert_eq!(end(&mut session).await.reason, CloseReason::TransportError);
}

#[tokio::test(start_paused = true)]
async fn a_post_that_is_not_answered_is_given_up_in_time() {
    let (mut peer, mut session) = peer::polling(options()).await;
    session.outbox().push(&text("x")).unwrap();
    let start = Instant::now();
    let mut posts = Vec::new();
    let closed = loop {
        tokio::select! {
            biased;
            closed = end(&mut session) => break closed,
            asked = peer.asked() => match asked {
                Asked::Get(get) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    get.ok("2");
                }
                Asked::Post(_, answer) => posts.push(answer),
                Asked::WebSocket(..) => panic!("no upgrade is wanted"),
            },
        }
    };
    assert_eq!((closed.reason, posts.len()), (CloseReason::TransportError, 1));
    assert_eq!(closed.cause.unwrap().to_string(), "the server did not answer in time");
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn one_get_and_one_post_at_a_time_and_what_waits_is_gathered() {
    let (mut peer, session) = peer::polling(options()).await;
    let get = peer.get().await;
    let outbox = session.outbox();
    assert!(outbox.is_writable());
    outbox.push(&text("a")).unwrap();
    let (body, answer) = peer.post().await;
    assert_eq!(body, "4a");
    assert!(!outbox.is_writable());
    outbox.push(&text("b")).unwrap();
    outbox.push(&Encoded::new(Frame::Binary(vec![1, 2, 3].into()))).unwrap();
    outbox.push(&text(&"c".repeat(991))).unwrap();
    assert!(peer.asked_now().await.is_none());
    answer.ok("ok");
    let (body, answer) = peer.post().await;
    assert_eq!(body, "4b\x1ebAQID", "the server takes 1000 bytes");
    answer.ok("ok");
    let (body, answer) = peer.post().await;
    assert_eq!(body.len(), 992);
    answer.ok("ok");
    settle().await;
    assert!(outbox.is_writable() && outbox.pending_bytes() == 0);
    assert!(peer.asked_now().await.is_none() && !get.is_given_up());
}

#[tokio::test(start_paused = true)]
async fn a_close_flushes_and_tells_the_server() {
    let (mut socket, session) = peer::websocket(options()).await;
    let outbox = session.outbox();
    for n in 0..2000 {
        outbox.push(&text(&n.to_string())).unwrap();
    }
    let closing = tokio::spawn(session.close(Duration::from_secs(5)));
    for n in 0..2000 {
        assert_eq!(socket.text().await, format!("4{n}"));
    }
    assert!(matches!(socket.next().await, Some(WsMessage::Close(_))));
    assert!(socket.next().await.is_none());
    let start = Instant::now();
    peer::within(closing).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(outbox.push(&text("x")), Err(PushError::Closed));

    let (mut peer, session) = peer::polling(options()).await;
    let get = peer.get().await;
    session.outbox().push(&text("last")).unwrap();
    let closing = tokio::spawn(session.close(Duration::from_secs(5)));
    let (body, answer) = peer.post().await;
    assert_eq!(body, "4last");
    answer.ok("ok");
    let (body, answer) = peer.post().await;
    assert_eq!(body, "1");
    assert!(!get.is_given_up(), "a GET that is given up would end the session before");
    answer.ok("ok");
    peer::within(closing).await.unwrap();
    assert!(get.is_given_up());
}

#[tokio::test(start_paused = true)]
async fn a_close_takes_no_longer_than_it_may() {
    let (_socket, session) = peer::websocket(options()).await;
    session.outbox().push(&Encoded::new(Frame::Binary(vec![0; 100_000].into()))).unwrap();
    let start = Instant::now();
    session.close(Duration::from_millis(100)).await;
    assert_eq!(start.elapsed(), Duration::from_millis(100));

    let (_peer, session) = peer::polling(options()).await;
    let start = Instant::now();
    session.close(Duration::from_millis(100)).await;
    assert_eq!(start.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_close_that_nobody_waits_for_goes_on() {
    let (mut socket, session) = peer::websocket(options()).await;
    session.outbox().push(&text("last")).unwrap();
    let mut closing = Box::pin(session.close(Duration::from_secs(5)));
    assert_eq!(closing.as_mut().now_or_never(), None);
    drop(closing);
    assert_eq!(socket.text().await, "4last");
    assert!(matches!(socket.next().await, Some(WsMessage::Close(_))));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_leaves_nothing() {
    let (mut peer, session) = peer::polling(options()).await;
    let get = peer.get().await;
    let outbox = session.outbox();
    let room = {
        let outbox = session.outbox();
        tokio::spawn(async move { outbox.room(usize::MAX).await })
    };
    outbox.push(&text("x")).unwrap();
    let (_, post) = peer.post().await;
    settle().await;
    drop(session);
    settle().await;
    assert!(get.is_given_up() && post.is_given_up());
    assert_eq!((outbox.push(&text("y")), outbox.pending_bytes()), (Err(PushError::Closed), 0));
    assert!(matches!(room.await.unwrap(), Ok(()) | Err(PushError::Closed)));
}
