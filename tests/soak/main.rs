//! The soak: one server in a process of its own, many clients, churn of every kind, and exact accounts.
//!
//! `cargo run -p sockeye-tests --bin soak -- --seconds 60 [--clients 64] [--seed N]`. Ends with a failure if anything was lost, came twice
//! or out of order, if a close was told to one side only, if something is left in a table, or if memory has grown.

mod client;
mod events;
mod random;
mod server;
mod tally;

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use client::{Client, Control, Dialect, Mount, Stop};
use serde_json::Value;
use tally::Tally;

/// How many dynamic namespaces there may be.
pub(crate) const TABLES: u32 = 16;

/// How long a client may be away and be recovered.
pub(crate) const AWAY: Duration = Duration::from_secs(10);

/// How much memory may grow from the end of the first third to the end, at equal numbers of clients: a share, and what an allocator's
/// arenas still take in a run of a minute (measured: 1 to 7 MB; over ten minutes 1 MB).
const GROWTH: f64 = 0.10;
const SLACK: f64 = 8e6;

struct Options {
    seconds: u64,
    clients: u64,
    seed: u64,
}

fn options() -> Result<Options, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut options = Options { seconds: 60, clients: 64, seed: now.as_secs() };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        let value: u64 = value.ok_or_else(|| format!("{name} wants a number"))?;
        match name.as_str() {
            "--seconds" => options.seconds = value,
            "--clients" => options.clients = value,
            "--seed" => options.seed = value,
            _ => return Err("usage: soak [--seconds N] [--clients N] [--seed N]".to_owned()),
        }
    }
    Ok(options)
}

/// The server's process, which ends with this value.
struct Served {
    child: Child,
    json: SocketAddr,
    messagepack: SocketAddr,
    old: SocketAddr,
    control: SocketAddr,
}

