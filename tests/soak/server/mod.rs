//! The server of the soak: a process of its own, so that its memory is its own.

mod app;
mod control;
mod ledger;

use std::{io::Read, sync::Arc, time::Duration};

use sockeye::{Server, server::Recovery};
use tokio::net::TcpListener;

pub(crate) use app::{App, Record};

use crate::events::{Main, Table, Team};

/// Prints where it listens, serves, and ends with its standard input.
pub(crate) async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let app = Arc::new(App::default());
    let recovery = Recovery::default().max_disconnection(crate::AWAY).max_bytes(3 << 20);
    let io = Server::builder()
        .ping_interval(Duration::from_secs(2))
        .ping_timeout(Duration::from_secs(3))
        .connect_timeout(Duration::from_secs(5))
        .upgrade_timeout(Duration::from_secs(1))
        .header_timeout(Duration::from_secs(3))
        .handshake_timeout(Duration::from_secs(5))
        .outbox_limit(256 * 1024)
        .connection_state_recovery(recovery)
        .namespace::<Main>(Arc::clone(&app))
        .namespace::<Team>(Arc::clone(&app))
        .namespace::<Table>(Arc::clone(&app))
        .build();
    let bound = io.bind("127.0.0.1:0").await?;
    let control = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening {} {}", bound.local_addr()?, control.local_addr()?);
    std::thread::spawn(|| {
        // Whoever started it is gone.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    tokio::spawn(app::broadcasts(io.clone(), Arc::clone(&app)));
    tokio::spawn(control::serve(control, io, app));
    bound.serve_with_shutdown(std::future::pending()).await;
    Ok(())
}
