//! The manager against servers played by hand, with paused time.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::DuplexStream,
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_tungstenite::WebSocketStream;
use tungstenite::{Message, protocol::Role};

use crate::{
    client::{
        AnyNamespace, Client, ClientBuilder, DisconnectReason, Manager, Proxy, Pull, State, Transport,
        engine::{
            Dialer, Dialing, HttpAnswer, HttpRequest, OpenError, OpenErrorKind, Stream, WebSocketRequest,
        },
    },
    event::{AckError, EmitError, Namespace},
};

/// A guard against hanging; time is paused, so it costs nothing.
const PATIENCE: Duration = Duration::from_secs(3600);

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":2000000,"pingTimeout":2000000,"maxPayload":1000}"#;

/// Most bytes that the server's stream holds.
const BUFFER: usize = 4096;

struct Played(mpsc::UnboundedSender<Asked>);

type Asked = tokio::sync::oneshot::Sender<Result<Box<dyn Stream>, OpenError>>;

impl Dialer for Played {
    fn request(&self, _: HttpRequest) -> Dialing<HttpAnswer> {
        Box::pin(async { Err(OpenError::new(OpenErrorKind::Io)) })
    }

    fn websocket(&self, _: WebSocketRequest) -> Dialing<Box<dyn Stream>> {
        let (sender, stream) = tokio::sync::oneshot::channel();
        let _ = self.0.send(sender);
        Box::pin(async { stream.await.unwrap_or(Err(OpenError::new(OpenErrorKind::Io))) })
    }
}

struct Server(mpsc::UnboundedReceiver<Asked>);

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("waited in vain")
}

impl Server {
    async fn asked(&mut self) -> Asked {
        within(self.0.recv()).await.expect("the client is gone")
    }

    /// Opens a session.
    async fn accept(&mut self) -> Socket {
        let (ours, theirs) = tokio::io::duplex(BUFFER);
        assert!(self.asked().await.send(Ok(Box::new(theirs))).is_ok());
        let mut socket = Socket(WebSocketStream::from_raw_socket(ours, Role::Server, None).await);
        socket.send(OPEN).await;
        socket
    }

    /// Opens a session, and lets its one namespace join.
    async fn join(&mut self) -> Socket {
        let mut socket = self.accept().await;
        assert_eq!(socket.text().await, "40");
        socket.send(r#"40{"sid":"s"}"#).await;
        socket
    }
}

struct Socket(WebSocketStream<DuplexStream>);

impl Socket {
    async fn send(&mut self, text: &str) {
        within(self.0.send(Message::text(text))).await.unwrap();
    }

    async fn next(&mut self) -> Option<Message> {
        within(self.0.next()).await.and_then(Result::ok)
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("no text but {other:?}"),
        }
    }

    /// Until the client has gone; what it said before.
    async fn end(mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(message) = self.next().await {
            if let Message::Text(text) = message {
                said.push(text.to_string());
            }
        }
        said
    }
}

fn played() -> (Server, ClientBuilder<AnyNamespace>) {
    played_as()
}

fn played_as<N: Namespace>() -> (Server, ClientBuilder<N>) {
    let (sender, asked) = mpsc::unbounded_channel();
    let builder = Client::<N>::builder("http://server")
        .transports([Transport::WebSocket])
        .randomization_factor(0.0)
        .dialer(Arc::new(Played(sender)));
    (Server(asked), builder)
}

fn reconnecting(attempt: u32, secs: u64) -> State {
    State::Reconnecting { attempt, delay: Duration::from_secs(secs) }
}

