//! A session on either transport, and the upgrade between them.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, protocol::WebSocketConfig},
};

use super::{
    Result, Stop,
    dialect::{Dialect, Mount},
    http,
    polling::Polling,
    within, wrong,
};
use crate::tally::Tally;

/// A message, without Engine.IO's framing.
#[derive(Debug)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

type Ws = WebSocketStream<TcpStream>;

enum Carrier {
    WebSocket(Box<Ws>),
    Polling(Box<Polling>),
}

pub(crate) struct Link {
    mount: Mount,
    sid: String,
    carrier: Carrier,
    /// Packets of a payload that were not looked at.
    inbox: VecDeque<String>,
    /// When an upgrade was broken off last.
    broken: Option<Instant>,
    /// When the client's heartbeat was sent last, where it is the client's to send.
    beaten: Instant,
    tally: &'static Tally,
}

/// How often a client of the old revision sends its heartbeat: what the handshake says would be 2 s.
const BEAT: Duration = Duration::from_secs(1);

/// After so long the server has given up an upgrade, with some time to spare.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(3);

/// What happens between the probe and the end of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Upgrade {
    Whole,
    /// The WebSocket is opened and reset.
    Reset,
    /// It is left open, and nothing is said.
    Silent(Duration),
    /// Probed, and then nothing.
    Probed(Duration),
    Garbage,
}

