//! The options of events, as clients meet them: aliases, defaults, denied extras, optional handlers, guards.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use sockeye::{prelude::*, testing::TestClient};

/// What the server understands.
#[derive(ClientToServer)]
enum Ask {
    #[event("post", aliases("say"), ack = u32)]
    Post {
        text: String,
        #[arg(default = once)]
        times: u32,
    },
    #[event(deny_extra, ack = u32)]
    Exact(u32),
    #[event(optional, ack = Vec<u32>)]
    Unwritten(u32),
    Wait(#[arg(with = millis)] Duration),
    #[event(guard = Operator)]
    Kick(String),
    #[event(guard = Operator, ack = String, error = Why)]
    Ban(String),
    /// What a guard without `From<Refused>` does.
    #[event(guard = Operator, ack = u32, error = u32)]
    Count,
    Note(String),
}

fn once() -> u32 {
    1
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u128(value.as_millis())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Why {
    why: String,
}

impl From<Refused> for Why {
    fn from(refusal: Refused) -> Self {
        Self { why: refusal.message().to_owned() }
    }
}

#[derive(ServerToClient, Debug, PartialEq)]
enum Push {
    #[event("new", aliases("old"))]
    News(String),
}

/// The same server as an older and stricter client sees it.
#[derive(ClientToServer)]
enum Old {
    #[event(ack = u32)]
    Say(String),
    #[event(ack = u32)]
    Exact(u32, u32),
    #[event(ack = u32)]
    Post(String),
    Wait(u32),
}

#[derive(ServerToClient, Debug, PartialEq)]
enum OldPush {
    New(String),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Ask, server_to_client = Push, auth = Token, session = String)]
struct Stage;

#[derive(Namespace)]
#[namespace("/", client_to_server = Old, server_to_client = OldPush, auth = Token)]
struct OldStage;

#[derive(Namespace)]
#[namespace("/", client_to_server = Ask, server_to_client = Push, auth = Token, session = String, sequential)]
struct OneByOne;

#[derive(serde::Serialize, serde::Deserialize)]
struct Token {
    name: String,
}

fn token(name: &str) -> Token {
    Token { name: name.to_owned() }
}

struct Operator(String);

impl FromSocket<Stage> for Operator {
    async fn from_socket(socket: &Socket<Stage>) -> Result<Self, Refused> {
        prove(socket.session()).await
    }
}

impl FromSocket<OneByOne> for Operator {
    async fn from_socket(socket: &Socket<OneByOne>) -> Result<Self, Refused> {
        prove(socket.session()).await
    }
}

async fn prove(name: &str) -> Result<Operator, Refused> {
    match name {
        "slow" => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(Operator(name.to_owned()))
        }
        "bug" => panic!("the guard broke"),
        "root" => Ok(Operator(name.to_owned())),
        _ => Err(Refused::new("no operator")),
    }
}

#[derive(Default)]
struct App {
    notes: Mutex<Vec<String>>,
    answer: Mutex<Option<u32>>,
}

impl App {
    fn note(&self, note: impl Into<String>) {
        self.notes.lock().push(note.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock())
    }
}

impl<N: Namespace<Auth = Token, Session = String>> Lifecycle<N> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<String, ConnectError> {
        Ok(handshake.into_auth().name)
    }

    fn decode_failed(&self, _: &Socket<N>, error: &DecodeError) -> FailureAction {
        self.note(error.to_string());
        FailureAction::Ignore
    }

    fn unknown_event(&self, _: &Socket<N>, event: &IncomingEvent) -> FailureAction {
        self.note(format!("unknown {}", event.name()));
        FailureAction::Ignore
    }

    fn refused(&self, _: &Socket<N>, event: &IncomingEvent, refusal: &Refused) -> FailureAction {
        self.note(format!("{}: {refusal}", event.name()));
        self.answer.lock().map_or(FailureAction::Ignore, FailureAction::answer)
    }

    fn panicked(&self, _: &Socket<N>, panic: &Panic) {
        self.note(format!("{}: {}", panic.what(), panic.message()));
    }
}

impl<N: Namespace + sockeye::event::Receives<Ask>> AskHandler<N> for App {
    async fn post(&self, _: Socket<N>, text: String, times: u32) -> u32 {
        self.note(text.repeat(times as usize));
        times
    }

    async fn exact(&self, _: Socket<N>, n: u32) -> u32 {
        n
    }

    async fn wait(&self, _: Socket<N>, time: Duration) {
        self.note(format!("{time:?}"));
    }

    async fn kick(&self, _: Socket<N>, by: Operator, whom: String) {
        self.note(format!("{} kicks {whom}", by.0));
    }

    async fn ban(&self, _: Socket<N>, by: Operator, whom: String) -> Result<String, Why> {
        Ok(format!("{} bans {whom}", by.0))
    }

    async fn count(&self, _: Socket<N>, _: Operator) -> Result<u32, u32> {
        Ok(1)
    }

    async fn note(&self, _: Socket<N>, text: String) {
        self.note(text);
    }
}

