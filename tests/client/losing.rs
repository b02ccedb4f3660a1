//! Lost connections: coming back, giving up, and what becomes of events meanwhile.

use std::time::Duration;

use sockeye::{
    AckError,
    client::{ClientBuilder, DisconnectReason, State, Transport},
    server::Recovery,
};

use crate::house::{Bot, House, Main, Network, builder, soon};

/// Over a WebSocket, so that a cut is seen by both sides at once: polling goes on over the next connection if no request was under way.
fn wired(network: &Network) -> ClientBuilder<Main> {
    builder::<Main>(&network.url()).transports([Transport::WebSocket])
}

#[tokio::test]
async fn it_comes_back_when_the_server_does() {
    let house = House::open().await;
    let addr = house.addr;
    let bot = Bot::default();
    let client = house.builder().lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    assert_eq!(bot.log.take(1).await, ["connected false"]);
    let mut watch = client.watch();
    house.close().await;
    soon(watch.wait_for(|state| matches!(state, State::Reconnecting { .. }))).await.unwrap();
    for number in 0..10 {
        client.emit().note(number);
    }
    let waiting = client.emit().shout("later");
    let house = House::open_at(addr, |builder| builder).await;
    soon(client.connected()).await.unwrap();
    house.log.until("connected / ann").await;
    let notes = house.log.take(10).await;
    assert!(notes.iter().enumerate().all(|(at, entry)| *entry == format!("note {at}")), "{notes:?}");
    assert_eq!(soon(waiting).await.unwrap(), "LATER");
    let log = bot.log.until("connected false").await;
    assert!(log[0].starts_with("disconnected: transport ") && log[1] == "reconnecting 1", "{log:?}");
}

#[tokio::test]
async fn answers_that_were_on_their_way_fail_when_the_network_does() {
    let house = House::open().await;
    let network = Network::to(house.addr).await;
    let client = wired(&network).connect(Bot::default()).unwrap();
    let answer = client.emit().wait();
    house.log.until("wait").await;
    network.cut();
    assert!(matches!(soon(answer).await, Err(AckError::Disconnected)));
    soon(client.connected()).await.unwrap();
}

#[tokio::test]
async fn it_gives_up_after_as_many_tries_as_it_may_make() {
    let house = House::open().await;
    let network = Network::to(house.addr).await;
    let bot = Bot::default();
    let client =
        wired(&network).reconnection_attempts(2).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    // Success starts the count again.
    network.cut();
    bot.log.until("reconnecting 1").await;
    soon(client.connected()).await.unwrap();
    bot.log.until("connected false").await;
    network.down(true);
    assert_eq!(soon(client.closed()).await, DisconnectReason::ReconnectFailed);
    let log = bot.log.until("reconnect failed").await;
    assert_eq!(
        log[1..],
        ["reconnecting 1", "connect error", "reconnecting 2", "connect error", "reconnect failed"]
    );
    assert!(client.last_error().is_some());
    network.down(false);
    client.connect();
    soon(client.connected()).await.unwrap();
}

#[tokio::test]
async fn without_reconnection_the_first_end_is_the_last() {
    let house = House::open().await;
    let network = Network::to(house.addr).await;
    let client = wired(&network).reconnection(false).connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    network.cut();
    let reason = soon(client.closed()).await;
    assert!(
        matches!(reason, DisconnectReason::TransportClose | DisconnectReason::TransportError),
        "{reason}"
    );
    network.down(true);
    client.connect();
    assert!(soon(client.connected()).await.is_err());
    assert_eq!(client.state(), State::Closed(DisconnectReason::ReconnectFailed));
}

#[tokio::test]
async fn with_retries_nothing_is_lost_and_the_order_is_kept() {
    let house = House::open().await;
    let network = Network::to(house.addr).await;
    let client = builder::<Main>(&network.url())
        .retries(3)
        .reconnection_delay(Duration::from_millis(1))
        .reconnection_delay_max(Duration::from_millis(2))
        .connect(Bot::default())
        .unwrap();
    for number in 0..200u32 {
        client.emit().note(number);
        if number.is_multiple_of(20) {
            soon(client.connected()).await.unwrap();
            network.cut();
        }
    }
    let log = house.log.until("note 199").await;
    let mut seen = Vec::new();
    for note in log.iter().filter_map(|entry| entry.strip_prefix("note ")) {
        // One that comes again was on its way when the network was cut, so that no other has come since.
        let note: u32 = note.parse().unwrap();
        if seen.last() != Some(&note) {
            seen.push(note);
        }
    }
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn missed_events_come_in_order_to_a_recovered_client() {
    let house = House::open_with(|builder| builder.connection_state_recovery(Recovery::default())).await;
    let network = Network::to(house.addr).await;
    let bot = Bot::default();
    let client = wired(&network).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    let io = house.io.of::<Main>();
    let id = client.id().unwrap();
    let socket = io.socket(&id).unwrap();
    io.emit().labelled(0, "zero");
    bot.log.until("labelled 0 zero").await;
    network.down(true);
    bot.log.until("reconnecting 1").await;
    soon(socket.closed()).await;
    for number in 1..20 {
        io.emit().labelled(number, "missed");
    }
    network.down(false);
    let log = bot.log.until("labelled 19 missed").await;
    let came: Vec<_> = log.iter().filter(|entry| entry.starts_with("labelled")).cloned().collect();
    assert_eq!(came, (1..20).map(|number| format!("labelled {number} missed")).collect::<Vec<_>>());
    assert!(log.contains(&"connected true".to_owned()) && client.recovered());
    assert_eq!(client.id().unwrap(), id);
}

#[tokio::test]
async fn a_hundred_cuts_leave_nothing_behind() {
    let house = House::open().await;
    let network = Network::to(house.addr).await;
    let client = wired(&network)
        .reconnection_delay(Duration::from_millis(1))
        .reconnection_delay_max(Duration::from_millis(2))
        .connect(Bot::default())
        .unwrap();
    let metrics = tokio::runtime::Handle::current().metrics();
    let mut tasks = Vec::new();
    for round in 0..100 {
        soon(client.connected()).await.unwrap();
        assert_eq!(soon(client.emit().shout("a")).await.unwrap(), "A");
        let mut watch = client.watch();
        network.cut();
        soon(watch.wait_for(|state| !state.is_connected())).await.unwrap();
        if round % 50 == 49 {
            tasks.push(metrics.num_alive_tasks());
        }
    }
    assert!(tasks[1] <= tasks[0] + 20, "{tasks:?}");
}
