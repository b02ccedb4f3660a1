//! A second port, for those who count: a line asks, a line of JSON answers.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use sockeye::Server;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::App;

pub(crate) async fn serve(listener: TcpListener, io: Server, app: Arc<App>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Ends with its connection, or with the process.
        tokio::spawn(answer(stream, io.clone(), Arc::clone(&app)));
    }
}

async fn answer(stream: TcpStream, io: Server, app: Arc<App>) -> std::io::Result<()> {
    let _ = stream.set_nodelay(true);
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0_u64);
        let reply = match words[0] {
            "stats" => stats(&io, &app),
            // over TOKEN LIVES: waits for the end of a socket.
            "over" => {
                app.ledger.over(number(1), number(2)).await;
                account(&app, number(1), false)
            }
            "forget" => account(&app, number(1), true),
            // poke TOKEN EVENTS: sends to a socket that may be away.
            "poke" => {
                let poke =
                    app.ledger.accounts.lock().get(&number(1)).and_then(|account| account.poke.clone());
                if let Some(poke) = poke {
                    poke(number(2) as u32);
                }
                json!({})
            }
            "drain" => {
                io.drain(Duration::from_millis(number(1))).await;
                json!({})
            }
            "shutdown" => {
                io.shutdown(Duration::from_secs(5)).await;
                json!({})
            }
            _ => json!({ "error": "unknown" }),
        };
        writing.write_all(format!("{reply}\n").as_bytes()).await?;
    }
    Ok(())
}

fn account(app: &App, token: u64, forget: bool) -> Value {
    let mut accounts = app.ledger.accounts.lock();
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

fn stats(io: &Server, app: &App) -> Value {
    let stats = io.stats();
    let ledger = &app.ledger;
    let open = ledger.accounts.lock().values().filter(|account| account.begun != account.ended).count();
    let refusals = format!("{:?}", stats.refusals);
    json!({
        "sessions": stats.sessions, "sockets": stats.sockets, "namespaces": stats.namespaces, "rooms": stats.rooms,
        "acks": stats.acks, "outbox_bytes": stats.outbox_bytes, "outbox_frames": stats.outbox_frames,
        "dropped": stats.dropped, "rss": resident_bytes(), "open": open, "refusals": refusals,
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
