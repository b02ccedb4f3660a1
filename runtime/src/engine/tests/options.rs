//! The options that concern HTTP: who may come in, and what the answers carry.

use std::{io::Read, sync::atomic::AtomicUsize};

use ::http::{HeaderValue, Method, Request, StatusCode, response::Parts};
use http_body_util::{BodyExt, Full};

use super::*;

impl Fixture {
    /// Sends a request as it is written here: `name: value` lines.
    async fn ask(&self, method: Method, target: &str, headers: &str) -> (Parts, Bytes) {
        let mut request = Request::builder().method(method).uri(target);
        for line in headers.lines() {
            let (name, value) = line.split_once(':').unwrap();
            request = request.header(name.trim(), value.trim());
        }
        let answer = self.engine.handle(request.body(Full::<Bytes>::default()).unwrap()).await;
        let (parts, body) = answer.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    }
}

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";
const DIRECT: &str = "/socket.io/?EIO=4&transport=websocket";
const UPGRADE: &str = "upgrade: websocket\nconnection: upgrade\nsec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";

fn sid(body: &[u8]) -> String {
    let open: serde_json::Value = serde_json::from_slice(&body[1..]).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}

fn value<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// A test of a WebSocket that is not refused needs hyper; without it this is how far it comes.
fn is_let_through(parts: &Parts, body: &Bytes) -> bool {
    parts.status == StatusCode::BAD_REQUEST && body == "the connection cannot be upgraded"
}

