//! HTTP that is broken, huge, slow or lies.

use crate::{
    raw::{Raw, Response, UPGRADE, post, request},
    site::{Poller, Site, sid_of},
};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "GET /socket.io/?EIO=4&transport=websocket";

/// What is sent at once, and the statuses one of which must be answered; 0 for a close without an answer.
type Case = (&'static str, Vec<u8>, &'static [u16]);

fn get(path: &str) -> Vec<u8> {
    request(&format!("GET {path}"), "").into()
}

fn with(headers: &str) -> Vec<u8> {
    request(&format!("GET {POLLING}"), headers).into()
}

fn upgrade(headers: &str) -> Vec<u8> {
    request(WEBSOCKET, headers).into()
}

fn cases() -> Vec<Case> {
    let unknown = format!("{POLLING}&sid=AAAAAAAAAAAAAAAAAAAA");
    let mut cases: Vec<Case> = vec![
        ("no query", get("/socket.io/"), &[400]),
        ("no transport", get("/socket.io/?EIO=4"), &[400]),
        ("an unknown transport", get("/socket.io/?EIO=4&transport=foo"), &[400]),
        ("a transport named __proto__", get("/socket.io/?EIO=4&transport=__proto__"), &[400]),
        ("a transport named constructor", get("/socket.io/?EIO=4&transport=constructor"), &[400]),
        ("a transport in capitals", get("/socket.io/?EIO=4&transport=POLLING"), &[400]),
        (
            "two transports, the last one unknown",
            get("/socket.io/?EIO=4&transport=polling&transport=x"),
            &[400],
        ),
        ("webtransport", get("/socket.io/?EIO=4&transport=webtransport"), &[400]),
        ("no EIO", get("/socket.io/?transport=polling"), &[400]),
        ("EIO 3", get("/socket.io/?EIO=3&transport=polling"), &[400]),
        ("EIO 5", get("/socket.io/?EIO=5&transport=polling"), &[400]),
        ("EIO 4.0", get("/socket.io/?EIO=4.0&transport=polling"), &[400]),
        ("EIO NaN", get("/socket.io/?EIO=NaN&transport=polling"), &[400]),
        ("EIO in wide digits", get("/socket.io/?EIO=%EF%BC%94&transport=polling"), &[400]),
        ("EIO as a list", get("/socket.io/?EIO[]=4&transport=polling"), &[400]),
        ("an unknown session", get(&unknown), &[400]),
        ("a session with NUL", get(&format!("{POLLING}&sid=%00%00")), &[400]),
        ("a session that is no UTF-8", get(&format!("{POLLING}&sid=%ff%fe")), &[400]),
        ("a session named __proto__", get(&format!("{POLLING}&sid=__proto__")), &[400]),
        ("broken escapes", get(&format!("{POLLING}&sid=%zz%")), &[400]),
        ("a session id of 10,000 bytes", get(&format!("{POLLING}&sid={}", "A".repeat(10_000))), &[400]),
        ("10,000 parameters", get(&format!("{POLLING}{}&sid=x", "&".repeat(10_000))), &[400]),
        ("a POST handshake", post(POLLING, "", "40"), &[400]),
        ("a PUT handshake", request(&format!("PUT {POLLING}"), "").into(), &[400]),
        ("a DELETE handshake", request(&format!("DELETE {POLLING}"), "").into(), &[400]),
        ("a PATCH handshake", request(&format!("PATCH {POLLING}"), "").into(), &[400]),
        ("a HEAD handshake", request(&format!("HEAD {POLLING}"), "Connection: close\r\n").into(), &[400]),
        ("a TRACE handshake", request(&format!("TRACE {POLLING}"), "").into(), &[400]),
        ("an OPTIONS request without CORS", request(&format!("OPTIONS {POLLING}"), "").into(), &[400]),
        ("a method of its own", request(&format!("GETGETGET {POLLING}"), "").into(), &[400]),
        ("the method CONNECT", request("CONNECT victim.example:80", "").into(), &[400, 404, 405]),
        ("a DELETE of a session", request(&format!("DELETE {unknown}"), "").into(), &[400]),
        ("WebSocket without upgrade", get("/socket.io/?EIO=4&transport=websocket"), &[400]),
        ("polling with an upgrade", request(&format!("GET {POLLING}"), UPGRADE).into(), &[400]),
        ("an upgrade of an unknown session", request(&format!("{WEBSOCKET}&sid=x"), UPGRADE).into(), &[400]),
        (
            "an upgrade of revision 3",
            request("GET /socket.io/?EIO=3&transport=websocket", UPGRADE).into(),
            &[400],
        ),
        (
            "an upgrade with an odd transport",
            request("GET /socket.io/?EIO=4&transport=ws", UPGRADE).into(),
            &[400],
        ),
        ("an upgrade by POST", request(&WEBSOCKET.replace("GET", "POST"), UPGRADE).into(), &[400]),
        ("an upgrade to h2c", upgrade(&UPGRADE.replace("websocket", "h2c")), &[400]),
        (
            "an upgrade that the connection does not name",
            upgrade(&UPGRADE.replace("n: Upgrade", "n: close")),
            &[400],
        ),
        ("a WebSocket of version 8", upgrade(&UPGRADE.replace("13", "8")), &[400]),
        ("a WebSocket without version", upgrade(&UPGRADE.replace("Version: 13", "Nothing: 1")), &[400]),
        ("a WebSocket without key", upgrade(&UPGRADE.replace("Sec-WebSocket-Key", "X-Key")), &[400]),
        ("a WebSocket key that is short", upgrade(&UPGRADE.replace("dGhlIHNhbXBsZSBub25jZQ==", "x")), &[400]),
        ("a WebSocket key that is long", upgrade(&UPGRADE.replace("dGhl", &"dGhl".repeat(1000))), &[400]),
        ("HTTP/1.0 with an upgrade", upgrade(UPGRADE).replace_version("HTTP/1.0"), &[101, 200, 400]),
        ("another path", get("/"), &[404]),
        ("the path without its slash", get("/socket.io?EIO=4&transport=polling"), &[404]),
        ("the path in capitals", get("/SOCKET.IO/?EIO=4&transport=polling"), &[404]),
        ("the path with two slashes", get("//socket.io/?EIO=4&transport=polling"), &[404]),
        ("the path with an escape", get("/%73ocket.io/?EIO=4&transport=polling"), &[404]),
        ("a way up in front of the path", get("/x/../socket.io/?EIO=4&transport=polling"), &[404]),
        ("a way up out of the path", get("/socket.io/../../etc/passwd"), &[400, 404]),
        ("an escaped way up", get("/socket.io/%2e%2e/%2e%2e/etc/passwd"), &[400, 404]),
        ("an escaped slash", get("/socket.io/..%2f..%2fetc%2fpasswd"), &[400, 404]),
        ("a NUL in the path", get("/socket.io/%00"), &[400, 404]),
        ("a bare NUL in the path", get("/socket.io/\0"), &[400]),
        ("a path that does not begin with a slash", get("socket.io/"), &[400]),
        ("an asterisk", request("OPTIONS *", "").into(), &[400, 404]),
        ("a whole URL with another host", get("http://victim.example/other"), &[404]),
        ("a URL of 20,000 bytes", get(&format!("/{}", "a".repeat(20_000))), &[414, 431]),
        ("a URL of 70,000 bytes", get(&format!("/{}", "a".repeat(70_000))), &[414, 431]),
        ("a line break in the URL", b"GET /socket.io/\r\nX: y HTTP/1.1\r\n\r\n".to_vec(), &[400]),
        ("no version", b"GET /socket.io/\r\n\r\n".to_vec(), &[400]),
        ("HTTP/9.9", b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[400]),
        ("HTTP/2 by prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[0, 400]),
        ("a TLS greeting", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[0, 400]),
        ("NULs", vec![0; 1000], &[0, 400]),
        ("bytes of no meaning", (0..=255).cycle().take(5000).collect(), &[0, 400]),
        ("a line that never ends", vec![b'a'; 200_000], &[400, 431]),
        ("101 headers", with(&"X: y\r\n".repeat(101)), &[431]),
        ("10,000 headers", with(&"X: y\r\n".repeat(10_000)), &[431]),
        ("a header of 64 KB", with(&format!("X: {}\r\n", "y".repeat(65_000))), &[431]),
        ("a header name of 64 KB", with(&format!("{}: y\r\n", "x".repeat(65_000))), &[431]),
        ("a header without colon", with("nothing\r\n"), &[400]),
        ("a header without name", with(": nothing\r\n"), &[400]),
        ("a space in a header's name", with("Content-Length : 5\r\n"), &[400]),
        ("a header with NUL", with("X: a\0b\r\n"), &[400]),
        ("a folded header", with("X: a\r\n b\r\n"), &[400]),
        ("two lengths that differ", post(&unknown, "Content-Length: 99\r\n", "x"), &[400]),
        ("a negative length", request(&format!("POST {unknown}"), "Content-Length: -1\r\n").into(), &[400]),
        (
            "a length with a sign",
            request(&format!("POST {unknown}"), "Content-Length: +1\r\n").into(),
            &[400],
        ),
        (
            "a length beyond 64 bits",
            request(&format!("POST {unknown}"), "Content-Length: 99999999999999999999\r\n").into(),
            &[400],
        ),
        (
            "a length that is a list",
            request(&format!("POST {unknown}"), "Content-Length: 1, 2\r\n").into(),
            &[400],
        ),
        (
            "an encoding that is not known",
            request(&format!("POST {unknown}"), "Transfer-Encoding: xchunked\r\n").into(),
            &[400],
        ),
        (
            "chunked, but not last",
            request(&format!("POST {unknown}"), "Transfer-Encoding: chunked, identity\r\n").into(),
            &[400],
        ),
        (
            "100 MB announced to nobody",
            request(&format!("POST {unknown}"), "Content-Length: 100000000\r\n").into(),
            &[400],
        ),
    ];
    for extension in
        ["constructor", "permessage-deflate; __proto__", "permessage-deflate;;;;", "\"", "x; y=\"\\"]
    {
        let headers = format!("{UPGRADE}Sec-WebSocket-Extensions: {extension}\r\n");
        cases.push(("an odd extension", upgrade(&headers), &[101]));
    }
    for protocol in [&format!("a{}b", " ".repeat(8000)), ",,,,", "\"", &"a,".repeat(4000)] {
        let headers = format!("{UPGRADE}Sec-WebSocket-Protocol: {protocol}\r\n");
        cases.push(("an odd subprotocol", upgrade(&headers), &[101]));
    }
    cases
}

trait Edit {
    fn replace_version(self, version: &str) -> Self;
}

impl Edit for Vec<u8> {
    fn replace_version(self, version: &str) -> Self {
        String::from_utf8(self).unwrap().replace("HTTP/1.1", version).into()
    }
}

/// Ends the session that an answer opened, if it did.
async fn leave(site: &Site, response: &Response) {
    if let Some(sid) = sid_of(&response.body) {
        let mut raw = Raw::connect(site.addr).await;
        raw.send(post(&format!("{POLLING}&sid={sid}"), "", "1")).await;
        raw.response().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_requests_get_an_answer_or_none() {
    let site = Site::new().await;
    let cases = cases();
    assert!(cases.len() >= 90, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, bytes, allowed) in cases {
        let mut raw = Raw::connect(site.addr).await;
        raw.send(bytes).await;
        // Of what is no whole request the end is to be seen.
        if allowed.contains(&0) {
            raw.finish().await;
        }
        let answer = tokio::time::timeout(std::time::Duration::from_secs(3), raw.response()).await;
        let Ok(response) = answer else {
            wrong.push(format!("{name}: nothing"));
            continue;
        };
        let status = response.as_ref().map_or(0, |response| response.status);
        if !allowed.contains(&status) {
            wrong.push(format!("{name}: {status}, not one of {allowed:?}"));
        }
        if let Some(response) = &response {
            assert!(!response.head.to_ascii_lowercase().contains("sec-websocket-extensions"), "{name}");
            leave(&site, response).await;
        }
        drop(raw);
        site.is_unharmed(name).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let refusals = site.io.stats().refusals;
    assert!(refusals.heads >= 5 && refusals.requests >= 40, "{refusals:?}");
}

/// What is well-formed, if odd, opens a session as any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_requests_that_are_none_of_our_business_are_answered() {
    let site = Site::new().await;
    let line = format!("GET {POLLING}");
    for (name, bytes) in [
        ("HTTP/1.0", format!("{line} HTTP/1.0\r\n\r\n").into_bytes()),
        ("bare line feeds", format!("{line} HTTP/1.1\nHost: x\n\n").into()),
        ("a whole URL", get(&format!("http://victim.example{POLLING}"))),
        ("another origin, which a browser will not let read it", with("Origin: http://evil.example\r\n")),
        ("a null origin", with("Origin: null\r\n")),
        ("an expectation without a body", with("Expect: 100-continue\r\n")),
        ("an expectation that nobody knows", with("Expect: miracles\r\n")),
        (
            "a connection that names everything",
            with("Connection: host, keep-alive, x-forwarded-for, close\r\n"),
        ),
        ("an encoding that nobody knows", with("Accept-Encoding: \u{ff}, *;q=0, gzip;q=NaN\r\n")),
        ("an empty session id", get(&format!("{POLLING}&sid="))),
        ("bytes behind the path", get(&POLLING.replace("/?", "/x/y/z?"))),
    ] {
        let mut raw = Raw::connect(site.addr).await;
        raw.send(bytes).await;
        let response = raw.response().await.unwrap();
        assert_eq!(response.status, 200, "{name}: {}", response.body);
        assert!(!response.head.to_ascii_lowercase().contains("access-control"), "{name}");
        leave(&site, &response).await;
        site.is_unharmed(name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_pipelined_requests_are_answered_in_order() {
    let site = Site::new().await;
    let mut raw = Raw::connect(site.addr).await;
    let unknown = get(&format!("{POLLING}&sid=x"));
    let options: Vec<u8> = request(&format!("OPTIONS {POLLING}"), "").into();
    let flood = [unknown, options].concat().repeat(500);
    let (mut reader, sent) = (0, flood.len());
    for chunk in flood.chunks(sent / 50) {
        raw.send(chunk).await;
        for _ in 0..20 {
            let response = raw.response().await.unwrap();
            let code = if reader % 2 == 0 { r#""code":1"# } else { r#""code":2"# };
            assert!(response.status == 400 && response.body.contains(code), "{reader}: {}", response.body);
            reader += 1;
        }
    }
    drop(raw);
    site.is_unharmed("a thousand pipelined requests").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smuggled_request_reaches_nobody() {
    let site = Site::new().await;
    let victim = Poller::joined(site.addr).await;
    // A proxy that believed the length would send all of it as one body.
    let inner = String::from_utf8(post(&victim.path, "", "1")).unwrap();
    let body = format!("0\r\n\r\n{inner}");
    let headers = format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", body.len());
    let sender = Poller::joined(site.addr).await;
    let outer = request(&format!("POST {}", sender.path), &headers);
    let mut raw = Raw::connect(site.addr).await;
    raw.send(format!("{outer}{body}")).await;
    // The chunks are what counts; the connection is not trusted any further.
    let first = raw.response().await.map_or(0, |response| response.status);
    assert!([200, 400].contains(&first), "{first}");
    assert!(raw.response().await.is_none(), "what was behind the body was taken for a request");
    let mut victim = victim;
    assert!(victim.lives().await);
    victim.close().await;
    site.is_unharmed("a smuggled request").await;
}

/// Bodies of a session: what is answered, and whether the session lives on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_lie_cost_at_most_their_session() {
    let site = Site::new().await;
    let chunked = "Transfer-Encoding: chunked\r\n";
    let half = |text: &str| text.to_owned();
    let cases: Vec<(&str, String, String, &[u16], bool)> = vec![
        ("100 MB announced", "Content-Length: 100000000\r\n".into(), half(""), &[413], true),
        ("a chunk of 16 EB", chunked.into(), half("FFFFFFFFFFFFFFFF\r\n"), &[0, 400, 413], false),
        ("a chunk beyond 64 bits", chunked.into(), half("1FFFFFFFFFFFFFFFFF\r\n"), &[0, 400, 413], false),
        ("a chunk size that is none", chunked.into(), half("zz\r\n"), &[0, 400], false),
        ("a negative chunk", chunked.into(), half("-1\r\n"), &[0, 400], false),
        (
            "chunks over the limit",
            chunked.into(),
            format!("186A1\r\n{}\r\n0\r\n\r\n", "a".repeat(100_001)),
            &[413],
            true,
        ),
        (
            "chunk extensions without end",
            chunked.into(),
            format!("1;{}\r\n", "a".repeat(100_000)),
            &[0, 400, 413],
            false,
        ),
        (
            "trailers without end",
            chunked.into(),
            format!("1\r\n3\r\n0\r\n{}\r\n", "X: y\r\n".repeat(50_000)),
            &[0, 200, 400, 413, 431],
            false,
        ),
        ("a body that ends too early", "Content-Length: 100\r\n".into(), half("40"), &[0, 400], false),
        ("a chunk that ends too early", chunked.into(), half("5\r\n40"), &[0, 400], false),
        (
            "a body in gzip",
            "Content-Encoding: gzip\r\nContent-Length: 4\r\n".into(),
            half("\u{1f}\u{8b}\r"),
            &[0, 200],
            false,
        ),
    ];
    for (name, headers, body, allowed, lives) in cases {
        let mut poller = Poller::joined(site.addr).await;
        let mut raw = Raw::connect(site.addr).await;
        raw.send(request(&format!("POST {}", poller.path), &headers)).await;
        raw.send(body).await;
        if allowed.contains(&0) {
            raw.finish().await;
        }
        let status = raw.response().await.map_or(0, |response| response.status);
        assert!(allowed.contains(&status), "{name}: {status}");
        drop(raw);
        if lives {
            assert!(poller.lives().await, "{name}");
        }
        poller.close().await;
        site.is_unharmed(name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_expected_is_asked_for() {
    let site = Site::new().await;
    let mut poller = Poller::joined(site.addr).await;
    let mut raw = Raw::connect(site.addr).await;
    let headers = "Expect: 100-continue\r\nContent-Length: 14\r\n";
    raw.send(request(&format!("POST {}", poller.path), headers)).await;
    assert_eq!(raw.response().await.unwrap().status, 100);
    raw.send(r#"427["echo",12]"#).await;
    assert_eq!(raw.response().await.unwrap().status, 200);
    assert!(poller.get().await.unwrap().contains("437[12]"));
    poller.close().await;
    site.is_unharmed("an expectation").await;
}
