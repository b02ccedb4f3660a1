//! Events between nodes: what another node sends and is sent, and what becomes of the answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sockeye::{
    AckError, DecodeError, Parser,
    prelude::*,
    testing::{TestClient, TestNode},
};
use tokio::{sync::Notify, time::Instant};

#[derive(ServerToServer, Debug)]
enum Cluster {
    /// Tells the clients of this node.
    #[event("config changed")]
    ConfigChanged {
        version: u64,
    },
    #[event(ack = usize)]
    Load,
    #[event(ack = Bytes, error = Refusal)]
    Fetch(String, Option<Bytes>),
    /// Ends when told, or never.
    #[event(ack = ())]
    Wait,
    Note(u32),
    #[event(ack = ())]
    Panic,
    /// Shuts the server down after a second, with a deadline in seconds; tells how long all of that took.
    #[event(ack = u64)]
    ShutDown(u64),
}

#[derive(ServerToServer, Debug)]
enum Cache {
    #[event(ack = u8)]
    Invalidate { key: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Refusal {
    Unknown(String),
    Malformed,
}

impl From<DecodeError> for Refusal {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

#[derive(ServerToClient, Debug)]
enum Push {
    Version(u64),
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push, server_to_server = [Cluster, Cache])]
struct Main;

/// One enum: its methods are there without a name for it.
#[derive(Namespace)]
#[namespace("/table-{number}", server_to_server = Cache)]
struct Table {
    number: u32,
}

#[derive(Clone, Default)]
struct App(Arc<State>);

#[derive(Default)]
struct State {
    notes: Mutex<Vec<u32>>,
    waiting: AtomicUsize,
    go: Notify,
}

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl Lifecycle<Table> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl ClusterHandler<Main> for App {
    async fn config_changed(&self, io: Broadcast<Main>, version: u64) {
        io.emit().version(version);
    }

    async fn load(&self, io: Broadcast<Main>) -> usize {
        assert_eq!(io.server().stats().sockets, io.sockets().len());
        io.sockets().len()
    }

    async fn fetch(&self, _: Broadcast<Main>, key: String, more: Option<Bytes>) -> Result<Bytes, Refusal> {
        match more {
            Some(more) => Ok([key.as_bytes(), &more].concat().into()),
            None => Err(Refusal::Unknown(key)),
        }
    }

    async fn shut_down(&self, io: Broadcast<Main>, deadline: u64) -> u64 {
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(1)).await;
        io.server().shutdown(Duration::from_secs(deadline)).await;
        start.elapsed().as_secs()
    }

    async fn wait(&self, _: Broadcast<Main>) {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let _gone = Gone(&self.0.waiting);
        self.0.go.notified().await;
    }

    async fn note(&self, _: Broadcast<Main>, number: u32) {
        self.0.notes.lock().push(number);
        tokio::task::yield_now().await;
    }

    async fn panic(&self, _: Broadcast<Main>) {
        panic!("on purpose");
    }
}

struct Gone<'a>(&'a AtomicUsize);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl CacheHandler<Main> for App {
    async fn invalidate(&self, _: Broadcast<Main>, key: String) -> u8 {
        key.len() as u8
    }
}

impl CacheHandler<Table> for App {
    async fn invalidate(&self, io: Broadcast<Table>, _key: String) -> u8 {
        io.sockets().first().map_or(0, |socket| socket.params().number as u8)
    }
}

fn server(app: &App) -> Server {
    Server::builder().namespace::<Main>(app.clone()).namespace::<Table>(app.clone()).build()
}