async fn websocket(mount: Mount, query: &str) -> Result<Ws> {
    let stream = http::connect(mount.addr).await?;
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let (addr, revision) = (mount.addr, mount.dialect.revision());
    let url = format!("ws://{addr}/socket.io/?EIO={revision}&transport=websocket{query}");
    let (socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    Ok(socket)
}

impl Link {
    /// `query`: what the handshake's has besides.
    pub(crate) async fn websocket(mount: Mount, query: &str, tally: &'static Tally) -> Result<Self> {
        let mut socket = within("a WebSocket", websocket(mount, query)).await?;
        let open = within("the handshake", read(&mut socket)).await?;
        let tungstenite::Message::Text(open) = open else { return wrong("no handshake") };
        tally.add("websocket sessions");
        let sid = sid(&open)?;
        Ok(Self::new(mount, sid, Carrier::WebSocket(Box::new(socket)), VecDeque::new(), tally))
    }

    pub(crate) async fn polling(mount: Mount, query: &str, tally: &'static Tally) -> Result<Self> {
        let (mut polling, mut packets) = Polling::open(mount, query).await?;
        let sid = sid(&packets.pop_front().unwrap_or_default())?;
        polling.set_sid(&sid);
        tally.add("polling sessions");
        Ok(Self::new(mount, sid, Carrier::Polling(Box::new(polling)), packets, tally))
    }

    fn new(
        mount: Mount,
        sid: String,
        carrier: Carrier,
        inbox: VecDeque<String>,
        tally: &'static Tally,
    ) -> Self {
        tally.add(mount.dialect.names().sessions);
        Self { mount, sid, carrier, inbox, broken: None, beaten: Instant::now(), tally }
    }

    pub(crate) fn sid(&self) -> &str {
        &self.sid
    }

    pub(crate) fn is_polling(&self) -> bool {
        matches!(self.carrier, Carrier::Polling(_))
    }

    /// Sends messages in one go: on polling, in one payload.
    pub(crate) async fn send(&mut self, messages: Vec<Message>) -> Result<()> {
        match &mut self.carrier {
            Carrier::WebSocket(socket) => {
                let old = self.mount.dialect == Dialect::Old;
                for message in messages {
                    let message = match message {
                        Message::Text(text) => tungstenite::Message::text(format!("4{text}")),
                        Message::Binary(data) if old => {
                            tungstenite::Message::binary([&[4], &data[..]].concat())
                        }
                        Message::Binary(data) => tungstenite::Message::binary(data),
                    };
                    within("room to write", async { Ok(socket.send(message).await?) }).await?;
                }
                Ok(())
            }
            Carrier::Polling(polling) => {
                let bytes = if self.mount.dialect == Dialect::Old { "b4" } else { "b" };
                let packets = messages.iter().map(|message| match message {
                    Message::Text(text) => format!("4{text}"),
                    Message::Binary(data) => format!("{bytes}{}", STANDARD.encode(data)),
                });
                polling.send(&packets.collect::<Vec<_>>()).await
            }
        }
    }

    async fn raw(&mut self, packet: &str) -> Result<()> {
        match &mut self.carrier {
            Carrier::WebSocket(socket) => Ok(socket.send(tungstenite::Message::text(packet)).await?),
            Carrier::Polling(polling) => polling.send(&[packet.to_owned()]).await,
        }
    }

    /// The client's heartbeat, where it is due.
    pub(crate) async fn beat(&mut self) -> Result<()> {
        if self.mount.dialect == Dialect::Old && self.beaten.elapsed() > BEAT {
            self.beaten = Instant::now();
            self.raw("2").await?;
        }
        Ok(())
    }

    /// The next message; pings are answered meanwhile. Cancel safe, but for the answer.
    pub(crate) async fn recv(&mut self) -> Result<Message> {
        let old = self.mount.dialect == Dialect::Old;
        loop {
            let packet = match &mut self.carrier {
                _ if !self.inbox.is_empty() => self.inbox.pop_front().unwrap_or_default(),
                Carrier::WebSocket(socket) => match read(socket).await? {
                    tungstenite::Message::Text(text) => text.as_str().to_owned(),
                    tungstenite::Message::Binary(data) if old => match data.strip_prefix(&[4]) {
                        Some(data) => return Ok(Message::Binary(data.to_vec())),
                        None => return wrong(format!("no binary message: {data:?}")),
                    },
                    tungstenite::Message::Binary(data) => return Ok(Message::Binary(data.into())),
                    _ => continue,
                },
                Carrier::Polling(polling) => {
                    self.inbox = polling.payload().await?;
                    continue;
                }
            };
            match packet.as_bytes().first() {
                Some(b'4') => return Ok(Message::Text(packet[1..].to_owned())),
                Some(b'b') => {
                    let data = packet.strip_prefix(if old { "b4" } else { "b" });
                    match data.and_then(|data| STANDARD.decode(data).ok()) {
                        Some(data) => return Ok(Message::Binary(data)),
                        None => return wrong(format!("an attachment is not base64: {packet}")),
                    }
                }
                Some(b'3') if old => self.tally.add("pongs received"),
                Some(b'2') if !old => {
                    self.tally.add("pings answered");
                    self.raw("3").await?;
                }
                Some(b'6') => {}
                Some(b'1') => return Err(Stop::Closed("engine close")),
                _ => return wrong(format!("no packet of Engine.IO: {packet}")),
            }
        }
    }

    /// Tries an upgrade. What comes meanwhile is kept for [`recv`](Self::recv).
    pub(crate) async fn upgrade(&mut self, how: Upgrade) -> Result<()> {
        let Carrier::Polling(polling) = &mut self.carrier else { return Ok(()) };
        let query = format!("&sid={}", self.sid);
        let opened = within("the upgrade's WebSocket", async {
            let mut socket = websocket(self.mount, &query).await?;
            if matches!(how, Upgrade::Reset | Upgrade::Silent(_)) {
                return Ok(socket);
            }
            socket.send(tungstenite::Message::text("2probe")).await?;
            match read(&mut socket).await? {
                tungstenite::Message::Text(answer) if answer.as_str() == "3probe" => Ok(socket),
                answer => wrong(format!("the probe was answered with {answer:?}")),
            }
        });
        let mut socket = match opened.await {
            // Another was broken off, and has not timed out: there is one at a time.
            Err(Stop::Closed(_)) if self.broken.is_some_and(|at| at.elapsed() < UPGRADE_TIMEOUT) => {
                self.tally.add("upgrades refused");
                return Ok(());
            }
            opened => opened?,
        };
        if how != Upgrade::Whole {
            self.broken = Some(Instant::now());
        }
        if how == Upgrade::Reset {
            self.tally.add("upgrades reset");
            reset(socket.get_mut());
            return Ok(());
        }
        match how {
            Upgrade::Silent(wait) | Upgrade::Probed(wait) => {
                self.tally.add("upgrades left open");
                // Ends by itself, by the server's time-out or this one.
                tokio::spawn(async move {
                    let _ =
                        tokio::time::timeout(wait, async { while read(&mut socket).await.is_ok() {} }).await;
                });
                return Ok(());
            }
            Upgrade::Garbage => {
                self.tally.add("upgrades with garbage");
                socket.get_mut().write_all(&[0xff; 40]).await?;
                return Ok(());
            }
            _ => {}
        }
        if polling.asked {
            let packets = within("the last poll", polling.payload()).await?;
            self.inbox.extend(packets);
        }
        socket.send(tungstenite::Message::text("5")).await?;
        self.carrier = Carrier::WebSocket(Box::new(socket));
        self.tally.add("upgrades");
        self.tally.add(self.mount.dialect.names().upgrades);
        Ok(())
    }

    /// A close packet of Engine.IO.
    pub(crate) async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.raw("1")).await;
    }

    fn streams(&mut self) -> Vec<&mut TcpStream> {
        match &mut self.carrier {
            Carrier::WebSocket(socket) => vec![socket.get_mut()],
            Carrier::Polling(polling) => vec![&mut polling.gets.stream, &mut polling.posts.stream],
        }
    }

    pub(crate) fn reset(mut self) {
        for stream in self.streams() {
            reset(stream);
        }
    }

    /// A close frame; on polling just an end.
    pub(crate) async fn close_frame(self) {
        if let Carrier::WebSocket(mut socket) = self.carrier {
            let close = async {
                let _ = SinkExt::close(&mut *socket).await;
                while read(&mut socket).await.is_ok() {}
            };
            let _ = tokio::time::timeout(Duration::from_secs(2), close).await;
        }
    }

    /// Ends the writing side, and reads on until the server ends too.
    pub(crate) async fn half_close(&mut self) {
        for stream in self.streams() {
            let _ = stream.shutdown().await;
        }
    }

    /// Bytes that are no frame and no request.
    pub(crate) async fn garbage(&mut self, bytes: &[u8]) {
        for stream in self.streams() {
            let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(bytes)).await;
        }
    }
}

async fn read(socket: &mut Ws) -> Result<tungstenite::Message> {
    match socket.next().await {
        Some(Ok(tungstenite::Message::Close(_))) | None => Err(Stop::Closed("websocket")),
        Some(message) => Ok(message?),
    }
}

fn reset(stream: &mut TcpStream) {
    #[allow(deprecated, reason = "a reset is wanted: nothing is left to be sent, so it blocks nobody")]
    let _ = stream.set_linger(Some(Duration::ZERO));
}

fn sid(open: &str) -> Result<String> {
    let open: Option<Value> = open.strip_prefix('0').and_then(|json| serde_json::from_str(json).ok());
    match open.as_ref().and_then(|open| open["sid"].as_str()) {
        Some(sid) => Ok(sid.to_owned()),
        None => wrong("no handshake"),
    }
}
