//! Who watches events: middleware afterwards, and observers of the whole server.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use sockeye::{
    prelude::*,
    server::{EmittedEvent, EventOutcome, Observer, ReceivedEvent, Recipients, Refused},
    testing::TestClient,
};

use crate::stage::{App, Stage, Token, played_with};

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl Watch {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Middleware<Stage> for Watch {
    async fn event(&self, _: &Socket<Stage>, event: &IncomingEvent) -> Result<(), Refused> {
        if event.name() == "blocked" { Err(Refused::new("no")) } else { Ok(()) }
    }

    fn after(&self, _: &Socket<Stage>, event: &IncomingEvent, outcome: EventOutcome, took: Duration) {
        self.0.lock().push(format!("{} {outcome:?} {}", event.name(), took.as_millis()));
    }
}

impl Observer for Watch {
    fn received(&self, event: &ReceivedEvent<'_>) {
        self.0.lock().push(format!("in {} {}", event.namespace, event.event.name()));
    }

    fn emitted(&self, event: &EmittedEvent<'_>) {
        let to = match event.recipients {
            Recipients::Socket(_) => "one".to_owned(),
            Recipients::Many { rooms, except } => format!("{rooms:?} but {except:?}"),
            _ => String::new(),
        };
        self.0.lock().push(format!("out {} {to} {} {}", event.name, event.volatile, event.ack));
    }
}

#[derive(ClientToServer)]
enum Odd {
    #[event("half", ack = u32)]
    HalfText(String),
    Nonsense,
    Work(u64),
    Panic,
    Blocked,
    #[event(ack = u32)]
    Double(u32),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Odd, server_to_client = crate::stage::Push, auth = Token)]
struct OddStage;

#[tokio::test(start_paused = true)]
async fn middleware_learns_what_became_of_every_event_and_how_long_it_took() {
    let (app, _notes) = App::new();
    let watch = Watch::default();
    let io = Server::builder().namespace::<Stage>(app).middleware(watch.clone()).build();
    let client = TestClient::<OddStage>::connect(&io, Token { name: "ann".into() }).await.unwrap();
    client.emit().work(30);
    drop(client.emit().half_text("x"));
    client.emit().nonsense();
    client.emit().panic();
    client.emit().blocked();
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let expected = [
        "half DecodeFailed 0",
        "nonsense Unknown 0",
        "panic Panicked 0",
        "blocked Refused 0",
        "double Handled 0",
        "work Handled 30",
    ];
    assert_eq!(watch.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn observers_see_all_events_in_and_out() {
    let watch = Watch::default();
    let stage = played_with(|builder| builder.observe(watch.clone()));
    let client = stage.join("ann").await;
    client.emit().double(1).await.unwrap();
    let io = stage.io.of::<Stage>();
    let socket = io.socket(client.id()).unwrap();
    socket.emit().tick(1);
    drop(socket.volatile().emit().question("?"));
    io.to("a").except("b").volatile().emit().tick(2);
    drop(io.emit().question("?"));
    let expected = [
        "in / double",
        "out tick one false false",
        "out question one true true",
        "out tick [\"a\"] but [\"b\"] true false",
        "out question [] but [] false true",
    ];
    assert_eq!(watch.take(), expected);
}
