//! Coming, being refused, going.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use sockeye::{
    client::{BuildError, Client, DisconnectReason, State, Transport},
    protocol::socket_io::Parser,
};

use crate::house::{Bot, House, Main, Room, Token, builder, soon};

#[tokio::test]
async fn it_connects_in_the_background_and_says_how_far_it_is() {
    let house = House::open().await;
    let bot = Bot::default();
    let client = house.builder().lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    assert_eq!((client.state(), client.id()), (State::Connecting, None));
    soon(client.connected()).await.unwrap();
    assert_eq!(client.state(), State::Connected { recovered: false });
    assert_eq!(bot.log.take(1).await, ["connected false"]);
    assert!(house.io.of::<Main>().socket(&client.id().unwrap()).is_some());
    client.disconnect();
    assert_eq!((client.state(), client.id()), (State::Closed(DisconnectReason::ClientDisconnect), None));
    assert_eq!(soon(client.closed()).await, DisconnectReason::ClientDisconnect);
    assert_eq!(bot.log.take(1).await, ["disconnected: io client disconnect"]);
    house.log.until("disconnected /: client namespace disconnect").await;
    client.connect();
    soon(client.connected()).await.unwrap();
    house.log.until("connected / ann").await;
}

#[tokio::test]
async fn over_each_transport_and_each_parser() {
    for parser in [Parser::Json, Parser::MessagePack] {
        let house = House::open_with(|builder| builder.parser(parser)).await;
        for transports in [
            vec![Transport::Polling],
            vec![Transport::WebSocket],
            vec![Transport::Polling, Transport::WebSocket],
        ] {
            let client =
                house.builder().transports(transports).parser(parser).connect(Bot::default()).unwrap();
            soon(client.connected()).await.unwrap();
            assert_eq!(soon(client.emit().shout("a")).await.unwrap(), "A");
            let turned = soon(client.emit().turn(Bytes::from_static(&[1, 2, 3]))).await.unwrap();
            assert_eq!(turned, [3, 2, 1][..]);
            assert!(soon(client.emit().ask_back()).await.unwrap());
        }
    }
}

#[tokio::test]
async fn a_refusal_has_message_and_data_and_is_not_tried_again() {
    let house = House::open().await;
    let bot = Bot::default();
    let client =
        house.builder().auth(Token::of("nobody")).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    let error = soon(client.connected()).await.unwrap_err();
    assert_eq!(
        (error.message(), error.data::<u32>().ok(), error.is_refusal()),
        ("not authorized", Some(7), true)
    );
    assert_eq!(client.state(), State::Closed(DisconnectReason::Refused));
    assert_eq!(bot.log.take(1).await, ["refused: not authorized"]);
    assert_eq!(house.log.take(1).await, ["auth nobody"]);
    // By hand it is.
    client.connect();
    soon(client.connected()).await.unwrap_err();
    assert_eq!(house.log.take(1).await, ["auth nobody"]);
}

#[tokio::test]
async fn auth_is_asked_for_at_each_connection() {
    let house = House::open().await;
    let asked = Arc::new(AtomicU32::new(0));
    let client = Client::<Main>::builder(house.url())
        .reconnection_delay(Duration::from_millis(10))
        .auth_with({
            let asked = Arc::clone(&asked);
            move || {
                let number = asked.fetch_add(1, Ordering::SeqCst);
                async move {
                    match number {
                        // The first is not to be had: the client tries again.
                        0 => Err(std::io::Error::other("no token")),
                        number => Ok(Token::of(&format!("t{number}"))),
                    }
                }
            }
        })
        .connect(Bot::default())
        .unwrap();
    soon(client.connected()).await.unwrap();
    house.log.until("connected / t1").await;
    house.io.of::<Main>().socket(&client.id().unwrap()).unwrap().disconnect_connection();
    let _ = soon(client.closed()).await;
    client.connect();
    soon(client.connected()).await.unwrap();
    house.log.until("connected / t2").await;
}

#[tokio::test]
async fn without_auto_connect_it_waits_to_be_told() {
    let house = House::open().await;
    let client = house.builder().auto_connect(false).connect(Bot::default()).unwrap();
    assert_eq!(client.state(), State::Closed(DisconnectReason::NotConnected));
    client.emit().note(1);
    client.connect();
    soon(client.connected()).await.unwrap();
    house.log.until("note 1").await;
}

#[tokio::test]
async fn the_server_puts_it_out_and_it_stays_out() {
    let house = House::open().await;
    let bot = Bot::default();
    let client = house.builder().lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    client.emit().leave();
    assert_eq!(soon(client.closed()).await, DisconnectReason::ServerDisconnect);
    assert_eq!(bot.log.take(2).await, ["connected false", "disconnected: io server disconnect"]);
    client.connect();
    soon(client.connected()).await.unwrap();
    assert_eq!(bot.log.take(1).await, ["connected false"]);
}

#[tokio::test]
async fn the_last_handle_says_good_bye() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    let mut watch = client.watch();
    let other = client.clone();
    drop(client);
    other.emit().note(5);
    drop(other);
    house.log.until("note 5").await;
    house.log.until("disconnected /: client namespace disconnect").await;
    let last = async {
        let mut last = watch.current();
        while let Some(state) = watch.changed().await {
            last = state;
        }
        last
    };
    assert_eq!(soon(last).await, State::Closed(DisconnectReason::ClientDisconnect));
}

#[tokio::test]
async fn what_was_emitted_before_the_connection_is_sent_even_if_the_client_is_dropped() {
    let house = House::open().await;
    let client = house.builder().connect(Bot::default()).unwrap();
    client.emit().note(1);
    client.emit().note(2);
    drop(client);
    house.log.until("note 1").await;
    house.log.until("note 2").await;
    house.log.until("disconnected /: client namespace disconnect").await;
}

#[tokio::test]
async fn mistakes_are_told_when_the_client_is_made() {
    let house = House::open().await;
    let wrong = |result: Result<Client<Main>, BuildError>| result.unwrap_err().to_string();
    assert!(wrong(builder("ftp://example.org").connect(Bot::default())).contains("ftp://example.org"));
    assert!(wrong(house.builder().header("a b", "c").connect(Bot::default())).contains("`header`"));
    assert!(wrong(house.builder().transports([]).connect(Bot::default())).contains("`transports`"));
    assert!(
        wrong(house.builder().randomization_factor(2.0).connect(Bot::default())).contains("randomization")
    );
    let room = builder::<Room>(&house.url()).connect(Bot::default());
    assert!(matches!(room, Err(BuildError::NoPath("/room-{id}"))));
    let room = builder::<Room>(&house.url()).at_path("/cellar").connect(Bot::default());
    assert!(matches!(room, Err(BuildError::Path(_))));
}

#[test]
fn without_a_runtime_there_is_no_client() {
    let client = builder::<Main>("http://127.0.0.1:9").connect(Bot::default());
    assert!(matches!(client, Err(BuildError::NoRuntime)));
}
