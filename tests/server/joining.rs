//! Auth, refusals, sessions, data, middleware in front of a connection.

use sockeye::{middleware, prelude::*, testing::TestClient};

use crate::stage::{App, Note, Stage, Token, User, played};

#[tokio::test(start_paused = true)]
async fn auth_is_decoded_and_becomes_the_session() {
    let mut stage = played();
    let client = stage.join("ann").await;
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    assert_eq!(socket.session().name, "ann");
    assert_eq!(stage.io.stats().sockets, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_carries_message_and_data() {
    let stage = played();
    let refused = TestClient::<Stage>::connect(&stage.io, Token { name: "nobody".into() }).await.unwrap_err();
    assert_eq!(refused.message, "not you");
    assert_eq!(refused.data.unwrap().get(), r#"["go","away"]"#);
    assert_eq!(stage.io.stats().sockets, 0);
}

#[tokio::test(start_paused = true)]
async fn auth_of_another_shape_is_a_refusal_that_says_what_is_missing() {
    let stage = played();
    let refused = TestClient::<Stage>::connect(&stage.io, ()).await.unwrap_err();
    assert!(refused.message.contains("missing field `name`"), "{}", refused.message);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_connect_refuses_that_client_only() {
    let stage = played();
    let refused = TestClient::<Stage>::connect(&stage.io, Token { name: "bug".into() }).await.unwrap_err();
    assert_eq!(refused.message, "internal error");
    stage.join("ann").await;
}

#[derive(Namespace)]
#[namespace("/elsewhere")]
struct Elsewhere;

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_served_is_invalid() {
    let stage = played();
    let refused = TestClient::<Elsewhere>::connect(&stage.io, ()).await.unwrap_err();
    assert_eq!(refused.message, "Invalid namespace");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_while_connect_runs_never_was() {
    let mut stage = played();
    let joining = stage.join("late");
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), joining).await.is_err());
    stage.empty().await;
    let ann = stage.join("ann").await;
    drop(ann);
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
}

#[tokio::test(start_paused = true)]
async fn data_can_be_set_and_is_seen_by_fetch_sockets() {
    let stage = played();
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    assert_eq!(socket.data(), Vec::<u8>::new());
    socket.set_data(vec![1]);
    socket.update_data(|data| data.push(2));
    socket.join(["b", "a"]).unwrap();
    let found = stage.io.of::<Stage>().fetch_sockets().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].data, [1, 2]);
    assert_eq!(found[0].rooms.iter().map(Room::as_str).collect::<Vec<_>>(), ["a", "b"]);
}

#[derive(Clone)]
struct Stamp(u8);

#[tokio::test(start_paused = true)]
async fn middleware_runs_in_order_before_connect_and_may_refuse() {
    struct Reads;
    impl Lifecycle<Stage> for Reads {
        async fn connect(&self, handshake: Handshake<Token>) -> Result<User, ConnectError> {
            let Stamp(stamp) = handshake.extensions().get().cloned().unwrap();
            Ok(User { name: format!("{}{stamp}", handshake.auth().name) })
        }
    }
    impl sockeye::server::UntypedHandler<Loose> for Reads {
        async fn event(&self, _: Socket<Loose>, _: sockeye::server::UntypedEvent) {}
    }
    impl Lifecycle<Loose> for Reads {
        async fn connect(&self, _: Handshake<Token>) -> Result<User, ConnectError> {
            Err("never reached".into())
        }
    }
    #[derive(Namespace)]
    #[namespace("/loose", untyped, auth = Token, session = User)]
    struct Loose;

    let io = Server::builder()
        .namespace::<Loose>(Reads)
        .middleware(middleware::on_connect::<Loose, _>(|handshake| {
            handshake.extensions_mut().insert(Stamp(7));
            Ok(())
        }))
        .middleware(middleware::on_connect::<Loose, _>(|handshake| {
            let Some(Stamp(7)) = handshake.extensions().get() else { panic!("no stamp") };
            Err(ConnectError::new("stamped and refused"))
        }))
        .build();
    let refused = TestClient::<Loose>::connect(&io, Token { name: "x".into() }).await.unwrap_err();
    assert_eq!(refused.message, "stamped and refused");
    let _ = App::new;
}

#[tokio::test(start_paused = true)]
async fn never_is_a_time_that_all_options_take() {
    let never = std::time::Duration::MAX;
    let io = Server::builder()
        .ping_interval(never)
        .ping_timeout(never)
        .upgrade_timeout(never)
        .connect_timeout(never)
        .close_grace(never)
        .ack_timeout(never)
        .handshake_timeout(never)
        .namespace::<Endless>(Endless)
        .build();
    let client = TestClient::<Endless>::connect(&io, ()).await.unwrap();
    assert_eq!(io.stats().sockets, 1);
    drop(client);
    io.drain(never).await;
    assert_eq!(io.stats().sessions, 0);
}

#[derive(sockeye::Namespace, sockeye::Lifecycle)]
#[namespace("/")]
struct Endless;
