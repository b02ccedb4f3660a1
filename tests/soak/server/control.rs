//! A second port, for those who count: a line asks, a line of JSON answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use sockeye::{Server, server::Stats};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::ledger::Ledger;

/// What is asked for: all servers of the process, and their one ledger.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) servers: Arc<[Server]>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Asked {
    /// Does something with all servers at once.
    async fn all<F: Future<Output = ()> + Send + 'static>(&self, what: impl Fn(Server) -> F) {
        let mut tasks = JoinSet::new();
        for io in self.servers.iter() {
            tasks.spawn(what(io.clone()));
        }
        tasks.join_all().await;
    }
}

pub(crate) async fn serve(listener: TcpListener, asked: Asked) {
    while let Ok((stream, _)) = listener.accept().await {
        // Ends with its connection, or with the process.
        tokio::spawn(answer(stream, asked.clone()));
    }
}

async fn answer(stream: TcpStream, asked: Asked) -> std::io::Result<()> {
    let _ = stream.set_nodelay(true);
    let ledger = &asked.ledger;
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0_u64);
        let reply = match words[0] {
            "stats" => stats(&asked),
            // over TOKEN LIVES: waits for the end of a socket.
            "over" => {
                ledger.over(number(1), number(2)).await;
                account(ledger, number(1), false)
            }
            "forget" => account(ledger, number(1), true),
            // poke TOKEN EVENTS: sends to a socket that may be away.
            "poke" => {
                let poke = ledger.accounts.lock().get(&number(1)).and_then(|account| account.poke.clone());
                if let Some(poke) = poke {
                    poke(number(2) as u32);
                }
                json!({})
            }
            "drain" => {
                let window = Duration::from_millis(number(1));
                asked.all(|io| async move { io.drain(window).await }).await;
                json!({})
            }
            "shutdown" => {
                asked.all(|io| async move { io.shutdown(Duration::from_secs(5)).await }).await;
                json!({})
            }
            _ => json!({ "error": "unknown" }),
        };
        writing.write_all(format!("{reply}\n").as_bytes()).await?;
    }
    Ok(())
}

fn account(ledger: &Ledger, token: u64, forget: bool) -> Value {
    let mut accounts = ledger.accounts.lock();
    let Some(account) = accounts.get(&token) else { return json!({ "begun": 0, "ended": 0 }) };
    let (up, down) = {
        let counts = account.counts.lock();
        (counts.up, counts.down)
    };
    let reason = account.reason.map(|reason| reason.as_str());
    let reply =
        json!({ "begun": account.begun, "ended": account.ended, "up": up, "down": down, "reason": reason });
    let forgotten = if forget { accounts.remove(&token) } else { None };
    drop(accounts);
    drop(forgotten);
    reply
}

fn stats(asked: &Asked) -> Value {
    let all: Vec<_> = asked.servers.iter().map(Server::stats).collect();
    let sum = |number: fn(&Stats) -> u64| all.iter().map(number).sum::<u64>();
    let ledger = &asked.ledger;
    let open = ledger.accounts.lock().values().filter(|account| account.begun != account.ended).count();
    let mut refusals = BTreeMap::<_, u64>::new();
    for (cause, count) in all.iter().flat_map(|stats| stats.refusals.by_cause()) {
        *refusals.entry(cause).or_default() += count;
    }
    json!({
        "sessions": sum(|stats| stats.sessions as u64), "sockets": sum(|stats| stats.sockets as u64),
        "namespaces": sum(|stats| stats.namespaces as u64), "rooms": sum(|stats| stats.rooms as u64),
        "acks": sum(|stats| stats.acks as u64), "outbox_bytes": sum(|stats| stats.outbox_bytes as u64),
        "outbox_frames": sum(|stats| stats.outbox_frames as u64), "dropped": sum(|stats| stats.dropped),
        "rss": resident_bytes(), "open": open, "refusals": format!("{refusals:?}"),
        "begun": ledger.begun.load(Ordering::Relaxed), "ended": ledger.ended.load(Ordering::Relaxed),
        "emitted": ledger.emitted.load(Ordering::Relaxed), "answered": ledger.answered.load(Ordering::Relaxed),
        "unanswered": ledger.unanswered.load(Ordering::Relaxed), "polled": ledger.polled.load(Ordering::Relaxed),
        "wrongs": ledger.wrongs(),
    })
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}
