//! A client that does on purpose what real ones do in bad luck: HTTP and WebSocket frames by hand, over TCP or TLS.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpSocket,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/key.pem");

/// A guard against hanging, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn server_tls() -> sockeye::engine::Tls {
    sockeye::engine::Tls::from_pem_files(CERTIFICATE, KEY).unwrap()
}

pub(crate) fn client_tls(protocols: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(CERTIFICATE).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config).into()
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(crate) struct Peer {
    pub(crate) io: Box<dyn Stream>,
    read: Vec<u8>,
}

/// A connection whose kernel takes little that is not read.
pub(crate) async fn tcp(addr: SocketAddr) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(addr).await.unwrap()
}

impl Peer {
    pub(crate) async fn connect(addr: SocketAddr, tls: bool) -> Self {
        let tcp = tcp(addr).await;
        if !tls {
            return Self { io: Box::new(tcp), read: Vec::new() };
        }
        let name = ServerName::try_from("localhost").unwrap();
        let stream = client_tls(&["h2", "http/1.1"]).connect(name, tcp).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        Self { io: Box::new(stream), read: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(PATIENCE, self.io.write_all(bytes.as_ref())).await.unwrap().unwrap();
        self.io.flush().await.unwrap();
    }

    /// Reads until `done` finds what it looks for; takes so many bytes away.
    async fn read_until<T>(&mut self, done: impl Fn(&[u8]) -> Option<(T, usize)>) -> T {
        loop {
            if let Some((found, taken)) = done(&self.read) {
                self.read.drain(..taken);
                return found;
            }
            let read = timeout(PATIENCE, self.io.read_buf(&mut self.read)).await.unwrap().unwrap();
            assert!(read > 0, "the server closed after {:?}", String::from_utf8_lossy(&self.read));
        }
    }

    /// Status and body of the next answer.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let (status, len) = self
            .read_until(|bytes| {
                let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
                let head = std::str::from_utf8(&bytes[..end]).unwrap().to_ascii_lowercase();
                let status = head.split(' ').nth(1).unwrap().parse::<u16>().unwrap();
                let len = head.split("content-length: ").nth(1);
                let len = len.map_or(0, |rest| rest.split('\r').next().unwrap().parse::<usize>().unwrap());
                Some(((status, len), end))
            })
            .await;
        let body = self.read_until(|bytes| Some((bytes.get(..len)?.to_vec(), len))).await;
        (status, String::from_utf8(body).unwrap())
    }

    pub(crate) async fn send_get(&mut self, query: &str) {
        self.write(format!("GET /socket.io/?EIO=4&{query} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    }

    pub(crate) async fn get(&mut self, query: &str) -> (u16, String) {
        self.send_get(query).await;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, query: &str, body: &str) -> (u16, String) {
        let head = format!(
            "POST /socket.io/?EIO=4&{query} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.write(head + body).await;
        self.answer().await
    }

    /// Opens a session by polling and joins `/`; gives the query of its requests.
    pub(crate) async fn join_polling(&mut self, name: &str) -> String {
        let (status, open) = self.get("transport=polling").await;
        assert_eq!(status, 200);
        let sid = open.split("\"sid\":\"").nth(1).unwrap().split('"').next().unwrap();
        let query = format!("transport=polling&sid={sid}");
        assert_eq!(self.post(&query, &format!("40{{\"name\":\"{name}\"}}")).await.1, "ok");
        // On a busy machine a ping may come first.
        while !self.get(&query).await.1.contains("40{") {
            assert_eq!(self.post(&query, "3").await.1, "ok");
        }
        query
    }

    /// Opens a session on WebSocket, or takes one over.
    pub(crate) async fn upgrade(&mut self, query: &str) {
        self.write(format!(
            "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ))
        .await;
        assert_eq!(self.answer().await.0, 101);
    }

    pub(crate) async fn join_websocket(&mut self, name: &str) {
        self.upgrade("").await;
        assert!(self.frame().await.starts_with('0'));
        self.send(&format!("40{{\"name\":\"{name}\"}}")).await;
        while !self.frame().await.starts_with("40") {
            self.send("3").await;
        }
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        self.write(frame(packet)).await;
    }

    /// The next text frame.
    pub(crate) async fn frame(&mut self) -> String {
        self.read_until(|bytes| {
            let (len, at) = match bytes {
                [0x81, len @ 0..=125, ..] => (usize::from(*len), 2),
                [0x81, 126, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
                [] | [0x81] | [0x81, ..] => return None,
                other => panic!("no text frame: {other:?}"),
            };
            let text = bytes.get(at..at + len)?;
            Some((String::from_utf8(text.to_vec()).unwrap(), at + len))
        })
        .await
    }
}

/// A text frame of a client; the mask is 0, which changes nothing.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    assert!(text.len() <= 125);
    let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend(text.as_bytes());
    frame
}