#[tokio::test(start_paused = true)]
async fn the_states_are_these_and_no_others() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let mut watch = client.watch();
    assert_eq!(watch.current(), State::Connecting);
    drop(server.asked().await);
    let begun = Instant::now();
    assert_eq!(watch.changed().await, Some(reconnecting(1, 1)));
    drop(server.asked().await);
    assert_eq!((watch.changed().await, begun.elapsed().as_secs()), (Some(reconnecting(2, 2)), 1));
    drop(server.asked().await);
    assert_eq!((watch.changed().await, begun.elapsed().as_secs()), (Some(reconnecting(3, 4)), 3));
    drop(server.asked().await);
    assert_eq!((watch.changed().await, begun.elapsed().as_secs()), (Some(reconnecting(4, 5)), 7));
    let socket = server.join().await;
    assert_eq!(watch.changed().await, Some(State::Connected { recovered: false }));
    assert_eq!(begun.elapsed().as_secs(), 12);
    drop(socket);
    // Success starts it anew.
    assert_eq!(watch.changed().await, Some(reconnecting(1, 1)));
    client.disconnect();
    assert_eq!(watch.changed().await, Some(State::Closed(DisconnectReason::ClientDisconnect)));
    drop(client);
    assert_eq!(watch.changed().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let (mut server, builder) = played();
    let client = builder.connect_timeout(Duration::from_secs(7)).reconnection_attempts(1).pull().unwrap();
    let begun = Instant::now();
    let _first = server.asked().await;
    let _second = server.asked().await;
    assert_eq!(begun.elapsed().as_secs(), 8);
    let error = within(client.connected()).await.unwrap_err();
    assert!(error.is_timeout() && begun.elapsed().as_secs() == 15);
    assert_eq!(client.state(), State::Closed(DisconnectReason::ReconnectFailed));
}

