//! From polling to WebSocket. The HTTP side of it is in [`super::http`]; here the stream is handed over directly.

use futures_util::{SinkExt, StreamExt};
use tungstenite::Message as Ws;

use super::{
    polling::{error, payload, settle},
    *,
};
use crate::{
    engine::{
        io::Io,
        registry::Found,
        transport::{polling::Command, websocket::Stream},
    },
    protocol::engine_io::handshake::Query,
};

type Client = WebSocketStream<DuplexStream>;

/// A WebSocket that wants to take a session over.
async fn probe(fixture: &Fixture, sid: &str) -> Client {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let stream = Box::new(Stream::new(Io::new(server), &[], fixture.engine.config().max_payload));
    let Found::Polling(session, _) = fixture.engine.shared.registry.find(sid) else { panic!("not polling") };
    assert!(session.send(Command::Probe(stream, Query::default())).await.is_ok());
    as_client(client).await
}

async fn send(client: &mut Client, message: &str) {
    client.send(Ws::text(message)).await.unwrap();
}

async fn next(client: &mut Client) -> String {
    client.next().await.unwrap().unwrap().to_text().unwrap().to_owned()
}

async fn is_closed(client: &mut Client) -> bool {
    matches!(client.next().await, Some(Ok(Ws::Close(_))))
}

#[tokio::test(start_paused = true)]
async fn a_session_changes_over_as_the_official_client_does_it() {
    let mut fixture = Fixture::echo(Config::default());
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    let mut client = probe(&fixture, &sid).await;
    let get = fixture.get(&sid);
    settle().await;
    send(&mut client, "2probe").await;
    assert_eq!(next(&mut client).await, "3probe");
    // The client waits for its poll to end before it goes on.
    assert_eq!(get.await.unwrap(), payload("6"));
    // Until then all is sent by polling, and nothing by the other.
    session.outbox().push(&packet("between"), false).unwrap();
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("4between"));
    session.outbox().push(&packet("waits"), false).unwrap();
    settle().await;
    send(&mut client, "5").await;
    assert_eq!(next(&mut client).await, "4waits");
    assert_eq!(session.transport(), TransportKind::WebSocket);
    send(&mut client, "4hello").await;
    assert_eq!(next(&mut client).await, "4hello");
    assert_eq!(fixture.get(&sid).await.unwrap(), error(3));
    assert_eq!(fixture.post(&sid, "4x").await.unwrap(), error(3));
    assert_eq!(fixture.engine.sessions(), 1);
    // The heartbeat goes on as it was.
    assert_eq!(next(&mut client).await, "2");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_comes_while_the_client_waits_is_ended_soon() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let mut client = probe(&fixture, &sid).await;
    send(&mut client, "2probe").await;
    assert_eq!(next(&mut client).await, "3probe");
    let start = Instant::now();
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("6"));
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("6"));
    assert_eq!(start.elapsed(), millis(100));
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_late_are_refused_and_a_pending_get_is_ended() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let mut client = probe(&fixture, &sid).await;
    let get = fixture.get(&sid);
    settle().await;
    send(&mut client, "5").await;
    assert_eq!(get.await.unwrap(), payload("6"));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(3));
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_fails_costs_the_session_nothing() {
    let mut fixture = Fixture::echo(Config::default());
    let sid = fixture.handshake().await;
    // Something else than a probe.
    let mut client = probe(&fixture, &sid).await;
    send(&mut client, "4too early").await;
    assert!(is_closed(&mut client).await);
    // A broken frame, a stream that ends.
    let client = probe(&fixture, &sid).await;
    drop(client);
    settle().await;
    // Nothing at all.
    let start = Instant::now();
    let mut client = probe(&fixture, &sid).await;
    assert!(is_closed(&mut client).await);
    assert_eq!(start.elapsed(), millis(10_000));
    // Two at once: the second is not wanted.
    let mut first = probe(&fixture, &sid).await;
    let mut second = probe(&fixture, &sid).await;
    assert!(is_closed(&mut second).await);
    send(&mut first, "2probe").await;
    assert_eq!(next(&mut first).await, "3probe");
    assert_eq!(fixture.post(&sid, "4by polling").await.unwrap().status, 200);
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("4by polling"));
    send(&mut first, "5").await;
    send(&mut first, "4done").await;
    assert_eq!(next(&mut first).await, "4done");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_takes_its_probe_along() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let mut client = probe(&fixture, &sid).await;
    send(&mut client, "2probe").await;
    assert_eq!(next(&mut client).await, "3probe");
    assert_eq!(fixture.post(&sid, "abc").await.unwrap().status, 200);
    assert!(is_closed(&mut client).await);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ParseError));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_close_in_the_middle_reaches_the_client_on_its_new_transport() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    let mut client = probe(&fixture, &sid).await;
    send(&mut client, "2probe").await;
    assert_eq!(next(&mut client).await, "3probe");
    session.outbox().push(&packet("last"), false).unwrap();
    session.close(CloseReason::ForcedServerClose);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ForcedServerClose));
    send(&mut client, "5").await;
    assert_eq!(next(&mut client).await, "4last");
    assert!(is_closed(&mut client).await);
    drop(client);
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_post_brought_comes_before_what_the_websocket_brings() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    fixture.behaviour.set_busy(true);
    let mut client = probe(&fixture, &sid).await;
    let post = fixture.post(&sid, "41\x1e42\x1e43");
    settle().await;
    send(&mut client, "5").await;
    send(&mut client, "44").await;
    settle().await;
    fixture.behaviour.set_busy(false);
    for message in ["1", "2", "3", "4"] {
        assert_eq!(fixture.seen().await, Seen::Message(text(message)));
    }
    assert_eq!(post.await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_order_is_kept_while_messages_pour_out() {
    for pause in [0, 1, 3, 7, 12] {
        let mut fixture = Fixture::new(Config::default());
        let sid = fixture.handshake().await;
        let session = fixture.session().await;
        let source = tokio::spawn(async move {
            for i in 0..2000 {
                session.outbox().push(&packet(&i.to_string()), false).unwrap();
                if i % 10 == 0 {
                    tokio::time::sleep(millis(1)).await;
                }
            }
        });
        let mut got = Vec::new();
        let mut take = |payload: &str| {
            let texts = payload.split('\x1e').filter_map(|packet| packet.strip_prefix('4'));
            got.extend(texts.map(|text| text.parse::<u32>().unwrap()));
        };
        for _ in 0..pause {
            take(&fixture.get(&sid).await.unwrap().body);
            tokio::time::sleep(millis(pause)).await;
        }
        let mut client = probe(&fixture, &sid).await;
        send(&mut client, "2probe").await;
        // As the client does: it polls on until the answer is there, and ends the poll it has begun.
        loop {
            let get = fixture.get(&sid);
            let answered = tokio::time::timeout(millis(pause), next(&mut client)).await.is_ok();
            take(&get.await.unwrap().body);
            if answered {
                break;
            }
        }
        send(&mut client, "5").await;
        while got_last(&got) < 1999 {
            got.extend(next(&mut client).await.strip_prefix('4').map(|text| text.parse::<u32>().unwrap()));
        }
        source.await.unwrap();
        assert_eq!(got, (0..2000).collect::<Vec<_>>());
    }
}

fn got_last(got: &[u32]) -> u32 {
    got.last().copied().unwrap_or(0)
}
