//! Several namespaces on one connection.

use sockeye::client::{
    AnyNamespace, BuildError, Client, Manager, State, UntypedClientEvent, UntypedClientHandler,
};

use crate::house::{Bot, House, Log, Main, Other, Room, Token, builder, soon};

#[tokio::test]
async fn namespaces_share_a_connection_and_go_alone() {
    let house = House::open().await;
    let main = house.builder().connect(Bot::default()).unwrap();
    let other = main.manager().namespace::<Other>().auth(Token::of("bob")).connect(Bot::default()).unwrap();
    soon(main.connected()).await.unwrap();
    soon(other.connected()).await.unwrap();
    assert_eq!(soon(other.emit().shout("b")).await.unwrap(), "B");
    let again = main.manager().namespace::<Main>().connect(Bot::default());
    assert!(matches!(again, Err(BuildError::NamespaceTaken(path)) if path == "/"));
    // Both sit on one session of the server.
    let sockets = (house.io.of::<Main>().sockets(), house.io.of::<Other>().sockets());
    assert!(std::ptr::eq(sockets.0[0].handshake(), sockets.1[0].handshake()));
    main.emit().leave();
    soon(main.closed()).await;
    assert!(other.state().is_connected());
    assert_eq!(soon(other.emit().shout("c")).await.unwrap(), "C");
    other.disconnect();
    assert!(other.state().is_closed());
    soon(sockets.1[0].closed()).await;
}

#[tokio::test]
async fn a_refused_namespace_leaves_the_others_alone() {
    let house = House::open().await;
    let manager = Manager::builder(house.url()).build().unwrap();
    let refused = manager.namespace::<Other>().auth(Token::of("nobody")).connect(Bot::default()).unwrap();
    let main = manager.namespace::<Main>().auth(Token::of("ann")).connect(Bot::default()).unwrap();
    soon(main.connected()).await.unwrap();
    assert!(soon(refused.connected()).await.unwrap_err().is_refusal());
    assert_eq!(soon(main.emit().shout("a")).await.unwrap(), "A");
}

#[tokio::test]
async fn auth_that_does_not_come_holds_up_nobody_else() {
    let house = House::open().await;
    let manager = Manager::builder(house.url()).build().unwrap();
    let waiting = manager
        .namespace::<Other>()
        .auth_with(std::future::pending::<Result<Token, std::io::Error>>)
        .connect(Bot::default())
        .unwrap();
    let main = manager.namespace::<Main>().auth(Token::of("ann")).connect(Bot::default()).unwrap();
    soon(main.connected()).await.unwrap();
    assert_eq!(soon(main.emit().shout("a")).await.unwrap(), "A");
    assert_eq!(waiting.state(), State::Connecting);
}

#[tokio::test]
async fn a_client_that_left_while_it_was_let_in_comes_back() {
    let house = House::open().await;
    let manager = Manager::builder(house.url()).build().unwrap();
    let main = manager.namespace::<Main>().auth(Token::of("ann")).connect(Bot::default()).unwrap();
    soon(main.connected()).await.unwrap();
    let other = manager.namespace::<Other>().auth(Token::of("bob")).connect(Bot::default()).unwrap();
    for _ in 0..50 {
        other.disconnect();
        tokio::task::yield_now().await;
        other.connect();
        tokio::task::yield_now().await;
    }
    soon(other.connected()).await.unwrap();
    assert_eq!(soon(other.emit().shout("b")).await.unwrap(), "B");
    assert!(main.state().is_connected());
    assert_eq!(soon(main.emit().shout("a")).await.unwrap(), "A");
}

#[tokio::test]
async fn a_dynamic_namespace_is_named() {
    let house = House::open().await;
    let room = builder::<Room>(&house.url()).at(Room { id: 7 }).connect(Bot::default()).unwrap();
    soon(room.connected()).await.unwrap();
    assert_eq!(room.namespace(), "/room-7");
    house.log.until("connected /room-7 ann").await;
}

struct Print(Log);

impl UntypedClientHandler<AnyNamespace> for Print {
    async fn event(&self, _: Client<AnyNamespace>, event: UntypedClientEvent) {
        self.0.add(format!("{} {}", event.name, event.args.len()));
        if let Some(ack) = event.ack {
            ack.send((true,)).unwrap();
            assert!(ack.send((true,)).is_err());
        }
    }
}

#[tokio::test]
async fn an_untyped_client_needs_no_enums() {
    let house = House::open().await;
    let log = Log::default();
    let client = Client::<AnyNamespace>::builder(house.url())
        .at_path("other")
        .auth(serde_json::json!({ "name": "ann" }))
        .connect(Print(log.clone()))
        .unwrap();
    soon(client.connected()).await.unwrap();
    let answer = soon(client.emit().event_with_ack("shout", ("hi",))).await.unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"[{"ok":true,"value":"HI"}]"#);
    let answer = soon(client.emit().event_with_ack("askBack", ())).await.unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap(), "[true]");
    log.until("stillThere 1").await;
}
