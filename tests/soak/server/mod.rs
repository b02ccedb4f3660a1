//! The server of the soak: a process of its own, so that its memory is its own.

mod app;
mod control;
mod ledger;

use std::{io::Read, sync::Arc, time::Duration};

use sockeye::{
    Parser, Server,
    server::{Recovery, ServerBuilder},
};
use tokio::net::TcpListener;

pub(crate) use app::{App, Record};
use control::Asked;

use crate::events::{Main, Table, Team};

/// Prints where it listens, first for JSON, then for MessagePack, then for clients of both revisions, at last for those who count. Serves,
/// and ends with its standard input.
pub(crate) async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let ledger = Arc::default();
    let mut servers = Vec::new();
    let mut addresses = Vec::new();
    let builders: [fn(ServerBuilder) -> ServerBuilder; 3] =
        [|io| io, |io| io.parser(Parser::MessagePack), |io| io.allow_eio3(true)];
    for change in builders {
        let app = App::new(&ledger);
        let io = change(builder())
            .namespace::<Main>(Arc::clone(&app))
            .namespace::<Team>(Arc::clone(&app))
            .namespace::<Table>(Arc::clone(&app))
            .build();
        let bound = io.bind("127.0.0.1:0").await?;
        addresses.push(bound.local_addr()?.to_string());
        // They end with the process.
        tokio::spawn(bound.serve_with_shutdown(std::future::pending()));
        tokio::spawn(app::broadcasts(io.clone(), app));
        servers.push(io);
    }
    let control = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening {} {}", addresses.join(" "), control.local_addr()?);
    std::thread::spawn(|| {
        // Whoever started it is gone.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    control::serve(control, Asked { servers: servers.into(), ledger }).await;
    Ok(())
}

fn builder() -> ServerBuilder {
    let recovery = Recovery::default().max_disconnection(crate::AWAY).max_bytes(3 << 20);
    Server::builder()
        .ping_interval(Duration::from_secs(2))
        .ping_timeout(Duration::from_secs(3))
        .connect_timeout(Duration::from_secs(5))
        .upgrade_timeout(Duration::from_secs(1))
        .header_timeout(Duration::from_secs(3))
        .handshake_timeout(Duration::from_secs(5))
        .outbox_limit(256 * 1024)
        .connection_state_recovery(recovery)
}
