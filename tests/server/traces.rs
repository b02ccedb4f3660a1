//! What the logs say: spans of connections, events and broadcasts, and none of a session's secrets.

use std::{io, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use sockeye::{
    engine::{Cookie, HandshakeRequest},
    prelude::*,
    server::Recovery,
    testing::TestClient,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::stage::{Note, Token, played_with};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// All that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From here on, for this thread.
    fn begin(level: Level) -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(log.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        (log, guard)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).unwrap()
    }

    /// The only line with all of these.
    fn line(&self, parts: &[&str]) -> String {
        let text = self.text();
        let found: Vec<_> =
            text.lines().filter(|line| parts.iter().all(|part| line.contains(part))).collect();
        assert_eq!(found.len(), 1, "{parts:?} in\n{text}");
        found[0].to_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(data);
        Ok(data.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn contains(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line}");
    }
}

struct Shop;

/// What is not in the server's definition.
#[derive(ClientToServer)]
enum Wrong {
    #[event("say it")]
    Say(String),
    #[event("no\nsuch")]
    NoSuch,
}

#[derive(Namespace)]
#[namespace("/shop", client_to_server = Wrong)]
struct WrongCounter;

#[derive(ClientToServer)]
enum Order {
    #[event(ack = Option<String>)]
    Trace,
    Break,
    #[event("say it")]
    Say(u32),
}

#[derive(ServerToClient)]
enum News {
    Said(u32),
}

#[derive(Namespace)]
#[namespace("/shop", client_to_server = Order, server_to_client = News)]
struct Counter;

impl Lifecycle<Counter> for Shop {
    async fn connect(&self, handshake: Handshake<()>) -> Result<(), ConnectError> {
        tracing::info!(known = handshake.trace_context().is_some(), "let in");
        Ok(())
    }
}

impl OrderHandler<Counter> for Shop {
    async fn trace(&self, socket: Socket<Counter>) -> Option<String> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tracing::info!("after a while");
        socket.trace_context().map(ToString::to_string)
    }

    async fn r#break(&self, _: Socket<Counter>) {
        panic!("broken");
    }

    async fn say(&self, socket: Socket<Counter>, n: u32) {
        socket.everyone().to(["a", "b"]).except("c").emit().said(n);
        socket.everyone().emit().said(n);
    }
}

#[tokio::test(start_paused = true)]
async fn events_and_broadcasts_have_spans_within_that_of_their_connection() {
    let (log, guard) = Log::begin(Level::DEBUG);
    let io = Server::builder().namespace::<Counter>(Shop).build();
    let mut client = TestClient::<Counter>::connect(&io, ()).await.unwrap();
    assert_eq!(client.emit().trace().await.unwrap(), None);
    client.emit().say(3);
    assert!(matches!(client.next().await, Some(News::Said(3))));
    client.emit().r#break();
    let id = client.id().clone();
    let wrong = TestClient::<WrongCounter>::connect(&io, ()).await.unwrap();
    wrong.emit().say("many");
    wrong.emit().no_such();
    tokio::time::sleep(Duration::from_millis(10)).await;
    io.shutdown(Duration::from_secs(1)).await;
    drop(guard);

    let socket = format!("socket={id}");
    let connection = ["connection{", "transport=\"websocket\"", "protocol=4", "session=SessionId("];
    let traced = log.line(&["after a while"]);
    contains(&traced, &connection);
    contains(&traced, &["event{namespace=/shop", &socket, "event=trace", "ack=0"]);
    contains(&log.line(&["sockeye::event: close", "event=trace"]), &["outcome=\"handled\""]);
    contains(&log.line(&["sockeye::event: close", "event=break"]), &["outcome=\"panicked\""]);
    contains(&log.line(&["sockeye::event: close", "event=no\\nsuch"]), &["outcome=\"unknown\""]);
    log.line(&["sockeye::event: close", "event=say it", "outcome=\"handled\""]);
    log.line(&["sockeye::event: close", "event=say it", "outcome=\"decode_failed\""]);
    contains(&log.line(&["a handler panicked"]), &["event=break"]);
    let nobody = log.line(&["sockeye::broadcast: close", "rooms=2"]);
    contains(
        &nobody,
        &["event=say it", "broadcast{namespace=\"/shop\" event=said", "except=1", "recipients=0"],
    );
    contains(&log.line(&["sockeye::broadcast: close", "rooms=0"]), &["recipients=1", "bytes="]);
    log.line(&["a socket joins", &socket]);
    log.line(&["a socket leaves", &socket]);
    log.line(&["sockeye::connection: close", &format!("socket=\"{id}\"")]);
}

#[tokio::test(start_paused = true)]
async fn at_info_there_is_the_span_of_the_connection_alone() {
    let (log, guard) = Log::begin(Level::INFO);
    let io = Server::builder().namespace::<Counter>(Shop).build();
    let client = TestClient::<Counter>::connect(&io, ()).await.unwrap();
    client.emit().trace().await.unwrap();
    drop(guard);
    let line = log.line(&["after a while"]);
    contains(&line, &["connection{"]);
    assert!(!line.contains("event{"), "{line}");
}

