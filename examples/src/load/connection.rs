//! A client's connection: WebSocket, Engine.IO, and the wish to join. Frames are written by hand, so that the client costs little.

use std::{
    cell::Cell,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use bytes::{Bytes, BytesMut};
use sockeye::protocol::websocket::{self, Decoder, Message, OpCode, Role};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::{Failure, options::Options};

/// Any will do on a loopback and in a laboratory; a browser draws one for each frame.
const MASK: [u8; 4] = [0x5a, 0x01, 0xfe, 0x33];

/// Bytes of the answer to the upgrade, at most.
const MAX_HEAD: usize = 16 * 1024;

/// Loopback addresses to connect from: each has ports of its own, of which a busy client runs out.
const SOURCES: u8 = 200;

pub(crate) struct Connection {
    stream: TcpStream,
    decoder: Decoder,
    input: BytesMut,
    output: BytesMut,
}

/// What a server sends in its namespace: a packet's text without Engine.IO's digit, or an attachment.
#[derive(Debug)]
pub(crate) enum Received {
    Text(bytes::Bytes),
    Attachment(Bytes),
}

impl Connection {
    /// Connects, and joins the namespace `/`.
    pub(crate) async fn open(options: &Options) -> Result<Self, Failure> {
        let stream = connect(options.address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            decoder: Decoder::new(Role::Client, usize::MAX),
            input: BytesMut::with_capacity(4096),
            output: BytesMut::new(),
        };
        connection.upgrade(options).await?;
        let opened = connection.message().await?;
        if !matches!(&opened, Message::Text(text) if text.starts_with("0{")) {
            return Err(format!("the server does not open the session: {opened:?}").into());
        }
        connection.frame(OpCode::Text, b"40");
        match connection.next().await? {
            Received::Text(text) if text.starts_with(b"0") => Ok(connection),
            other => Err(format!("the server does not let the client join: {other:?}").into()),
        }
    }

    async fn upgrade(&mut self, options: &Options) -> Result<(), Failure> {
        let (path, host) = (&options.path, &options.target);
        let head = format!(
            "GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await?;
        let end = loop {
            if let Some(at) = self.input.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.input.len() > MAX_HEAD || self.stream.read_buf(&mut self.input).await? == 0 {
                return Err("the server does not answer the upgrade".into());
            }
        };
        let head = self.input.split_to(end);
        if !head.starts_with(b"HTTP/1.1 101 ") {
            let status = String::from_utf8_lossy(&head);
            return Err(format!("no upgrade: {}", status.lines().next().unwrap_or_default()).into());
        }
        Ok(())
    }

    /// Puts a packet behind those that are to be sent: they go out with the next read, or by [`flush`](Self::flush).
    pub(crate) fn send(&mut self, packet: &str) {
        let mut text = String::with_capacity(packet.len() + 1);
        text.push('4');
        text.push_str(packet);
        self.frame(OpCode::Text, text.as_bytes());
    }

    /// As [`send`](Self::send): the attachment of the packet before.
    pub(crate) fn attach(&mut self, data: &[u8]) {
        self.frame(OpCode::Binary, data);
    }

    fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        let mut frame = Vec::with_capacity(payload.len() + 14);
        websocket::encode(&mut frame, true, opcode, payload, Some(MASK));
        self.output.extend_from_slice(&frame);
    }

    /// Sends what waits. Nothing is lost when the future is dropped.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            if self.stream.write_buf(&mut self.output).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// The next packet or attachment; answers pings. Nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Result<Received, Failure> {
        loop {
            match self.message().await? {
                Message::Text(text) if text == "2" => self.frame(OpCode::Text, b"3"),
                Message::Text(text) if text.starts_with('4') => {
                    return Ok(Received::Text(text.into_bytes().slice(1..)));
                }
                Message::Binary(data) => return Ok(Received::Attachment(data)),
                Message::Ping(data) => self.frame(OpCode::Pong, &data),
                Message::Pong(_) => {}
                other => return Err(format!("the server sent {other:?}").into()),
            }
        }
    }

    async fn message(&mut self) -> Result<Message, Failure> {
        loop {
            if let Some(message) = self.decoder.decode(&mut self.input)? {
                return Ok(message);
            }
            self.flush().await?;
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err("the server ended a connection".into());
            }
        }
    }

    /// Ends it as a browser does.
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
        let mut frame = Vec::new();
        websocket::close_frame(&mut frame, 1000, "", Some(MASK));
        self.output.extend_from_slice(&frame);
        Ok(self.flush().await?)
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    thread_local! { static NEXT: Cell<u8> = const { Cell::new(0) } }
    match address.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => {
            let next = NEXT.get() % SOURCES + 1;
            NEXT.set(next);
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, next), 0)))?;
            socket.connect(address).await
        }
        _ => TcpStream::connect(address).await,
    }
}