impl Served {
    fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let mut child = Command::new(env::current_exe()?)
            .arg("serve")
            // One heap: several take long to come to their size, which is not what is looked for.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let addresses: Vec<&str> = line.split_whitespace().skip(1).collect();
        let [json, messagepack, old, control] = addresses[..] else {
            return Err(format!("the server says {line:?}").into());
        };
        let (json, messagepack, old) = (json.parse()?, messagepack.parse()?, old.parse()?);
        Ok(Self { json, messagepack, old, control: control.parse()?, child })
    }

    /// Half of the clients speak JSON, a quarter MessagePack; the others share a server, most of them as clients 2.x.
    fn mount(&self, number: u64) -> Mount {
        let (addr, dialect) = match number % 8 {
            0..=3 => (self.json, Dialect::Json),
            4 | 5 => (self.messagepack, Dialect::MessagePack),
            6 if number % 16 == 14 => (self.old, Dialect::Json),
            _ => (self.old, Dialect::Old),
        };
        Mount { addr, dialect }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    if env::args().nth(1).as_deref() == Some("serve") {
        if let Err(error) = runtime.block_on(server::run()) {
            eprintln!("server: {error}");
            return ExitCode::FAILURE;
        }
        return ExitCode::SUCCESS;
    }
    let outcome = options().map_err(Into::into).and_then(|options| runtime.block_on(soak(&options)));
    match outcome {
        Ok(wrongs) if wrongs.is_empty() => {
            println!("soak ok");
            ExitCode::SUCCESS
        }
        Ok(wrongs) => {
            for wrong in wrongs {
                println!("WRONG: {wrong}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("WRONG: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(stats: &Value, name: &str) -> u64 {
    stats[name].as_u64().unwrap_or_default()
}

fn median(mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default() as f64
}

async fn soak(options: &Options) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let served = Served::start()?;
    let said = |stop: Stop| match stop {
        Stop::Wrong(what) => what,
        Stop::Closed(what) => what.to_owned(),
    };
    let mut control = Control::connect(served.control).await?;
    let empty = control.ask("stats").await.map_err(said)?;
    println!(
        "seed {}, {} clients, {} s, server {}",
        options.seed, options.clients, options.seconds, served.json
    );

    let tally: &'static Tally = Box::leak(Box::default());
    let stopping: &'static AtomicBool = Box::leak(Box::default());
    let failed: &'static AtomicU64 = Box::leak(Box::default());
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..options.clients {
        let control = Control::connect(served.control).await?;
        let client = Client::new(number, options.seed, served.mount(number), control, tally, stopping);
        clients.spawn(async move {
            let result = client.run().await;
            if result.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            result
        });
    }

    let start = Instant::now();
    let mut samples = Vec::new();
    for second in 1..=options.seconds {
        tokio::time::sleep_until((start + Duration::from_secs(second)).into()).await;
        let stats = control.ask("stats").await.map_err(said)?;
        samples.push((number(&stats, "rss"), number(&stats, "sessions")));
        if second % 5 == 0 {
            println!(
                "{second:4} s: {} sessions, {} sockets, {} rooms, {} acks, {} kB waiting, RSS {:.1} MB; {} lives, {} events received, {} failed",
                number(&stats, "sessions"),
                number(&stats, "sockets"),
                number(&stats, "rooms"),
                number(&stats, "acks"),
                number(&stats, "outbox_bytes") / 1000,
                number(&stats, "rss") as f64 / 1e6,
                tally.count("lives"),
                tally.count("numbered events received"),
                failed.load(Ordering::Relaxed),
            );
        }
        if failed.load(Ordering::Relaxed) > 0 {
            break;
        }
    }

    stopping.store(true, Ordering::Relaxed);
    let mut wrongs = Vec::new();
    control.ask("drain 2000").await.map_err(said)?;
    let ended = tokio::time::timeout(Duration::from_secs(60), async {
        while let Some(result) = clients.join_next().await {
            match result {
                Ok(Ok(())) => {}
                Ok(Err(stop)) => wrongs.push(said(stop)),
                Err(error) => wrongs.push(format!("a client panicked: {error}")),
            }
        }
    });
    if ended.await.is_err() {
        wrongs.push(format!("{} clients did not come to their end", clients.len()));
    }
    let stats = left(&mut control, &empty, &mut wrongs).await.map_err(said)?;
    wrongs.extend(stats["wrongs"].as_array().into_iter().flatten().map(|wrong| format!("server: {wrong}")));
    summary(tally, &stats);
    memory(&samples, &empty, &stats, options, &mut wrongs);
    busy(tally, options, &mut wrongs);
    control.ask("shutdown").await.map_err(said)?;
    drop(served);
    Ok(wrongs)
}

/// Waits until the tables are empty, and says what is not.
async fn left(control: &mut Control, empty: &Value, wrongs: &mut Vec<String>) -> Result<Value, Stop> {
    const TABLES: [&str; 8] =
        ["sessions", "sockets", "namespaces", "rooms", "acks", "outbox_bytes", "outbox_frames", "open"];
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let stats = control.ask("stats").await?;
        let left = TABLES.iter().filter(|table| stats[**table] != empty[**table]);
        let left: Vec<String> = left.map(|table| format!("{} {table}", stats[*table])).collect();
        let balanced = stats["begun"] == stats["ended"];
        if left.is_empty() && balanced {
            return Ok(stats);
        }
        if Instant::now() > deadline {
            wrongs.push(format!(
                "left behind: {}; {} begun, {} ended",
                left.join(", "),
                stats["begun"],
                stats["ended"]
            ));
            return Ok(stats);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn summary(tally: &Tally, stats: &Value) {
    println!("\nwhat the clients did:");
    for (what, count) in tally.all() {
        println!("{count:10} {what}");
    }
    println!("what the server counted:");
    for what in ["begun", "ended", "emitted", "answered", "unanswered", "polled", "dropped"] {
        println!("{:10} {what}", number(stats, what));
    }
    println!("refusals: {}", stats["refusals"].as_str().unwrap_or_default());
}

/// Medians over a tenth of the time each, at the end of the first third and at the end.
fn memory(samples: &[(u64, u64)], empty: &Value, stats: &Value, options: &Options, wrongs: &mut Vec<String>) {
    let window = (samples.len() / 10).max(3).min(samples.len());
    let third = (samples.len() / 3).max(window).min(samples.len());
    let rss = |samples: &[(u64, u64)]| median(samples.iter().map(|(rss, _)| *rss).collect());
    let sessions = |samples: &[(u64, u64)]| median(samples.iter().map(|(_, sessions)| *sessions).collect());
    let (early, late) = (&samples[third - window..third], &samples[samples.len() - window..]);
    let (before, after) = (rss(early), rss(late));
    println!(
        "RSS: {:.1} MB empty; {:.1} MB with {} sessions after a third; {:.1} MB with {} at the end; {:.1} MB when all have left",
        number(empty, "rss") as f64 / 1e6,
        before / 1e6,
        sessions(early),
        after / 1e6,
        sessions(late),
        number(stats, "rss") as f64 / 1e6,
    );
    if options.seconds >= 30 && after > before * (1.0 + GROWTH) + SLACK {
        wrongs.push(format!("memory grew from {before} to {after} bytes"));
    }
}

/// Every kind of doing must have happened.
fn busy(tally: &Tally, options: &Options, wrongs: &mut Vec<String>) {
    const KINDS: [&str; 54] = [
        "answers asked for",
        "answers received",
        "answers received: eio3",
        "answers received: json",
        "answers received: messagepack",
        "answers sent",
        "attachments received",
        "attachments sent",
        "attacks",
        "broadcasts received",
        "ends: bad packet",
        "ends: bye",
        "ends: close frame",
        "ends: close packet",
        "ends: garbage",
        "ends: half close",
        "ends: kicked as a whole",
        "ends: kicked from namespaces",
        "ends: reset",
        "ends: vanished",
        "events received: eio3",
        "events received: json",
        "events received: messagepack",
        "lives to come back to",
        "namespaces left",
        "numbered events received",
        "packets with attachments: eio3",
        "packets with attachments: json",
        "packets with attachments: messagepack",
        "pings answered",
        "polling sessions",
        "polls left unanswered",
        "pongs received",
        "pours",
        "questions left unanswered",
        "recovered: json",
        "recovered: messagepack",
        "room events received",
        "rooms entered",
        "rooms left",
        "sessions: eio3",
        "sessions: json",
        "sessions: messagepack",
        "slow readers",
        "sockets recovered",
        "upgrades",
        "upgrades: eio3",
        "upgrades: json",
        "upgrades: messagepack",
        "upgrades left open",
        "upgrades reset",
        "upgrades with garbage",
        "volatile events received",
        "websocket sessions",
    ];
    if options.seconds < 30 {
        return;
    }
    for kind in KINDS.iter().filter(|kind| tally.count(kind) == 0) {
        wrongs.push(format!("never happened: {kind}"));
    }
    let (back, strangers) = (tally.count("sockets recovered"), tally.count("sockets not recovered"));
    if strangers * 3 > back {
        wrongs.push(format!("{strangers} sockets were not recovered, {back} were"));
    }
    let (lives, unplanned) = (tally.count("lives"), tally.count("closed unplanned"));
    if unplanned * 50 > lives {
        wrongs.push(format!("{unplanned} of {lives} lives were closed unplanned"));
    }
}
