//! Answers, both ways and to broadcasts.

use std::time::Duration;

use sockeye::AckError;

use crate::stage::{Push, Refusal, Stage, played, played_with};

#[tokio::test(start_paused = true)]
async fn a_handler_answers_with_its_return_value_or_its_error() {
    let stage = played();
    let client = stage.join("ann").await;
    assert_eq!(client.emit().double(21).await.unwrap(), 42);
    assert_eq!(client.emit().half(8).await.unwrap(), 4);
    let Err(AckError::Refused(refusal)) = client.emit().half(7).await else { panic!("not refused") };
    assert_eq!(refusal, Refusal::Odd(7));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_a_time_out_and_is_forgotten() {
    let stage = played();
    let mut client = stage.join("ann").await;
    let before = tokio::time::Instant::now();
    let asked = client.emit().query(300);
    assert_eq!(asked.await.unwrap(), "no answer came in time");
    assert_eq!(before.elapsed().as_millis(), 300);
    // The late answer changes nothing.
    let (_, reply) = client.next_with_reply().await.unwrap();
    reply.unwrap().send("late");
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_default_time_out_is_twenty_seconds() {
    let stage = played();
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    let before = tokio::time::Instant::now();
    assert!(matches!(socket.emit().question("?").await, Err(AckError::Timeout)));
    assert_eq!(before.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn outstanding_answers_fail_at_once_when_the_socket_closes() {
    let stage = played();
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    let asked = socket.emit().question("?");
    let before = tokio::time::Instant::now();
    client.cut();
    assert!(matches!(asked.await, Err(AckError::Disconnected)));
    assert!(before.elapsed() < Duration::from_secs(1));
    assert!(matches!(socket.emit().question("?").await, Err(AckError::Disconnected)));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_frees_its_place() {
    let stage = played_with(|builder| builder.max_acks(1));
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    for _ in 0..10 {
        drop(socket.try_emit().question("?").unwrap());
    }
    let held = socket.try_emit().question("?").unwrap();
    assert!(matches!(socket.try_emit().question("?"), Err(sockeye::EmitError::TooManyAcks)));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_gathers_the_answers_and_tells_who_did_not_answer() {
    let stage = played();
    let mut clients = Vec::new();
    for name in ["a", "b", "c"] {
        clients.push(stage.join(name).await);
    }
    let mut answers = stage.io.of::<Stage>().timeout(Duration::from_secs(1)).emit().question("who?");
    for client in &mut clients[..2] {
        let (question, reply) = client.next_with_reply().await.unwrap();
        assert_eq!(question, Push::Question("who?".into()));
        reply.unwrap().send(client.id().as_str());
        let item = answers.next().await.unwrap();
        assert_eq!(item.socket.as_ref(), Some(client.id()));
        assert_eq!(item.answer.unwrap(), client.id().as_str());
    }
    let before = tokio::time::Instant::now();
    let item = answers.next().await.unwrap();
    assert_eq!(item.socket.as_ref(), Some(clients[2].id()));
    assert!(matches!(item.answer, Err(AckError::Timeout)));
    assert_eq!(before.elapsed(), Duration::from_secs(1));
    assert!(answers.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_does_not_wait_for_those_who_left() {
    let stage = played();
    let client = stage.join("a").await;
    let answers = stage.io.of::<Stage>().emit().question("who?");
    let before = tokio::time::Instant::now();
    client.cut();
    let answers = answers.collect().await;
    assert_eq!((answers.complete, answers.values.len()), (false, 0));
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_to_nobody_is_complete_at_once() {
    let stage = played();
    let answers = stage.io.of::<Stage>().to("empty").emit().question("?").collect().await;
    assert!(answers.complete && answers.values.is_empty());
}
