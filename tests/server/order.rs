//! What starts when, and how many at once.

use std::{sync::Arc, sync::atomic::Ordering};

use tokio::sync::Notify;

use crate::stage::{Note, Push, played, played_with};

#[tokio::test(start_paused = true)]
async fn connected_ends_before_the_first_handler_starts() {
    let mut stage = played();
    let gate = Arc::new(Notify::new());
    *stage.app.gate.lock() = Some(gate.clone());
    let client = stage.join("ann").await;
    client.emit().work(0);
    client.emit().work(1);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(stage.notes.is_empty());
    gate.notify_one();
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
    assert_eq!(stage.note().await, Note::Started(0));
}

#[tokio::test(start_paused = true)]
async fn handlers_start_in_order_and_overlap_where_they_wait() {
    let mut stage = played();
    let client = stage.join("ann").await;
    for millis in [30, 10, 20] {
        client.emit().work(millis);
    }
    stage.note().await;
    let expected = [30, 10, 20].map(Note::Started).into_iter().chain([10, 20, 30].map(Note::Ended));
    for note in expected {
        assert_eq!(stage.note().await, note);
    }
}

#[tokio::test(start_paused = true)]
async fn later_events_wait_when_enough_handlers_run_and_none_is_lost() {
    let mut stage = played_with(|builder| builder.max_handlers(4));
    let client = stage.join("ann").await;
    for _ in 0..50 {
        client.emit().work(10);
    }
    // Not behind the events: the acknowledgement of a question asked meanwhile.
    stage.note().await;
    let (mut started, mut ended) = (0, 0);
    while ended < 50 {
        match stage.note().await {
            Note::Started(_) => started += 1,
            Note::Ended(_) => ended += 1,
            note => panic!("{note:?}"),
        }
    }
    assert_eq!((started, stage.app.most_running.load(Ordering::SeqCst)), (50, 4));
}

#[tokio::test(start_paused = true)]
async fn with_the_backlog_full_reading_stops_and_the_peer_is_not_taken_for_dead() {
    let mut stage = played_with(|builder| builder.max_handlers(1).max_backlog(1000));
    let client = stage.join("ann").await;
    // The handlers take far longer than a pong may.
    for _ in 0..40 {
        client.emit().work(5_000);
    }
    stage.note().await;
    for _ in 0..40 {
        assert_eq!(stage.note().await, Note::Started(5_000));
        assert_eq!(stage.note().await, Note::Ended(5_000));
    }
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn emits_arrive_in_the_order_of_the_calls() {
    let stage = played();
    let mut client = stage.join("ann").await;
    client.emit().burst(1_000);
    for i in 0..1_000 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_do_not_wait_behind_events() {
    let stage = played_with(|builder| builder.max_handlers(1));
    let mut client = stage.join("ann").await;
    let asked = client.emit().query(1_000);
    client.emit().work(10);
    client.emit().work(10);
    let (question, reply) = client.next_with_reply().await.unwrap();
    assert_eq!(question, Push::Question("well?".into()));
    reply.unwrap().send("fine");
    assert_eq!(asked.await.unwrap(), "fine");
}

#[tokio::test(start_paused = true)]
async fn the_test_client_reads_while_it_writes() {
    let stage = played_with(|builder| builder.outbox_limit(20_000));
    let client = stage.join("ann").await;
    // More each way than the stream and the outbox hold.
    let answers: Vec<_> = (0..20_000).map(|n| client.emit().double(n)).collect();
    for (n, answer) in (0u32..).zip(answers) {
        assert_eq!(answer.await.unwrap(), 2 * n);
    }
}
