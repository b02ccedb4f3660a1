//! A client alone in its process: does its memory grow with what it has done?

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use sockeye::client::{Client, Transport};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::events::{Abroad, Parcel, PushHandler, Token};

/// Answered events, and reconnections.
const EVENTS: u32 = 100_000;
const LIVES: u32 = 1_000;
/// Events that are on their way at a time.
const AT_ONCE: u32 = 500;
/// What an allocator may still take after a tenth. One entry of 64 bytes left behind by each of the last 90,000 events would be 5.8 MB, and
/// one kilobyte for each of the last 900 connections 0.9 MB.
const EVENTS_SLACK: u64 = 3_000_000;
const LIVES_SLACK: u64 = 900_000;

#[derive(Default)]
struct Bot;

impl PushHandler<Abroad> for Bot {
    async fn question(&self, _: Client<Abroad>, number: u32) -> u32 {
        number
    }
    async fn nudged(&self, _: Client<Abroad>) {}
    async fn tick(&self, _: Client<Abroad>, _: u32) {}
    async fn parcel(&self, _: Client<Abroad>, _: Parcel) {}
    async fn told(&self, _: Client<Abroad>, _: u32, _: String) {}
}

/// The one connection to the server, which can be cut.
struct Line {
    url: String,
    cut: Arc<Notify>,
}

impl Line {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cut = Arc::<Notify>::default();
        let cuts = Arc::clone(&cut);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    () = cuts.notified() => {}
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                }
            }
        });
        Self { url, cut }
    }
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

fn check(what: &str, tenth: u64, slack: u64) {
    let end = resident();
    let grown = end.saturating_sub(tenth);
    println!("{what}: {tenth} bytes after a tenth, {end} at the end");
    assert!(grown <= slack, "{what} made memory grow by {grown} bytes");
}

pub(crate) async fn run(server: &str) {
    let line = Line::to(server.parse().unwrap()).await;
    let client = Client::<Abroad>::builder(&line.url)
        .auth(Token { name: "grow".to_owned(), turn: 0 })
        .transports([Transport::WebSocket])
        .reconnection_delay(Duration::from_millis(1))
        .reconnection_delay_max(Duration::from_millis(1))
        .connect(Bot)
        .unwrap();
    client.connected().await.unwrap();

    let mut tenth = 0;
    for sent in (0..EVENTS).step_by(AT_ONCE as usize) {
        let asked: Vec<_> = (sent..sent + AT_ONCE).map(|_| client.emit().who()).collect();
        for answer in asked {
            answer.await.unwrap();
        }
        if sent == EVENTS / 10 {
            tenth = resident();
        }
    }
    check("100,000 answered events", tenth, EVENTS_SLACK);

    let mut states = client.watch();
    for life in 0..LIVES {
        if life == LIVES / 10 {
            tenth = resident();
        }
        line.cut.notify_one();
        states.wait_for(|state| !state.is_connected()).await.unwrap();
        client.connected().await.unwrap();
    }
    check("1,000 reconnections", tenth, LIVES_SLACK);
}
