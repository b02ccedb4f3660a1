//! Faults as clients and servers see them.

#[cfg(feature = "client")]
mod real;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::*;
use crate::{prelude::*, testing::TestClient};

#[derive(ClientToServer)]
enum Ask {
    #[event(ack = u32)]
    Double(u32),
    Say(String),
}

#[derive(ServerToClient)]
enum Push {
    Said(String),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Ask, server_to_client = Push)]
struct Main;

struct App {
    doubled: Arc<AtomicU32>,
    ended: mpsc::UnboundedSender<(Instant, CloseReason)>,
}

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn disconnected(&self, _: Socket<Main>, reason: CloseReason) {
        let _ = self.ended.send((Instant::now(), reason));
    }
}

impl AskHandler<Main> for App {
    async fn double(&self, _: Socket<Main>, n: u32) -> u32 {
        self.doubled.fetch_add(1, Ordering::Relaxed);
        2 * n
    }

    async fn say(&self, socket: Socket<Main>, text: String) {
        socket.server().of::<Main>().emit().said(text);
    }
}

/// A server behind a network.
struct Behind {
    io: Server,
    network: Network,
    doubled: Arc<AtomicU32>,
    ended: mpsc::UnboundedReceiver<(Instant, CloseReason)>,
}

impl Behind {
    fn new() -> Self {
        let doubled = Arc::<AtomicU32>::default();
        let (sender, ended) = mpsc::unbounded_channel();
        let app = App { doubled: Arc::clone(&doubled), ended: sender };
        let io = Server::builder().namespace::<Main>(app).build();
        Self { network: Network::new(&io), io, doubled, ended }
    }

    async fn client(&self) -> TestClient<Main> {
        TestClient::connect_over(&self.network, ()).await.unwrap()
    }

