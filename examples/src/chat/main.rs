//! A chat: rooms, who is there, who types, history, images. `examples/chat/run` starts it.
//!
//! The server is axum's; Socket.IO is a layer in it, and the page is static files beside. `chat --connect URL --name NAME` is a client of it
//! at the terminal.

mod app;
mod events;
mod names;
mod rooms;
mod terminal;

use std::{env, error::Error, path::Path, time::Duration};

use axum::Router;
use sockeye::Server;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tower_http::services::ServeDir;

use crate::{app::App, events::Chat};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();

    if let Some(options) = terminal_options(env::args().skip(1))? {
        return terminal::run(options).await;
    }
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("chat");
    let client = files.join("node_modules/socket.io-client/dist");
    if !client.exists() {
        return Err(format!(
            "{} is missing: start with examples/chat/run, or `npm ci` there",
            client.display()
        )
        .into());
    }
    let io = Server::builder()
        .namespace::<Chat>(App::default())
        .middleware(app::limits())
        // An image and what is around it.
        .max_payload(app::MAX_IMAGE + 100_000)
        .serve_client(&client)
        .build();
    let page = Router::new().fallback_service(ServeDir::new(files.join("page"))).layer(io.layer());

    let address = address();
    let listener = TcpListener::bind(&address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; to listen elsewhere: examples/chat/run 127.0.0.1:8080")
    })?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, page).with_graceful_shutdown(told_to_stop(io)).await?;
    Ok(())
}

/// `--connect [URL] [--name NAME] [--room ROOM]`; `None` if the first argument is another one.
fn terminal_options(mut args: impl Iterator<Item = String>) -> Result<Option<terminal::Options>, String> {
    if args.next().is_none_or(|first| first != "--connect") {
        return Ok(None);
    }
    let mut options = terminal::Options {
        url: "http://127.0.0.1:3000".to_owned(),
        name: env::var("USER").unwrap_or_else(|_| "terminal".to_owned()),
        room: "lobby".to_owned(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} has no value"));
        match arg.as_str() {
            "--name" => options.name = value()?,
            "--room" => options.room = value()?,
            other if other.starts_with('-') => {
                return Err(format!("unknown: {other}; --connect [URL] [--name NAME] [--room ROOM]"));
            }
            _ => options.url = arg,
        }
    }
    Ok(Some(options))
}

/// `HOST:PORT` as the argument, or the variables of these names; 127.0.0.1:3000 if nothing is said.
fn address() -> String {
    env::args().nth(1).unwrap_or_else(|| {
        let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
        let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
        format!("{host}:{port}")
    })
}

/// Ends with the first signal to stop, after all clients were let go.
async fn told_to_stop(io: Server) {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
    io.shutdown(Duration::from_secs(3)).await;
}