#[tokio::test(start_paused = true)]
async fn garbage_ends_the_connection_and_the_client_comes_back() {
    for garbage in ["49", "4x", "42[", "42[1", "42[\"connect\"]", "451-[\"a\"]", "42[\"a\",{]"] {
        let (mut server, builder) = played();
        let mut events = builder.reconnection(false).pull().unwrap();
        let mut socket = server.join().await;
        within(events.connected()).await.unwrap();
        socket.send(garbage).await;
        if garbage.starts_with("451") {
            // Text where bytes are due.
            socket.send("42[\"b\"]").await;
        }
        // Where only a reader of the arguments sees it, somebody has to read.
        assert!(within(events.next()).await.is_none(), "{garbage}");
        assert_eq!(events.state(), State::Closed(DisconnectReason::ParseError), "{garbage}");
        socket.end().await;
    }
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let mut socket = server.join().await;
    within(client.connected()).await.unwrap();
    socket.send("4nonsense").await;
    let _again = server.join().await;
    within(client.connected()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_namespace_of_ours_is_passed_over() {
    let (mut server, builder) = played();
    let mut events = builder.pull().unwrap();
    let mut socket = server.join().await;
    for other in
        ["42/x,[\"a\"]", "40/x,{\"sid\":\"t\"}", "41/x,", "44/x,{\"message\":\"no\"}", "43/x,1[]", "431[]"]
    {
        socket.send(other).await;
    }
    socket.send(r#"42["ours"]"#).await;
    assert_eq!(within(events.next()).await.unwrap().name, "ours");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lets_nobody_in_is_tried_again() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let begun = Instant::now();
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, "40");
    let mut again = server.join_within(&mut socket).await;
    assert_eq!(begun.elapsed().as_secs(), 21);
    within(client.connected()).await.unwrap();
    client.emit().event("a", ());
    assert_eq!(again.text().await, r#"42["a"]"#);
}

impl Server {
    /// The next session, while the last one is still open.
    async fn join_within(&mut self, last: &mut Socket) -> Socket {
        let (joined, ()) = tokio::join!(self.join(), async { while last.next().await.is_some() {} });
        joined
    }
}

fn another(manager: &Manager, path: &str) -> Pull<AnyNamespace> {
    manager.namespace::<AnyNamespace>().at_path(path).pull().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_let_in_costs_the_others_nothing() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let mut socket = server.join().await;
    within(client.connected()).await.unwrap();
    let slow = another(client.manager(), "/slow");
    assert_eq!(socket.text().await, "40/slow,");
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert!(client.state().is_connected() && slow.last_error().is_some_and(|error| error.is_timeout()));
    // An answer that comes late is taken.
    socket.send(r#"40/slow,{"sid":"t"}"#).await;
    within(slow.connected()).await.unwrap();
    socket.send("41/slow,").await;
    assert_eq!(within(slow.closed()).await, DisconnectReason::ServerDisconnect);
    assert!(client.state().is_connected());
    // The last one takes the connection with it.
    client.disconnect();
    assert_eq!(socket.end().await, ["41"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_left_before_it_was_let_in_says_so_afterwards() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let mut socket = server.join().await;
    let other = another(client.manager(), "/other");
    assert_eq!(socket.text().await, "40/other,");
    drop(other);
    socket.send(r#"40/other,{"sid":"t"}"#).await;
    assert_eq!(socket.text().await, "41/other,");
    within(client.connected()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_session_is_claimed_with_what_was_received_last() {
    let (mut server, builder) = played();
    let mut events = builder.auth(serde_json::json!({ "token": 1 })).pull().unwrap();
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, r#"40{"token":1}"#);
    socket.send(r#"40{"sid":"s","pid":"p"}"#).await;
    socket.send(r#"42["a",1,"o1"]"#).await;
    assert_eq!(within(events.next()).await.unwrap().args.len(), 2);
    drop(socket);
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, r#"40{"pid":"p","offset":"o1","token":1}"#);
    // What was missed comes before the answer.
    socket.send(r#"42["b","o2"]"#).await;
    socket.send(r#"40{"sid":"s","pid":"p"}"#).await;
    assert_eq!(within(events.next()).await.unwrap().name, "b");
    assert!(events.recovered());
}

#[tokio::test(start_paused = true)]
async fn a_full_backlog_stops_the_reading_and_nothing_is_lost() {
    let (mut server, builder) = played();
    let mut events = builder.max_backlog_bytes(10_000).pull().unwrap();
    let mut socket = server.join().await;
    within(events.connected()).await.unwrap();
    let text = "x".repeat(100);
    let sending = tokio::spawn(async move {
        for number in 0..20_000 {
            socket.send(&format!("42[\"e\",{number},{text:?}]")).await;
        }
        socket
    });
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!sending.is_finished());
    for number in 0..20_000 {
        let event = within(events.next()).await.unwrap();
        assert_eq!(event.args[0], crate::Value::from(number));
    }
    within(sending).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_is_gone_within_five_seconds_whatever_the_server_does() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let socket = server.join().await;
    within(client.connected()).await.unwrap();
    // More than the stream holds, and the server does not read.
    for _ in 0..100 {
        client.emit().event("a", ("x".repeat(1000),));
    }
    let tasks = tokio::runtime::Handle::current().metrics();
    let answer = client.emit().event_with_ack("b", ());
    let begun = Instant::now();
    drop(client);
    while tasks.num_alive_tasks() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(begun.elapsed() < Duration::from_millis(5500), "{:?}", begun.elapsed());
    assert!(matches!(answer.await, Err(AckError::Disconnected)));
    drop(socket);
}

#[tokio::test(start_paused = true)]
async fn thousands_of_connections_leave_nothing_behind() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let metrics = tokio::runtime::Handle::current().metrics();
    let mut tasks = Vec::new();
    for round in 0..3000 {
        let mut socket = server.join().await;
        within(client.connected()).await.unwrap();
        let answer = client.emit().event_with_ack("a", ());
        socket.text().await;
        drop(socket);
        assert!(matches!(within(answer).await, Err(AckError::Disconnected)));
        if round % 1000 == 999 {
            tasks.push(metrics.num_alive_tasks());
        }
    }
    assert_eq!(tasks[1], tasks[2]);
    assert!(client.member().socket.unsent_bytes() == 0);
    drop(client);
    let gone = async {
        while metrics.num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    within(gone).await;
}

#[derive(crate::ServerToClient, Debug, PartialEq)]
#[events(deny_extra)]
enum Told {
    Moved { to: String },
    Stopped,
}

#[derive(crate::Namespace)]
#[namespace("/", server_to_client = Told)]
struct Strict;

struct Hears(mpsc::UnboundedSender<Option<String>>);

impl ToldHandler<Strict> for Hears {
    async fn moved(&self, _: Client<Strict>, to: String) {
        self.0.send(Some(to)).unwrap();
    }

    async fn stopped(&self, _: Client<Strict>) {
        self.0.send(None).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_deny_extra_arguments_may_have_an_offset() {
    let (mut server, builder) = played_as::<Strict>();
    let mut events = builder.pull().unwrap();
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, "40");
    socket.send(r#"40{"sid":"s","pid":"p"}"#).await;
    socket.send(r#"42["moved","here","o1"]"#).await;
    socket.send(r#"42["moved","there",5]"#).await;
    socket.send(r#"42["stopped","o2"]"#).await;
    assert_eq!(within(events.next()).await, Some(Told::Moved { to: "here".into() }));
    assert_eq!(within(events.next()).await, Some(Told::Stopped));

    let (mut server, builder) = played_as::<Strict>();
    let (told, mut heard) = mpsc::unbounded_channel();
    let _client = builder.connect(Hears(told)).unwrap();
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, "40");
    // Without recovery there are no offsets.
    socket.send(r#"40{"sid":"s"}"#).await;
    socket.send(r#"42["moved","nowhere","extra"]"#).await;
    drop(socket);
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, "40");
    socket.send(r#"40{"sid":"s","pid":"p"}"#).await;
    socket.send(r#"42["moved","here","o1"]"#).await;
    socket.send(r#"42["stopped","o2"]"#).await;
    assert_eq!(within(heard.recv()).await, Some(Some("here".into())));
    assert_eq!(within(heard.recv()).await, Some(None));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_that_has_joined_changes_nothing() {
    let (mut server, builder) = played();
    let mut events = builder.pull().unwrap();
    let mut socket = server.join().await;
    socket.send(r#"44{"message":"no"}"#).await;
    socket.send(r#"42["a"]"#).await;
    assert_eq!(within(events.next()).await.unwrap().name, "a");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(events.state(), State::Connected { recovered: false });
    events.emit().event("b", ());
    assert_eq!(socket.text().await, r#"42["b"]"#);
    assert!(server.0.try_recv().is_err(), "it connected anew");
}

#[tokio::test(start_paused = true)]
async fn who_is_put_out_before_it_was_let_in_waits_for_the_answer() {
    let (mut server, builder) = played();
    let client = builder.pull().unwrap();
    let mut socket = server.accept().await;
    assert_eq!(socket.text().await, "40");
    socket.send("41").await;
    socket.send(r#"40{"sid":"s"}"#).await;
    within(client.connected()).await.unwrap();
    client.emit().event("b", ());
    assert_eq!(socket.text().await, r#"42["b"]"#);
}

#[tokio::test(start_paused = true)]
async fn answers_do_not_wait_behind_events_that_nobody_will_pull() {
    let (mut server, builder) = played();
    let events = builder.max_backlog_bytes(1000).pull().unwrap();
    let client = events.client();
    let mut socket = server.join().await;
    for _ in 0..20 {
        socket.send(&format!("42[\"e\",{:?}]", "x".repeat(100))).await;
    }
    let first = client.emit().event_with_ack("first", ());
    assert_eq!(socket.text().await, r#"420["first"]"#);
    drop(events);
    for _ in 0..20 {
        socket.send(&format!("42[\"e\",{:?}]", "x".repeat(100))).await;
    }
    socket.send("430[1]").await;
    within(first).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_time_is_too_long() {
    let (mut server, builder) = played();
    let builder = builder.connect_timeout(Duration::MAX).upgrade_timeout(Duration::MAX);
    let builder = builder.ack_timeout(Duration::MAX).reconnection_delay_max(Duration::MAX);
    let client = builder.pull().unwrap();
    let mut socket = server.join().await;
    within(client.connected()).await.unwrap();
    let answer = client.emit().event_with_ack("a", ());
    assert_eq!(socket.text().await, r#"420["a"]"#);
    socket.send("430[]").await;
    within(answer).await.unwrap();
}

#[test]
fn a_client_whose_runtime_has_ended_keeps_nobody_waiting() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (server, client) = first.block_on(async {
        let (server, builder) = played();
        (server, builder.pull().unwrap())
    });
    let answer = client.emit().event_with_ack("a", ());
    let room = client.reserve();
    drop((first, server));
    assert!(client.state().is_closed());
    runtime().block_on(async {
        let limit = Duration::from_secs(60);
        let answer = timeout(limit, answer).await.expect("it waits for ever");
        assert!(matches!(answer, Err(AckError::Disconnected)), "{answer:?}");
        assert!(matches!(timeout(limit, room).await.expect("it waits for ever"), Err(EmitError::Closed)));
    });
}

#[tokio::test]
async fn secrets_are_in_no_error_and_no_debug_text() {
    for url in ["ftp://me:pass@host/?token=pass", "me:pass@host", "ftp://host/?token=pass#pass"] {
        let error = Client::<AnyNamespace>::builder(url).pull().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("pass"), "{text}");
    }
    let text = format!("{:?}", Proxy::Url("http://me:pass@proxy".to_owned()));
    assert!(!text.contains("pass"), "{text}");
}
