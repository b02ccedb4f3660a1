//! Events that are handled, and those that cannot be.

use sockeye::{
    CloseReason, middleware,
    prelude::*,
    server::{FailureAction, Refused},
    testing::TestClient,
};

use crate::stage::{App, Ask, Note, Push, Refusal, Stage, Token, User, played};

/// Events that the stage does not have, or has otherwise.
#[derive(ClientToServer)]
enum Wrong {
    #[event("double", ack = u32)]
    DoubleText(String),
    #[event("work")]
    WorkNothing,
    #[event(ack = u32)]
    Nonsense(u32),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Wrong, server_to_client = Push, auth = Token)]
struct WrongStage;

async fn wrong_client(io: &Server) -> TestClient<WrongStage> {
    TestClient::connect(io, Token { name: "eve".into() }).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_event_that_does_not_decode_names_event_and_argument_and_skips_its_handler() {
    let mut stage = played();
    let client = wrong_client(&stage.io).await;
    client.emit().work_nothing();
    stage.note().await;
    let Note::DecodeFailed(error) = stage.note().await else { panic!("decoded") };
    assert!(error.contains("`work`") && error.contains("missing"), "{error}");
    drop(client.emit().double_text("two"));
    let Note::DecodeFailed(error) = stage.note().await else { panic!("decoded") };
    assert!(error.contains("`double`") && error.contains("expected u32"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn decode_failed_may_answer_the_acknowledgement() {
    let stage = played();
    *stage.app.on_bad.lock() = || FailureAction::answer(404);
    let client = wrong_client(&stage.io).await;
    assert_eq!(client.emit().double_text("two").await.unwrap(), 404);
    assert_eq!(client.emit().nonsense(1).await.unwrap(), 404);
}

#[tokio::test(start_paused = true)]
async fn decode_failed_may_close_the_connection() {
    let mut stage = played();
    *stage.app.on_bad.lock() = || FailureAction::Close;
    let mut client = wrong_client(&stage.io).await;
    drop(client.emit().nonsense(1));
    assert!(client.next().await.is_none());
    stage.note().await;
    assert_eq!(stage.note().await, Note::Unknown("nonsense".into()));
    let expected = Note::Disconnected { name: "eve".into(), reason: CloseReason::ForcedClose, rooms: vec![] };
    assert_eq!(stage.note().await, expected);
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_panicking_handler_costs_nobody_anything() {
    let mut stage = played();
    let client = stage.join("ann").await;
    client.emit().panic();
    assert_eq!(client.emit().double(4).await.unwrap(), 8);
    stage.note().await;
    assert_eq!(stage.note().await, Note::Panicked("panic", "handler broke".into()));
    drop(client);
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn events_can_be_emitted_as_values() {
    let stage = played();
    let mut client = stage.join("ann").await;
    stage.io.of::<Stage>().emit_event(&Push::Tick(7));
    assert_eq!(client.next().await, Some(Push::Tick(7)));
    stage.io.of::<Stage>().socket(client.id()).unwrap().emit_event(&Push::Said { text: "x".into() });
    assert_eq!(client.next().await, Some(Push::Said { text: "x".into() }));
    let _: fn(u64) -> Ask = Ask::Work;
}

#[tokio::test(start_paused = true)]
async fn event_middleware_sees_every_event_and_may_refuse_it() {
    let (app, mut notes) = App::new();
    let io = Server::builder()
        .namespace::<Stage>(app)
        .middleware(middleware::on_event::<Stage, _>(|socket, event| {
            assert_eq!(socket.session().name, "ann");
            if event.name() == "blocked" { Err(Refused::new("no")) } else { Ok(()) }
        }))
        .build();
    let client = TestClient::<Stage>::connect(&io, Token { name: "ann".into() }).await.unwrap();
    client.emit().blocked();
    assert_eq!(client.emit().double(2).await.unwrap(), 4);
    assert_eq!(notes.recv().await, Some(Note::Connected("ann".into())));
    assert_eq!(notes.recv().await, Some(Note::Refused("blocked: no".into())));
    let _: Option<User> = None;
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_by_a_middleware_gets_the_events_own_error() {
    let (app, _notes) = App::new();
    *app.on_bad.lock() = || FailureAction::refuse(Refusal::Odd(7));
    let limit = RateLimit::by_event(std::time::Duration::from_secs(1)).event("half", 1);
    let io = Server::builder().namespace::<Stage>(app).middleware(limit).build();
    let client = TestClient::<Stage>::connect(&io, Token { name: "ann".into() }).await.unwrap();
    assert_eq!(client.emit().half(8).await.unwrap(), 4);
    let refused = client.emit().half(8).await;
    assert!(matches!(refused, Err(AckError::Refused(Refusal::Odd(7)))), "{refused:?}");
}

mod several {
    use sockeye::{prelude::*, testing::TestClient};

    #[derive(ClientToServer)]
    enum Lobby {
        Enter,
    }

    #[derive(ClientToServer)]
    enum Game {
        #[event(ack = u8)]
        Move(u8),
    }

    #[derive(ServerToClient)]
    enum LobbyPush {
        Entered,
    }

    #[derive(ServerToClient)]
    enum GamePush {
        Moved(u8),
        #[event(ack = bool)]
        Ready,
    }

    #[derive(Namespace)]
    #[namespace("/", client_to_server = [Lobby, Game], server_to_client = [LobbyPush, GamePush])]
    struct Both;

    struct App;

    impl Lifecycle<Both> for App {
        async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
            Ok(())
        }
    }

    impl LobbyHandler<Both> for App {
        async fn enter(&self, socket: Socket<Both>) {
            socket.emit_as::<LobbyPush>().entered();
        }
    }

    impl GameHandler<Both> for App {
        async fn r#move(&self, socket: Socket<Both>, to: u8) -> u8 {
            socket.everyone().emit_as::<GamePush>().moved(to);
            to
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_with_several_enums_emits_the_events_of_each_by_name() {
        let io = Server::builder().namespace::<Both>(App).build();
        let mut client = TestClient::<Both>::connect(&io, ()).await.unwrap();
        client.emit_as::<Lobby>().enter();
        assert!(matches!(client.next_as::<LobbyPush>().await, Some((LobbyPush::Entered, None))));
        assert_eq!(client.emit_as::<Game>().r#move(3).await.unwrap(), 3);
        assert!(matches!(client.next_as::<GamePush>().await, Some((GamePush::Moved(3), None))));
        let socket = io.of::<Both>().socket(client.id()).unwrap();
        let answer = socket.emit_as::<GamePush>().ready();
        let Some((GamePush::Ready, Some(reply))) = client.next_as().await else { panic!("another event") };
        reply.send(&true);
        assert!(answer.await.unwrap());
    }
}
