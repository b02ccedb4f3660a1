//! The dialer for real servers: cookies, redirects, headers, limits, proxies, seen by a server that is played by hand.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::peer::OPEN;
use crate::client::engine::{
    Address, Dialer, EngineOptions, HttpDialer, HttpOptions, HttpRequest, OpenErrorKind, Proxy, Transport,
    open,
};

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

struct Site(TcpListener);

impl Site {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    fn options(&self) -> EngineOptions {
        EngineOptions::new(Address::new(&self.url(), "/socket.io/", true, &[]).unwrap())
    }

    /// The head of the next request, on a connection of its own, which is answered with this and closed.
    async fn answer(&self, answer: &str) -> String {
        let (head, mut io) = self.request().await;
        io.write_all(answer.as_bytes()).await.unwrap();
        io.shutdown().await.unwrap();
        head
    }

    async fn request(&self) -> (String, TcpStream) {
        let (mut io, _) = timeout(PATIENCE, self.0.accept()).await.unwrap().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, io.read_u8()).await.unwrap().unwrap());
        }
        (String::from_utf8(head).unwrap().to_ascii_lowercase(), io)
    }
}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn dialer(options: HttpOptions) -> Arc<HttpDialer> {
    Arc::new(HttpDialer::new(&options, &server()).unwrap())
}

fn server() -> Address {
    Address::new("http://server", "/socket.io/", true, &[]).unwrap()
}

fn direct() -> HttpOptions {
    HttpOptions { proxy: Proxy::Off, ..HttpOptions::default() }
}

#[tokio::test]
async fn cookies_and_headers_go_with_all_requests_of_both_transports() {
    for cookies in [true, false] {
        let site = Site::new().await;
        let mut options = site.options();
        options.headers.insert("authorization", HeaderValue::from_static("Bearer x"));
        let opening = tokio::spawn(open(Arc::new(options), dialer(HttpOptions { cookies, ..direct() })));
        let head = site.answer(&ok("set-cookie: node=7; Path=/; HttpOnly\r\n", OPEN)).await;
        assert!(head.contains("authorization: bearer x") && !head.contains("cookie: node=7"), "{head}");
        let session = timeout(PATIENCE, opening).await.unwrap().unwrap().unwrap();
        let (mut polled, mut upgraded) = (false, false);
        while !polled || !upgraded {
            let (head, _io) = site.request().await;
            assert!(head.contains("authorization: bearer x"), "{head}");
            assert_eq!(head.contains("cookie: node=7"), cookies, "{head}");
            polled |= head.contains("transport=polling");
            if head.contains("transport=websocket") {
                assert!(head.contains("upgrade: websocket") && head.contains("sec-websocket-version: 13"));
                upgraded = true;
            }
            if !upgraded {
                // A GET that is given up ends the session; both were begun already.
                std::mem::forget(_io);
            }
        }
        drop(session);
    }
}

async fn opened_with(answer: &str, transport: Transport) -> OpenErrorKind {
    let site = Site::new().await;
    let options = EngineOptions { transports: vec![transport], ..site.options() };
    let opening = tokio::spawn(open(Arc::new(options), dialer(direct())));
    site.answer(answer).await;
    timeout(PATIENCE, opening).await.unwrap().unwrap().unwrap_err().kind().clone()
}

#[tokio::test]
async fn redirects_are_not_followed_and_refusals_say_why() {
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let body = r#"{"code":4,"message":"not you"}"#;
    let refused = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for transport in [Transport::Polling, Transport::WebSocket] {
        let kind = opened_with(moved, transport).await;
        assert_eq!(kind, OpenErrorKind::Refused { status: 302, code: None, message: String::new() });
        let kind = opened_with(&refused, transport).await;
        assert_eq!(
            kind,
            OpenErrorKind::Refused { status: 403, code: Some(4), message: "not you".to_owned() }
        );
        assert_eq!(opened_with("nonsense\r\n\r\n", transport).await, OpenErrorKind::Io);
    }
    // Success, but no WebSocket; and a key that was not made from ours.
    let kind = opened_with(&ok("", "hello"), Transport::WebSocket).await;
    assert_eq!(kind, OpenErrorKind::Refused { status: 200, code: None, message: "hello".to_owned() });
    let wrong = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                 sec-websocket-accept: AAAA\r\n\r\n";
    assert_eq!(opened_with(wrong, Transport::WebSocket).await, OpenErrorKind::Protocol);
}

#[tokio::test]
async fn answers_are_bounded_whatever_their_headers_say() {
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (answer, fits) in [
        (ok("", &"x".repeat(3000)), true),
        (ok("", &"x".repeat(3001)), false),
        (format!("{chunked}{}0\r\n\r\n", chunk.repeat(3)), true),
        (format!("{chunked}{}", chunk.repeat(4)), false),
    ] {
        let site = Site::new().await;
        let request = HttpRequest {
            url: site.url().parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: None,
            max_answer: 3000,
        };
        let dialer = dialer(direct());
        let (answered, _) = tokio::join!(timeout(PATIENCE, dialer.request(request)), site.answer(&answer));
        match answered.unwrap() {
            Ok(answer) => assert!(fits && answer.body.len() == 3000),
            Err(error) => assert!(!fits && *error.kind() == OpenErrorKind::TooLarge, "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_what_is_wanted() {
    let proxy = Site::new().await;
    let options =
        EngineOptions::new(Address::new("http://nowhere.invalid", "/socket.io/", true, &[]).unwrap());
    let through = HttpOptions { proxy: Proxy::Url(proxy.url()), ..HttpOptions::default() };
    let opening = tokio::spawn(open(Arc::new(options), dialer(through)));
    let head = proxy.answer(&ok("", OPEN)).await;
    assert!(head.starts_with("get http://nowhere.invalid/socket.io/?eio=4"), "{head}");
    assert!(timeout(PATIENCE, opening).await.unwrap().unwrap().is_ok());
}

// Without TLS reqwest's connector takes no address but `http`, not a proxy's either.
#[cfg(feature = "rustls")]
#[tokio::test]
async fn a_socks_proxy_too() {
    let proxy = Site::new().await;
    let options =
        EngineOptions::new(Address::new("http://nowhere.invalid", "/socket.io/", true, &[]).unwrap());
    let url = proxy.url().replace("http", "socks5h");
    let through = HttpOptions { proxy: Proxy::Url(url), ..HttpOptions::default() };
    let opening = tokio::spawn(open(Arc::new(options), dialer(through)));
    let (mut io, _) = timeout(PATIENCE, proxy.0.accept()).await.unwrap().unwrap();
    let mut greeting = [0; 2];
    io.read_exact(&mut greeting).await.unwrap();
    assert_eq!(greeting[0], 5);
    opening.abort();
}

#[test]
fn a_proxy_that_is_none_is_found_when_the_client_is_built() {
    let options = HttpOptions { proxy: Proxy::Url("::".to_owned()), ..HttpOptions::default() };
    assert_eq!(*HttpDialer::new(&options, &server()).unwrap_err().kind(), OpenErrorKind::Address);
}

#[tokio::test]
async fn no_secret_is_in_an_errors_text() {
    let site = Site::new().await;
    let url = format!("{}?token=hidden", site.url());
    let options = EngineOptions::new(Address::new(&url, "/socket.io/", true, &[]).unwrap());
    drop(site);
    let error = open(Arc::new(options), dialer(direct())).await.unwrap_err();
    assert_eq!(*error.kind(), OpenErrorKind::Io);
    let mut text = format!("{error:?} {error}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!text.contains("hidden"), "{text}");
}
