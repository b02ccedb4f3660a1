//! As much HTTP as polling needs.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Result, Stop, wrong};

pub(crate) struct Http {
    pub(crate) stream: TcpStream,
    buf: Vec<u8>,
}

pub(crate) async fn connect(addr: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Http {
    pub(crate) async fn connect(addr: SocketAddr) -> Result<Self> {
        Ok(Self { stream: connect(addr).await?, buf: Vec::new() })
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: soak\r\n\r\n");
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<()> {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {length}\r\n\r\n"
        );
        Ok(self.stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await?)
    }

    /// Status and body of the next response. Cancel safe.
    pub(crate) async fn response(&mut self) -> Result<(u16, String)> {
        loop {
            if let Some((status, head, length)) = self.head()?
                && self.buf.len() >= head + length
            {
                let body = self.buf[head..head + length].to_vec();
                self.buf.drain(..head + length);
                return match String::from_utf8(body) {
                    Ok(body) => Ok((status, body)),
                    Err(_) => wrong("a payload is not UTF-8"),
                };
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk).await? {
                0 => return Err(Stop::Closed("http")),
                count => self.buf.extend_from_slice(&chunk[..count]),
            }
        }
    }

    fn head(&self) -> Result<Option<(u16, usize, usize)>> {
        let Some(end) = self.buf.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
        let head = String::from_utf8_lossy(&self.buf[..end]).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        match (status, length.map_or(Some(0), |length| length.parse().ok())) {
            (Some(status), Some(length)) => Ok(Some((status, end + 4, length))),
            _ => wrong(format!("no HTTP response: {head}")),
        }
    }
}
