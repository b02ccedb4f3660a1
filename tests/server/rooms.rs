//! Rooms and targets.

use sockeye::{JoinError, testing::TestClient};

use crate::stage::{Push, Stage, played, played_with};

async fn said(client: &mut TestClient<Stage>) -> String {
    match client.next().await {
        Some(Push::Said { text }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn to_a_room_reaches_its_members_but_not_the_sender() {
    let stage = played();
    let (ann, mut bob, mut cid) = (stage.join("ann").await, stage.join("bob").await, stage.join("cid").await);
    for client in [&ann, &bob] {
        client.emit().join("r");
        client.emit().double(0).await.unwrap();
    }
    ann.emit().say("r", "hi");
    assert_eq!(said(&mut bob).await, "hi");
    stage.io.of::<Stage>().emit().said("all");
    assert_eq!(said(&mut cid).await, "all");
    assert_eq!(said(&mut bob).await, "all");
}

#[tokio::test(start_paused = true)]
async fn overlapping_rooms_give_one_copy_and_except_takes_away() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    let io = stage.io.of::<Stage>();
    io.join(["a", "b"]);
    io.to(ann.id()).join("c");
    io.to(["a", "b"]).to(ann.id()).emit().said("one");
    io.to("a").except("c").emit().said("not ann");
    io.emit().said("end");
    assert_eq!(said(&mut ann).await, "one");
    assert_eq!(said(&mut ann).await, "end");
    for expected in ["one", "not ann", "end"] {
        assert_eq!(said(&mut bob).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn joining_after_the_close_is_refused_and_leaves_nothing() {
    let stage = played();
    let ann = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(ann.id()).unwrap();
    drop(ann);
    socket.closed().await;
    stage.empty().await;
    assert_eq!(socket.join("r"), Err(JoinError::Closed));
    assert_eq!(stage.io.stats().rooms, 0);
}

#[tokio::test(start_paused = true)]
async fn rooms_of_a_socket_are_limited() {
    let stage = played_with(|builder| builder.max_rooms(2));
    let ann = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(ann.id()).unwrap();
    assert_eq!(socket.join(["a", "b", "c"]), Err(JoinError::TooMany));
    assert_eq!(socket.rooms().len(), 2);
    assert!(socket.is_in("a") && !socket.is_in("c"));
}

#[tokio::test(start_paused = true)]
async fn many_can_be_disconnected_at_once() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    stage.io.of::<Stage>().except(bob.id()).disconnect();
    assert!(ann.next().await.is_none());
    stage.io.of::<Stage>().disconnect_connections();
    assert!(bob.next().await.is_none());
    drop(ann);
    stage.empty().await;
}
