//! Connection state recovery.

use std::time::Duration;

use sockeye::{
    Parser,
    prelude::*,
    server::{Recovery, ServerBuilder},
    testing::TestClient,
};

use crate::stage::{Note, Played, Push, Stage, Token, played_with};

fn with_recovery(builder: ServerBuilder) -> ServerBuilder {
    builder.connection_state_recovery(Recovery::default().max_disconnection(Duration::from_secs(10)))
}

#[derive(serde::Serialize)]
struct Claim<'a> {
    name: &'a str,
    pid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<&'a str>,
}

/// Cuts a client off, waits until the server has noticed, and comes back with what it knew.
async fn back(stage: &Played, client: TestClient<Stage>) -> TestClient<Stage> {
    let (id, pid, offset) = (client.id().clone(), client.pid().unwrap().to_owned(), client.offset());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    client.cut();
    socket.closed().await;
    come(stage, &pid, offset.as_deref()).await
}

async fn come(stage: &Played, pid: &str, offset: Option<&str>) -> TestClient<Stage> {
    TestClient::connect(&stage.io, Claim { name: "ann", pid, offset }).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_cut_off_comes_back_as_the_same_socket() {
    let mut stage = played_with(with_recovery);
    let mut client = stage.join("ann").await;
    let io = stage.io.of::<Stage>();
    let socket = io.socket(client.id()).unwrap();
    socket.join(["a", "b"]).unwrap();
    socket.set_data(vec![7]);
    socket.emit().tick(0);
    assert_eq!(client.next().await, Some(Push::Tick(0)));
    let id = client.id().clone();
    let (pid, offset) = (client.pid().unwrap().to_owned(), client.offset());
    client.cut();
    socket.closed().await;
    io.emit().tick(1);
    io.to("elsewhere").emit().tick(99);
    io.to("a").emit().tick(2);
    io.except("b").emit().tick(99);
    io.volatile().emit().tick(99);
    socket.emit().tick(3);
    let mut client = come(&stage, &pid, offset.as_deref()).await;
    assert_eq!(*client.id(), id);
    let again = io.socket(&id).unwrap();
    assert!(again.recovered() && !socket.recovered());
    assert_eq!((again.session().name.as_str(), again.data()), ("ann", vec![7]));
    assert_eq!(again.rooms().iter().map(Room::as_str).collect::<Vec<_>>(), ["a", "b"]);
    io.to("b").emit().tick(4);
    for i in 1..=4 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
    assert_eq!(stage.io.stats().sockets, 1);
    drop(client);
    stage.empty().await;
    stage.note().await;
    let mut ends = 0;
    while let Ok(note) = stage.notes.try_recv() {
        ends += usize::from(matches!(note, Note::Disconnected { .. }));
    }
    assert_eq!(ends, 2);
}

#[tokio::test(start_paused = true)]
async fn one_that_never_got_an_event_misses_nothing() {
    let stage = played_with(with_recovery);
    let client = stage.join("ann").await;
    assert_eq!(client.offset(), None);
    let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    client.cut();
    socket.closed().await;
    socket.emit().tick(1);
    let mut client = come(&stage, &pid, None).await;
    assert_eq!(*client.id(), id);
    assert_eq!(client.next().await, Some(Push::Tick(1)));
}

#[tokio::test(start_paused = true)]
async fn one_that_was_idle_for_long_comes_back_all_the_same() {
    let stage = played_with(with_recovery);
    let mut client = stage.join("ann").await;
    let io = stage.io.of::<Stage>();
    io.emit().tick(1);
    assert_eq!(client.next().await, Some(Push::Tick(1)));
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        io.to("others").emit().tick(99);
    }
    let id = client.id().clone();
    let mut client = back(&stage, client).await;
    assert_eq!(*client.id(), id);
    io.emit().tick(2);
    assert_eq!(client.next().await, Some(Push::Tick(2)));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_claimed_once_and_not_too_late() {
    let stage = played_with(with_recovery);
    let client = stage.join("ann").await;
    let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    // Not while it is connected.
    assert_ne!(*come(&stage, &pid, None).await.id(), id);
    client.cut();
    socket.closed().await;
    let first = come(&stage, &pid, None).await;
    assert_eq!(*first.id(), id);
    assert_ne!(*come(&stage, &pid, None).await.id(), id);
    // The same secret serves for the next time.
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    first.cut();
    socket.closed().await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_ne!(*come(&stage, &pid, None).await.id(), id);
}

#[tokio::test(start_paused = true)]
async fn who_left_or_was_sent_away_does_not_come_back() {
    let stage = played_with(with_recovery);
    for leave in [true, false] {
        let client = stage.join("ann").await;
        let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
        let socket = stage.io.of::<Stage>().socket(&id).unwrap();
        if leave {
            client.disconnect()
        } else {
            socket.disconnect()
        }
        socket.closed().await;
        assert!(matches!(socket.try_emit().tick(0), Err(EmitError::Closed)));
        assert_ne!(*come(&stage, &pid, None).await.id(), id);
    }
}

#[tokio::test(start_paused = true)]
async fn too_much_to_keep_means_a_new_socket_not_a_gap() {
    let stage =
        played_with(|builder| builder.connection_state_recovery(Recovery::default().max_bytes(1_000)));
    let client = stage.join("ann").await;
    let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    client.cut();
    socket.closed().await;
    for i in 0..200 {
        stage.io.of::<Stage>().emit().tick(i);
    }
    assert_ne!(*come(&stage, &pid, None).await.id(), id);
}

#[tokio::test(start_paused = true)]
async fn the_event_that_was_too_much_for_a_slow_client_is_not_missing_when_it_comes_back() {
    let stage = played_with(|builder| with_recovery(builder).outbox_limit(120));
    let mut client = stage.join("ann").await;
    let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    socket.emit().tick(0);
    assert_eq!(client.next().await, Some(Push::Tick(0)));
    // The session's task does not run in between. Questions are not sent again, but they fill the outbox too.
    while socket.outbox().bytes + 40 < socket.outbox().limit {
        drop(socket.emit().question("what?"));
    }
    socket.emit().tick(1);
    socket.emit().tick(2);
    assert_eq!(socket.closed().await, CloseReason::Overflow);
    let mut client = come(&stage, &pid, client.offset().as_deref()).await;
    assert_eq!(*client.id(), id);
    for tick in 1..=2 {
        let next = tokio::time::timeout(Duration::from_secs(5), client.next()).await;
        assert_eq!(next, Ok(Some(Push::Tick(tick))));
    }
}

#[tokio::test(start_paused = true)]
async fn who_missed_more_than_may_wait_for_it_comes_as_a_new_one_at_once() {
    let stage = played_with(|builder| with_recovery(builder).outbox_limit(300));
    let client = stage.join("ann").await;
    let (id, pid) = (client.id().clone(), client.pid().unwrap().to_owned());
    let socket = stage.io.of::<Stage>().socket(&id).unwrap();
    client.cut();
    socket.closed().await;
    for i in 0..20 {
        stage.io.of::<Stage>().emit().tick(i);
        socket.emit().tick(i);
    }
    assert_ne!(*come(&stage, &pid, None).await.id(), id);
    assert_eq!(stage.io.stats().refusals.outboxes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn offsets_and_order_agree_under_threads() {
    let stage = played_with(with_recovery);
    let mut client = stage.join("ann").await;
    let emitters: Vec<_> = (0..4)
        .map(|thread| {
            let io = stage.io.clone();
            std::thread::spawn(move || {
                for i in 0..500 {
                    io.of::<Stage>().emit().tick(thread * 1_000 + i);
                }
            })
        })
        .collect();
    let mut last = [None; 4];
    let mut offset = String::new();
    for _ in 0..2_000 {
        let Some(Push::Tick(tick)) = client.next().await else { panic!("no tick") };
        let (thread, i) = ((tick / 1_000) as usize, tick % 1_000);
        assert!(last[thread].is_none_or(|last| last + 1 == i));
        last[thread] = Some(i);
        let now = client.offset().unwrap();
        assert!(now > offset, "{now} after {offset}");
        offset = now;
    }
    for emitter in emitters {
        emitter.join().unwrap();
    }
    let _: Option<Token> = None;
}

#[tokio::test(start_paused = true)]
async fn a_client_with_messagepack_comes_back_too() {
    let stage = played_with(|builder| with_recovery(builder).parser(Parser::MessagePack));
    let mut client = stage.join("ann").await;
    let (io, id) = (stage.io.of::<Stage>(), client.id().clone());
    io.emit().tick(0);
    assert_eq!(client.next().await, Some(Push::Tick(0)));
    // On its way when the client is cut off.
    io.emit().tick(1);
    let mut client = back(&stage, client).await;
    assert_eq!(*client.id(), id);
    assert!(io.socket(&id).unwrap().recovered());
    io.emit().tick(2);
    for i in 1..=2 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
}
