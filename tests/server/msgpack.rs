//! The same application with packets in MessagePack: nothing above the parser notices.

use bytes::Bytes;
use sockeye::{
    AckError, Parser,
    event::Value,
    prelude::*,
    server::{UntypedEvent, UntypedHandler},
    testing::TestClient,
};

use crate::stage::{Note, Played, Push, Refusal, Stage, Token, played_with};

fn packed() -> Played {
    played_with(|builder| builder.parser(Parser::MessagePack))
}

#[tokio::test(start_paused = true)]
async fn events_and_answers_go_both_ways() {
    let stage = packed();
    assert_eq!(stage.io.parser(), Parser::MessagePack);
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    assert_eq!(ann.emit().double(21).await.unwrap(), 42);
    let Err(AckError::Refused(refusal)) = ann.emit().half(7).await else { panic!("not refused") };
    assert_eq!(refusal, Refusal::Odd(7));
    for client in [&ann, &bob] {
        client.emit().join("lobby");
        assert_eq!(client.emit().double(1).await.unwrap(), 2);
    }
    ann.emit().say("lobby", "é");
    assert_eq!(bob.next().await, Some(Push::Said { text: "é".into() }));
    stage.io.of::<Stage>().emit().tick(70_000);
    assert_eq!(ann.next().await, Some(Push::Tick(70_000)));
    assert_eq!(bob.next().await, Some(Push::Tick(70_000)));
    let asked = stage.io.of::<Stage>().to("lobby").emit().question("who?");
    for (client, answer) in [(&mut ann, "ann"), (&mut bob, "bob")] {
        let (question, reply) = client.next_with_reply().await.unwrap();
        assert_eq!(question, Push::Question("who?".into()));
        reply.unwrap().send(answer);
    }
    let mut answers = asked.collect().await;
    answers.values.sort();
    assert_eq!((answers.values, answers.complete), (vec!["ann".to_owned(), "bob".to_owned()], true));
    drop((ann, bob));
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn auth_and_refusals_are_read() {
    let stage = packed();
    let client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(client.id()).unwrap();
    assert_eq!(socket.session().name, "ann");
    let refused = TestClient::<Stage>::connect(&stage.io, Token { name: "nobody".into() }).await.unwrap_err();
    assert_eq!(refused.message, "not you");
    assert_eq!(refused.data.unwrap().get(), r#"["go","away"]"#);
    let refused = TestClient::<Stage>::connect(&stage.io, ()).await.unwrap_err();
    assert!(refused.message.contains("missing field `name`"), "{}", refused.message);
}

/// Events that the stage has otherwise, or does not have.
#[derive(ClientToServer)]
enum Wrong {
    Work(String),
    #[event(ack = u32)]
    Nonsense(Bytes),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Wrong, server_to_client = Push, auth = Token)]
struct WrongStage;

#[tokio::test(start_paused = true)]
async fn a_value_of_the_wrong_type_costs_that_event_only() {
    let mut stage = packed();
    let token = Token { name: "eve".into() };
    let client = TestClient::<WrongStage>::connect(&stage.io, token).await.unwrap();
    client.emit().work("soon");
    stage.note().await;
    let Note::DecodeFailed(error) = stage.note().await else { panic!("decoded") };
    assert!(error.contains("`work`: invalid type: string \"soon\", expected u64"), "{error}");
    drop(client.emit().nonsense(Bytes::from_static(b"x")));
    assert_eq!(stage.note().await, Note::Unknown("nonsense".into()));
    assert_eq!(stage.io.stats().sockets, 1);
}

#[derive(Namespace)]
#[namespace("/", untyped)]
struct Gateway;

struct Mirror;

impl Lifecycle<Gateway> for Mirror {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl UntypedHandler<Gateway> for Mirror {
    async fn event(&self, _: Socket<Gateway>, event: UntypedEvent) {
        let name = Value::from(event.name);
        if let Some(ack) = event.ack {
            ack.send([vec![name], event.args].concat()).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_untyped_namespace_gets_bytes_where_they_are() {
    let io = Server::builder().parser(Parser::MessagePack).namespace::<Gateway>(Mirror).build();
    let client = TestClient::<Gateway>::connect(&io, ()).await.unwrap();
    let data: Vec<Value> = (0..20).map(|n| Value::Binary(Bytes::from(vec![n; 300]))).collect();
    let answer = client.emit().event_with_ack("mirror", (&data, Value::Null)).await.unwrap();
    assert_eq!(answer, [Value::from("mirror"), Value::Array(data), Value::Null]);
}
