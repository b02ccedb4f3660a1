//! The untyped door.

use sockeye::{
    event::Value,
    prelude::*,
    server::{UntypedEvent, UntypedHandler},
    testing::TestClient,
};

#[derive(Namespace)]
#[namespace("/legacy", untyped)]
struct Legacy;

struct Gateway;

impl Lifecycle<Legacy> for Gateway {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl UntypedHandler<Legacy> for Gateway {
    async fn event(&self, socket: Socket<Legacy>, event: UntypedEvent) {
        let reply = Value::from(format!("{} had {}", event.name, event.args.len()));
        match event.ack {
            Some(ack) => {
                ack.send((reply, event.args)).unwrap();
                assert!(matches!(ack.send(()), Err(EmitError::AlreadyAnswered)));
            }
            None => socket.emit().event("heard", (reply,)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn events_have_names_arguments_and_one_answer() {
    let io = Server::builder().namespace::<Legacy>(Gateway).build();
    let client = TestClient::<Legacy>::connect(&io, ()).await.unwrap();
    let bytes = Value::Binary(vec![1, 2].into());
    let answer = client.emit().event_with_ack("x y", (1, bytes.clone())).await.unwrap();
    assert_eq!(answer[0], Value::from("x y had 2"));
    assert_eq!(answer[1], Value::Array(vec![Value::from(1), bytes]));
}

#[tokio::test(start_paused = true)]
async fn a_path_is_enough_to_emit() {
    let io = Server::builder().namespace::<Legacy>(Gateway).build();
    let client = TestClient::<Legacy>::connect(&io, ()).await.unwrap();
    let legacy = io.of_path("/legacy").unwrap();
    assert!(io.of_path("/nowhere").is_none());
    assert!(matches!(legacy.try_emit().event("disconnect", ()), Err(EmitError::Encode(_))));
    assert_eq!(legacy.fetch_sockets().await[0].id, *client.id());
}
