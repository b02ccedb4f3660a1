//! Long-polling: requests by hand, answers looked at to the byte.

use ::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::task::JoinHandle;

use super::*;

/// What came back.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: String,
}

impl Fixture {
    pub(super) fn request<B>(&self, method: Method, query: &str, body: B) -> JoinHandle<Answer>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        let uri = format!("/socket.io/?{query}");
        let request = Request::builder().method(method).uri(uri).body(body).unwrap();
        let response = self.engine.handle(request);
        tokio::spawn(async move {
            let response = response.await;
            let (parts, body) = response.into_parts();
            if parts.status == StatusCode::OK {
                assert_eq!(parts.headers["cache-control"], "no-store");
            }
            let content_type = parts.headers.get("content-type").map_or("", |value| value.to_str().unwrap());
            let body = body.collect().await.unwrap().to_bytes();
            Answer {
                status: parts.status.as_u16(),
                content_type: content_type.to_owned(),
                body: String::from_utf8(body.to_vec()).unwrap(),
            }
        })
    }

    pub(super) fn get(&self, sid: &str) -> JoinHandle<Answer> {
        self.request(Method::GET, &format!("EIO=4&transport=polling&sid={sid}"), Full::default())
    }

    pub(super) fn post(&self, sid: &str, body: impl Into<Bytes>) -> JoinHandle<Answer> {
        self.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), Full::new(body.into()))
    }

    /// Opens a session; gives its id.
    pub(super) async fn handshake(&mut self) -> String {
        let answer = self.request(Method::GET, "EIO=4&transport=polling", Full::default()).await.unwrap();
        assert_eq!((answer.status, &*answer.content_type), (200, "text/plain; charset=UTF-8"));
        let open: serde_json::Value = serde_json::from_str(answer.body.strip_prefix('0').unwrap()).unwrap();
        open["sid"].as_str().unwrap().to_owned()
    }
}

pub(super) fn payload(body: &str) -> Answer {
    Answer { status: 200, content_type: "text/plain; charset=UTF-8".to_owned(), body: body.to_owned() }
}

fn ok() -> Answer {
    Answer { status: 200, content_type: "text/html".to_owned(), body: "ok".to_owned() }
}

