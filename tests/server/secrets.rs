//! What nobody may read in a log: session ids, recovery ids, tokens, cookies. And what nobody may guess from what is public.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use sockeye::{
    engine::HandshakeRequest,
    prelude::*,
    protocol::{engine_io::handshake::Query, socket_io::decoder::Decoder},
    server::Recovery,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt};

#[derive(ClientToServer)]
enum Request {
    Login {
        password: String,
    },
    #[event(ack = bool)]
    Ask(u32),
}

#[derive(serde::Deserialize)]
struct Token {
    #[allow(dead_code, reason = "read by nobody: that is the point")]
    token: String,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, auth = Token)]
struct Main;

/// Formats all that it is given.
#[derive(Clone, Default)]
struct App(Arc<Mutex<String>>);

impl App {
    fn note(&self, what: impl std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{what:?}\n{what:#?}\n"));
    }
}

impl Lifecycle<Main> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<(), ConnectError> {
        self.note(&handshake);
        self.note(handshake.request());
        Ok(())
    }

    async fn connected(&self, socket: Socket<Main>) {
        self.note(&socket);
        self.note(socket.handshake());
        self.note(socket.server());
        self.note(socket.server().engine());
        self.note(socket.everyone());
        self.note(socket.everyone().fetch_sockets().await);
    }

    async fn disconnected(&self, socket: Socket<Main>, reason: sockeye::CloseReason) {
        self.note((&socket, reason));
    }

    fn decode_failed(&self, socket: &Socket<Main>, error: &sockeye::DecodeError) -> sockeye::FailureAction {
        self.note((socket, error));
        sockeye::FailureAction::Log
    }

    fn unknown_event(
        &self,
        socket: &Socket<Main>,
        event: &sockeye::server::IncomingEvent,
    ) -> sockeye::FailureAction {
        self.note((socket, event));
        sockeye::FailureAction::Log
    }
}

impl RequestHandler<Main> for App {
    async fn login(&self, socket: Socket<Main>, _: String) {
        self.note(socket);
    }

