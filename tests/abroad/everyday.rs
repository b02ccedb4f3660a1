//! What every server has to do for a client, and every client for a server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sockeye::{
    client::{ClientTls, DisconnectReason, State, Transport},
    event::AckError,
    protocol::socket_io::Parser,
};

use crate::{
    events::Token,
    guest::{Bot, POLLING, WEBSOCKET, guest, parcel, soon, token},
    servers::{Host, Maker, pem},
};

crate::against!(
    events_go_both_ways_over_polling,
    events_go_both_ways_after_the_upgrade,
    ten_thousand_answers_are_waited_for_at_once,
    an_answer_that_does_not_come_times_out,
    auth_is_asked_for_at_each_connection,
    a_refusal_has_message_and_data_and_is_final,
    who_is_put_out_stays_out,
    a_slow_handler_costs_no_heartbeat,
    tls_with_a_root_of_ones_own,
);

async fn both_ways(url: &str, transports: &[Transport], expected: &str) {
    let bot = Bot::default();
    let client = guest(url)
        .transports(transports.iter().copied())
        .lifecycle(bot.clone())
        .connect(bot.clone())
        .unwrap();
    soon(client.connected()).await.unwrap();
    // Binary both ways: several attachments, at several depths.
    assert_eq!(soon(client.emit().echo(parcel("echo"))).await.unwrap(), parcel("echo"));
    client.emit().post(parcel("post"));
    bot.until("parcel post true").await;
    // The server asks, and a handler's value is the answer.
    assert_eq!(soon(client.emit().ask(20)).await.unwrap(), 41);
    // Without arguments, both ways.
    client.emit().nudge();
    bot.until("nudged").await;
    client.emit().ticks(200);
    let ticks: Vec<_> = (0..200).map(|number| format!("tick {number}")).collect();
    assert_eq!(bot.until("tick 199").await, ticks);
    client.emit().tell(1, "to all");
    bot.until("told 1 to all").await;
    // The upgrade takes its time; how the packets travel meanwhile is nobody's concern.
    let upgraded = async {
        while client.emit().who().await.unwrap().transport != expected {
            tokio::task::yield_now().await;
        }
    };
    soon(upgraded).await;
    assert_eq!(soon(client.emit().echo(parcel("again"))).await.unwrap(), parcel("again"));
}

async fn events_go_both_ways_over_polling(maker: Maker) {
    let host = Host::start(maker, &[]);
    both_ways(&host.url(), &POLLING, "polling").await;
}

async fn events_go_both_ways_after_the_upgrade(maker: Maker) {
    let host = Host::start(maker, &[]);
    both_ways(&host.url(), &[Transport::Polling, Transport::WebSocket], "websocket").await;
}

async fn ten_thousand_answers_are_waited_for_at_once(maker: Maker) {
    let host = Host::start(maker, &[]);
    let client = guest(&host.url()).transports(WEBSOCKET).connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    let mut waiting = Vec::new();
    for number in 0..10_000 {
        waiting.push(client.emit().record(number));
    }
    for (number, answer) in (0..).zip(waiting) {
        assert_eq!(soon(answer).await.unwrap(), number);
    }
    assert!(soon(client.emit().notes()).await.unwrap().into_iter().eq(0..10_000));
}

async fn an_answer_that_does_not_come_times_out(maker: Maker) {
    let host = Host::start(maker, &[]);
    let client = guest(&host.url()).connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    let silence = client.timeout(Duration::from_millis(50)).emit().silence();
    assert!(matches!(soon(silence).await, Err(AckError::Timeout)));
    assert_eq!(soon(client.emit().record(1)).await.unwrap(), 1);
}

async fn auth_is_asked_for_at_each_connection(maker: Maker) {
    let mut host = Host::start(maker, &[]);
    let turns = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&turns);
    let auth = move || {
        let asked = Arc::clone(&asked);
        async move {
            tokio::task::yield_now().await;
            let turn = asked.fetch_add(1, Ordering::SeqCst);
            if turn == 1 { Err("no token now") } else { Ok(Token { name: "ann".to_owned(), turn }) }
        }
    };
    let bot = Bot::default();
    let client = guest(&host.url()).auth_with(auth).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    assert_eq!(soon(client.emit().who()).await.unwrap().turn, 0);
    bot.until("connected false").await;
    host.kill();
    host.restart();
    // The second time there is none to be had, and it is asked for again.
    let between = bot.until("connected false").await;
    assert!(between.iter().any(|entry| entry == "connect error"), "{between:?}");
    assert_eq!(soon(client.emit().who()).await.unwrap().turn, 2);
}

