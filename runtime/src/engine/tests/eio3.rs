//! Sessions of Engine.IO v3, and polling by script tags: answers looked at to the byte.

use ::http::{Method, Request};
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use tungstenite::Message as Ws;

use super::{
    polling::{error, settle},
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

const TEXT: &str = "text/plain; charset=UTF-8";
const BYTES: &str = "application/octet-stream";

fn config() -> Config {
    Config { allow_eio3: true, jsonp: true, ..Config::default() }
}

/// Content type and body of an answer with status 200; the status otherwise.
type Got = Result<(String, Bytes), u16>;

fn got(content_type: &str, body: impl Into<Bytes>) -> Got {
    Ok((content_type.to_owned(), body.into()))
}

impl Fixture {
    async fn exchange(&self, method: Method, query: &str, content_type: &str, body: impl Into<Bytes>) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(format!("/socket.io/?{query}"))
            .header("content-type", content_type)
            .body(Full::new(body.into()))
            .unwrap();
        let (parts, body) = self.engine.handle(request).await.into_parts();
        let content_type = parts.headers.get("content-type").map_or("", |value| value.to_str().unwrap());
        let body = body.collect().await.unwrap().to_bytes();
        if parts.status == 200 { got(content_type, body) } else { Err(parts.status.as_u16()) }
    }

    async fn v3_get(&self, sid: &str) -> Got {
        self.exchange(Method::GET, &format!("EIO=3&transport=polling&sid={sid}"), "", "").await
    }

    async fn v3_post(&self, sid: &str, content_type: &str, body: impl Into<Bytes>) -> Got {
        self.exchange(Method::POST, &format!("EIO=3&transport=polling&sid={sid}"), content_type, body).await
    }

    /// Opens a session of v3; gives its id.
    async fn v3_handshake(&self, more: &str) -> String {
        let opened = self.exchange(Method::GET, &format!("transport=polling{more}"), "", "").await;
        let (content_type, body) = opened.unwrap();
        assert_eq!(content_type, TEXT);
        let (len, packet) = std::str::from_utf8(&body).unwrap().split_once(':').unwrap();
        assert_eq!(len, packet.len().to_string());
        let open: serde_json::Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
        open["sid"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn another_revision_than_4_is_refused_unless_3_is_allowed() {
    let fixture = Fixture::new(Config::default());
    for query in ["transport=polling", "EIO=3&transport=polling", "EIO=5&transport=polling&j=0"] {
        assert_eq!(fixture.request(Method::GET, query, Full::default()).await.unwrap(), error(5));
    }
    let fixture = Fixture::new(config());
    fixture.v3_handshake("&EIO=5").await;
    assert_eq!(fixture.engine.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn payloads_are_texts_until_there_are_bytes_in_them() {
    let fixture = Fixture::echo(config());
    let sid = fixture.v3_handshake("&EIO=3").await;
    assert_eq!(fixture.v3_post(&sid, TEXT, "4:4😀é1:23:4é€").await, got("text/html", "ok"));
    // The pong comes before what waits.
    assert_eq!(fixture.v3_get(&sid).await, got(TEXT, "1:34:4😀é3:4é€"));
    fixture.v3_post(&sid, TEXT, "2:4a10:b4AQIDBA==").await.unwrap();
    assert_eq!(
        fixture.v3_get(&sid).await,
        got(BYTES, &b"\x00\x02\xff4a\x01\x05\xff\x04\x01\x02\x03\x04"[..])
    );
    fixture.v3_post(&sid, BYTES, &b"\x00\x03\xff4\xc3\xa9\x01\x02\xff\x04\x09"[..]).await.unwrap();
    assert_eq!(fixture.v3_get(&sid).await, got(BYTES, &b"\x00\x03\xff4\xc3\xa9\x01\x02\xff\x04\x09"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_bytes_gets_base64() {
    let fixture = Fixture::echo(config());
    let sid = fixture.v3_handshake("&b64=1").await;
    fixture.v3_post(&sid, TEXT, "10:b4AQIDBA==").await.unwrap();
    assert_eq!(fixture.v3_get(&sid).await, got(TEXT, "10:b4AQIDBA=="));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_payload_closes_the_session() {
    let mut fixture = Fixture::new(config());
    for (content_type, body) in
        [(TEXT, "abc"), (TEXT, ""), (TEXT, "9:4a"), (BYTES, "abc"), (BYTES, "\u{1}\u{9}")]
    {
        let sid = fixture.v3_handshake("").await;
        fixture.v3_post(&sid, content_type, body).await.unwrap();
        assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ParseError));
        settle().await;
        assert_eq!(fixture.v3_get(&sid).await, Err(400));
    }
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn the_client_pings() {
    let mut fixture = Fixture::new(config());
    let start = Instant::now();
    let sid = fixture.v3_handshake("").await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    fixture.v3_post(&sid, TEXT, "1:2").await.unwrap();
    assert_eq!(fixture.v3_get(&sid).await, got(TEXT, "1:3"));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    assert_eq!(start.elapsed().as_secs(), 85);
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn binary_messages_have_their_type_on_websocket() {
    let mut fixture = Fixture::echo(config());
    let (client_io, server_io) = tokio::io::duplex(64 * 1024);
    let mut request = HandshakeRequest::new("/?EIO=3");
    request.dialect = Dialect::V3 { base64: false };
    fixture.engine.open_websocket(server_io, request).unwrap();
    let mut client = as_client(client_io).await;
    assert!(client.next().await.unwrap().unwrap().to_text().unwrap().starts_with("0{"));
    for message in [Ws::binary(vec![4, 1, 2]), Ws::binary(vec![4; 70_000]), Ws::text("4é")] {
        client.send(message.clone()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), message);
        fixture.seen().await;
    }
    client.send(Ws::text("2")).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Ws::text("3"));
    client.send(Ws::binary(vec![9])).await.unwrap();
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ParseError));
}

#[tokio::test(start_paused = true)]
async fn whether_bytes_are_taken_is_the_affair_of_each_transport() {
    for (query, echoed) in [("", Ws::binary(vec![4, 1, 2, 3])), ("b64=1", Ws::text("b4AQID"))] {
        let mut fixture = Fixture::echo(config());
        let sid = fixture.v3_handshake("&b64=1").await;
        let (client_io, server_io) = tokio::io::duplex(64 * 1024);
        let stream = Box::new(Stream::new(Io::new(server_io), &[], 1000));
        let Found::Polling(session, _) = fixture.engine.shared.registry.find(&sid) else {
            panic!("not polling")
        };
        assert!(session.send(Command::Probe(stream, Query::parse(query))).await.is_ok());
        let mut client = as_client(client_io).await;
        client.send(Ws::text("2probe")).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), Ws::text("3probe"));
        assert_eq!(fixture.v3_get(&sid).await, got(TEXT, "1:6"));
        client.send(Ws::text("5")).await.unwrap();
        client.send(Ws::binary(vec![4, 1, 2, 3])).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), echoed);
        fixture.seen().await;
    }
}

#[tokio::test(start_paused = true)]
async fn scripts_and_forms_carry_payloads_of_either_revision() {
    let fixture = Fixture::echo(config());
    for (revision, form, script) in [
        (4, "d=4a%5Cnb%22", r#"___eio[7]("4a\nb\"");"#),
        (3, "d=6:4a%5Cnb%22%C3%A96:b4AQ==", r#"___eio[7]("6:4a\nb\"é6:b4AQ==");"#),
    ] {
        let query = format!("EIO={revision}&transport=polling&j=7");
        let (content_type, open) = fixture.exchange(Method::GET, &query, "", "").await.unwrap();
        assert_eq!(content_type, "text/javascript; charset=UTF-8");
        let open = std::str::from_utf8(&open).unwrap();
        assert!(open.starts_with("___eio[7](\"") && open.ends_with("\");"), "{open}");
        let sid = open.split(r#"\"sid\":\""#).nth(1).unwrap().split('\\').next().unwrap();
        let query = format!("{query}&sid={sid}");
        let posted = fixture.exchange(Method::POST, &query, "application/x-www-form-urlencoded", form).await;
        assert_eq!(posted, got("text/html", "ok"));
        let polled = fixture.exchange(Method::GET, &query, "", "").await;
        assert_eq!(polled, got("text/javascript; charset=UTF-8", script.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn scripts_are_answered_only_where_that_is_allowed() {
    let fixture = Fixture::new(Config::default());
    let (content_type, open) =
        fixture.exchange(Method::GET, "EIO=4&transport=polling&j=7", "", "").await.unwrap();
    assert_eq!(content_type, TEXT);
    assert!(open.starts_with(b"0{"));
}
