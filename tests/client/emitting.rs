//! Events and answers, both ways.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sockeye::{AckError, EmitError};

use crate::house::{Bot, House, Refusal, soon};

#[tokio::test]
async fn answers_are_typed_and_so_are_refusals() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    assert_eq!(soon(client.emit().shout("hello")).await.unwrap(), "HELLO");
    let refused = soon(client.emit().shout("")).await;
    assert!(matches!(refused, Err(AckError::Refused(Refusal::Empty))));
}

#[tokio::test]
async fn the_server_asks_and_the_handler_asks_back() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    assert!(soon(client.emit().ask_back()).await.unwrap());
}

#[tokio::test]
async fn events_come_in_order() {
    let house = House::open().await;
    let bot = Bot::default();
    let client = house.builder().connect(bot.clone()).unwrap();
    client.emit().count(3000);
    let numbers = bot.log.take(3000).await;
    assert!(numbers.iter().enumerate().all(|(at, entry)| *entry == format!("number {at}")));
}

#[tokio::test]
async fn ten_thousand_answers_in_flight() {
    let house = House::open().await;
    let client =
        house.builder().buffer_bytes(64 << 20).outbox_bytes(64 << 20).connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    let answers = (0..10_000).map(|number| {
        let answer = client.emit().shout(format!("a{number}"));
        async move { answer.await.unwrap() == format!("A{number}") }
    });
    assert!(soon(join_all(answers)).await.into_iter().all(|right| right));
}

#[tokio::test]
async fn an_answer_that_does_not_come_times_out() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    let begun = Instant::now();
    let answer = soon(client.timeout(Duration::from_millis(50)).emit().wait()).await;
    assert!(matches!(answer, Err(AckError::Timeout)) && begun.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn an_answer_that_cannot_come_any_more_fails_at_once() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    let answer = client.emit().wait();
    house.log.until("wait").await;
    client.disconnect();
    assert!(matches!(soon(answer).await, Err(AckError::Disconnected)));
}

#[tokio::test]
async fn what_is_emitted_before_the_connection_comes_in_order_and_what_is_volatile_does_not() {
    let house = House::open().await;
    let client = house.builder().auto_connect(false).connect(Bot::default()).unwrap();
    for number in 0..50 {
        client.emit().note(number);
        client.volatile().emit().note(1000);
    }
    client.connect();
    house.log.until("connected / ann").await;
    let notes = house.log.take(50).await;
    assert!(notes.iter().enumerate().all(|(at, entry)| *entry == format!("note {at}")), "{notes:?}");
}

#[tokio::test]
async fn a_full_buffer_is_an_error_to_the_caller() {
    let house = House::open().await;
    let client = house.builder().auto_connect(false).buffer_bytes(1000).connect(Bot::default()).unwrap();
    let results: Vec<_> = (0..100).map(|number| client.try_emit().note(number)).collect();
    assert!(results[0].is_ok() && matches!(results[99], Err(EmitError::Full)));
    assert!(matches!(client.emit().shout("x").await, Err(AckError::Emit(EmitError::Full))));
}