async fn a_refusal_has_message_and_data_and_is_final(maker: Maker) {
    let host = Host::start(maker, &[]);
    let bot = Bot::default();
    let client =
        guest(&host.url()).auth(token("nobody")).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    let error = soon(client.connected()).await.unwrap_err();
    assert_eq!((error.message(), error.is_refusal()), ("not authorized", true));
    assert_eq!(error.data::<serde_json::Value>().unwrap(), serde_json::json!({ "code": 7 }));
    assert_eq!(client.state(), State::Closed(DisconnectReason::Refused));
    assert_eq!(bot.until(r#"refused: not authorized {"code":7}"#).await.len(), 1);
    // By hand only, and then once.
    client.connect();
    assert!(soon(client.connected()).await.unwrap_err().is_refusal());
    bot.until(r#"refused: not authorized {"code":7}"#).await;
    assert!(bot.all().is_empty());
}

async fn who_is_put_out_stays_out(maker: Maker) {
    let host = Host::start(maker, &[]);
    let bot = Bot::default();
    let client =
        guest(&host.url()).transports(WEBSOCKET).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    for close in [false, true] {
        client.connect();
        soon(client.connected()).await.unwrap();
        client.emit().kick(close);
        assert_eq!(soon(client.closed()).await, DisconnectReason::ServerDisconnect);
        let told = bot.until("disconnected: io server disconnect").await;
        assert_eq!(told, ["connected false", "disconnected: io server disconnect"]);
    }
    for _ in 0..2 {
        client.connect();
        soon(client.connected()).await.unwrap();
        client.disconnect();
        assert_eq!(client.state(), State::Closed(DisconnectReason::ClientDisconnect));
        let told = bot.until("disconnected: io client disconnect").await;
        assert_eq!(told, ["connected false", "disconnected: io client disconnect"]);
    }
    // A hundred times as long as it would wait before coming back.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(client.state().is_closed() && bot.all().is_empty());
}

async fn a_slow_handler_costs_no_heartbeat(maker: Maker) {
    // python-socketio looks at its clients' heartbeats only as often as it pings, and counts seconds.
    let ping = if maker == Maker::Python { ["--ping", "1000", "1000"] } else { ["--ping", "300", "200"] };
    let host = Host::start(maker, &ping);
    let bot = Bot::default();
    let client =
        guest(&host.url()).transports(WEBSOCKET).lifecycle(bot.clone()).connect(bot.clone()).unwrap();
    soon(client.connected()).await.unwrap();
    let (slow, quick) = (client.emit().ask(3000), client.emit().ask(1));
    assert_eq!(soon(quick).await.unwrap(), 3);
    assert_eq!(soon(slow).await.unwrap(), 6001);
    assert_eq!(bot.all(), ["connected false"]);
}

async fn tls_with_a_root_of_ones_own(maker: Maker) {
    let host = Host::start(maker, &["--tls", &pem("cert"), &pem("key")]);
    let url = host.url().replace("http:", "https:");
    // Nobody else trusts it.
    let stranger = guest(&url).reconnection(false).connect(Bot::default()).unwrap();
    assert!(!soon(stranger.connected()).await.unwrap_err().is_refusal());
    let root = std::fs::read(pem("cert")).unwrap();
    for (transports, expected) in [
        (&POLLING[..], "polling"),
        (&WEBSOCKET[..], "websocket"),
        (&[Transport::Polling, Transport::WebSocket][..], "websocket"),
    ] {
        let tls = ClientTls::new().root_pem(&root).unwrap().only_these_roots();
        let client =
            guest(&url).transports(transports.iter().copied()).tls(tls).connect(Bot::default()).unwrap();
        soon(client.connected()).await.unwrap();
        let there = async { while client.emit().who().await.unwrap().transport != expected {} };
        soon(there).await;
        assert_eq!(soon(client.emit().echo(parcel("tls"))).await.unwrap(), parcel("tls"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_pack_with_ours() {
    message_pack(Maker::Ours).await;
}

/// npm's server with `socket.io-msgpack-parser`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_pack_with_npms() {
    message_pack(Maker::Npm).await;
}

async fn message_pack(maker: Maker) {
    let host = Host::start(maker, &["--msgpack"]);
    for transports in [POLLING, WEBSOCKET] {
        let bot = Bot::default();
        let client = guest(&host.url()).parser(Parser::MessagePack).transports(transports);
        let client = client.lifecycle(bot.clone()).connect(bot.clone()).unwrap();
        soon(client.connected()).await.unwrap();
        assert_eq!(soon(client.emit().echo(parcel("packed"))).await.unwrap(), parcel("packed"));
        client.emit().post(parcel("post"));
        bot.until("parcel post true").await;
        assert_eq!(soon(client.emit().ask(4)).await.unwrap(), 9);
        client.emit().nudge();
        bot.until("nudged").await;
    }
    let refused =
        guest(&host.url()).parser(Parser::MessagePack).auth(token("nobody")).connect(Bot::default()).unwrap();
    let error = soon(refused.connected()).await.unwrap_err();
    assert_eq!(error.message(), "not authorized");
    assert_eq!(error.data::<serde_json::Value>().unwrap(), serde_json::json!({ "code": 7 }));
}