#[tokio::test(start_paused = true)]
async fn what_another_node_sends_runs_the_handlers() {
    for parser in [Parser::Json, Parser::MessagePack] {
        let io = Server::builder().parser(parser).namespace::<Main>(App::default()).build();
        let mut client = TestClient::<Main>::connect(&io, ()).await.unwrap();
        let other = TestNode::<Main>::new(&io);

        assert_eq!(other.emit_as::<Cluster>().load().await.unwrap(), 1);
        other.emit_as::<Cluster>().config_changed(7);
        assert!(matches!(client.next().await, Some(Push::Version(7))));
        assert_eq!(other.emit_as::<Cache>().invalidate("users").await.unwrap(), 5);

        let fetched = other.emit_as::<Cluster>().fetch("ab", Some(Bytes::from_static(b"cd"))).await;
        assert_eq!(&fetched.unwrap()[..], b"abcd");
        let refused = other.emit_as::<Cluster>().fetch("x", None).await;
        assert!(matches!(refused, Err(AckError::Refused(Refusal::Unknown(key))) if key == "x"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cluster_nobody_is_reached() {
    let io = server(&App::default());
    let nodes = io.of::<Main>();
    nodes.server_side_emit_as::<Cluster>().config_changed(1);
    let start = Instant::now();
    assert!(nodes.server_side_emit_as::<Cluster>().load().await.unwrap().is_empty());
    let table = io.of_with(Table { number: 7 });
    assert!(table.server_side_emit().invalidate("x").await.unwrap().is_empty());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[test]
fn without_a_cluster_no_runtime_is_needed() {
    let io = server(&App::default());
    let loads = io.of::<Main>().server_side_emit_as::<Cluster>().load();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = std::pin::pin!(loads).poll(&mut cx);
    assert!(matches!(polled, std::task::Poll::Ready(Ok(loads)) if loads.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn all_other_nodes_answer() {
    let io = server(&App::default());
    let (mut one, mut two) = (TestNode::<Main>::new(&io), TestNode::<Main>::new(&io));
    let elsewhere = TestNode::<Table>::new_with(&io, Table { number: 7 });
    let loads = io.of::<Main>().server_side_emit_as::<Cluster>().load();
    for (node, load) in [(&mut one, 3), (&mut two, 5)] {
        let Some((Cluster::Load, Some(reply))) = node.next_as::<Cluster>().await else { panic!() };
        reply.send(&load);
    }
    assert_eq!(loads.await.unwrap(), [3, 5]);

    drop((two, elsewhere));
    let fetched = io.of::<Main>().server_side_emit_as::<Cluster>().fetch("a", None);
    let Some((Cluster::Fetch(key, None), Some(reply))) = one.next_as().await else { panic!() };
    reply.accept(&Bytes::from(key));
    assert_eq!(fetched.await.unwrap(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn the_answers_that_came_are_in_the_error() {
    let io = server(&App::default());
    let (mut one, mut two) = (TestNode::<Main>::new(&io), TestNode::<Main>::new(&io));
    let start = Instant::now();
    let short = io.of::<Main>().timeout(Duration::from_secs(3));
    let loads = short.server_side_emit_as::<Cluster>().load();
    let Some((Cluster::Load, Some(reply))) = one.next_as().await else { panic!() };
    reply.send(&3);
    let error = loads.await.unwrap_err();
    assert_eq!((error.values.as_slice(), start.elapsed()), (&[3][..], Duration::from_secs(3)));
    assert!(matches!(error.failures[..], [AckError::Timeout]));
    assert_eq!(error.to_string(), "operation has timed out: 1 of 2 nodes did not answer as they should");

    let fetched = io.of::<Main>().server_side_emit_as::<Cluster>().fetch("a", None);
    for node in [&mut one, &mut two] {
        while let Some((event, Some(reply))) = node.next_as().await {
            if let Cluster::Fetch(key, _) = event {
                reply.refuse(&Refusal::Unknown(key));
                break;
            }
        }
    }
    let error = fetched.await.unwrap_err();
    assert!(matches!(&error.failures[..], [AckError::Refused(Refusal::Unknown(_)), AckError::Refused(_)]));
    assert_eq!(error.to_string(), "2 of 2 nodes did not answer as they should");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_costs_only_its_answer() {
    let io = server(&App::default());
    let other = TestNode::<Main>::new(&io);
    let start = Instant::now();
    assert!(matches!(other.emit_as::<Cluster>().panic().await, Err(AckError::Timeout)));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(other.emit_as::<Cluster>().load().await.unwrap(), 0);
}

/// What an older or newer version of the program sends: events of the same names with other arguments, and one more.
mod foreign {
    use super::*;

    #[derive(ServerToServer)]
    pub(super) enum Cluster {
        #[event(ack = Bytes, error = Refusal)]
        Fetch(u32),
        #[event(ack = usize)]
        Load(String, u8),
        #[event(ack = u8)]
        Invalidate,
        #[event(ack = u8)]
        Novelty,
    }

    #[derive(Namespace)]
    #[namespace("/", server_to_server = Cluster)]
    pub(super) struct Main;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_decode_is_answered_by_its_error_type_or_not_at_all() {
    let io = server(&App::default());
    let other = TestNode::<foreign::Main>::new(&io);
    let fetched = other.emit().fetch(7).await;
    assert!(matches!(fetched, Err(AckError::Refused(Refusal::Malformed))));
    assert!(matches!(other.emit().invalidate().await, Err(AckError::Timeout)));
    assert!(matches!(other.emit().novelty().await, Err(AckError::Timeout)));
    assert_eq!(other.emit().load("more than is wanted", 1).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dynamic_namespace_is_reached_while_somebody_is_in_it() {
    let io = server(&App::default());
    let mut other = TestNode::new_with(&io, Table { number: 7 });
    assert!(matches!(other.emit().invalidate("x").await, Err(AckError::Timeout)));
    let client = TestClient::<Table>::connect_at(&io, "/table-7", ()).await.unwrap();
    assert_eq!(other.emit().invalidate("x").await.unwrap(), 7);

    // The other way it does not matter who is in it here, but which one it is.
    client.disconnect();
    let _asked = io.of_with(Table { number: 8 }).server_side_emit().invalidate("8");
    let asked = io.of_with(Table { number: 7 }).server_side_emit().invalidate("7");
    let Some((Cache::Invalidate { key }, Some(reply))) = other.next_with_reply().await else { panic!() };
    assert_eq!(key, "7");
    reply.send(&9);
    assert_eq!(asked.await.unwrap(), [9]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_start_in_the_order_of_the_emits() {
    let app = App::default();
    let io = server(&app);
    let other = TestNode::<Main>::new(&io);
    for number in 0..500 {
        other.emit_as::<Cluster>().note(number);
    }
    // Begins after them.
    other.emit_as::<Cluster>().load().await.unwrap();
    assert_eq!(*app.0.notes.lock(), (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn no_more_handlers_run_at_once_than_may() {
    let app = App::default();
    let io = Server::builder().max_handlers(2).namespace::<Main>(app.clone()).build();
    let other = TestNode::<Main>::new(&io);
    let waits = [(); 3].map(|()| other.emit_as::<Cluster>().wait());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.0.waiting.load(Ordering::Relaxed), 2);
    app.0.go.notify_waiters();
    let [one, two, three] = waits;
    one.await.unwrap();
    two.await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.0.waiting.load(Ordering::Relaxed), 1);
    app.0.go.notify_waiters();
    three.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_handlers_and_drops_what_does_not_end() {
    for (ends, took) in [(true, 1), (false, 10)] {
        let app = App::default();
        let io = server(&app);
        let other = TestNode::<Main>::new(&io);
        let wait = other.emit_as::<Cluster>().wait();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(app.0.waiting.load(Ordering::Relaxed), 1);
        let start = Instant::now();
        let ending = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if ends {
                app.0.go.notify_waiters();
            }
        };
        tokio::join!(io.shutdown(Duration::from_secs(10)), ending);
        assert_eq!(start.elapsed(), Duration::from_secs(took));
        assert_eq!(wait.await.is_ok(), ends);
        assert_eq!(app.0.waiting.load(Ordering::Relaxed), 0);
        // What comes now is too late.
        assert!(matches!(other.emit_as::<Cluster>().load().await, Err(AckError::Timeout)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_wait_for_the_shutdown_it_asks_for() {
    let app = App::default();
    let io = server(&app);
    let (one, other) = (TestNode::<Main>::new(&io), TestNode::<Main>::new(&io));
    let client = TestClient::<Main>::connect(&io, ()).await.unwrap();
    let wait = other.emit_as::<Cluster>().wait();
    // Both ask, beside one that asks from outside and one that runs for two seconds.
    let asked = [one.emit_as::<Cluster>().shut_down(10), other.emit_as::<Cluster>().shut_down(10)];
    let ends = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        app.0.go.notify_waiters();
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    tokio::join!(ends, io.shutdown(Duration::from_secs(10)));
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    for took in asked {
        assert_eq!(took.await.unwrap(), 2);
    }
    wait.await.unwrap();
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_handler_outlives_the_deadline_of_its_own_shutdown() {
    let app = App::default();
    let io = server(&app);
    let other = TestNode::<Main>::new(&io);
    let wait = other.emit_as::<Cluster>().wait();
    assert_eq!(other.emit_as::<Cluster>().shut_down(3).await.unwrap(), 1 + 3);
    // The other one did not end.
    assert!(wait.await.is_err());
    assert_eq!(app.0.waiting.load(Ordering::Relaxed), 0);
}
