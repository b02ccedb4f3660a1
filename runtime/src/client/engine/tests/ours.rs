//! Against our own server, over real sockets.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderValue;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    client::engine::{Address, EngineOptions, HttpDialer, HttpOptions, Proxy, Session, Transport, open},
    engine::{self, Application, Config, Connection, Engine, HandshakeRequest, bind},
    protocol::{
        close::CloseReason,
        engine_io::Message,
        frame::{Encoded, Frame},
    },
};

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Echo;

struct EchoConnection(engine::Session);

impl Application for Echo {
    fn open(&self, session: &engine::Session, request: Arc<HandshakeRequest>) -> Box<dyn Connection> {
        let headers = request.headers();
        let user = headers.get("x-user").and_then(|user| user.to_str().ok()).unwrap_or("nobody");
        let _ = session.outbox().push(&Encoded::new(Frame::text(&format!("hello {user}"))), false);
        Box::new(EchoConnection(session.clone()))
    }
}

impl Connection for EchoConnection {
    fn message(&mut self, message: Message) {
        let frame = match message {
            Message::Text(text) if text == "close" => return self.0.close(CloseReason::ForcedClose),
            Message::Text(text) => Frame::text(&text),
            Message::Binary(data) => Frame::Binary(data),
        };
        let _ = self.0.outbox().push(&Encoded::new(frame), false);
    }

    fn closed(&mut self, _: CloseReason) {}
}

