//! Events taken one by one.

use sockeye::client::{AnyNamespace, Client};

use crate::house::{House, Main, Push, soon};

#[tokio::test]
async fn events_are_pulled_in_order_until_the_client_is_closed() {
    let house = House::open().await;
    let mut events = house.builder().pull().unwrap();
    events.emit().count(100);
    for number in 0..100 {
        assert_eq!(soon(events.next()).await, Some(Push::Number(number)));
    }
    house.io.of::<Main>().emit().said("last");
    house.io.of::<Main>().disconnect();
    soon(events.closed()).await;
    assert_eq!(soon(events.next()).await, Some(Push::Said { text: "last".to_owned() }));
    assert_eq!(soon(events.next()).await, None);
    events.connect();
    events.emit().count(1);
    assert_eq!(soon(events.next()).await, Some(Push::Number(0)));
}

#[tokio::test]
async fn a_pulled_event_is_answered_by_hand() {
    let house = House::open().await;
    let mut events = house.builder().pull().unwrap();
    let answer = events.emit().ask_back();
    let (event, reply) = soon(events.next_with_reply()).await.unwrap();
    assert!(event == Push::StillThere { since: 7 } && reply.is_wanted());
    reply.value(&true);
    assert!(soon(answer).await.unwrap());
}

#[tokio::test]
async fn untyped_events_are_pulled_too() {
    let house = House::open().await;
    let mut events = Client::<AnyNamespace>::builder(house.url())
        .auth(serde_json::json!({ "name": "ann" }))
        .pull()
        .unwrap();
    soon(events.connected()).await.unwrap();
    let answer = events.emit().event_with_ack("askBack", ());
    let event = soon(events.next()).await.unwrap();
    assert_eq!(event.name, "stillThere");
    event.ack.unwrap().send((true,)).unwrap();
    assert_eq!(soon(answer).await.unwrap().len(), 1);
}
