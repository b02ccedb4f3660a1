//! What the guide from JavaScript promises: its chat, in both steps, for one and the same client; and single rows of its tables.

mod typed;
mod untyped;

use std::time::Duration;

use sockeye::{
    event::Value,
    prelude::*,
    server::{UntypedEvent, UntypedHandler},
    testing::TestClient,
};
use typed::{Chat, Introduction, Push, Refusal};

use crate::stage::{Push as Said, played};

fn both() -> [Server; 2] {
    let first = Server::builder().namespace::<untyped::Chat>(untyped::App::default()).build();
    let second = Server::builder().namespace::<Chat>(typed::App::default()).build();
    [first, second]
}

async fn join(io: &Server, name: &str) -> TestClient<Chat> {
    TestClient::connect(io, Introduction { name: name.to_owned() }).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_client_talks_to_both_steps_of_the_chat() {
    for io in both() {
        let mut ann = join(&io, "ann").await;
        // Joined once it is answered: `connected` ends before any handler starts.
        assert_eq!(ann.emit().message("first").await.unwrap(), 1);
        let bob = join(&io, "bob").await;
        assert_eq!(bob.emit().message("second").await.unwrap(), 2);
        assert!(matches!(bob.emit().message("").await, Err(AckError::Refused(Refusal::Empty))));
        bob.emit().typing();
        bob.disconnect();
        let message = |name: &str, text: &str| Push::Message { name: name.to_owned(), text: text.to_owned() };
        let name = || "bob".to_owned();
        let expected = [
            message("ann", "first"),
            Push::Joined { name: name() },
            message("bob", "second"),
            Push::Typing { name: name() },
            Push::Left { name: name(), reason: "client namespace disconnect".to_owned() },
        ];
        for expected in expected {
            assert_eq!(ann.next().await.unwrap(), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_name_is_refused_by_both_steps() {
    let [first, second] = both();
    let refused = |io| async move { TestClient::<Chat>::connect(io, ()).await.unwrap_err().message };
    assert_eq!(refused(&first).await, "who are you?");
    assert!(refused(&second).await.starts_with("invalid auth: "));
}

#[test]
fn the_programs_on_the_page_are_the_ones_tested_here() {
    let page = include_str!("../../runtime/docs/from-javascript.md");
    let programs: Vec<&str> =
        page.split("```rust,no_run\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    for (program, tested) in
        [(programs[0], include_str!("guide/untyped.rs")), (programs[1], include_str!("guide/typed.rs"))]
    {
        let tested: Vec<String> = tested.lines().map(|line| line.trim().replace("pub(super) ", "")).collect();
        let chat = program.split("#[tokio::main]").next().unwrap();
        for line in chat.lines().map(str::trim) {
            assert!(tested.iter().any(|other| other == line), "not tested: {line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_remote_socket_is_a_target_of_its_own() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    let everyone = stage.io.of::<crate::stage::Stage>();
    everyone.socket(ann.id()).unwrap().set_data(vec![7]);
    let remote = everyone.fetch_sockets().await;
    let remote = remote.iter().find(|remote| remote.id == *ann.id()).unwrap();
    assert_eq!(remote.data, [7]);
    remote.target().join("r");
    assert!(everyone.socket(ann.id()).unwrap().is_in("r"));
    remote.target().leave("r");
    assert_eq!(everyone.to("r").sockets().len(), 0);
    remote.target().emit().said("to ann");
    assert_eq!(ann.next().await, Some(Said::Said { text: "to ann".to_owned() }));
    let mut answers = remote.target().timeout(Duration::from_secs(5)).emit().question("well?");
    let (_, reply) = ann.next_with_reply().await.unwrap();
    reply.unwrap().send("fine");
    assert_eq!(answers.next().await.unwrap().answer.unwrap(), "fine");
    assert!(answers.next().await.is_none());
    remote.target().disconnect();
    assert!(ann.next().await.is_none());
    everyone.emit().said("to those left");
    assert_eq!(bob.next().await, Some(Said::Said { text: "to those left".to_owned() }));
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_that_asks_nobody_has_no_answers_and_all_of_them() {
    let stage = played();
    let answers = stage.io.of::<crate::stage::Stage>().emit().question("anybody?").collect().await;
    assert_eq!((answers.values.len(), answers.complete), (0, true));
}

#[tokio::test(start_paused = true)]
async fn what_a_socket_spawned_ends_with_it() {
    struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.take().map(|sender| sender.send(()));
        }
    }
    let stage = played();
    let ann = stage.join("ann").await;
    let socket = stage.io.of::<crate::stage::Stage>().socket(ann.id()).unwrap();
    let (sender, dropped) = tokio::sync::oneshot::channel();
    let guard = Dropped(Some(sender));
    socket.spawn(async move {
        let _guard = guard;
        std::future::pending().await
    });
    ann.disconnect();
    assert_eq!(socket.closed().await, CloseReason::ClientDisconnect);
    dropped.await.unwrap();
}

#[derive(Namespace)]
#[namespace("/table-{id}", untyped)]
struct Table {
    id: u32,
}

struct Tables;

impl Lifecycle<Table> for Tables {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl UntypedHandler<Table> for Tables {
    async fn event(&self, socket: Socket<Table>, event: UntypedEvent) {
        if let Some(ack) = event.ack {
            ack.send((socket.params().id,)).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dynamic_namespaces_type_reaches_all_its_children_and_of_with_one() {
    let io = Server::builder().namespace::<Table>(Tables).build();
    let mut clients = Vec::new();
    for path in ["/table-1", "/table-2"] {
        clients.push(TestClient::<Table>::connect_at(&io, path, ()).await.unwrap());
    }
    assert_eq!(io.of::<Table>().fetch_sockets().await.len(), 2);
    assert_eq!(io.of_with(Table { id: 2 }).fetch_sockets().await[0].id, *clients[1].id());
    let answer = clients[1].emit().event_with_ack("which", ()).await.unwrap();
    assert_eq!(answer, [Value::from(2)]);
}
