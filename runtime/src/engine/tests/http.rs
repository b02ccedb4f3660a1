//! The same over real sockets, through hyper: what in-memory tests cannot see.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tungstenite::{Message as Ws, client::IntoClientRequest};

use super::*;

struct Server {
    fixture: Fixture,
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(fixture: Fixture) -> Self {
        let bound = bind("127.0.0.1:0").await.unwrap();
        let addr = bound.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let engine = fixture.engine.clone();
        let task = tokio::spawn(bound.serve_with_shutdown(
            engine,
            async { drop(stopped.await) },
            Duration::from_secs(5),
        ));
        Self { fixture, addr, stop, task }
    }

    /// Sends a request as it is, and gives all that comes back until the end of the connection.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    async fn websocket(&self, query: &str) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let request = format!("ws://{}/socket.io/?{query}", self.addr).into_client_request().unwrap();
        tokio_tungstenite::client_async(request, stream).await.map(|(client, _)| client)
    }

    async fn handshake(&self) -> String {
        let response = self
            .raw("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        let open: serde_json::Value =
            serde_json::from_str(response.split_once("\r\n\r\n0").unwrap().1).unwrap();
        open["sid"].as_str().unwrap().to_owned()
    }
}

async fn next(client: &mut WebSocketStream<TcpStream>) -> String {
    client.next().await.unwrap().unwrap().to_text().unwrap().to_owned()
}

#[tokio::test]
async fn a_websocket_is_opened_and_upgraded_to_over_tcp() {
    let server = Server::start(Fixture::echo(Config::default())).await;
    let mut direct = server.websocket("EIO=4&transport=websocket").await.unwrap();
    assert!(next(&mut direct).await.starts_with("0{"));
    direct.send(Ws::text("4direct")).await.unwrap();
    assert_eq!(next(&mut direct).await, "4direct");

    let sid = server.handshake().await;
    let query = format!("EIO=4&transport=websocket&sid={sid}");
    let mut client = server.websocket(&query).await.unwrap();
    client.send(Ws::text("2probe")).await.unwrap();
    assert_eq!(next(&mut client).await, "3probe");
    client.send(Ws::text("5")).await.unwrap();
    client.send(Ws::text("4hello")).await.unwrap();
    assert_eq!(next(&mut client).await, "4hello");

    // Another one for the same session is accepted and closed; the session does not notice.
    let mut second = server.websocket(&query).await.unwrap();
    assert!(matches!(second.next().await, Some(Ok(Ws::Close(_)))));
    client.send(Ws::text("4again")).await.unwrap();
    assert_eq!(next(&mut client).await, "4again");
}

#[tokio::test]
async fn early_frames_behind_the_handshake_are_not_lost() {
    let mut server = Server::start(Fixture::new(Config::default())).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let mut bytes = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\
        connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec();
    // "4early", masked with zeros.
    bytes.extend_from_slice(b"\x81\x86\0\0\0\x004early");
    stream.write_all(&bytes).await.unwrap();
    assert_eq!(server.fixture.seen().await, Seen::Message(text("early")));
    let mut head = [0; 200];
    let read = stream.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..read]).to_ascii_lowercase();
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
}

