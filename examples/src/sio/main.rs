//! `sio`: a terminal program that talks to any Socket.IO server, on the untyped client. `sio --help` says how.

mod address;
mod emit;
mod failure;
mod listen;
mod options;
mod prompt;
mod show;
mod told;
mod values;

use std::{env, future::Future, process::ExitCode, time::Duration};

use sockeye::client::{AnyNamespace, Client};
use sockeye_examples::style::{Paint, Style};
use tokio::signal::unix::{SignalKind, signal};

use crate::options::{Cli, Command};

/// What lies between the last event and the good-bye.
const BEFORE_FAREWELL: Duration = Duration::from_millis(100);
/// How long leaving may take.
const FAREWELL: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::read(env::args_os()).unwrap_or_else(|error| error.exit());
    let done = match cli.command {
        Command::Connect(connect) => prompt::run(connect).await,
        Command::Listen(listen) => listen::run(listen).await,
        Command::Emit(emit) => emit::run(emit).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{} {failure}", Style::of_stderr().paint(Paint::Red, "sio:"));
            failure.code()
        }
    }
}

/// Says good-bye: what was emitted is sent, and the server told, before the program ends.
async fn leave(client: &Client<AnyNamespace>) {
    if client.state().is_connected() {
        // npm's server passes over an event if it reads a good-bye along with it.
        tokio::time::sleep(BEFORE_FAREWELL).await;
    }
    client.disconnect();
    // A server that does not listen is left without it.
    let _ = tokio::time::timeout(FAREWELL, client.manager().idle()).await;
}

/// Ends with Ctrl-C or SIGTERM. Once called, neither ends the program by itself.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