pub(super) struct Serving {
    pub(super) url: String,
    engine: Engine,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn config() -> Config {
    Config {
        ping_interval: Duration::from_secs(2),
        // Long messages go through.
        max_payload: 20 << 20,
        outbox_limit: 64 << 20,
        ..Config::default()
    }
}

impl Serving {
    pub(super) async fn start(config: Config, secure: impl FnOnce(engine::Bound) -> engine::Bound) -> Self {
        let engine = Engine::new(config, Arc::new(Echo));
        let bound = secure(bind("127.0.0.1:0").await.unwrap());
        let url = format!("http://{}", bound.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let wait = async { drop(stopped.await) };
        let task = tokio::spawn(bound.serve_with_shutdown(engine.clone(), wait, Duration::from_secs(10)));
        Self { url, engine, stop, task }
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }

    fn options(&self) -> EngineOptions {
        let mut options = EngineOptions::new(Address::new(&self.url, "/socket.io", true, &[]).unwrap());
        options.headers.insert("x-user", HeaderValue::from_static("ann"));
        options.outbox_limit = 64 << 20;
        options
    }
}

fn dialer() -> Arc<HttpDialer> {
    // What the environment says is not for tests on loopback.
    let server = Address::new("http://127.0.0.1", "/socket.io", true, &[]).unwrap();
    Arc::new(HttpDialer::new(&HttpOptions { proxy: Proxy::Off, ..HttpOptions::default() }, &server).unwrap())
}

pub(super) async fn connected(options: EngineOptions, dialer: Arc<HttpDialer>) -> Session {
    timeout(PATIENCE, open(Arc::new(options), dialer)).await.unwrap().unwrap()
}

async fn message(session: &mut Session) -> Message {
    timeout(PATIENCE, session.recv()).await.unwrap().unwrap()
}

pub(super) async fn text(session: &mut Session) -> String {
    match message(session).await {
        Message::Text(text) => text.to_string(),
        Message::Binary(data) => panic!("{} bytes instead of a text", data.len()),
    }
}

/// Sends numbers, texts and bytes in turn, and expects all of them back in order.
pub(super) async fn numbered(session: &mut Session, numbers: u32) {
    let outbox = session.outbox();
    let sending = async {
        for n in 0..numbers {
            let packet = match n % 3 {
                0 => Encoded::new(Frame::Binary(n.to_be_bytes().to_vec().into())),
                _ => Encoded::new(Frame::text(&n.to_string())),
            };
            outbox.room(packet.size()).await.unwrap();
            outbox.push(&packet).unwrap();
            if n % 50 == 0 {
                tokio::task::yield_now().await;
            }
        }
    };
    let receiving = async {
        for n in 0..numbers {
            match message(session).await {
                Message::Text(text) => assert_eq!(text, n.to_string()),
                Message::Binary(data) => assert_eq!(data, Bytes::copy_from_slice(&n.to_be_bytes())),
            }
        }
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn numbered_messages_of_all_transports_arrive_in_order() {
    let serving = Serving::start(config(), |bound| bound).await;
    for (transports, upgrade, at_last) in [
        (vec![Transport::Polling], true, Transport::Polling),
        (vec![Transport::Polling, Transport::WebSocket], false, Transport::Polling),
        (vec![Transport::WebSocket], true, Transport::WebSocket),
        (vec![Transport::Polling, Transport::WebSocket], true, Transport::WebSocket),
    ] {
        for force_base64 in [false, true] {
            let options =
                EngineOptions { transports: transports.clone(), upgrade, force_base64, ..serving.options() };
            let mut session = connected(options, dialer()).await;
            assert_eq!(text(&mut session).await, "hello ann");
            loop {
                numbered(&mut session, 500).await;
                if session.transport() == at_last {
                    break;
                }
            }
            numbered(&mut session, 100).await;
            timeout(PATIENCE, session.close(PATIENCE)).await.unwrap();
        }
    }
    serving.stop().await;
}

#[tokio::test]
async fn many_sessions_upgrade_with_messages_in_flight() {
    let serving = Serving::start(config(), |bound| bound).await;
    let dialer = dialer();
    for _ in 0..5 {
        let sessions: Vec<_> = (0..10)
            .map(|_| {
                let (options, dialer) = (serving.options(), Arc::clone(&dialer));
                tokio::spawn(async move {
                    let mut session = connected(options, dialer).await;
                    assert_eq!(text(&mut session).await, "hello ann");
                    while session.transport() == Transport::Polling {
                        numbered(&mut session, 40).await;
                    }
                    numbered(&mut session, 40).await;
                    session.close(PATIENCE).await;
                })
            })
            .collect();
        for session in sessions {
            timeout(PATIENCE, session).await.unwrap().unwrap();
        }
    }
    let empty = async {
        while serving.engine.sessions() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, empty).await.unwrap();
    serving.stop().await;
}

#[tokio::test]
async fn long_messages_pass_and_longer_ones_than_allowed_end_the_session() {
    let serving = Serving::start(config(), |bound| bound).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = EngineOptions { transports: vec![transport], ..serving.options() };
        let mut session = connected(options.clone(), dialer()).await;
        assert_eq!(text(&mut session).await, "hello ann");
        let data = Bytes::from((0..10 << 20).map(|n: u32| (n % 251) as u8).collect::<Vec<_>>());
        session.outbox().push(&Encoded::new(Frame::Binary(data.clone()))).unwrap();
        session.outbox().push(&Encoded::new(Frame::text(&"é".repeat(1 << 20)))).unwrap();
        assert!(message(&mut session).await == Message::Binary(data));
        assert_eq!(text(&mut session).await.len(), 2 << 20);

        let mut session = connected(EngineOptions { max_message: 50_000, ..options }, dialer()).await;
        assert_eq!(text(&mut session).await, "hello ann");
        session.outbox().push(&Encoded::new(Frame::text(&"x".repeat(60_000)))).unwrap();
        let closed = timeout(PATIENCE, session.recv()).await.unwrap().unwrap_err();
        assert_eq!(closed.reason, CloseReason::TransportError);
    }
    serving.stop().await;
}

#[tokio::test]
async fn ends_that_the_server_brings_about() {
    let serving = Serving::start(config(), |bound| bound).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = EngineOptions { transports: vec![transport], ..serving.options() };
        let mut session = connected(options, dialer()).await;
        assert_eq!(text(&mut session).await, "hello ann");
        session.outbox().push(&Encoded::new(Frame::text("close"))).unwrap();
        let closed = timeout(PATIENCE, session.recv()).await.unwrap().unwrap_err();
        assert_eq!(closed.reason, CloseReason::TransportClose, "{transport:?}");
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_heartbeat_goes_on_over_real_sockets() {
    let mut quick = config();
    quick.ping_interval = Duration::from_millis(40);
    quick.ping_timeout = Duration::from_millis(2000);
    let serving = Serving::start(quick, |bound| bound).await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = EngineOptions { transports: vec![transport], ..serving.options() };
        let mut session = connected(options, dialer()).await;
        assert_eq!(text(&mut session).await, "hello ann");
        // Longer than interval and time-out: without answers the server would have closed.
        assert!(timeout(Duration::from_millis(2500), session.recv()).await.is_err());
        numbered(&mut session, 3).await;
    }
    serving.stop().await;
}
