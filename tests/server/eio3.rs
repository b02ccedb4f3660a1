//! Clients of Socket.IO 2: their namespaces, with typed `auth` out of the query.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use sockeye::{CloseReason, event::Value, prelude::*};
use tokio::sync::{Notify, mpsc};

#[derive(Deserialize)]
struct Ticket {
    token: String,
    seat: Option<String>,
}

#[derive(ClientToServer)]
enum Ask {
    Greet(String),
}

#[derive(ServerToClient)]
enum Push {
    Greeting(String),
}

#[derive(Namespace)]
#[namespace("/hall", client_to_server = Ask, server_to_client = Push, auth = Ticket, session = Ticket)]
struct Hall;

#[derive(Namespace)]
#[namespace("/", auth = Value, session = Value)]
struct Root;

struct Theatre {
    left: mpsc::UnboundedSender<(String, CloseReason)>,
    /// `disconnected` ends when this is told.
    swept: Arc<Notify>,
}

impl Lifecycle<Hall> for Theatre {
    async fn connect(&self, handshake: Handshake<Ticket>) -> Result<Ticket, ConnectError> {
        match handshake.auth().token.as_str() {
            "valid" => Ok(handshake.into_auth()),
            "old" => Err(ConnectError::new("expired").with_data(&["yesterday"])),
            _ => Err(ConnectError::new("no ticket")),
        }
    }

    async fn disconnected(&self, socket: Socket<Hall>, reason: CloseReason) {
        let _ = self.left.send((socket.id().as_str().to_owned(), reason));
        self.swept.notified().await;
    }
}

impl AskHandler<Hall> for Theatre {
    async fn greet(&self, socket: Socket<Hall>, name: String) {
        let seat = socket.session().seat.clone().unwrap_or_default();
        socket.emit().greeting(format!("{name} {seat}"));
    }
}

impl Lifecycle<Root> for Theatre {
    async fn connect(&self, handshake: Handshake<Value>) -> Result<Value, ConnectError> {
        Ok(handshake.into_auth())
    }
}

struct Play {
    io: Server,
    left: mpsc::UnboundedReceiver<(String, CloseReason)>,
    swept: Arc<Notify>,
}

fn play(root: bool) -> Play {
    let (left, heard) = mpsc::unbounded_channel();
    let swept = Arc::new(Notify::new());
    let theatre = Arc::new(Theatre { left, swept: Arc::clone(&swept) });
    let builder = Server::builder().allow_eio3(true).namespace::<Hall>(Arc::clone(&theatre));
    let io = if root { builder.namespace::<Root>(theatre).build() } else { builder.build() };
    Play { io, left: heard, swept }
}

/// A client that polls, by hand.
struct Client<'a> {
    io: &'a Server,
    query: String,
    sid: String,
}

impl<'a> Client<'a> {
    async fn open(io: &'a Server, query: &str) -> Self {
        let query = format!("EIO=3&transport=polling&b64=1{query}");
        let mut client = Self { io, query, sid: String::new() };
        let open = client.request("GET", String::new()).await;
        client.sid = open.split(r#""sid":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
        client.query = format!("{}&sid={}", client.query, client.sid);
        client
    }

    async fn request(&self, method: &str, body: String) -> String {
        let uri = format!("/socket.io/?{}", self.query);
        let request = http::Request::builder().method(method).uri(uri).body(Full::from(body)).unwrap();
        let body = self.io.engine().handle(request).await.into_body();
        String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    async fn send(&self, packet: &str) {
        assert_eq!(self.request("POST", format!("{}:{packet}", packet.len())).await, "ok");
    }

    /// The packets that wait, without their lengths.
    async fn next(&self) -> String {
        let payload = self.request("GET", String::new()).await;
        payload.split_once(':').unwrap().1.to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn the_root_is_joined_unasked_with_the_query_as_auth() {
    let Play { io, .. } = play(true);
    let client = Client::open(&io, "&token=abc").await;
    assert_eq!(client.next().await, "40");
    let socket = io.of::<Root>().socket(&client.sid.as_str().into()).unwrap();
    assert_eq!(socket.session().get("token").and_then(Value::as_str), Some("abc"));
    assert!(socket.session().get("EIO").is_none());
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_root_nothing_is_said_of_it() {
    let Play { io, .. } = play(false);
    let client = Client::open(&io, "").await;
    client.send("40/hall?token=valid&seat=12%20a,").await;
    assert_eq!(client.next().await, "40/hall,");
    client.send(r#"42/hall,["greet","ann"]"#).await;
    assert_eq!(client.next().await, r#"42/hall,["greeting","ann 12 a"]"#);
    let id = format!("/hall#{}", client.sid);
    assert!(io.of::<Hall>().socket(&id.as_str().into()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_its_data_or_else_its_message() {
    let Play { io, .. } = play(false);
    let client = Client::open(&io, "").await;
    for (packet, answer) in [
        ("40/hall?token=old,", r#"44/hall,["yesterday"]"#),
        ("40/hall?token=mine,", r#"44/hall,"no ticket""#),
        ("40/nowhere?token=valid,", r#"44/nowhere,{"message":"Invalid namespace"}"#),
    ] {
        client.send(packet).await;
        assert_eq!(client.next().await, answer);
    }
    client.send("40/hall").await;
    assert!(client.next().await.starts_with(r#"44/hall,"invalid auth: missing field `token`"#));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_joined_again_when_the_socket_before_is_gone() {
    let Play { io, mut left, swept } = play(true);
    let client = Client::open(&io, "").await;
    let id = format!("/hall#{}", client.sid);
    assert_eq!(client.next().await, "40");
    client.send("40/hall?token=valid,").await;
    assert_eq!(client.next().await, "40/hall,");
    client.send("41/hall,").await;
    assert_eq!(left.recv().await.unwrap(), (id.clone(), CloseReason::ClientDisconnect));
    // It changes its mind twice; only the last word counts.
    for packet in ["40/hall?token=valid,", "41/hall,", "40/hall?token=valid&seat=2,"] {
        client.send(packet).await;
    }
    swept.notify_one();
    assert_eq!(client.next().await, "40/hall,");
    assert_eq!(io.of::<Hall>().socket(&id.as_str().into()).unwrap().session().seat.as_deref(), Some("2"));
    client.send("1").await;
    assert_eq!(left.recv().await.unwrap(), (id, CloseReason::TransportClose));
    swept.notify_one();
    while io.stats().sockets > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn joining_twice_while_the_socket_before_is_going_breaks_the_protocol() {
    let Play { io, mut left, .. } = play(false);
    let client = Client::open(&io, "").await;
    client.send("40/hall?token=valid,").await;
    client.send("41/hall,").await;
    left.recv().await.unwrap();
    client.send("40/hall?token=valid,").await;
    client.send("40/hall?token=valid,").await;
    while io.stats().sessions > 0 {
        tokio::task::yield_now().await;
    }
}
