//! Sessions that begin on WebSocket, with tungstenite on the other side.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tungstenite::{Message as Ws, protocol::frame::coding::CloseCode};

use super::*;

type Client = WebSocketStream<DuplexStream>;

async fn next(client: &mut Client) -> Ws {
    client.next().await.unwrap().unwrap()
}

async fn send(client: &mut Client, message: &str) {
    client.send(Ws::text(message)).await.unwrap();
}

/// Reads on until the close frame; gives its code.
async fn close_code(client: &mut Client) -> Option<CloseCode> {
    loop {
        match client.next().await {
            Some(Ok(Ws::Close(frame))) => return frame.map(|frame| frame.code),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// Connected, with the OPEN packet read.
async fn open(fixture: &mut Fixture) -> (Client, Session) {
    let (mut client, session) = fixture.connect(64 * 1024).await;
    assert!(next(&mut client).await.to_text().unwrap().starts_with('0'));
    (client, session)
}

#[tokio::test(start_paused = true)]
async fn the_open_packet_comes_first_and_messages_follow_in_order() {
    let mut fixture = Fixture::new(Config::default());
    let (mut client, session) = fixture.connect(64 * 1024).await;
    for i in 0..200 {
        session.outbox().push(&packet(&i.to_string()), false).unwrap();
    }
    session.outbox().push(&Encoded::new(Frame::Binary(Bytes::from_static(&[1, 2]))), false).unwrap();
    let open = next(&mut client).await;
    assert_eq!(
        open.to_text().unwrap(),
        format!(
            r#"0{{"sid":"{}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}}"#,
            session.id().as_str()
        )
    );
    for i in 0..200 {
        assert_eq!(next(&mut client).await, Ws::text(format!("4{i}")));
    }
    assert_eq!(next(&mut client).await, Ws::binary(vec![1, 2]));
    assert_eq!(session.transport(), TransportKind::WebSocket);
}

#[tokio::test(start_paused = true)]
async fn text_and_bytes_are_echoed() {
    let mut fixture = Fixture::echo(Config::default());
    let (mut client, _) = open(&mut fixture).await;
    send(&mut client, "4hello").await;
    assert_eq!(next(&mut client).await, Ws::text("4hello"));
    client.send(Ws::binary(vec![7; 70_000])).await.unwrap();
    assert_eq!(next(&mut client).await, Ws::binary(vec![7; 70_000]));
    client.send(Ws::Ping(vec![1, 2].into())).await.unwrap();
    assert_eq!(next(&mut client).await, Ws::Pong(vec![1, 2].into()));
}

#[tokio::test(start_paused = true)]
async fn pings_go_out_after_one_interval_and_a_silent_peer_is_closed_in_time() {
    let mut fixture = Fixture::new(Config::default());
    let start = Instant::now();
    let (mut client, _) = open(&mut fixture).await;
    assert_eq!(next(&mut client).await, Ws::text("2"));
    assert_eq!(start.elapsed(), millis(25_000));
    tokio::time::sleep(millis(1000)).await;
    send(&mut client, "3").await;
    assert_eq!(next(&mut client).await, Ws::text("2"));
    assert_eq!(start.elapsed(), millis(51_000));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    assert_eq!(start.elapsed(), millis(71_000));
    assert_eq!(close_code(&mut client).await, Some(CloseCode::Normal));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_end_has_its_reason() {
    for (message, reason, code) in [
        (Ws::text("1"), CloseReason::TransportClose, CloseCode::Normal),
        (Ws::text("2"), CloseReason::TransportError, CloseCode::Normal),
        (Ws::text("abc"), CloseReason::ParseError, CloseCode::Normal),
        (Ws::text(""), CloseReason::ParseError, CloseCode::Normal),
        (Ws::text("b!!"), CloseReason::ParseError, CloseCode::Normal),
        (Ws::text("4".repeat(1001)), CloseReason::TransportError, CloseCode::Size),
        (Ws::binary(vec![0; 1001]), CloseReason::TransportError, CloseCode::Size),
    ] {
        let mut fixture = Fixture::new(Config { max_payload: 1000, ..Config::default() });
        let (mut client, session) = open(&mut fixture).await;
        client.send(message.clone()).await.unwrap();
        assert_eq!(fixture.seen().await, Seen::Closed(reason), "{message}");
        assert_eq!(fixture.engine.sessions(), 0);
        assert_eq!(close_code(&mut client).await, Some(code), "{message}");
        assert_eq!(session.outbox().push(&packet("late"), false), Err(PushError::Closed));
        fixture.is_gone().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_exactly_the_limit_is_taken() {
    let mut fixture = Fixture::new(Config { max_payload: 1000, ..Config::default() });
    let (mut client, _) = open(&mut fixture).await;
    send(&mut client, &"4".repeat(1000)).await;
    assert_eq!(fixture.seen().await, Seen::Message(text(&"4".repeat(999))));
}

#[tokio::test(start_paused = true)]
async fn a_broken_frame_is_answered_with_its_code() {
    let mut fixture = Fixture::new(Config::default());
    let (mut io, server) = tokio::io::duplex(4096);
    fixture.engine.open_websocket(server, HandshakeRequest::new("/")).unwrap();
    // A frame without mask.
    io.write_all(b"\x81\x014").await.unwrap();
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    let mut all = Vec::new();
    io.read_to_end(&mut all).await.unwrap();
    assert!(all.ends_with(&[0x88, 2, 0x03, 0xea]), "{all:?}");
    drop(io);
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_gets_its_close_back() {
    let mut fixture = Fixture::new(Config::default());
    let (mut client, _) = open(&mut fixture).await;
    let start = Instant::now();
    client.close(None).await.unwrap();
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    assert!(matches!(client.next().await, Some(Ok(Ws::Close(_)))));
    fixture.is_gone().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_a_transport_close() {
    let mut fixture = Fixture::new(Config::default());
    let (client, _) = open(&mut fixture).await;
    drop(client);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_closed_by_the_heartbeat() {
    let mut fixture = Fixture::new(Config::default());
    let start = Instant::now();
    let (client, session) = fixture.connect(1024).await;
    for _ in 0..100 {
        session.outbox().push(&packet(&"x".repeat(1000)), false).unwrap();
    }
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    assert_eq!(start.elapsed(), millis(45_000));
    // Nor is it waited for in the end.
    fixture.is_gone().await;
    assert_eq!(start.elapsed(), millis(45_000));
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn neither_is_one_with_which_both_sides_wait_for_each_other() {
    let mut fixture = Fixture::new(Config::default());
    let start = Instant::now();
    let (client, session) = fixture.connect(1024).await;
    fixture.behaviour.set_busy(true);
    for _ in 0..100 {
        session.outbox().push(&packet(&"x".repeat(1000)), false).unwrap();
    }
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    assert_eq!(start.elapsed(), millis(45_000));
    drop(client);
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_closes_the_peer() {
    let mut fixture = Fixture::new(Config { outbox_limit: 10_000, ..Config::default() });
    let (client, session) = fixture.connect(1024).await;
    let error = loop {
        if let Err(error) = session.outbox().push(&packet(&"x".repeat(1000)), false) {
            break error;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(error, PushError::Full);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::Overflow));
    fixture.is_gone().await;
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn while_the_application_is_busy_nothing_is_read_and_no_deadline_runs() {
    let mut fixture = Fixture::new(Config::default());
    let (mut client, _) = open(&mut fixture).await;
    fixture.behaviour.set_busy(true);
    send(&mut client, "4one").await;
    assert_eq!(next(&mut client).await, Ws::text("2"));
    send(&mut client, "3").await;
    tokio::time::sleep(millis(100_000)).await;
    assert!(fixture.seen.try_recv().is_err());
    fixture.behaviour.set_busy(false);
    assert_eq!(fixture.seen().await, Seen::Message(text("one")));
    assert_eq!(next(&mut client).await, Ws::text("2"));
}

#[tokio::test(start_paused = true)]
async fn a_close_flushes_what_is_queued() {
    let mut fixture = Fixture::new(Config::default());
    let (mut client, session) = open(&mut fixture).await;
    session.outbox().push(&packet("last"), false).unwrap();
    session.close(CloseReason::ForcedServerClose);
    session.close(CloseReason::ForcedClose);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ForcedServerClose));
    assert_eq!(next(&mut client).await, Ws::text("4last"));
    assert_eq!(close_code(&mut client).await, Some(CloseCode::Normal));
    let start = Instant::now();
    // Reading on, tungstenite answers the close.
    assert!(client.next().await.is_none());
    fixture.is_gone().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_close_waits_for_the_application_but_not_for_ever() {
    let mut fixture = Fixture::new(Config::default());
    let (client, _) = open(&mut fixture).await;
    fixture.behaviour.lingers.store(true, Ordering::Relaxed);
    let start = Instant::now();
    drop(client);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    assert_eq!(fixture.engine.sessions(), 0);
    fixture.is_gone().await;
    assert_eq!(start.elapsed(), Config::default().close_grace);
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_own_session_only_and_leaves_nothing_behind() {
    let mut fixture = Fixture::echo(Config::default());
    let (mut good, _) = open(&mut fixture).await;
    let (mut bad, _) = open(&mut fixture).await;
    assert_eq!(fixture.engine.sessions(), 2);
    send(&mut bad, "4panic").await;
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    assert!(close_code(&mut bad).await.is_none());
    tokio::task::yield_now().await;
    assert_eq!(fixture.engine.sessions(), 1);
    send(&mut good, "4still here").await;
    assert_eq!(next(&mut good).await, Ws::text("4still here"));
}

#[tokio::test(start_paused = true)]
async fn volatile_packets_are_dropped_while_a_write_is_blocked() {
    let mut fixture = Fixture::new(Config::default());
    let (mut client, session) = fixture.connect(512).await;
    session.outbox().push(&packet(&"x".repeat(2000)), true).unwrap();
    tokio::task::yield_now().await;
    assert_eq!(session.outbox().push(&packet("lost"), true), Err(PushError::Dropped));
    next(&mut client).await;
    next(&mut client).await;
    tokio::task::yield_now().await;
    session.outbox().push(&packet("there"), true).unwrap();
    assert_eq!(next(&mut client).await, Ws::text("4there"));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_tells_everybody_and_ends_what_does_not_end() {
    let mut fixture = Fixture::new(Config { close_grace: millis(60_000), ..Config::default() });
    let (mut client, session) = open(&mut fixture).await;
    session.outbox().push(&packet("last"), false).unwrap();
    fixture.behaviour.lingers.store(true, Ordering::Relaxed);
    let start = Instant::now();
    let engine = fixture.engine.clone();
    let shutdown = tokio::spawn(async move { engine.shutdown(millis(2000)).await });
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ServerShuttingDown));
    assert_eq!(next(&mut client).await, Ws::text("4last"));
    assert_eq!(close_code(&mut client).await, Some(CloseCode::Normal));
    let refused = fixture.engine.open_websocket(tokio::io::duplex(64).0, HandshakeRequest::new("/"));
    assert!(matches!(refused, Err(OpenError::ShuttingDown)));
    shutdown.await.unwrap();
    assert_eq!(start.elapsed(), millis(2000));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_sessions_than_allowed() {
    let mut fixture = Fixture::new(Config { max_sessions: Some(1), ..Config::default() });
    let (client, _) = open(&mut fixture).await;
    let refused = fixture.engine.open_websocket(tokio::io::duplex(64).0, HandshakeRequest::new("/"));
    assert!(matches!(refused, Err(OpenError::Full)));
    drop(client);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    open(&mut fixture).await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_messages_and_pings_leaves_others_their_turn() {
    let mut fixture = Fixture::echo(Config { outbox_limit: 1 << 24, ..Config::default() });
    let (mut client, _) = open(&mut fixture).await;
    let (mut other, _) = open(&mut fixture).await;
    for i in 0..5000 {
        client.feed(Ws::text(format!("4{i}"))).await.unwrap();
        client.feed(Ws::Ping(vec![1; 100].into())).await.unwrap();
        if i % 100 == 0 {
            client.flush().await.unwrap();
            while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, client.next()).await {}
            send(&mut other, "4x").await;
            assert_eq!(next(&mut other).await, Ws::text("4x"));
        }
    }
}