pub(super) fn error(code: u8) -> Answer {
    let message = [
        "Transport unknown",
        "Session ID unknown",
        "Bad handshake method",
        "Bad request",
        "Forbidden",
        "Unsupported protocol version",
    ];
    Answer {
        status: 400,
        content_type: "application/json".to_owned(),
        body: format!(r#"{{"code":{code},"message":"{}"}}"#, message[usize::from(code)]),
    }
}

fn empty(status: u16) -> Answer {
    Answer { status, content_type: String::new(), body: String::new() }
}

/// Lets all tasks run as far as they can.
pub(super) async fn settle() {
    tokio::time::sleep(millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_is_answered_with_the_open_packet() {
    let mut fixture = Fixture::new(Config::default());
    let answer = fixture.request(Method::GET, "EIO=4&transport=polling", Full::default()).await.unwrap();
    let session = fixture.session().await;
    assert_eq!(
        answer,
        payload(&format!(
            r#"0{{"sid":"{}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}}"#,
            session.id().as_str()
        ))
    );
    assert_eq!(session.transport(), TransportKind::Polling);
}

#[tokio::test(start_paused = true)]
async fn requests_that_fit_nothing_are_refused_with_their_code() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let with = |query: &str| format!("{query}&sid={sid}");
    for (method, query, answer) in [
        (Method::GET, "EIO=4".to_owned(), error(0)),
        (Method::GET, "EIO=4&transport=abc".to_owned(), error(0)),
        (Method::GET, "EIO=4&transport=constructor".to_owned(), error(0)),
        (Method::GET, "EIO=4&transport=polling&sid=unknown".to_owned(), error(1)),
        (Method::POST, "EIO=4&transport=polling".to_owned(), error(2)),
        (Method::PUT, "EIO=4&transport=polling".to_owned(), error(2)),
        (Method::OPTIONS, "EIO=4&transport=polling".to_owned(), error(2)),
        (Method::OPTIONS, with("EIO=4&transport=polling"), error(2)),
        (Method::GET, "EIO=4&transport=websocket".to_owned(), error(3)),
        (Method::GET, with("EIO=4&transport=websocket"), error(3)),
        (Method::GET, "transport=polling".to_owned(), error(5)),
        (Method::GET, "EIO=3&transport=polling".to_owned(), error(5)),
        (Method::GET, "EIO=abc&transport=polling".to_owned(), error(5)),
        (Method::PUT, with("EIO=4&transport=polling"), error(2)),
    ] {
        assert_eq!(
            fixture.request(method.clone(), &query, Full::default()).await.unwrap(),
            answer,
            "{method} {query}"
        );
    }
    // None of it did the session any harm.
    assert_eq!(fixture.post(&sid, "4hi").await.unwrap(), ok());
    assert_eq!(fixture.engine.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn transports_can_be_switched_off() {
    let fixture = Fixture::new(Config { polling: false, ..Config::default() });
    let answer = fixture.request(Method::GET, "EIO=4&transport=polling", Full::default()).await.unwrap();
    assert_eq!(answer, error(0));
    let fixture = Fixture::new(Config { websocket: false, ..Config::default() });
    let answer = fixture.request(Method::GET, "EIO=4&transport=polling", Full::default()).await.unwrap();
    assert!(answer.body.contains(r#""upgrades":[]"#));
}

#[tokio::test(start_paused = true)]
async fn a_payload_of_texts_and_bytes_is_echoed() {
    let mut fixture = Fixture::echo(Config::default());
    let sid = fixture.handshake().await;
    assert_eq!(fixture.post(&sid, "4hello\x1ebAQIDBA==\x1e4\u{e9}").await.unwrap(), ok());
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("4hello\x1ebAQIDBA==\x1e4\u{e9}"));
    // The other way round: the GET first.
    let get = fixture.get(&sid);
    settle().await;
    assert_eq!(fixture.post(&sid, "4again").await.unwrap(), ok());
    assert_eq!(get.await.unwrap(), payload("4again"));
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_travels_with_the_polls() {
    let mut fixture = Fixture::new(Config::default());
    let start = Instant::now();
    let sid = fixture.handshake().await;
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("2"));
    assert_eq!(start.elapsed(), millis(25_000));
    assert_eq!(fixture.post(&sid, "3").await.unwrap(), ok());
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("2"));
    assert_eq!(start.elapsed(), millis(50_000));
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("1"));
    assert_eq!(start.elapsed(), millis(70_000));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_poll_at_the_deadline_is_refused_whether_or_not_a_timer_has_fired() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    // All at once: no timer fires in between.
    tokio::time::advance(millis(45_000)).await;
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn two_gets_at_once_end_the_session() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let first = fixture.get(&sid);
    settle().await;
    assert_eq!(fixture.get(&sid).await.unwrap(), error(3));
    assert_eq!(first.await.unwrap(), payload("1"));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
    fixture.is_gone().await;
}

/// A body of which the rest never comes.
fn endless(
    data: &'static [u8],
) -> impl http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send {
    let frames = futures_util::stream::iter([Ok(http_body::Frame::data(Bytes::from_static(data)))]);
    StreamBody::new(futures_util::StreamExt::chain(frames, futures_util::stream::pending()))
}

#[tokio::test(start_paused = true)]
async fn two_posts_at_once_end_the_session() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let first =
        fixture.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), endless(b"4begun"));
    settle().await;
    assert_eq!(fixture.post(&sid, "4second").await.unwrap(), error(3));
    assert_eq!(first.await.unwrap().status, 400);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_get_that_is_given_up_ends_the_session() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let get = fixture.get(&sid);
    settle().await;
    get.abort();
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_has_its_get_answered_with_a_noop() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let get = fixture.get(&sid);
    settle().await;
    assert_eq!(fixture.post(&sid, "1").await.unwrap(), ok());
    assert_eq!(get.await.unwrap(), payload("6"));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn so_has_one_whose_get_was_overtaken_by_its_post() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let post = fixture.post(&sid, "4last\x1e1");
    settle().await;
    assert_eq!(fixture.engine.sessions(), 0);
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("6"));
    assert_eq!(post.await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Message(text("last")));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportClose));
    // Once the POST is answered there is nothing left to poll.
    let sid = fixture.handshake().await;
    assert_eq!(fixture.post(&sid, "1").await.unwrap(), ok());
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_payload_ends_the_session() {
    for body in [&b""[..], b"abc", b"4a\x1e", b"4a\x1ex\x1e4b", b"\xff", b"b*"] {
        let mut fixture = Fixture::new(Config::default());
        let sid = fixture.handshake().await;
        let get = fixture.get(&sid);
        settle().await;
        assert_eq!(fixture.post(&sid, body).await.unwrap(), ok(), "{body:?}");
        assert_eq!(get.await.unwrap(), payload("1"));
        if body.starts_with(b"4a") {
            assert_eq!(fixture.seen().await, Seen::Message(text("a")));
        }
        assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ParseError), "{body:?}");
        fixture.is_gone().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_or_bytes_from_the_client_end_the_session() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    assert_eq!(fixture.post(&sid, "2").await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    let sid = fixture.handshake().await;
    let request = Request::post(format!("/socket.io/?EIO=4&transport=polling&sid={sid}"))
        .header("content-type", "application/octet-stream")
        .body(Full::new(Bytes::from_static(b"4hi")))
        .unwrap();
    assert_eq!(fixture.engine.handle(request).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused_and_the_session_stays() {
    let mut fixture = Fixture::new(Config { max_payload: 10, ..Config::default() });
    let sid = fixture.handshake().await;
    assert_eq!(fixture.post(&sid, "4234567890").await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Message(text("234567890")));
    // Announced.
    assert_eq!(fixture.post(&sid, "42345678901").await.unwrap(), empty(413));
    // In parts, of which the last never comes.
    let chunked =
        fixture.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), endless(b"42345678901"));
    assert_eq!(chunked.await.unwrap(), empty(413));
    assert_eq!(fixture.post(&sid, "4still").await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Message(text("still")));
}

