//! The numbers: every metric of the page appears, with the right values, and no label that a client has chosen.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use metrics_util::debugging::DebuggingRecorder;
use sockeye::{
    engine::Overflow,
    prelude::*,
    server::{Observer, ReceivedEvent, Refused},
    testing::TestClient,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    numbers::Numbers,
    stage::{App, Ask, Push, Stage, Token},
    traces::{frame, http, sid_of, until},
};

struct Door;

impl Middleware<Stage> for Door {
    async fn connect(&self, handshake: &mut Handshake<Token>) -> Result<(), ConnectError> {
        if handshake.auth().name == "banned" { Err("banned".into()) } else { Ok(()) }
    }

    async fn event(&self, _: &Socket<Stage>, event: &IncomingEvent) -> Result<(), Refused> {
        if event.name() == "blocked" { Err(Refused::new("no")) } else { Ok(()) }
    }
}

/// Breaks when somebody leaves a room.
struct Nervous;

impl Observer for Nervous {
    fn received(&self, event: &ReceivedEvent<'_>) {
        assert_ne!(event.event.name(), "leave");
    }
}

/// The same namespace, with events that the server does not have or has otherwise.
#[derive(ClientToServer)]
enum Odd {
    #[event(ack = u32)]
    Double(String),
    Nonsense,
    Unheard,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Odd, server_to_client = Push, auth = Token)]
struct OddStage;

#[derive(Namespace)]
#[namespace("/room-{id}", client_to_server = [Ask, More], server_to_client = Push)]
struct Table {
    #[allow(dead_code, reason = "only its place in the path counts")]
    id: u32,
}

#[derive(ClientToServer)]
enum More {
    Extra,
}

struct Tables;

