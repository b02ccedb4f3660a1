//! A client that writes exactly the bytes it is told to, and checks nothing it is not asked about.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A connection.
pub(crate) struct Raw {
    stream: TcpStream,
    buf: Vec<u8>,
}

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(addr)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buf: Vec::new() }
    }

    /// Writes; a server that has closed meanwhile is found out by reading.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await;
    }

    /// Ends the writing side, as `shutdown(SHUT_WR)` does.
    pub(crate) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes with a reset instead of an end.
    pub(crate) fn reset(self) {
        #[allow(deprecated, reason = "a reset is wanted: nothing is left to be sent, so it blocks nobody")]
        let _ = self.stream.set_linger(Some(Duration::ZERO));
    }

    /// `false` at the end.
    async fn more(&mut self) -> bool {
        let mut chunk = [0; 16 * 1024];
        match within("bytes", self.stream.read(&mut chunk)).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.buf.extend_from_slice(&chunk[..count]);
                true
            }
        }
    }

    /// The next response; `None` if the server closes instead.
    pub(crate) async fn response(&mut self) -> Option<Response> {
        let head = loop {
            match self.buf.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None if !self.more().await => return None,
                None => {}
            }
        };
        let head = String::from_utf8(self.buf.drain(..head).collect()).unwrap();
        let status = head.get(9..12)?.parse().unwrap();
        let lower = head.to_ascii_lowercase();
        let length = lower.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.buf.len() < length {
            if !self.more().await {
                break;
            }
        }
        let length = length.min(self.buf.len());
        let body = String::from_utf8_lossy(&self.buf.drain(..length).collect::<Vec<_>>()).into_owned();
        Some(Response { status, head, body })
    }

    /// Reads to the end, and gives what came.
    pub(crate) async fn end(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buf)
    }

    /// The next WebSocket frame, its first byte and its payload; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let (len, at) = match self.buf.get(1).copied() {
                Some(126) if self.buf.len() >= 4 => {
                    (u64::from(u16::from_be_bytes(self.buf[2..4].try_into().unwrap())), 4)
                }
                Some(127) if self.buf.len() >= 10 => {
                    (u64::from_be_bytes(self.buf[2..10].try_into().unwrap()), 10)
                }
                Some(len @ 0..126) => (u64::from(len), 2),
                _ => (u64::MAX, 0),
            };
            if len != u64::MAX && self.buf.len() >= at + len as usize {
                let frame: Vec<u8> = self.buf.drain(..at + len as usize).collect();
                return Some((frame[0], frame[at..].to_vec()));
            }
            if !self.more().await {
                return None;
            }
        }
    }
}

/// A frame of a client.
pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = header(first, payload.len() as u64);
    // A mask of zeros: any mask will do.
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// The first bytes of a masked frame, up to its mask.
pub(crate) fn header(first: u8, len: u64) -> Vec<u8> {
    let mut header = vec![first];
    match len {
        0..126 => header.push(0x80 | len as u8),
        126..0x1_0000 => {
            header.push(0x80 | 126);
            header.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            header.push(0x80 | 127);
            header.extend_from_slice(&len.to_be_bytes());
        }
    }
    header
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(0x81, text)
}

pub(crate) const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A request with a `Host`.
pub(crate) fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")
}

/// A request with a body.
pub(crate) fn post(path: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let headers =
        format!("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n{headers}", body.len());
    let mut request = request(&format!("POST {path}"), &headers).into_bytes();
    request.extend_from_slice(body);
    request
}
