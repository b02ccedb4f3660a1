//! The client of the crate over the network: both transports, and the upgrade.

use super::*;
use crate::client::{
    Client, ClientBuilder, ClientLifecycle, DisconnectReason, OpenError, OpenErrorKind, State, Transport,
};

const POLLING: &[Transport] = &[Transport::Polling];
const WEBSOCKET: &[Transport] = &[Transport::WebSocket];
const BOTH: &[Transport] = &[Transport::Polling, Transport::WebSocket];

#[derive(Clone)]
struct Bot(mpsc::UnboundedSender<(Instant, DisconnectReason)>);

impl ClientLifecycle<Main> for Bot {
    async fn disconnected(&self, _: Client<Main>, reason: DisconnectReason) {
        let _ = self.0.send((Instant::now(), reason));
    }
}

struct Heard(mpsc::UnboundedSender<String>);

impl PushHandler<Main> for Heard {
    async fn said(&self, _: Client<Main>, text: String) {
        let _ = self.0.send(text);
    }
}

/// A client, how its connections end, and what it hears.
struct Real {
    client: Client<Main>,
    ended: mpsc::UnboundedReceiver<(Instant, DisconnectReason)>,
    heard: mpsc::UnboundedReceiver<String>,
}

impl Real {
    fn start(
        network: &Network,
        transports: &[Transport],
        options: impl FnOnce(ClientBuilder<Main>) -> ClientBuilder<Main>,
    ) -> Self {
        let (sender, ended) = mpsc::unbounded_channel();
        let (hear, heard) = mpsc::unbounded_channel();
        let builder = Client::<Main>::builder("http://server").over(network);
        let builder = builder.transports(transports.iter().copied()).lifecycle(Bot(sender));
        let client = options(builder).connect(Heard(hear)).unwrap();
        Self { client, ended, heard }
    }

    async fn connect(network: &Network, transports: &[Transport]) -> Self {
        let real = Self::start(network, transports, |builder| builder);
        real.client.connected().await.unwrap();
        real
    }
}

#[tokio::test(start_paused = true)]
async fn both_transports_and_the_upgrade_work_in_memory() {
    for transports in [POLLING, WEBSOCKET, BOTH] {
        let behind = Behind::new();
        let mut real = Real::connect(&behind.network, transports).await;
        for n in 0..50 {
            assert_eq!(real.client.emit().double(n).await.unwrap(), 2 * n);
            real.client.emit().say(n.to_string());
            assert_eq!(real.heard.recv().await.unwrap(), n.to_string());
        }
        // Longer than what a stream holds, and through some heartbeats.
        let long = "x".repeat(300_000);
        real.client.emit().say(&long);
        assert_eq!(real.heard.recv().await.unwrap(), long);
        sleep(200 * SECOND).await;
        assert!(real.client.state().is_connected(), "{transports:?}");
        let polls = transports == POLLING;
        let sockets = behind.io.of::<Main>().sockets();
        assert_eq!(sockets[0].transport() == crate::engine::TransportKind::Polling, polls);
        // A poll is there most of the time; a WebSocket always, and then nothing else.
        assert_eq!(behind.network.connections(), 1, "{transports:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_there_and_back() {
    for transports in [POLLING, WEBSOCKET] {
        let behind = Behind::new();
        let real = Real::connect(&behind.network, transports).await;
        // The poll that waits is on the way already.
        behind.network.delay(SECOND);
        let start = Instant::now();
        assert_eq!(real.client.emit().double(1).await.unwrap(), 2);
        assert_eq!(start.elapsed(), 2 * SECOND, "{transports:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_told_and_what_is_emitted_meanwhile_arrives() {
    for (transports, reason) in [
        (WEBSOCKET, DisconnectReason::TransportClose),
        (BOTH, DisconnectReason::TransportClose),
        (POLLING, DisconnectReason::TransportError),
    ] {
        let behind = Behind::new();
        let mut real = Real::connect(&behind.network, transports).await;
        // The upgrade has been made.
        sleep(10 * SECOND).await;
        let start = Instant::now();
        behind.network.cut();
        assert_eq!(real.ended.recv().await.unwrap(), (start, reason), "{transports:?}");
        assert_eq!(real.client.emit().double(1).await.unwrap(), 2);
        // With half of the delay that JavaScript's options have, to one and a half.
        assert!((SECOND / 2..SECOND * 2).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_given_up_after_interval_and_time_out() {
    for transports in [WEBSOCKET, POLLING] {
        let behind = Behind::new();
        let start = Instant::now();
        let mut real = Real::connect(&behind.network, transports).await;
        behind.network.freeze();
        assert_eq!(real.ended.recv().await.unwrap(), (start + 45 * SECOND, DisconnectReason::PingTimeout));
        behind.network.cut();
        behind.network.thaw();
        real.client.connected().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_sent_again_and_a_lost_answer_runs_the_handler_twice() {
    for transports in [WEBSOCKET, POLLING] {
        for (direction, ran) in [(Direction::ToServer, 1), (Direction::ToClient, 2)] {
            let behind = Behind::new();
            let mut real = Real::start(&behind.network, transports, |builder| builder.retries(3));
            real.client.connected().await.unwrap();
            behind.network.cut_at(direction, 1);
            assert_eq!(real.client.emit().double(21).await.unwrap(), 42);
            assert_eq!(behind.doubled(), ran, "{transports:?}, {direction:?}");
            assert!(real.ended.try_recv().is_ok());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_tried_until_another_is_there() {
    for transports in [WEBSOCKET, POLLING] {
        let (old, new) = (Behind::new(), Behind::new());
        let network = Network::new(&old.io);
        let real = Real::connect(&network, transports).await;
        network.refuse(true);
        network.cut();
        let mut watch = real.client.watch();
        watch.wait_for(|state| matches!(state, State::Reconnecting { attempt: 3, .. })).await.unwrap();
        let error = real.client.last_error().unwrap();
        assert_eq!(error.open_error().map(OpenError::kind), Some(&OpenErrorKind::Io));
        network.switch_to(&new.io);
        network.refuse(false);
        real.client.connected().await.unwrap();
        assert_eq!(new.io.of::<Main>().sockets().len(), 1);
        real.client.disconnect();
        real.client.closed().await;
        sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarted_knows_no_sessions_of_polling() {
    let (old, new) = (Behind::new(), Behind::new());
    let real = Real::connect(&old.network, POLLING).await;
    let before = real.client.id();
    old.network.switch_to(&new.io);
    assert_eq!(real.client.emit().double(1).await.ok(), None);
    real.client.connected().await.unwrap();
    assert_ne!(real.client.id(), before);
    assert_eq!(real.client.emit().double(1).await.unwrap(), 2);
    assert_eq!(new.doubled(), 1);
}
