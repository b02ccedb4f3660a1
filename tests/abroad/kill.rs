//! A server that is killed and comes back in the same place.

use sockeye::client::{DisconnectReason, State};

use crate::{
    guest::{Bot, POLLING, WEBSOCKET, guest, soon},
    servers::{Host, Maker},
};

crate::against!(a_killed_server_costs_the_connection_and_nothing_else, it_comes_back_by_polling_too);

async fn a_killed_server_costs_the_connection_and_nothing_else(maker: Maker) {
    let mut host = Host::start(maker, &[]);
    let bot = Bot::greeting();
    let client =
        guest(&host.url()).transports(WEBSOCKET).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    assert_eq!(soon(client.emit().record(1)).await.unwrap(), 1);
    bot.until("connected false").await;
    let first = client.id();
    let waiting = client.emit().silence();

    host.kill();
    bot.until("disconnected: transport close").await;
    assert!(soon(waiting).await.is_err());
    let mut states = client.watch();
    soon(states.wait_for(|state| matches!(state, State::Reconnecting { .. }))).await.unwrap();
    // Offline: kept, in order, and sent before anybody is told of the new connection.
    for number in 2..5 {
        client.emit().note(number);
    }
    let answer = client.emit().record(5);
    host.restart();
    soon(client.connected()).await.unwrap();
    assert_eq!(soon(answer).await.unwrap(), 5);
    bot.until("connected false").await;
    assert_ne!(client.id(), first);
    assert_eq!(soon(client.emit().notes()).await.unwrap(), [2, 3, 4, 5, 100]);

    client.disconnect();
    assert_eq!(client.state(), State::Closed(DisconnectReason::ClientDisconnect));
    bot.until("disconnected: io client disconnect").await;
}

async fn it_comes_back_by_polling_too(maker: Maker) {
    let mut host = Host::start(maker, &["--polling"]);
    let bot = Bot::default();
    let client = guest(&host.url()).transports(POLLING).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    bot.until("connected false").await;
    host.kill();
    bot.until("disconnected: transport error").await;
    host.restart();
    soon(client.connected()).await.unwrap();
    assert_eq!(soon(client.emit().record(1)).await.unwrap(), 1);
    assert_eq!(soon(client.emit().who()).await.unwrap().transport, "polling");
}
