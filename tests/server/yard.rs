//! Many namespaces on one connection, and a client that says exactly what a test wants, in one write.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use sockeye::{
    engine::HandshakeRequest,
    prelude::*,
    server::{ServerBuilder, UntypedEvent, UntypedHandler},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::mpsc,
    time::sleep,
};

#[derive(Namespace)]
#[namespace("/yard-{id}", untyped)]
pub(crate) struct Yard {
    pub(crate) id: u32,
}

/// One handler after the other.
#[derive(Namespace)]
#[namespace("/lane", untyped, sequential)]
pub(crate) struct Lane;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Connected(String),
    Event(String),
    Disconnected(String, CloseReason),
}

pub(crate) struct Keeper {
    seen: mpsc::UnboundedSender<Seen>,
    /// How long `connected` and `disconnected` take.
    pub(crate) connected_takes: Mutex<Duration>,
    pub(crate) disconnected_takes: Mutex<Duration>,
}

impl Keeper {
    async fn connected_in<N: Namespace<ServerToClient = sockeye::event::Untyped>>(&self, socket: &Socket<N>) {
        let takes = *self.connected_takes.lock();
        if !takes.is_zero() {
            sleep(takes).await;
        }
        let _ = self.seen.send(Seen::Connected(socket.namespace().to_owned()));
        socket.emit().event("ready", ());
    }

    async fn disconnected_in<N: Namespace>(&self, socket: &Socket<N>, reason: CloseReason) {
        let _ = self.seen.send(Seen::Disconnected(socket.namespace().to_owned(), reason));
        let takes = *self.disconnected_takes.lock();
        if !takes.is_zero() {
            sleep(takes).await;
        }
    }

    async fn event_in<N: Namespace<ServerToClient = sockeye::event::Untyped>>(
        &self,
        socket: &Socket<N>,
        event: UntypedEvent,
    ) {
        let _ = self.seen.send(Seen::Event(event.name.clone()));
        match event.name.as_str() {
            "leave" => socket.disconnect(),
            "close" => socket.disconnect_connection(),
            "leave later" => {
                sleep(Duration::from_millis(10)).await;
                socket.disconnect();
                sleep(Duration::from_secs(3)).await;
            }
            "close later" => {
                sleep(Duration::from_millis(10)).await;
                socket.disconnect_connection();
                sleep(Duration::from_secs(3)).await;
            }
            "shut down" => {
                sleep(Duration::from_millis(10)).await;
                socket.server().shutdown(Duration::from_secs(2)).await;
            }
            "hang" => std::future::pending().await,
            "wait" => sleep(Duration::from_secs(1)).await,
            _ => {}
        }
    }
}

impl Lifecycle<Yard> for Keeper {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
    async fn connected(&self, socket: Socket<Yard>) {
        self.connected_in(&socket).await;
    }
    async fn disconnected(&self, socket: Socket<Yard>, reason: CloseReason) {
        self.disconnected_in(&socket, reason).await;
    }
}

impl UntypedHandler<Yard> for Keeper {
    async fn event(&self, socket: Socket<Yard>, event: UntypedEvent) {
        self.event_in(&socket, event).await;
    }
}

impl Lifecycle<Lane> for Keeper {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
    async fn connected(&self, socket: Socket<Lane>) {
        self.connected_in(&socket).await;
    }
    async fn disconnected(&self, socket: Socket<Lane>, reason: CloseReason) {
        self.disconnected_in(&socket, reason).await;
    }
}

impl UntypedHandler<Lane> for Keeper {
    async fn event(&self, socket: Socket<Lane>, event: UntypedEvent) {
        self.event_in(&socket, event).await;
    }
}

pub(crate) struct Open {
    pub(crate) io: Server,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) seen: mpsc::UnboundedReceiver<Seen>,
}

pub(crate) fn open() -> Open {
    open_with(|builder| builder)
}

pub(crate) fn open_with(change: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Open {
    let (sender, seen) = mpsc::unbounded_channel();
    let keeper = Arc::new(Keeper {
        seen: sender,
        connected_takes: Mutex::new(Duration::ZERO),
        disconnected_takes: Mutex::new(Duration::ZERO),
    });
    let io = change(Server::builder())
        .namespace::<Yard>(Arc::clone(&keeper))
        .namespace::<Lane>(Arc::clone(&keeper))
        .build();
    Open { io, keeper, seen }
}

impl Open {
    pub(crate) fn client(&self) -> Raw {
        let (io, server) = tokio::io::duplex(1 << 20);
        let request = HandshakeRequest::new("/socket.io/?EIO=4&transport=websocket");
        self.io.engine().open_websocket(server, request).unwrap();
        Raw { io, read: Vec::new() }
    }

    /// What has been seen by the time nothing happens any more for so long.
    pub(crate) async fn after(&mut self, wait: Duration) -> Vec<Seen> {
        sleep(wait).await;
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }
}

/// A client that knows WebSocket frames and no more; it does not answer pings.
pub(crate) struct Raw {
    io: DuplexStream,
    read: Vec<u8>,
}

impl Raw {
    /// Sends Socket.IO packets, all in one write.
    pub(crate) async fn send<T: AsRef<str>>(&mut self, packets: &[T]) {
        let mut out = Vec::new();
        for packet in packets {
            let packet = packet.as_ref().as_bytes();
            assert!(packet.len() < 125, "a short frame");
            // The mask is 0: it changes nothing.
            out.extend([0x81, 0x80 | (packet.len() + 1) as u8, 0, 0, 0, 0, b'4']);
            out.extend(packet);
        }
        self.io.write_all(&out).await.unwrap();
    }

    /// The next Socket.IO packet; `None` when the server has closed.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let [first, len, rest @ ..] = self.read.as_slice() {
                let len = usize::from(*len);
                assert!(len < 126, "a short frame");
                if *first == 0x88 {
                    return None;
                }
                if let Some(text) = rest.get(..len) {
                    let text = String::from_utf8(text.to_vec()).unwrap();
                    self.read.drain(..len + 2);
                    match text.strip_prefix('4') {
                        Some(packet) => return Some(packet.to_owned()),
                        None => continue,
                    }
                }
            }
            if self.io.read_buf(&mut self.read).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }
}
