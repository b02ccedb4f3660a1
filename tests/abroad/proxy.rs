//! The road between a client and a server: it can be closed, and it can be cut after so many bytes. Whoever looks on sees each WebSocket
//! message that has gone by whole.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// Whose bytes they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Server,
}

type Look = dyn Fn(From, &str) + Send + Sync;

struct State {
    server: SocketAddr,
    open: watch::Sender<bool>,
    /// After how many bytes the next connections are cut, drawn from this seed; `None` cuts nothing.
    seed: Mutex<Option<u64>>,
    cuts: AtomicU32,
    look: Box<Look>,
}

pub(crate) struct Proxy {
    addr: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        Self::watched(server, None, |_, _| {}).await
    }

    /// With a seed, each connection is cut after a random number of bytes, until [`stop_cutting`](Self::stop_cutting).
    pub(crate) async fn watched(
        server: SocketAddr,
        seed: Option<u64>,
        look: impl Fn(From, &str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (open, seed) = (watch::Sender::new(true), Mutex::new(seed));
        let state = Arc::new(State { server, open, seed, cuts: AtomicU32::new(0), look: Box::new(look) });
        let shared = Arc::downgrade(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Some(state) = shared.upgrade() else { return };
                tokio::spawn(carry(client, state));
            }
        });
        Self { addr, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn cuts(&self) -> u32 {
        self.state.cuts.load(Ordering::SeqCst)
    }

    pub(crate) fn stop_cutting(&self) {
        *self.state.seed.lock() = None;
    }

    /// Ends all connections, and lets no other through.
    pub(crate) fn close_the_road(&self) {
        self.state.open.send_replace(false);
    }

    pub(crate) fn open_the_road(&self) {
        self.state.open.send_replace(true);
    }
}

impl State {
    fn budget(&self) -> Option<u64> {
        let mut seed = self.seed.lock();
        let seed = seed.as_mut()?;
        // splitmix64
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some((mixed ^ (mixed >> 31)) % 2500)
    }
}

async fn carry(client: TcpStream, state: Arc<State>) {
    let mut open = state.open.subscribe();
    if !*open.borrow() {
        return;
    }
    let Ok(server) = TcpStream::connect(state.server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let left = Mutex::new(state.budget());
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    tokio::select! {
        () = pass(client_reads, server_writes, From::Client, &left, &state) => {}
        () = pass(server_reads, client_writes, From::Server, &left, &state) => {}
        _ = open.wait_for(|open| !open) => {}
    }
    if *left.lock() == Some(0) {
        state.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    who: From,
    left: &Mutex<Option<u64>>,
    state: &State,
) {
    let mut buffer = [0; 4096];
    let mut messages = Messages::default();
    loop {
        let Ok(mut len @ 1..) = from.read(&mut buffer).await else { return };
        let over = match &mut *left.lock() {
            Some(left) => {
                len = len.min(usize::try_from(*left).unwrap());
                *left -= len as u64;
                *left == 0
            }
            None => false,
        };
        if to.write_all(&buffer[..len]).await.is_err() {
            return;
        }
        messages.feed(&buffer[..len], &mut |text| (state.look)(who, text));
        if over {
            return;
        }
    }
}

/// Takes WebSocket messages out of a stream that begins with HTTP. Only short ones, in one frame.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    past_head: bool,
}

impl Messages {
    fn feed(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&str)) {
        self.bytes.extend_from_slice(bytes);
        if !self.past_head {
            let Some(at) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return };
            self.bytes.drain(..at + 4);
            self.past_head = true;
        }
        while let [_, second, rest @ ..] = &self.bytes[..] {
            let masked = second & 0x80 != 0;
            let (len, rest) = match (second & 0x7f, rest) {
                (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
                (126.., _) => return,
                (len, rest) => (usize::from(len), rest),
            };
            let mask = if masked { 4 } else { 0 };
            if rest.len() < mask + len {
                return;
            }
            let key = if masked { [rest[0], rest[1], rest[2], rest[3]] } else { [0; 4] };
            let text: Vec<u8> =
                rest[mask..mask + len].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            tell(&String::from_utf8_lossy(&text));
            let used = self.bytes.len() - rest.len() + mask + len;
            self.bytes.drain(..used);
        }
    }
}
