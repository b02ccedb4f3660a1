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

use std::{future::Future, process::ExitCode, time::Duration};

use clap::Parser;
use sockeye::client::{AnyNamespace, Client};
use sockeye_examples::style::{Paint, Style};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    failure::Failure,
    options::{Cli, Command},
};

/// How long leaving may take.
const FAREWELL: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match (cli.command, cli.connect) {
        (Some(Command::Listen(listen)), _) => listen::run(listen).await,
        (Some(Command::Emit(emit)), _) => emit::run(emit).await,
        (Some(Command::Connect(connect)), _) | (None, Some(connect)) => prompt::run(connect).await,
        (None, None) => Err(Failure::usage("an address is missing: sio URL")),
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