    fn doubled(&self) -> u32 {
        self.doubled.load(Ordering::Relaxed)
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_delay_is_seen_each_way_and_changes_for_what_is_sent_from_now_on() {
    let behind = Behind::new();
    let start = Instant::now();
    behind.network.delay(SECOND);
    let mut client = behind.client().await;
    assert_eq!(start.elapsed(), 4 * SECOND, "the connection there and back, and the namespace");
    let start = Instant::now();
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
    assert_eq!(start.elapsed(), 2 * SECOND);

    // What is faster does not overtake.
    let start = Instant::now();
    client.emit().say("slow");
    sleep(SECOND / 2).await;
    behind.network.delay(Duration::ZERO);
    client.emit().say("quick");
    for text in ["slow", "quick"] {
        assert!(matches!(client.next().await, Some(Push::Said(said)) if said == text));
        assert_eq!(start.elapsed(), SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_the_end_for_both_sides_at_once_and_new_connections_open() {
    let mut behind = Behind::new();
    let (mut one, mut two) = (behind.client().await, behind.client().await);
    assert_eq!(behind.network.connections(), 2);
    let (start, lost) = (Instant::now(), one.emit().double(1));
    behind.network.cut();
    assert!(matches!(lost.await, Err(AckError::Disconnected)));
    assert!(one.next().await.is_none() && two.next().await.is_none());
    for _ in 0..2 {
        assert_eq!(behind.ended.recv().await.unwrap(), (start, CloseReason::TransportClose));
    }
    assert_eq!((behind.network.connections(), behind.doubled()), (0, 0));
    assert_eq!(behind.client().await.emit().double(1).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_can_be_lost_or_its_answer_alone() {
    let mut behind = Behind::new();
    for (direction, ran) in [(Direction::ToServer, 0), (Direction::ToClient, 1)] {
        let client = behind.client().await;
        behind.network.cut_at(direction, 1);
        assert!(matches!(client.emit().double(1).await, Err(AckError::Disconnected)));
        assert_eq!(behind.ended.recv().await.unwrap().1, CloseReason::TransportClose);
        assert_eq!(behind.doubled(), ran, "{direction:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_of_cuts_counts_messages_of_all_connections_and_no_heartbeats() {
    let behind = Behind::new();
    let other = behind.client().await;
    let mut client = behind.client().await;
    for nth in [3, 6] {
        behind.network.cut_at(Direction::ToServer, nth);
    }
    // Pings and pongs by the dozen.
    sleep(1000 * SECOND).await;
    for alive in [true, true, false] {
        assert_eq!(client.emit().double(1).await.is_ok(), alive);
    }
    // Joining is a message.
    client = behind.client().await;
    assert!(client.emit().double(1).await.is_ok());
    assert!(other.emit().double(1).await.is_err());
    assert!(client.emit().double(1).await.is_ok());
    assert_eq!(behind.network.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_went_before_the_cut_has_arrived() {
    let behind = Behind::new();
    let mut client = behind.client().await;
    behind.network.delay(SECOND);
    behind.network.cut_at(Direction::ToClient, 3);
    for n in 0..5 {
        client.emit().say(n.to_string());
    }
    for n in 0..2 {
        assert!(matches!(client.next().await, Some(Push::Said(said)) if said == n.to_string()));
    }
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn refused_connections_leave_those_that_are_open() {
    let behind = Behind::new();
    let client = behind.client().await;
    behind.network.refuse(true);
    let refused = TestClient::<Main>::connect_over(&behind.network, ()).await.unwrap_err();
    assert_eq!(refused.message, "the network refused the connection");
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
    behind.network.refuse(false);
    behind.client().await;
}

#[tokio::test(start_paused = true)]
async fn a_frozen_peer_is_given_up_by_its_heartbeat_and_learns_it_with_the_thaw() {
    let mut behind = Behind::new();
    let start = Instant::now();
    let mut client = behind.client().await;
    behind.network.freeze();
    // Interval and time-out.
    assert_eq!(behind.ended.recv().await.unwrap(), (start + 45 * SECOND, CloseReason::PingTimeout));
    let end = tokio::time::timeout(100 * SECOND, client.next());
    assert!(end.await.is_err(), "nobody tells");
    assert_eq!(behind.network.connections(), 1);
    behind.network.thaw();
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_thaw_in_time_loses_nothing() {
    let behind = Behind::new();
    let mut client = behind.client().await;
    behind.network.freeze();
    let text = "long".repeat(50_000);
    for _ in 0..3 {
        client.emit().say(&text);
    }
    sleep(10 * SECOND).await;
    assert!(futures_util::FutureExt::now_or_never(client.next()).is_none());
    behind.network.thaw();
    for _ in 0..3 {
        assert!(matches!(client.next().await, Some(Push::Said(said)) if said == text));
    }
}

#[tokio::test(start_paused = true)]
async fn a_frozen_connection_can_be_cut() {
    let mut behind = Behind::new();
    let mut client = behind.client().await;
    behind.network.freeze();
    behind.network.cut();
    assert!(client.next().await.is_none());
    assert_eq!(behind.ended.recv().await.unwrap().1, CloseReason::TransportClose);
}

#[tokio::test(start_paused = true)]
async fn another_server_gets_the_connections_to_come() {
    let (old, new) = (Behind::new(), Behind::new());
    let client = old.client().await;
    old.network.switch_to(&new.io);
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
    assert_eq!((old.doubled(), new.doubled()), (1, 0));
    assert_eq!(old.client().await.emit().double(1).await.unwrap(), 2);
    assert_eq!((old.doubled(), new.doubled()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_network_that_nobody_has_is_no_more() {
    let mut behind = Behind::new();
    let client = behind.client().await;
    // The client has it still.
    drop(std::mem::replace(&mut behind.network, Network::new(&behind.io)));
    assert_eq!(client.emit().double(1).await.unwrap(), 2);
    drop(client);
    assert_eq!(behind.ended.recv().await.unwrap().1, CloseReason::TransportClose);
    assert_eq!(behind.io.stats().sessions, 0);
}