fn staged() -> (Server, Arc<App>) {
    let app = Arc::new(App::default());
    (Server::builder().namespace::<Stage>(Arc::clone(&app)).build(), app)
}

async fn join(io: &Server, name: &str) -> TestClient<Stage> {
    TestClient::connect(io, token(name)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn aliases_are_received_and_never_emitted() {
    let (io, app) = staged();
    let mut old = TestClient::<OldStage>::connect(&io, token("ann")).await.unwrap();
    assert_eq!(old.emit().say("hi").await.unwrap(), 1);
    let mut new = join(&io, "bob").await;
    assert_eq!(new.emit().post("ho", 2).await.unwrap(), 2);
    assert_eq!(app.take(), ["hi", "hoho"]);
    io.of::<Stage>().emit().news("x");
    assert_eq!(old.next().await, Some(OldPush::New("x".into())));
    assert_eq!(new.next().await, Some(Push::News("x".into())));
}

#[tokio::test(start_paused = true)]
async fn defaults_optional_handlers_and_codecs_work_from_end_to_end() {
    let (io, app) = staged();
    let old = TestClient::<OldStage>::connect(&io, token("ann")).await.unwrap();
    assert_eq!(old.emit().post("once").await.unwrap(), 1);
    old.emit().wait(1500);
    let new = join(&io, "bob").await;
    assert_eq!(new.emit().unwritten(1).await.unwrap(), [0; 0]);
    new.emit().wait(Duration::from_millis(7));
    assert_eq!(new.emit().exact(3).await.unwrap(), 3);
    assert_eq!(app.take(), ["once", "1.5s", "7ms"]);
}

#[tokio::test(start_paused = true)]
async fn extra_arguments_are_refused_where_they_are_denied_and_the_event_is_named() {
    let (io, app) = staged();
    let old = TestClient::<OldStage>::connect(&io, token("ann")).await.unwrap();
    drop(old.emit().exact(1, 2));
    assert_eq!(old.emit().say("still here").await.unwrap(), 1);
    assert_eq!(app.take(), ["`exact`: 1 argument expected, but there are more", "still here"]);
}

#[tokio::test(start_paused = true)]
async fn a_guard_lets_through_or_refuses_and_the_application_decides() {
    let (io, app) = staged();
    let root = join(&io, "root").await;
    root.emit().kick("ann");
    assert_eq!(root.emit().ban("ann").await.unwrap(), "root bans ann");
    assert_eq!(app.take(), ["root kicks ann"]);

    let ann = join(&io, "ann").await;
    ann.emit().kick("root");
    // Its error is made from the refusal, and that is the answer.
    let Err(AckError::Refused(why)) = ann.emit().ban("root").await else { panic!("let through") };
    assert_eq!(why, Why { why: "no operator".into() });
    // One that cannot be made from it leaves the client without an answer, as a middleware does.
    let waited = tokio::time::timeout(Duration::from_secs(1), ann.emit().count()).await;
    assert!(waited.is_err());
    assert_eq!(app.take(), ["kick: no operator", "ban: no operator", "count: no operator"]);

    // The application's own answer comes first.
    *app.answer.lock() = Some(403);
    assert!(matches!(ann.emit().ban("root").await, Err(AckError::Decode(_))));
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_panics_costs_its_event_alone() {
    let (io, app) = staged();
    let bug = join(&io, "bug").await;
    bug.emit().kick("ann");
    assert_eq!(bug.emit().exact(1).await.unwrap(), 1);
    assert_eq!(app.take(), ["kick: the guard broke"]);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_waits_lets_others_pass_unless_the_namespace_is_sequential() {
    let (io, app) = staged();
    let slow = join(&io, "slow").await;
    slow.emit().kick("ann");
    slow.emit().note("after");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.take(), ["after", "slow kicks ann"]);

    let app = Arc::new(App::default());
    let io = Server::builder().namespace::<OneByOne>(Arc::clone(&app)).build();
    let slow = TestClient::<OneByOne>::connect(&io, token("slow")).await.unwrap();
    slow.emit().kick("ann");
    slow.emit().note("after");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.take(), ["slow kicks ann", "after"]);
}

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl Middleware<Stage> for Watch {
    fn after(&self, _: &Socket<Stage>, event: &IncomingEvent, outcome: EventOutcome, took: Duration) {
        self.0.lock().push(format!("{} {outcome:?} {}", event.name(), took.as_millis()));
    }
}

#[tokio::test(start_paused = true)]
async fn middleware_learns_that_a_guard_refused() {
    let (app, watch) = (Arc::new(App::default()), Watch::default());
    let io = Server::builder().namespace::<Stage>(Arc::clone(&app)).middleware(watch.clone()).build();
    let ann = join(&io, "ann").await;
    ann.emit().kick("root");
    assert!(matches!(ann.emit().ban("root").await, Err(AckError::Refused(_))));
    let slow = join(&io, "slow").await;
    assert_eq!(slow.emit().ban("ann").await.unwrap(), "slow bans ann");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*watch.0.lock(), ["kick Refused 0", "ban Refused 0", "ban Handled 50"]);
    assert_eq!(app.take(), ["kick: no operator", "ban: no operator"]);
}
