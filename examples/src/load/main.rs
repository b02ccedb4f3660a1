//! Load for any Socket.IO server over WebSocket, and a table of how it took it.
//!
//! `load --target http://127.0.0.1:3000 --scenario echo --connections 100 --seconds 5`; `load --help` has the rest. The server must have
//! the events of the example `bench`; `examples/load/server.mjs` has them on npm's socket.io, `benches/peers/socketioxide` on socketioxide.
//! One thread: give it a core of its own. Every answer is compared; one that is missing or other than expected ends the run with an error.

mod connection;
mod options;
mod process;
mod report;
mod scenario;
mod tally;

use std::{
    error::Error,
    io::{IsTerminal, Write},
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};

use options::{Asked, Options, Scenario};
use process::{Process, Sample};
use tokio::{runtime::Builder, task::LocalSet, time};

use report::Report;
use scenario::Running;
use tally::Tally;

/// How long the last answers may take after the end.
const PATIENCE: Duration = Duration::from_secs(15);

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("load: {error}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    match run(options) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<Report, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let process = options.pid.map(Process::new);
    LocalSet::new().block_on(&runtime, async { measure(Rc::new(options), process).await })
}

async fn measure(options: Rc<Options>, process: Option<Process>) -> Result<Report, Failure> {
    let sample = || process.as_ref().map(Process::sample).transpose();
    let before: Option<Sample> = sample()?;
    let tally = Rc::new(Tally::default());
    let mut running = Running::start(Rc::clone(&options), Rc::clone(&tally)).await?;

    running.watch(progress(&options, &tally, options.warmup, "warming up")).await?;
    let (start, began) = (sample()?, Instant::now());
    tally.measure(true);
    running.watch(progress(&options, &tally, options.seconds, "measuring")).await?;
    tally.measure(false);
    let (seconds, end) = (began.elapsed().as_secs_f64(), sample()?);

    running.stop();
    match time::timeout(PATIENCE, running.finished()).await {
        Ok(ended) => ended?,
        Err(_) => return Err("answers are missing: not all came in 15 s after the last message".into()),
    }
    let usage = before.zip(start).zip(end).map(|((before, start), end)| {
        let sessions = if options.scenario == Scenario::Connect { 0 } else { running.connections() };
        process::Usage::between(before, start, end, sessions)
    });
    Ok(Report::new(&options, &tally, seconds, usage))
}

/// A line on standard error that says how far it is, until `length` has passed.
async fn progress(options: &Options, tally: &Tally, length: Duration, what: &str) {
    let begin = Instant::now();
    let tty = std::io::stderr().is_terminal();
    let mut last = tally.messages();
    while let left @ 1.. = length.saturating_sub(begin.elapsed()).as_millis() {
        let pause = Duration::from_millis(u64::try_from(left.min(1000)).unwrap_or(1000));
        let start = Instant::now();
        time::sleep(pause).await;
        let now = tally.messages();
        let rate = (now - last) as f64 / start.elapsed().as_secs_f64();
        last = now;
        let line = format!(
            "{}: {what}, {:.0} of {:.0} s, {rate:.0} {}/s",
            options.scenario.name(),
            begin.elapsed().as_secs_f64(),
            length.as_secs_f64(),
            options.scenario.unit(),
        );
        if tty {
            eprint!("\r\x1b[K{line}");
        } else {
            eprintln!("{line}");
        }
    }
    if tty {
        eprint!("\r\x1b[K");
    }
    let _ = std::io::stderr().flush();
}