    async fn ask(&self, _: Socket<Main>, _: u32) -> bool {
        true
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One request on a connection of its own; the answer's head and body, to its end.
async fn ask(addr: SocketAddr, method: &str, sid: &str, body: &str) -> String {
    let sid = if sid.is_empty() { String::new() } else { format!("&sid={sid}") };
    ask_in(4, addr, method, &sid, body).await
}

async fn ask_in(eio: u8, addr: SocketAddr, method: &str, sid: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} /socket.io/?EIO={eio}&transport=polling&key=query-secret{sid} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Cookie: login=cookie-secret\r\nAuthorization: Bearer header-secret\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The text after `"name":"`.
fn field(answer: &str, name: &str) -> String {
    let start =
        answer.split(&format!("\"{name}\":\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {answer}"));
    start.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn no_secret_is_logged_or_shown_by_debug() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("trace").with_writer(lines.clone()).with_ansi(false);
    let _guard = subscriber.finish().set_default();
    let app = App::default();
    let io = Server::builder()
        .connection_state_recovery(Recovery::default())
        .namespace::<Main>(app.clone())
        .build();
    app.note(&io);
    let bound = io.bind("127.0.0.1:0").await.unwrap();
    let addr = bound.local_addr().unwrap();
    let serving = tokio::spawn(bound.serve_with_shutdown(std::future::pending()));

    let mut secrets = ["query-secret", "cookie-secret", "header-secret", "auth-secret", "event-secret"]
        .map(str::to_owned)
        .to_vec();
    for end in ["1", "4nonsense", "42[\"connect\",\"event-secret\"]"] {
        let sid = field(&ask(addr, "GET", "", "").await, "sid");
        ask(addr, "POST", &sid, r#"40{"token":"auth-secret"}"#).await;
        let connect = ask(addr, "GET", &sid, "").await;
        let (id, pid) = (field(&connect, "sid"), field(&connect, "pid"));
        assert!(id != sid && pid != sid && pid != id && sid.len() == 20 && pid.len() == 20);
        let events = [
            r#"42["login","event-secret"]"#,
            r#"42["login",{"a":"event-secret"}]"#,
            r#"42["nobody","event-secret"]"#,
            r#"427["ask",1]"#,
            // What is quoted of a value that does not decode is the beginning of it: in the log, by choice.
            r#"42["ask","of another type"]"#,
        ];
        ask(addr, "POST", &sid, &events.join("\x1e")).await;
        ask(addr, "POST", &sid, end).await;
        // One that is not let in.
        ask(addr, "GET", &sid, "").await;
        secrets.extend([sid, pid]);
    }
    io.shutdown(std::time::Duration::from_secs(5)).await;
    serving.abort();

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let shown = app.0.lock().unwrap().clone();
    assert!(logged.contains("session=SessionId("), "something was logged: {logged}");
    assert!(shown.contains("IncomingEvent") && shown.contains("HandshakeRequest"), "{shown}");
    for secret in secrets {
        assert!(!logged.contains(&secret), "{secret} is in the log:\n{logged}");
        assert!(!shown.contains(&secret), "{secret} is shown:\n{shown}");
    }
}

#[tokio::test]
async fn the_ids_of_old_clients_which_are_their_sessions_are_not_logged_or_shown() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("trace").with_writer(lines.clone()).with_ansi(false);
    let _guard = subscriber.finish().set_default();
    let app = App::default();
    let io = Server::builder().allow_eio3(true).namespace::<Main>(app.clone()).build();
    let bound = io.bind("127.0.0.1:0").await.unwrap();
    let addr = bound.local_addr().unwrap();
    let serving = tokio::spawn(bound.serve_with_shutdown(std::future::pending()));

    let packet = |text: &str| format!("{}:{text}", text.len());
    // The root is joined unasked, with the query for `auth`.
    let sid = field(&ask_in(3, addr, "GET", "&token=auth-secret", "").await, "sid");
    for event in [r#"42["login","x"]"#, r#"42["login",{}]"#, r#"42["nobody"]"#, r#"42["login"]"#] {
        ask_in(3, addr, "POST", &format!("&sid={sid}"), &packet(event)).await;
    }
    let socket = io.of::<Main>().sockets().remove(0);
    assert_eq!(socket.id().as_str(), sid, "it is the same: there is something to hide");
    app.note((&socket, socket.id(), socket.broadcast(), socket.everyone().to(socket.id())));
    let too_many = (0..2000).map(|n| format!("room {n}")).collect::<Vec<_>>();
    io.of::<Main>().join(too_many);
    ask_in(3, addr, "POST", &format!("&sid={sid}"), &packet("1")).await;
    io.shutdown(std::time::Duration::from_secs(5)).await;
    serving.abort();

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let shown = app.0.lock().unwrap().clone();
    let redacted = format!("socket={}…", &sid[..4]);
    assert!(logged.contains(&redacted), "no {redacted}: {logged}");
    assert!(!logged.contains(&sid), "{sid} is in the log:\n{logged}");
    assert!(!shown.contains(&sid), "{sid} is shown:\n{shown}");
}

#[test]
fn what_was_read_of_a_request_or_a_packet_is_not_shown_by_debug() {
    let request = HandshakeRequest::new("/socket.io/?EIO=4&token=secret")
        .with_header(http::header::COOKIE, "secret".parse().unwrap());
    let query = Query::parse("sid=secret&token=secret");
    let packet = Decoder::new(Default::default()).text(r#"0{"token":"secret"}"#.into()).unwrap();
    for shown in [format!("{request:?}"), format!("{query:?}"), format!("{packet:#?}")] {
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn ids_come_from_the_whole_of_their_range() {
    use sockeye::SocketId;
    // Over all bits of two thousand ids each value of each character comes up: 64 of them at each of 20 places.
    let ids: Vec<_> = (0..2_000).map(|_| SocketId::generate().unwrap()).collect();
    for place in 0..20 {
        let values: std::collections::BTreeSet<_> =
            ids.iter().map(|id| id.as_str().as_bytes()[place]).collect();
        assert_eq!(values.len(), 64, "at {place}");
    }
    let all: std::collections::BTreeSet<_> = ids.iter().map(|id| id.as_str()).collect();
    assert_eq!(all.len(), ids.len());
}