#[tokio::test]
async fn whoever_is_not_allowed_gets_the_message_and_no_session() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let hooks = Hooks::default()
        .allow_request(move |request| {
            count.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                match request.header("x-token") {
                    Some("letmein") => Ok(()),
                    Some(_) => {
                        Err(Forbidden::new(format!("wrong \"token\" on {}", request.transport.as_str())))
                    }
                    None => Err(Forbidden::default()),
                }
            }
        })
        .allow_request(|request| async move {
            let is_banned = request.query("banned").is_some();
            if is_banned { Err("banned".into()) } else { Ok(()) }
        });
    let fixture = Fixture::new(Config { hooks, ..Config::default() });

    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "x-token: no").await;
    assert_eq!((parts.status, value(&parts, "content-type")), (StatusCode::FORBIDDEN, "application/json"));
    assert_eq!(body, r#"{"code":4,"message":"wrong \"token\" on polling"}"#);
    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "").await;
    assert_eq!((parts.status, &*body), (StatusCode::FORBIDDEN, &br#"{"code":4,"message":"Forbidden"}"#[..]));
    let (_, body) = fixture.ask(Method::GET, &format!("{HANDSHAKE}&banned"), "x-token: letmein").await;
    assert_eq!(body, r#"{"code":4,"message":"banned"}"#);

    let (parts, body) = fixture.ask(Method::GET, DIRECT, &format!("{UPGRADE}\nx-token: no")).await;
    assert_eq!((parts.status, value(&parts, "content-type")), (StatusCode::BAD_REQUEST, "text/html"));
    assert_eq!((value(&parts, "connection"), &*body), ("close", &b"wrong \"token\" on websocket"[..]));
    let (parts, body) = fixture.ask(Method::GET, DIRECT, &format!("{UPGRADE}\nx-token: letmein")).await;
    assert!(is_let_through(&parts, &body));

    assert_eq!((fixture.engine.sessions(), asked.load(Ordering::Relaxed)), (0, 5));
    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "x-token: letmein").await;
    assert_eq!((parts.status, fixture.engine.sessions()), (StatusCode::OK, 1));

    // A session that exists is asked about no more, nor is a request that is wrong by itself.
    let before = asked.load(Ordering::Relaxed);
    let query = format!("EIO=4&transport=polling&sid={}", sid(&body));
    assert_eq!(fixture.request(Method::POST, &query, Full::from("4x")).await.unwrap().body, "ok");
    let (parts, body) = fixture.ask(Method::GET, &format!("{DIRECT}&sid={}", sid(&body)), UPGRADE).await;
    assert!(is_let_through(&parts, &body));
    for wrong in ["/socket.io/?EIO=3&transport=polling", "/socket.io/?EIO=4", DIRECT] {
        assert_eq!(fixture.ask(Method::GET, wrong, "").await.0.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(asked.load(Ordering::Relaxed), before);
}

#[tokio::test]
async fn who_goes_away_while_the_answer_is_awaited_leaves_no_session() {
    let hooks = Hooks::default().allow_request(|_| std::future::pending());
    let fixture = Fixture::new(Config { hooks, ..Config::default() });
    let waiting = fixture.request(Method::GET, "EIO=4&transport=polling", Full::default());
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(fixture.engine.sessions(), 0);
}

#[tokio::test]
async fn the_cookie_is_on_the_polling_handshake_alone() {
    let fixture = Fixture::new(Config { cookie: Some(Cookie::default()), ..Config::default() });
    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "").await;
    let sid = sid(&body);
    assert_eq!(value(&parts, "set-cookie"), format!("io={sid}; Path=/; HttpOnly; SameSite=Lax"));
    let (parts, _) = fixture.ask(Method::POST, &format!("{HANDSHAKE}&sid={sid}"), "").await;
    assert!(parts.headers.get("set-cookie").is_none());
    let (parts, _) = fixture.ask(Method::GET, &format!("{HANDSHAKE}&sid=unknown"), "").await;
    assert!(parts.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn cross_origin_answers_have_their_headers_whatever_they_are() {
    let cors = Cors::origins(["http://a.example"]).credentials(true);
    let fixture = Fixture::new(Config { cors: Some(cors), ..Config::default() });
    for target in [HANDSHAKE, "/socket.io/?EIO=4&transport=polling&sid=unknown", "/socket.io/"] {
        let (parts, _) = fixture.ask(Method::GET, target, "origin: http://a.example").await;
        assert_eq!(value(&parts, "access-control-allow-origin"), "http://a.example");
        assert_eq!(value(&parts, "access-control-allow-credentials"), "true");
        assert_eq!(value(&parts, "vary"), "origin");
    }
    let (parts, _) = fixture.ask(Method::GET, HANDSHAKE, "origin: http://b.example").await;
    assert_eq!((parts.status, parts.headers.get("access-control-allow-origin")), (StatusCode::OK, None));

    let preflight = "origin: http://a.example\naccess-control-request-method: POST\naccess-control-request-headers: x-mine";
    let (parts, body) = fixture.ask(Method::OPTIONS, HANDSHAKE, preflight).await;
    assert_eq!((parts.status, body.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(value(&parts, "access-control-allow-headers"), "x-mine");
    assert!(value(&parts, "access-control-allow-methods").contains("POST"));
    assert_eq!(parts.headers.get_all("vary").iter().count(), 2);

    // JavaScript's way: these headers keep nobody away from WebSocket.
    let (parts, body) =
        fixture.ask(Method::GET, DIRECT, &format!("{UPGRADE}\norigin: http://b.example")).await;
    assert!(is_let_through(&parts, &body));
}

#[tokio::test]
async fn without_cors_a_preflight_is_a_bad_handshake() {
    let fixture = Fixture::new(Config::default());
    let (parts, body) = fixture.ask(Method::OPTIONS, HANDSHAKE, "origin: http://a.example").await;
    assert_eq!(parts.status, StatusCode::BAD_REQUEST);
    assert_eq!(body, r#"{"code":2,"message":"Bad handshake method"}"#);
    assert!(parts.headers.get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn other_origins_are_refused_when_asked_for_on_every_transport_and_in_every_request() {
    let cors = Cors::origins(["http://good.example"]).refuse_other_origins();
    let fixture = Fixture::new(Config { cors: Some(cors), ..Config::default() });
    let (_, body) = fixture.ask(Method::GET, HANDSHAKE, "origin: http://good.example").await;
    let session = format!("{HANDSHAKE}&sid={}", sid(&body));
    for (method, target) in [
        (Method::GET, HANDSHAKE),
        (Method::GET, &*session),
        (Method::POST, &*session),
        (Method::OPTIONS, HANDSHAKE),
        (Method::GET, "/socket.io/"),
    ] {
        let (parts, body) = fixture.ask(method, target, "origin: http://evil.example").await;
        assert_eq!(parts.status, StatusCode::FORBIDDEN);
        assert_eq!(body, r#"{"code":4,"message":"Forbidden"}"#);
        assert!(parts.headers.get("access-control-allow-origin").is_none());
    }
    let (parts, body) =
        fixture.ask(Method::GET, DIRECT, &format!("{UPGRADE}\norigin: http://evil.example")).await;
    assert_eq!((parts.status, &*body), (StatusCode::BAD_REQUEST, &b"Forbidden"[..]));
    for allowed in [UPGRADE.to_owned(), format!("{UPGRADE}\norigin: http://good.example")] {
        let (parts, body) = fixture.ask(Method::GET, DIRECT, &allowed).await;
        assert!(is_let_through(&parts, &body));
    }
    assert_eq!(fixture.engine.sessions(), 1);
}

#[tokio::test]
async fn headers_are_added_to_the_handshake_and_to_everything() {
    let hooks = Hooks::default()
        .initial_headers(|headers, request| {
            assert!(!request.uri().query().unwrap_or_default().contains("sid="));
            headers.insert("x-initial", HeaderValue::from_static("1"));
        })
        .headers(|headers, request| {
            let method = HeaderValue::from_str(request.method().as_str()).unwrap();
            headers.insert("x-always", method);
            if let Some(asked) = request.headers().get("x-asked") {
                headers.append("x-always", asked.clone());
            }
        });
    let fixture = Fixture::new(Config { hooks, ..Config::default() });
    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "x-asked: a").await;
    assert_eq!(value(&parts, "x-initial"), "1");
    assert_eq!(parts.headers.get_all("x-always").iter().collect::<Vec<_>>(), ["GET", "a"]);
    let later = format!("{HANDSHAKE}&sid={}", sid(&body));
    for (method, target) in
        [(Method::POST, &*later), (Method::OPTIONS, HANDSHAKE), (Method::GET, "/socket.io/")]
    {
        let (parts, _) = fixture.ask(method.clone(), target, "").await;
        assert_eq!((parts.headers.get("x-initial"), value(&parts, "x-always")), (None, method.as_str()));
    }
    let (parts, _) = fixture.ask(Method::GET, DIRECT, UPGRADE).await;
    assert_eq!((parts.headers.get("x-initial"), value(&parts, "x-always")), (None, "GET"));
}

/// A polling answer of `bytes` bytes for a client that sends these headers.
async fn polled(config: Config, bytes: usize, headers: &str) -> (Parts, Bytes) {
    let mut fixture = Fixture::new(config);
    let sid = fixture.handshake().await;
    let session = fixture.session().await;
    session.outbox().push(&packet(&"x".repeat(bytes - 1)), false).unwrap();
    fixture.ask(Method::GET, &format!("{HANDSHAKE}&sid={sid}"), headers).await
}

#[tokio::test]
async fn long_polling_answers_are_packed_as_the_client_likes() {
    let expected = format!("4{}", "x".repeat(1023));
    for (encoding, bytes) in [("gzip", 1024), ("deflate", 1024), ("gzip", 100_000)] {
        let (parts, body) = polled(Config::default(), bytes, &format!("accept-encoding: {encoding}")).await;
        assert_eq!(value(&parts, "content-encoding"), encoding);
        assert_eq!(value(&parts, "content-type"), "text/plain; charset=UTF-8");
        assert!(body.len() < 500);
        let mut unpacked = String::new();
        match encoding {
            "gzip" => flate2::read::GzDecoder::new(&*body).read_to_string(&mut unpacked).unwrap(),
            _ => flate2::read::ZlibDecoder::new(&*body).read_to_string(&mut unpacked).unwrap(),
        };
        assert_eq!(unpacked.len(), bytes);
        assert!(unpacked.starts_with(&expected));
    }
}

#[tokio::test]
async fn what_is_short_or_unwanted_or_switched_off_is_not_packed() {
    let off = || Config { http_compression: None, ..Config::default() };
    let low = || Config { http_compression: Some(10), ..Config::default() };
    for (config, bytes, headers, is_packed) in [
        (Config::default(), 1023, "accept-encoding: gzip", false),
        (Config::default(), 2000, "", false),
        (Config::default(), 2000, "accept-encoding: br", false),
        (off(), 2000, "accept-encoding: gzip", false),
        (low(), 20, "accept-encoding: gzip", true),
    ] {
        let (parts, body) = polled(config, bytes, headers).await;
        assert_eq!(parts.headers.contains_key("content-encoding"), is_packed);
        assert!(is_packed || body.len() == bytes);
    }
}

#[tokio::test]
async fn what_is_not_worth_packing_is_packed_only_with_what_is() {
    for (worth, is_packed) in [(&[false][..], false), (&[false, true], true), (&[true], true)] {
        let mut fixture = Fixture::new(Config::default());
        let sid = fixture.handshake().await;
        let session = fixture.session().await;
        for compress in worth {
            let mut packet = packet(&"x".repeat(2000));
            packet.compress = *compress;
            session.outbox().push(&packet, false).unwrap();
        }
        let query = format!("{HANDSHAKE}&sid={sid}");
        let (parts, _) = fixture.ask(Method::GET, &query, "accept-encoding: gzip").await;
        assert_eq!(parts.headers.contains_key("content-encoding"), is_packed);
    }
}

/// A folder that is removed again.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sockeye-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_clients_files_are_served_and_nothing_else_is() {
    let folder = Folder::new("client");
    let script = "let x = 1;\n".repeat(100);
    std::fs::write(folder.0.join("socket.io.js"), &script).unwrap();
    std::fs::write(folder.0.join("socket.io.min.js.map"), "{}").unwrap();
    std::fs::write(folder.0.join("secret.js"), "secret").unwrap();
    let config = Config {
        client_files: Some(ClientFiles::new(&folder.0)),
        cors: Some(Cors::any()),
        ..Config::default()
    };
    let fixture = Fixture::new(config);

    let (parts, body) = fixture.ask(Method::GET, "/socket.io/socket.io.js?v=1", "").await;
    assert_eq!((parts.status, &*body), (StatusCode::OK, script.as_bytes()));
    assert_eq!(value(&parts, "content-type"), "application/javascript; charset=utf-8");
    assert_eq!(value(&parts, "cache-control"), "public, max-age=0");
    assert_eq!(value(&parts, "access-control-allow-origin"), "*");
    let etag = value(&parts, "etag").to_owned();

    let (parts, body) =
        fixture.ask(Method::GET, "/socket.io/socket.io.js", &format!("if-none-match: {etag}")).await;
    assert_eq!((parts.status, body.len(), value(&parts, "etag")), (StatusCode::NOT_MODIFIED, 0, &*etag));
    let (parts, body) =
        fixture.ask(Method::GET, "/socket.io/socket.io.js", "accept-encoding: br, gzip").await;
    assert_eq!((value(&parts, "content-encoding"), value(&parts, "etag")), ("gzip", &*etag));
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, script);

    let (parts, body) = fixture.ask(Method::GET, "/socket.io/socket.io.min.js.map", "").await;
    assert_eq!((value(&parts, "content-type"), &*body), ("application/json; charset=utf-8", &b"{}"[..]));
    assert_ne!(value(&parts, "etag"), etag);

    // Not there yet, then there; read once.
    let esm = "/socket.io/socket.io.esm.min.js";
    assert_eq!(fixture.ask(Method::GET, esm, "").await.0.status, StatusCode::NOT_FOUND);
    std::fs::write(folder.0.join("socket.io.esm.min.js"), "export {}").unwrap();
    assert_eq!(fixture.ask(Method::GET, esm, "").await.1, "export {}");
    std::fs::remove_file(folder.0.join("socket.io.esm.min.js")).unwrap();
    assert_eq!(fixture.ask(Method::GET, esm, "").await.1, "export {}");

    for other in ["secret.js", "../secret.js", "%73ocket.io.js", "socket.io.js/", "/socket.io.js", ""] {
        let (parts, body) = fixture.ask(Method::GET, &format!("/socket.io/{other}"), "").await;
        assert_eq!((parts.status, &body[..8]), (StatusCode::BAD_REQUEST, &b"{\"code\":"[..]), "{other}");
    }
    let (parts, _) = fixture.ask(Method::POST, "/socket.io/socket.io.js", "").await;
    assert_eq!(parts.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_folder_no_file_is_served() {
    let fixture = Fixture::new(Config::default());
    let (parts, _) = fixture.ask(Method::GET, "/socket.io/socket.io.js", "").await;
    assert_eq!(parts.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn transports_that_are_switched_off_are_unknown() {
    let fixture = Fixture::new(Config { websocket: false, ..Config::default() });
    let (parts, body) = fixture.ask(Method::GET, DIRECT, UPGRADE).await;
    assert_eq!((parts.status, &*body), (StatusCode::BAD_REQUEST, &b"Transport unknown"[..]));
    let (_, body) = fixture.ask(Method::GET, HANDSHAKE, "").await;
    assert!(std::str::from_utf8(&body).unwrap().contains(r#""upgrades":[]"#));
    let probe = format!("{DIRECT}&sid={}", sid(&body));
    assert_eq!(fixture.ask(Method::GET, &probe, UPGRADE).await.0.status, StatusCode::BAD_REQUEST);
    let fixture = Fixture::new(Config { polling: false, ..Config::default() });
    let (parts, body) = fixture.ask(Method::GET, HANDSHAKE, "").await;
    assert_eq!(
        (parts.status, &*body),
        (StatusCode::BAD_REQUEST, &br#"{"code":0,"message":"Transport unknown"}"#[..])
    );
}

mod listening {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    async fn answer(config: Config, request: &str) -> String {
        let bound = bind("127.0.0.1:0").await.unwrap().configure(&config);
        let addr = bound.local_addr().unwrap();
        let fixture = Fixture::new(config);
        let serving =
            bound.serve_with_shutdown(fixture.engine.clone(), std::future::pending(), Duration::ZERO);
        let serving = tokio::spawn(serving);
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        serving.abort();
        read.expect("the connection is closed").unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_or_too_slow_is_refused() {
        let head = |bytes| {
            format!(
                "GET {HANDSHAKE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {}\r\n\r\n",
                "x".repeat(bytes)
            )
        };
        assert!(answer(Config::default(), &head(15_000)).await.starts_with("HTTP/1.1 200"));
        assert!(answer(Config::default(), &head(17_000)).await.starts_with("HTTP/1.1 431"));
        let config = || Config { max_header_bytes: 1000, ..Config::default() };
        assert!(answer(config(), &head(500)).await.starts_with("HTTP/1.1 200"));
        assert!(answer(config(), &head(1000)).await.starts_with("HTTP/1.1 431"));
        let config = Config { max_header_bytes: 60_000, ..Config::default() };
        assert!(answer(config, &head(50_000)).await.starts_with("HTTP/1.1 200"));

        let config = Config { header_timeout: millis(50), ..Config::default() };
        let cut_off = answer(config, "GET /socket.io/ HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
        assert!(cut_off.is_empty() || cut_off.starts_with("HTTP/1.1 4"), "{cut_off}");
    }

    #[tokio::test]
    async fn headers_of_hooks_are_on_the_switch_to_websocket() {
        let hooks = Hooks::default()
            .allow_request(|_| async { Ok(()) })
            .initial_headers(|headers, _| drop(headers.insert("x-initial", HeaderValue::from_static("1"))));
        let cookie = Some(Cookie::default());
        let config = Config {
            hooks,
            cookie,
            cors: Some(Cors::any()),
            ping_timeout: millis(50),
            flush_timeout: millis(50),
            ping_interval: millis(50),
            ..Config::default()
        };
        let request =
            format!("GET {DIRECT} HTTP/1.1\r\nhost: x\r\n{}\r\n\r\n", UPGRADE.replace('\n', "\r\n"));
        let answer = answer(config, &request).await.to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 101"), "{answer}");
        assert!(
            answer.contains("\r\nx-initial: 1\r\n")
                && answer.contains("\r\naccess-control-allow-origin: *\r\n")
        );
        assert!(!answer.contains("set-cookie"));
    }
}
