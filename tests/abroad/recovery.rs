//! Connection state recovery: what was missed comes in order.

use crate::{
    guest::{Bot, WEBSOCKET, guest, soon, token},
    proxy::Proxy,
    servers::{Host, Maker},
};

async fn what_was_missed_comes_in_order(maker: Maker) {
    let host = Host::start(maker, &["--recovery"]);
    let proxy = Proxy::to(host.addr).await;
    let bot = Bot::default();
    let client =
        guest(&proxy.url()).transports(WEBSOCKET).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    let other = guest(&host.url()).auth(token("bob")).connect(Bot::default()).unwrap();
    soon(other.connected()).await.unwrap();
    bot.until("connected false").await;
    let id = client.id();
    other.emit().tell(0, "before");
    bot.until("told 0 before").await;
    for round in 1..4 {
        proxy.close_the_road();
        bot.until("disconnected: transport close").await;
        for number in 0..50 {
            other.emit().tell(number, format!("missed in {round}"));
        }
        // Answered behind them: the server has had them all.
        soon(other.emit().who()).await.unwrap();
        proxy.open_the_road();
        soon(client.connected()).await.unwrap();
        let mut told = bot.until(&format!("told 49 missed in {round}")).await;
        told.retain(|entry| entry != "connect error");
        if !told.iter().any(|entry| entry == "connected true") {
            told.extend(bot.until("connected true").await);
        }
        told.retain(|entry| entry != "connected true");
        let missed: Vec<_> = (0..50).map(|number| format!("told {number} missed in {round}")).collect();
        assert_eq!(told, missed);
        assert!(client.recovered());
        assert_eq!(client.id(), id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_ours() {
    what_was_missed_comes_in_order(Maker::Ours).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_npms() {
    what_was_missed_comes_in_order(Maker::Npm).await;
}
