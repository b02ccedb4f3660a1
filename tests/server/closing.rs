//! Ends: reasons, exactly one `disconnected`, nothing left behind.

use std::time::Duration;

use sockeye::{CloseReason, EmitError};

use crate::stage::{Note, Played, Push, Stage, played, played_with};

async fn disconnected(stage: &mut Played, expected: CloseReason) {
    loop {
        if let Note::Disconnected { reason, .. } = stage.note().await {
            assert_eq!(reason, expected);
            break;
        }
    }
    stage.empty().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    while let Ok(note) = stage.notes.try_recv() {
        assert!(!matches!(note, Note::Disconnected { .. }), "disconnected twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves() {
    let mut stage = played();
    let client = stage.join("ann").await;
    client.disconnect();
    loop {
        if let Note::Disconnected { reason, .. } = stage.note().await {
            assert_eq!(reason, CloseReason::ClientDisconnect);
            break;
        }
    }
    // The connection lives on until it is dropped.
    assert_eq!((stage.io.stats().sessions, stage.io.stats().sockets), (1, 0));
    drop(client);
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_transport_ends() {
    let mut stage = played();
    let client = stage.join("ann").await;
    client.emit().join("r");
    client.emit().double(0).await.unwrap();
    client.cut();
    stage.note().await;
    let expected = Note::Disconnected {
        name: "ann".into(),
        reason: CloseReason::TransportClose,
        rooms: vec!["r".into()],
    };
    assert_eq!(stage.note().await, expected);
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_the_server_disconnects() {
    let mut stage = played();
    let mut client = stage.join("ann").await;
    client.emit().burst(3);
    client.emit().kick(false);
    for i in 0..3 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
    assert_eq!(client.next().await, None);
    drop(client);
    disconnected(&mut stage, CloseReason::ServerDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_the_server_closes() {
    let mut stage = played();
    let mut client = stage.join("ann").await;
    client.emit().kick(true);
    assert_eq!(client.next().await, None);
    disconnected(&mut stage, CloseReason::ServerDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_that_run_when_a_socket_closes_are_finished() {
    let mut stage = played();
    let client = stage.join("ann").await;
    client.emit().work(1_000);
    client.emit().double(0).await.unwrap();
    client.cut();
    stage.note().await;
    assert_eq!(stage.note().await, Note::Started(1_000));
    assert!(matches!(stage.note().await, Note::Disconnected { .. }));
    assert_eq!(stage.note().await, Note::Ended(1_000));
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn handlers_that_outlive_the_grace_period_are_dropped() {
    let mut stage = played_with(|builder| builder.close_grace(Duration::from_millis(500)));
    let client = stage.join("ann").await;
    client.emit().work(60_000);
    client.emit().double(0).await.unwrap();
    client.cut();
    stage.note().await;
    assert_eq!(stage.note().await, Note::Started(60_000));
    assert!(matches!(stage.note().await, Note::Disconnected { .. }));
    assert_eq!(stage.note().await, Note::Dropped(60_000));
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_tells_every_socket_and_ends() {
    let mut stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    let io = stage.io.clone();
    io.shutdown(Duration::from_secs(3)).await;
    assert!(ann.next().await.is_none() && bob.next().await.is_none());
    let mut reasons = Vec::new();
    while let Ok(note) = stage.notes.try_recv() {
        if let Note::Disconnected { reason, .. } = note {
            reasons.push(reason);
        }
    }
    assert_eq!(reasons, [CloseReason::ServerShuttingDown; 2]);
    assert_eq!((stage.io.stats().sessions, stage.io.stats().sockets), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn shutdown_does_not_wait_for_a_handler_that_hangs() {
    let stage = played();
    let client = stage.join("ann").await;
    drop(client.emit().hang());
    client.emit().double(0).await.unwrap();
    let before = tokio::time::Instant::now();
    stage.io.shutdown(Duration::from_secs(2)).await;
    assert!(before.elapsed() <= Duration::from_secs(3));
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_closed_and_costs_no_more_than_its_outbox() {
    let mut stage = played_with(|builder| builder.outbox_limit(10_000));
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    // The test client reads always; so this fills the outbox within one turn of its task.
    let mut sent = 0;
    while socket.try_emit().tick(sent).is_ok() {
        sent += 1;
    }
    // Who asks is told; the peer is left alone.
    assert!(matches!(socket.try_emit().tick(sent), Err(EmitError::Full)));
    assert!(socket.outbox().bytes <= 10_000);
    // Who does not ask does not wait: the peer is too slow.
    socket.emit().tick(sent);
    assert!(matches!(socket.try_emit().tick(sent), Err(EmitError::Closed)));
    disconnected(&mut stage, CloseReason::Overflow).await;
}

#[tokio::test(start_paused = true)]
async fn reserving_room_sends_any_amount_without_closing() {
    let stage = played_with(|builder| builder.outbox_limit(1_000));
    let mut client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    let sending = tokio::spawn(async move {
        for i in 0..10_000 {
            socket.reserve().await.unwrap().emit().tick(i).unwrap();
        }
    });
    for i in 0..10_000 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
    sending.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_socket_spawned_ends_with_it() {
    let stage = played();
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    let (alive, ended) = tokio::sync::oneshot::channel::<()>();
    socket.spawn(async move {
        let _alive = alive;
        std::future::pending::<()>().await;
    });
    client.cut();
    assert!(ended.await.is_err());
    assert_eq!(socket.closed().await, CloseReason::TransportClose);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_joins_nothing_is_closed() {
    let stage = played_with(|builder| builder.connect_timeout(Duration::from_secs(2)));
    let mut client = stage.join("ann").await;
    // Joined in time: lives on.
    tokio::time::sleep(Duration::from_secs(10)).await;
    client.emit().burst(1);
    assert_eq!(client.next().await, Some(Push::Tick(0)));
    let _ = stage.io.of::<Stage>();
}
