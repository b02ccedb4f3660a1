//! Heartbeats: answered by the session alone, and missed.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tungstenite::Message as WsMessage;

use super::peer::{self, end, options, settle, text};
use crate::{
    client::engine::EngineOptions,
    protocol::{
        close::CloseReason,
        frame::{Encoded, Frame},
    },
};

#[tokio::test(start_paused = true)]
async fn pings_are_answered_while_nobody_receives() {
    let (mut socket, session) = peer::websocket(options()).await;
    for _ in 0..10 {
        sleep(Duration::from_millis(490)).await;
        socket.send("2").await;
        socket.send("4unread").await;
        assert_eq!(socket.text().await, "3");
    }
    drop(session);
    assert!(socket.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_by_a_post_of_their_own() {
    let (mut peer, _session) = peer::polling(options()).await;
    for _ in 0..3 {
        let get = peer.get().await;
        sleep(Duration::from_millis(400)).await;
        get.ok("2");
        let next = peer.asked().await;
        let (body, answer) = match next {
            peer::Asked::Post(body, answer) => (body, answer),
            // The next GET may be the first of the two.
            peer::Asked::Get(get) => {
                let post = peer.post().await;
                assert_eq!(post.0, "3");
                post.1.ok("ok");
                get.ok("6");
                continue;
            }
            peer::Asked::WebSocket(..) => panic!("no upgrade is wanted"),
        };
        assert_eq!(body, "3");
        answer.ok("ok");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_dead_after_interval_and_timeout() {
    let (_socket, mut session) = peer::websocket(options()).await;
    let start = Instant::now();
    assert_eq!(end(&mut session).await.reason, CloseReason::PingTimeout);
    assert_eq!(start.elapsed(), Duration::from_millis(500));

    let (mut peer, mut session) = peer::polling(options()).await;
    let start = Instant::now();
    let get = peer.get().await;
    assert_eq!(end(&mut session).await.reason, CloseReason::PingTimeout);
    assert_eq!(start.elapsed(), Duration::from_millis(500));
    assert!(get.is_given_up());
}

#[tokio::test(start_paused = true)]
async fn a_blocked_write_does_not_stop_the_deadline() {
    let (mut socket, mut session) = peer::websocket(options()).await;
    let outbox = session.outbox();
    outbox.push(&Encoded::new(Frame::Binary(vec![0; 100_000].into()))).unwrap();
    settle().await;
    assert!(!outbox.is_writable());
    let start = Instant::now();
    assert_eq!(end(&mut session).await.reason, CloseReason::PingTimeout);
    assert_eq!(start.elapsed(), Duration::from_millis(500));
    assert!(!matches!(socket.next().await, Some(WsMessage::Binary(_))));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_pings_but_takes_nothing_is_given_up() {
    let (mut socket, mut session) = peer::websocket(options()).await;
    session.outbox().push(&Encoded::new(Frame::Binary(vec![0; 100_000].into()))).unwrap();
    let start = Instant::now();
    let pings = async {
        loop {
            sleep(Duration::from_millis(250)).await;
            socket.send("2").await;
        }
    };
    let closed = tokio::select! {
        closed = end(&mut session) => closed,
        () = pings => unreachable!(),
    };
    assert_eq!(closed.reason, CloseReason::TransportError);
    assert_eq!(closed.cause.unwrap().to_string(), "the server takes nothing that is sent");
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_stands_still_while_nobody_makes_room() {
    let (mut socket, mut session) = peer::websocket(EngineOptions { inbox_limit: 10, ..options() }).await;
    socket.send("4a long message").await;
    socket.send("4second").await;
    settle().await;
    sleep(Duration::from_secs(60)).await;
    assert_eq!(peer::received(&mut session).await, "a long message");
    assert_eq!(peer::received(&mut session).await, "second");
    settle().await;
    let start = Instant::now();
    socket.send("2").await;
    assert_eq!(socket.text().await, "3");
    assert_eq!(end(&mut session).await.reason, CloseReason::PingTimeout);
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_that_takes_a_little_is_waited_for() {
    let (mut socket, session) = peer::websocket(options()).await;
    let outbox = session.outbox();
    outbox.push(&Encoded::new(Frame::Binary(vec![7; 20_000].into()))).unwrap();
    outbox.push(&text("after")).unwrap();
    // 1 kB is taken each 100 ms: 2 s in all.
    let inner = socket.0.get_mut();
    let mut taken = 0;
    for _ in 0..19 {
        use tokio::io::AsyncReadExt;
        sleep(Duration::from_millis(200)).await;
        let mut buf = [0; 1000];
        taken += inner.read_exact(&mut buf).await.unwrap();
        if taken % 2000 == 0 {
            use tokio::io::AsyncWriteExt;
            // A ping, by hand: the frames of what comes in are not read here.
            inner.write_all(&[0x81, 1, b'2']).await.unwrap();
        }
    }
    assert!(taken > 18_000 && !outbox.is_writable());
}