#[tokio::test(start_paused = true)]
async fn the_trace_of_the_handshake_is_in_the_span_and_on_the_socket() {
    let (log, guard) = Log::begin(Level::INFO);
    let io = Server::builder().namespace::<Counter>(Shop).build();
    let ask = async |method: &str, sid: &str, body: &'static str| {
        let request = http::Request::builder().method(method).header("traceparent", PARENT);
        let request = request.uri(format!("/socket.io/?EIO=4&transport=polling{sid}"));
        let answer = io.engine().handle(request.body(Full::from(body)).unwrap()).await;
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    };
    let open = ask("GET", "", "").await;
    let sid = format!("&sid={}", sid_of(&open));
    ask("POST", &sid, "40/shop,\u{1e}42/shop,7[\"trace\"]").await;
    let mut got = String::new();
    while !got.contains("43/shop,7") {
        got.push_str(&ask("GET", &sid, "").await);
    }
    assert!(got.contains(&format!("43/shop,7[\"{PARENT}\"]")), "{got}");
    drop(guard);
    let context = ["trace_id=4bf92f3577b34da6a3ce929d0e0e4736", "parent_id=00f067aa0ba902b7", "sampled=true"];
    contains(&log.line(&["let in"]), &context);
    contains(&log.line(&["let in"]), &["known=true"]);
    contains(&log.line(&["after a while"]), &context);
}

/// The session's id in the answer to a handshake.
pub(crate) fn sid_of(open: &str) -> String {
    open.split(r#""sid":""#).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// One request over its own connection; the answer's body.
pub(crate) async fn http(addr: std::net::SocketAddr, method: &str, query: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "{method} /socket.io/?{query} HTTP/1.1\r\nhost: here\r\nconnection: close\r\ntraceparent: {PARENT}\r\n\
         authorization: Bearer header-secret\r\ncookie: io=cookie-secret\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// A WebSocket text frame as a client sends it, masked with zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

pub(crate) async fn until(stream: &mut TcpStream, text: &str) {
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains(text) {
        assert!(stream.read_buf(&mut got).await.unwrap() > 0, "closed before {text}");
    }
}

/// The session's id in all its uses, the auth of two namespaces, headers and cookies: in none of the logs, whatever goes wrong.
#[tokio::test]
async fn no_secret_is_logged() {
    let (log, guard) = Log::begin(Level::TRACE);
    let mut played =
        played_with(|server| server.cookie(Cookie::default()).connection_state_recovery(Recovery::default()));
    let bound = played.io.bind("127.0.0.1:0").await.unwrap();
    let addr = bound.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve_with_shutdown(async move { drop(stopped.await) }));

    let open = http(addr, "GET", "EIO=4&transport=polling", "").await;
    let sid = sid_of(&open);
    let query = format!("EIO=4&transport=polling&sid={sid}");
    http(addr, "POST", &query, r#"40{"name":"auth-secret"}"#).await;
    let joined = http(addr, "GET", &query, "").await;
    let pid = joined.split(r#""pid":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();

    let mut stream = TcpStream::connect(addr).await.unwrap();
    let upgrade = format!(
        "GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         cookie: io=cookie-secret\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    until(&mut stream, "\r\n\r\n").await;
    stream.write_all(&frame("2probe")).await.unwrap();
    until(&mut stream, "3probe").await;
    stream.write_all(&frame("5")).await.unwrap();
    for packet in [
        r#"420["double",1]"#,
        r#"42["double","x"]"#,
        r#"42["nothing"]"#,
        r#"42["panic"]"#,
        r#"40/nowhere,{"name":"other-secret"}"#,
        r#"40/nowhere,{"auth-secret""#,
    ] {
        stream.write_all(&frame(packet)).await.unwrap();
    }
    // The last one ends the session.
    while !matches!(played.note().await, Note::Disconnected { .. }) {}
    drop(stream);

    // Refused, and auth that does not decode, and a session that is not there any more, and a framing error.
    let direct = "EIO=4&transport=polling";
    for auth in [r#"{"name":"nobody","x":"auth-secret"}"#, r#"{"name":["auth-secret"]}"#, r#"{"name":"bug"}"#]
    {
        let open = http(addr, "GET", direct, "").await;
        let sid = sid_of(&open);
        let query = format!("{direct}&sid={sid}");
        http(addr, "POST", &query, &format!("40{auth}")).await;
        http(addr, "GET", &query, "").await;
        http(addr, "POST", &query, "9auth-secret").await;
        assert!(!log.text().contains(&sid), "a session's id is logged");
    }
    http(addr, "GET", &query, "").await;
    let _ = stop.send(());
    serving.await.unwrap();
    drop(guard);

    let text = log.text();
    contains(
        &text,
        &["connection{", "outcome=\"handled\"", "trace_id=4bf92f", "the peer sent an invalid packet"],
    );
    for secret in
        [sid.as_str(), pid.as_str(), "auth-secret", "other-secret", "header-secret", "cookie-secret"]
    {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is logged");
    }
}

/// Nor does `Debug` of what users get show any.
#[tokio::test(start_paused = true)]
async fn no_secret_is_in_debug() {
    let request = HandshakeRequest::new("/socket.io/?EIO=4&token=query-secret")
        .with_header(http::header::COOKIE, "cookie-secret".parse().unwrap());
    let shown = format!("{request:?}");
    assert!(!shown.contains("secret"), "{shown}");

    struct Curious;
    #[derive(Namespace)]
    #[namespace("/curious", auth = Token)]
    struct Inside;
    impl Lifecycle<Inside> for Curious {
        async fn connect(&self, handshake: Handshake<Token>) -> Result<(), ConnectError> {
            Err(ConnectError::new(format!("{handshake:?} {:?}", handshake.request())))
        }
    }
    let io = Server::builder().namespace::<Inside>(Curious).build();
    let auth = Token { name: "auth-secret".to_owned() };
    let refused = TestClient::<Inside>::connect(&io, auth).await.unwrap_err();
    contains(&refused.message, &["Handshake {", "HandshakeRequest {"]);
    assert!(!refused.message.contains("secret"), "{}", refused.message);
}
