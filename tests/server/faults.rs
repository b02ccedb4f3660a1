//! What goes wrong in the application, in numbers: panics by the call they were in, refusals of guards, arguments that do not decode.

use std::{panic::panic_any, time::Duration};

use metrics_util::debugging::DebuggingRecorder;
use serde::{Deserialize, Serialize};
use sockeye::{
    Parser,
    prelude::*,
    server::Refused,
    testing::{TestClient, TestNode},
};

use crate::numbers::Numbers;

#[derive(ClientToServer)]
enum Ask {
    #[event(guard = Pass, ack = u32)]
    Enter(u32),
    #[event(ack = u32)]
    Sum(u32, u32),
    Blow,
}

#[derive(ServerToServer)]
enum Cluster {
    Burst,
    #[event(ack = u8)]
    Fine,
}

#[derive(Serialize, Deserialize)]
struct Token {
    name: String,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Ask, server_to_server = Cluster, auth = Token, session = String)]
struct Mine;

/// The same place, for clients that take its events to be others.
#[derive(ClientToServer)]
enum Other {
    Sum(String),
    Enter(String),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Other, auth = Token)]
struct Elsewhere;

struct Pass;

impl FromSocket<Mine> for Pass {
    async fn from_socket(socket: &Socket<Mine>) -> Result<Self, Refused> {
        // Later than the middleware.
        tokio::task::yield_now().await;
        match socket.session().as_str() {
            "ann" => Ok(Self),
            "broken guard" => panic_any("guard"),
            _ => Err(Refused::new("no pass")),
        }
    }
}

#[derive(Clone)]
struct App;

impl Lifecycle<Mine> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<String, ConnectError> {
        Ok(handshake.into_auth().name)
    }

    async fn connected(&self, socket: Socket<Mine>) {
        assert_ne!(socket.session(), "broken start");
    }

    async fn disconnected(&self, socket: Socket<Mine>, _: CloseReason) {
        assert_ne!(socket.session(), "broken end");
    }
}

impl AskHandler<Mine> for App {
    async fn enter(&self, _: Socket<Mine>, _: Pass, n: u32) -> u32 {
        n
    }

    async fn sum(&self, _: Socket<Mine>, a: u32, b: u32) -> u32 {
        a + b
    }

    async fn blow(&self, _: Socket<Mine>) {
        panic_any(7);
    }
}

impl ClusterHandler<Mine> for App {
    async fn burst(&self, _: Broadcast<Mine>) {
        panic_any("node");
    }

    async fn fine(&self, _: Broadcast<Mine>) -> u8 {
        1
    }
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn token(name: &str) -> Token {
    Token { name: name.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_application_are_counted_by_the_call_and_the_event() {
    for parser in [Parser::Json, Parser::MessagePack] {
        let recorder = DebuggingRecorder::new();
        let installed = metrics::set_default_local_recorder(&recorder);
        let mut numbers = Numbers::new(&recorder);
        let io = Server::builder().parser(parser).namespace::<Mine>(App).build();
        let join = |name| TestClient::<Mine>::connect(&io, token(name));

        // Guards: one lets in, one refuses, one breaks.
        let ann = join("ann").await.unwrap();
        assert_eq!(ann.emit().enter(7).await.unwrap(), 7);
        let (eve, broken) = (join("eve").await.unwrap(), join("broken guard").await.unwrap());
        drop(eve.emit().enter(1));
        drop(eve.emit().enter(2));
        drop(broken.emit().enter(3));
        settle().await;
        numbers.are(&[
            (r#"events_received_total{event="enter",namespace="/"}"#, 4.0),
            (r#"event_refusals_total{by="guard",event="enter",namespace="/"}"#, 2.0),
            (r#"event_refusals_total{by="middleware",event="enter",namespace="/"}"#, 0.0),
            (r#"panics_total{call="event",namespace="/"}"#, 1.0),
            (r#"refusals_total{cause="events"}"#, 2.0),
        ]);
        let durations = r#"sockeye_event_duration_seconds{event="enter",namespace="/"}"#;
        assert_eq!(numbers.durations[durations].len(), 2, "only what ran, or broke, has a duration");

        // What does not decode is counted for its event, before its guard is asked.
        let odd = TestClient::<Elsewhere>::connect(&io, token("odd")).await.unwrap();
        odd.emit().sum("one");
        odd.emit().sum("two");
        odd.emit().enter("x");
        settle().await;
        numbers.are(&[
            (r#"decode_errors_total{event="sum",namespace="/"}"#, 2.0),
            (r#"decode_errors_total{event="enter",namespace="/"}"#, 1.0),
            (r#"decode_errors_total{event="unknown",namespace="/"}"#, 0.0),
            (r#"event_refusals_total{by="guard",event="enter",namespace="/"}"#, 2.0),
        ]);

        // Panics, with a payload of any type, and the socket's life goes on or ends as it would.
        ann.emit().blow();
        let start = join("broken start").await.unwrap();
        assert_eq!(start.emit().sum(1, 2).await.unwrap(), 3);
        let end = join("broken end").await.unwrap();
        end.disconnect();
        let other = TestNode::<Mine>::new(&io);
        other.emit().burst();
        assert_eq!(other.emit().fine().await.unwrap(), 1);
        settle().await;
        numbers.are(&[
            (r#"panics_total{call="event",namespace="/"}"#, 2.0),
            (r#"panics_total{call="connected",namespace="/"}"#, 1.0),
            (r#"panics_total{call="disconnected",namespace="/"}"#, 1.0),
            (r#"panics_total{call="node",namespace="/"}"#, 1.0),
            (r#"sockets{namespace="/"}"#, 5.0),
            (r#"disconnects_total{namespace="/",reason="client namespace disconnect"}"#, 1.0),
        ]);
        assert_eq!(io.stats().sockets, 5);

        drop((ann, eve, broken, odd, start, end, other));
        settle().await;
        io.shutdown(Duration::from_secs(1)).await;
        drop(io);
        drop(installed);
        numbers.are(&[(r#"sockets{namespace="/"}"#, 0.0), (r#"acks_outstanding{namespace="/"}"#, 0.0)]);
    }
}