impl Lifecycle<Table> for Tables {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl MoreHandler<Table> for Tables {
    async fn extra(&self, _: Socket<Table>) {}
}

macro_rules! nothing {
    ($($method:ident($($arg:ty),*) -> $ret:ty = $value:expr;)*) => {
        impl crate::stage::AskHandler<Table> for Tables {
            $(async fn $method(&self, _: Socket<Table>, $(_: $arg),*) -> $ret { $value })*
        }
    };
}

nothing! {
    work(u64) -> () = ();
    double(u32) -> u32 = 0;
    half(u32) -> Result<u32, crate::stage::Refusal> = Ok(0);
    query(u64) -> String = String::new();
    join(String) -> () = ();
    leave(String) -> () = ();
    say(String, String) -> () = ();
    hang() -> () = ();
    panic() -> () = ();
    kick(bool) -> () = ();
    burst(u32) -> () = ();
    blocked() -> () = ();
}

async fn join(io: &Server, name: &str) -> TestClient<Stage> {
    TestClient::connect(io, Token { name: name.to_owned() }).await.unwrap()
}

/// A request without a socket under it; the answer's body.
async fn ask(io: &Server, method: &str, query: &str, body: &str) -> String {
    let request =
        http::Request::builder().method(method).uri(format!("/socket.io/?EIO=4&transport=polling{query}"));
    let answer = io.engine().handle(request.body(Full::from(body.to_owned())).unwrap()).await;
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A client that polls, until it does not any more.
async fn polls(io: &Server) -> String {
    let sid = format!("&sid={}", sid_of(&ask(io, "GET", "", "").await));
    ask(io, "POST", &sid, r#"40{"name":"slow"}"#).await;
    while !ask(io, "GET", &sid, "").await.contains("40{") {}
    sid
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test(start_paused = true)]
async fn every_metric_of_the_page_appears_with_its_values() {
    let recorder = DebuggingRecorder::new();
    let installed = metrics::set_default_local_recorder(&recorder);
    let mut numbers = Numbers::new(&recorder);
    let (app, _notes) = App::new();
    let io = Server::builder()
        .observe(Nervous)
        .outbox_limit(300)
        .ping_interval(Duration::from_secs(3600))
        .namespace::<Table>(Tables)
        .namespace::<Stage>(app)
        .middleware(Door)
        .build();
    numbers.are(&[
        (r#"sessions{transport="polling"}"#, 0.0),
        (r#"events_received_total{event="double",namespace="/"}"#, 0.0),
        (r#"events_received_total{event="extra",namespace="/room-{id}"}"#, 0.0),
    ]);

    // Who comes, and who may not.
    let (ann, bob) = (join(&io, "ann").await, join(&io, "bob").await);
    let mut refused = Vec::new();
    for name in ["nobody", "banned", "bug"] {
        refused.push(TestClient::<Stage>::connect(&io, Token { name: name.to_owned() }).await.unwrap_err());
    }
    refused.push(TestClient::<Stage>::connect(&io, BTreeMap::from([("name", 7)])).await.unwrap_err());
    refused.push(TestClient::<Stage>::connect_at(&io, "/nowhere", ()).await.unwrap_err());
    settle().await;
    numbers.are(&[
        (r#"sessions_opened_total{transport="websocket"}"#, 7.0),
        (r#"sessions{transport="websocket"}"#, 2.0),
        (r#"sessions_closed_total{reason="transport close"}"#, 5.0),
        (r#"sockets{namespace="/"}"#, 2.0),
        (r#"connect_refusals_total{by="connect",namespace="/"}"#, 1.0),
        (r#"connect_refusals_total{by="middleware",namespace="/"}"#, 1.0),
        (r#"connect_refusals_total{by="panic",namespace="/"}"#, 1.0),
        (r#"connect_refusals_total{by="auth",namespace="/"}"#, 1.0),
        (r#"connect_refusals_total{by="namespace",namespace="unknown"}"#, 1.0),
        (r#"panics_total{call="connect",namespace="/"}"#, 1.0),
    ]);

    // Events in.
    ann.emit().double(1).await.unwrap();
    ann.emit().work(30);
    ann.emit().panic();
    ann.emit().blocked();
    ann.emit().join("a");
    bob.emit().join("a");
    let odd = TestClient::<OddStage>::connect(&io, Token { name: "odd".to_owned() }).await.unwrap();
    drop(odd.emit().double("x"));
    for _ in 0..3 {
        odd.emit().nonsense();
        odd.emit().unheard();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    numbers.are(&[
        (r#"events_received_total{event="double",namespace="/"}"#, 2.0),
        (r#"events_received_total{event="unknown",namespace="/"}"#, 6.0),
        (r#"decode_errors_total{event="double",namespace="/"}"#, 1.0),
        (r#"event_refusals_total{by="middleware",event="blocked",namespace="/"}"#, 1.0),
        (r#"refusals_total{cause="events"}"#, 1.0),
        (r#"panics_total{call="event",namespace="/"}"#, 1.0),
        (r#"rooms{namespace="/"}"#, 1.0),
    ]);
    let duration = |numbers: &Numbers, event: &str| {
        numbers.durations[&format!("sockeye_event_duration_seconds{{event=\"{event}\",namespace=\"/\"}}")]
            .clone()
    };
    assert_eq!(duration(&numbers, "double"), [0.0]);
    assert_eq!(duration(&numbers, "panic"), [0.0]);
    assert!((0.030..0.035).contains(&duration(&numbers, "work")[0]));
    assert!(duration(&numbers, "blocked").is_empty());

    // Events out.
    ann.emit().say("a", "hi");
    ann.emit().burst(3);
    io.of_path("/").unwrap().emit().event("whatever", (1,));
    settle().await;
    numbers.are(&[
        (r#"events_emitted_total{event="said",namespace="/"}"#, 1.0),
        (r#"event_deliveries_total{event="said",namespace="/"}"#, 1.0),
        (r#"events_emitted_total{event="tick",namespace="/"}"#, 3.0),
        (r#"events_emitted_total{event="unknown",namespace="/"}"#, 1.0),
        (r#"event_deliveries_total{event="unknown",namespace="/"}"#, 3.0),
    ]);

    // Answers: one that does not come, three that do not, and one that nobody waits for any more.
    let query = ann.emit().query(50);
    let everybody = io.of::<Stage>().timeout(Duration::from_millis(50)).emit().question("all?");
    let unwanted = io.of::<Stage>().socket(ann.id()).unwrap().emit().question("you?");
    settle().await;
    numbers
        .are(&[(r#"acks_outstanding{namespace="/"}"#, 5.0), (r#"ack_timeouts_total{namespace="/"}"#, 0.0)]);
    drop(unwanted);
    assert_eq!(query.await.unwrap(), "no answer came in time");
    assert!(!everybody.collect().await.complete);
    numbers
        .are(&[(r#"acks_outstanding{namespace="/"}"#, 0.0), (r#"ack_timeouts_total{namespace="/"}"#, 4.0)]);

    // Who reads nothing.
    let sid = polls(&io).await;
    let slow = io.of::<Stage>().sockets().into_iter().find(|socket| socket.session().name == "slow").unwrap();
    slow.volatile().emit().tick(1);
    slow.emit().tick(2);
    numbers.are(&[
        (r#"sessions{transport="polling"}"#, 1.0),
        (r#"packets_dropped_total{kind="volatile"}"#, 1.0),
        (r#"event_deliveries_total{event="tick",namespace="/"}"#, 4.0),
        ("outbox_waiting_bytes{}", io.engine().backlog().bytes as f64),
    ]);
    assert!(numbers.totals["sockeye_outbox_waiting_bytes{}"] > 0.0);
    assert!(ask(&io, "GET", &sid, "").await.contains("tick"));
    numbers.are(&[("outbox_waiting_bytes{}", 0.0)]);
    slow.emit().tick(3);
    slow.emit().said("x".repeat(400));
    tokio::time::sleep(Duration::from_secs(60)).await;
    numbers.are(&[
        (r#"sessions_closed_total{reason="overflow"}"#, 1.0),
        (r#"disconnects_total{namespace="/",reason="overflow"}"#, 1.0),
        (r#"refusals_total{cause="outboxes"}"#, 1.0),
        ("outbox_waiting_bytes{}", 0.0),
        (r#"sessions{transport="polling"}"#, 0.0),
    ]);
    let lossy = Server::builder()
        .outbox_limit(10)
        .overflow(Overflow::DropNewest)
        .namespace::<Stage>(App::new().0)
        .build();
    polls(&lossy).await;
    lossy.of::<Stage>().emit().tick(1);
    lossy.of::<Stage>().emit().tick(2);
    numbers.are(&[(r#"packets_dropped_total{kind="overflow"}"#, 1.0)]);
    lossy.shutdown(Duration::from_secs(1)).await;

    // Many paths of one pattern, events of any name, requests that are none.
    for id in 0..20 {
        let table = TestClient::<Table>::connect_at(&io, &format!("/room-{id}"), ()).await.unwrap();
        table.emit_as::<More>().extra();
        settle().await;
        numbers.are(&[(r#"sockets{namespace="/room-{id}"}"#, 1.0)]);
        ask(&io, "POST", "&sid=none", "x").await;
    }
    ann.emit().leave("a".to_owned());
    bob.disconnect();
    settle().await;
    numbers.are(&[
        (r#"events_received_total{event="extra",namespace="/room-{id}"}"#, 20.0),
        (r#"refusals_total{cause="requests"}"#, 20.0),
        (r#"panics_total{call="observer",namespace="/"}"#, 1.0),
        (r#"disconnects_total{namespace="/",reason="client namespace disconnect"}"#, 1.0),
        (r#"sockets{namespace="/"}"#, 2.0),
    ]);

    // All gone.
    io.shutdown(Duration::from_secs(1)).await;
    drop((io, ann, bob, odd, slow));
    settle().await;
    drop(installed);
    numbers.read();
    let gauges = ["sessions{", "sockets{", "rooms{", "acks_outstanding{", "outbox_waiting_bytes{"];
    for (name, n) in &numbers.totals {
        if gauges.iter().any(|gauge| name.starts_with(&format!("sockeye_{gauge}"))) {
            assert_eq!(*n, 0.0, "{name}");
        }
    }
    assert_eq!(numbers.names(), documented());
    assert_eq!(numbers.values("namespace"), ["/", "/room-{id}", "unknown"].map(str::to_owned).into());
    let ours = "blocked double extra half hang join kick leave panic query question burst said say tick unknown work";
    assert_eq!(numbers.values("event"), ours.split(' ').map(str::to_owned).collect());
}

/// The names in the page's table.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../runtime/docs/observability.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `sockeye_")?.split('`').next());
    rows.map(|name| format!("sockeye_{name}")).collect()
}

#[tokio::test]
async fn an_upgrade_moves_a_session_and_bytes_are_counted_by_transport() {
    let recorder = DebuggingRecorder::new();
    let installed = metrics::set_default_local_recorder(&recorder);
    let mut numbers = Numbers::new(&recorder);
    let io = Server::builder().namespace::<Stage>(App::new().0).build();
    let bound = io.bind("127.0.0.1:0").await.unwrap();
    let addr = bound.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve_with_shutdown(async move { drop(stopped.await) }));

    let sid = sid_of(&http(addr, "GET", "EIO=4&transport=polling", "").await);
    let query = format!("EIO=4&transport=polling&sid={sid}");
    let connect = r#"40{"name":"ann"}"#;
    http(addr, "POST", &query, connect).await;
    http(addr, "GET", &query, "").await;
    numbers.are(&[
        (r#"sessions{transport="polling"}"#, 1.0),
        (r#"received_bytes_total{transport="polling"}"#, (connect.len() - 1) as f64),
    ]);
    assert!(numbers.totals[r#"sockeye_sent_bytes_total{transport="polling"}"#] > 20.0);

    let mut stream = TcpStream::connect(addr).await.unwrap();
    let upgrade = format!(
        "GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    until(&mut stream, "\r\n\r\n").await;
    stream.write_all(&frame("2probe")).await.unwrap();
    until(&mut stream, "3probe").await;
    stream.write_all(&frame("5")).await.unwrap();
    let event = r#"420["double",1]"#;
    stream.write_all(&frame(event)).await.unwrap();
    let answer = "430[2]";
    until(&mut stream, answer).await;
    numbers.are(&[
        ("upgrades_total{}", 1.0),
        (r#"sessions{transport="polling"}"#, 0.0),
        (r#"sessions{transport="websocket"}"#, 1.0),
        (r#"sessions_opened_total{transport="websocket"}"#, 0.0),
        (r#"received_bytes_total{transport="websocket"}"#, (event.len() - 1) as f64),
        (r#"sent_bytes_total{transport="websocket"}"#, (answer.len() + 2) as f64),
    ]);
    drop(stream);
    let _ = stop.send(());
    serving.await.unwrap();
    drop(installed);
    numbers.are(&[(r#"sessions{transport="websocket"}"#, 0.0)]);
}