#[tokio::test(start_paused = true)]
async fn a_body_in_parts_is_put_together() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let parts = ["4he", "l", "lo\x1e4x"].map(|part| {
        Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from_static(part.as_bytes())))
    });
    let body = StreamBody::new(futures_util::stream::iter(parts));
    let post = fixture.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), body);
    assert_eq!(post.await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Message(text("hello")));
    assert_eq!(fixture.seen().await, Seen::Message(text("x")));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_ended_by_the_heartbeat() {
    let mut fixture = Fixture::new(Config::default());
    let start = Instant::now();
    let sid = fixture.handshake().await;
    let post =
        fixture.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), endless(b"4begun"));
    assert_eq!(post.await.unwrap().status, 400);
    assert_eq!(start.elapsed(), millis(45_000));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::PingTimeout));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_off_ends_the_session() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let frames = [Ok(http_body::Frame::data(Bytes::from_static(b"4a"))), Err("reset")];
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let post = fixture.request(Method::POST, &format!("EIO=4&transport=polling&sid={sid}"), body);
    assert_eq!(post.await.unwrap().status, 400);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_post_waits_for_the_application_and_gets_are_answered_meanwhile() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    fixture.behaviour.set_busy(true);
    let post = fixture.post(&sid, "4one\x1e4two");
    settle().await;
    session.outbox().push(&packet("out"), false).unwrap();
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("4out"));
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("2"));
    // It is not the client that keeps its pong back: it cannot send one.
    tokio::time::sleep(millis(100_000)).await;
    assert!(!post.is_finished());
    fixture.behaviour.set_busy(false);
    assert_eq!(post.await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Message(text("one")));
    assert_eq!(fixture.seen().await, Seen::Message(text("two")));
    assert_eq!(fixture.post(&sid, "3").await.unwrap(), ok());
    assert_eq!(fixture.engine.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_close_comes_after_what_was_queued() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    let get = fixture.get(&sid);
    settle().await;
    session.outbox().push(&packet("last"), false).unwrap();
    session.close(CloseReason::ForcedServerClose);
    assert_eq!(get.await.unwrap(), payload("4last"));
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ForcedServerClose));
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("6\x1e1"));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn or_the_next_one() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    fixture.session().await.close(CloseReason::ForcedServerClose);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ForcedServerClose));
    assert_eq!(fixture.engine.sessions(), 0);
    tokio::time::sleep(millis(20_000)).await;
    // What the client still sends means nothing.
    assert_eq!(fixture.post(&sid, "4late").await.unwrap(), ok());
    assert_eq!(fixture.get(&sid).await.unwrap(), payload("6\x1e1"));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_polls_again_is_forgotten() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let start = Instant::now();
    fixture.session().await.close(CloseReason::ForcedClose);
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ForcedClose));
    fixture.is_gone().await;
    assert_eq!(start.elapsed(), millis(30_000));
    assert_eq!(fixture.get(&sid).await.unwrap(), error(1));
}

#[tokio::test(start_paused = true)]
async fn volatile_packets_need_a_pending_get() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    assert_eq!(session.outbox().push(&packet("lost"), true), Err(PushError::Dropped));
    let get = fixture.get(&sid);
    settle().await;
    session.outbox().push(&packet("there"), true).unwrap();
    assert_eq!(get.await.unwrap(), payload("4there"));
    assert_eq!(session.outbox().push(&packet("lost"), true), Err(PushError::Dropped));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_pending_gets_and_refuses_handshakes() {
    let mut fixture = Fixture::new(Config::default());
    let polling = fixture.handshake().await;
    let _idle = fixture.handshake().await;
    let get = fixture.get(&polling);
    settle().await;
    let start = Instant::now();
    fixture.engine.shutdown(millis(2000)).await;
    assert_eq!(get.await.unwrap(), payload("6\x1e1"));
    assert_eq!(start.elapsed(), Duration::ZERO);
    let refused = fixture.request(Method::GET, "EIO=4&transport=polling", Full::default()).await.unwrap();
    assert_eq!(refused.status, 503);
    for _ in 0..2 {
        assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ServerShuttingDown));
    }
    fixture.is_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_of_nothing_but_small_packets_is_bounded() {
    let mut fixture = Fixture::new(Config::default());
    let sid = fixture.handshake().await;
    assert_eq!(fixture.post(&sid, "6\x1e".repeat(200_000)).await.unwrap(), ok());
    assert_eq!(fixture.seen().await, Seen::Closed(CloseReason::ParseError));
    fixture.is_gone().await;
}