#[tokio::test]
async fn websockets_are_refused_before_the_switch() {
    let server = Server::start(Fixture::new(Config::default())).await;
    let sid = server.handshake().await;
    for (query, message) in [
        ("EIO=4", "Transport unknown"),
        ("EIO=4&transport=constructor", "Transport unknown"),
        ("EIO=4&transport=websocket&sid=unknown", "Session ID unknown"),
        ("EIO=4&transport=polling", "Bad request"),
        (&format!("EIO=4&transport=polling&sid={sid}"), "Bad request"),
        ("transport=websocket", "Unsupported protocol version"),
        ("EIO=3&transport=websocket", "Unsupported protocol version"),
    ] {
        let response = server
            .raw(&format!(
                "GET /socket.io/?{query} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                 sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ))
            .await;
        assert!(response.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{response}");
        assert!(response.contains("content-type: text/html\r\n"), "{response}");
        assert!(response.contains("connection: close\r\n"), "{response}");
        assert!(response.ends_with(&format!("\r\n\r\n{message}")), "{query}: {response}");
    }
    assert_eq!(server.fixture.engine.sessions(), 1);
}

#[tokio::test]
async fn a_chunked_body_is_bounded_while_it_is_read() {
    let server = Server::start(Fixture::new(Config { max_payload: 1000, ..Config::default() })).await;
    let sid = server.handshake().await;
    let head = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("258\r\n{}\r\n", "4".repeat(0x258));
    stream.write_all(chunk.repeat(2).as_bytes()).await.unwrap();
    let mut response = [0; 12];
    stream.read_exact(&mut response).await.unwrap();
    assert_eq!(&response, b"HTTP/1.1 413");
    assert_eq!(server.fixture.engine.sessions(), 1);
}

#[tokio::test]
async fn a_connection_that_is_dropped_while_polling_ends_the_session() {
    let mut server = Server::start(Fixture::new(Config::default())).await;
    let sid = server.handshake().await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let request = format!("GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(millis(50)).await;
    drop(stream);
    assert_eq!(server.fixture.seen().await, Seen::Closed(CloseReason::TransportError));
    server.fixture.is_gone().await;
}

#[tokio::test]
async fn the_listener_drains_when_it_is_stopped() {
    let mut server = Server::start(Fixture::new(Config::default())).await;
    let mut client = server.websocket("EIO=4&transport=websocket").await.unwrap();
    next(&mut client).await;
    let idle = TcpStream::connect(server.addr).await.unwrap();
    server.stop.send(()).unwrap();
    let engine = server.fixture.engine.clone();
    let shutdown = tokio::spawn(async move { engine.shutdown(Duration::from_secs(2)).await });
    assert!(matches!(client.next().await, Some(Ok(Ws::Close(_)))));
    assert!(client.next().await.is_none());
    shutdown.await.unwrap();
    assert_eq!(server.fixture.seen().await, Seen::Closed(CloseReason::ServerShuttingDown));
    drop(idle);
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.addr).await.is_err());
}

#[tokio::test]
async fn the_application_gets_copies_of_what_the_handshake_said() {
    struct Look(mpsc::UnboundedSender<Arc<HandshakeRequest>>);
    struct Nothing;
    impl Application for Look {
        fn open(&self, _: &Session, request: Arc<HandshakeRequest>) -> Box<dyn Connection> {
            let _ = self.0.send(request);
            Box::new(Nothing)
        }
    }
    impl Connection for Nothing {
        fn message(&mut self, _: Message) {}
        fn closed(&mut self, _: CloseReason) {}
    }
    let (sender, mut requests) = mpsc::unbounded_channel();
    let engine = Engine::new(Config::default(), Arc::new(Look(sender)));
    let bound = bind("127.0.0.1:0").await.unwrap();
    let addr = bound.local_addr().unwrap();
    tokio::spawn(bound.serve_with_shutdown(engine, std::future::pending(), Duration::ZERO));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = b"GET /socket.io/?EIO=4&transport=polling&name=J%C3%B6rg HTTP/1.1\r\nHost: x\r\nX-Thing: 1\r\nX-Thing: 2\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let request = requests.recv().await.unwrap();
    assert_eq!(request.uri(), "/socket.io/?EIO=4&transport=polling&name=J%C3%B6rg");
    assert_eq!(request.query_pairs().last().unwrap(), ("name".into(), "Jörg".into()));
    assert_eq!(request.header_values("x-thing").count(), 2);
    assert_eq!(request.remote_addr, Some(stream.local_addr().unwrap()));
    assert_eq!(request.transport, TransportKind::Polling);
}

#[tokio::test]
async fn a_bare_websocket_echoes_and_answers_pings_closes_and_faults() {
    let (client, server) = tokio::io::duplex(4096);
    let echo = tokio::spawn(async move {
        let mut websocket = WebSocket::new(server, 100);
        while let Some(message) = websocket.recv().await? {
            websocket.send(message).await?;
        }
        assert!(matches!(websocket.send(text("late")).await, Err(WebSocketError::Closed)));
        Ok::<_, WebSocketError>(())
    });
    let mut client = as_client(client).await;
    for i in 0..10 {
        client.feed(Ws::Ping(vec![i].into())).await.unwrap();
    }
    client.send(Ws::text("hi")).await.unwrap();
    for i in 0..10 {
        assert_eq!(client.next().await.unwrap().unwrap(), Ws::Pong(vec![i].into()));
    }
    assert_eq!(client.next().await.unwrap().unwrap(), Ws::text("hi"));
    client.close(None).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Ws::Close(_)))));
    assert!(client.next().await.is_none());
    echo.await.unwrap().unwrap();

    let (client, server) = tokio::io::duplex(4096);
    let mut client = as_client(client).await;
    let receiving = tokio::spawn(async move { WebSocket::new(server, 100).recv().await });
    client.send(Ws::binary(vec![0; 101])).await.unwrap();
    let Some(Ok(Ws::Close(Some(frame)))) = client.next().await else { panic!("a close frame") };
    assert_eq!(u16::from(frame.code), 1009);
    drop(client);
    assert!(matches!(receiving.await.unwrap(), Err(WebSocketError::Frame(_))));
}
