//! The server that outside judges test: raw Engine.IO, the official suites' handlers, and the contract's, on one port.
//!
//! `conformance [HOST:PORT]`; by default 127.0.0.1:3000.

mod contract;
mod observe;
mod official;
mod raw;
mod spec;

use std::{convert::Infallible, error::Error, process::ExitCode, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    response::Response,
    routing,
};
use bytes::Bytes;
use serde::Serialize;
use sockeye::{
    Parser, Server,
    engine::{Bound, Config, Cors, Engine, TransportKind},
    server::Recovery,
};
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tower_service::Service;

/// How long everything may take to close after SIGTERM; the contract gives 3 s.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// How long a request's head may take, and a connection wait for its next one.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// All servers behind the port.
struct Mounts {
    engine: Engine,
    servers: Vec<Server>,
}

#[derive(Serialize)]
struct Figures {
    sessions: usize,
    sockets: usize,
    namespaces: usize,
    rooms: usize,
    rss: u64,
}

async fn stats(State(mounts): State<Arc<Mounts>>) -> Json<Figures> {
    let mut figures = Figures {
        sessions: mounts.engine.sessions(),
        sockets: 0,
        namespaces: 0,
        rooms: 0,
        rss: resident_bytes().unwrap_or_default(),
    };
    for server in &mounts.servers {
        let stats = server.stats();
        figures.sessions += stats.sessions;
        figures.sockets += stats.sockets;
        figures.namespaces += stats.namespaces;
        figures.rooms += stats.rooms;
    }
    Json(figures)
}

fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// A service under a path.
fn mounted<S, B>(path: &str, service: S) -> Router
where
    S: Service<Request, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    Router::new().route_service(path, service.clone()).route_service(&format!("{path}{{*rest}}"), service)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let engine = raw::echo_engine();
    let servers = vec![
        official::server(),
        contract::server("/contract/", |io| io.cors(Cors::any())),
        contract::server("/recovery/", |io| {
            let recovery = Recovery::default().max_disconnection(Duration::from_secs(2));
            io.cors(Cors::any()).connection_state_recovery(recovery)
        }),
        contract::server("/polling/", |io| io.cors(Cors::any()).transports([TransportKind::Polling])),
        contract::server("/msgpack/", |io| io.cors(Cors::any()).parser(Parser::MessagePack)),
        contract::server("/eio3/", |io| io.cors(Cors::any()).allow_eio3(true).jsonp(true)),
        contract::server("/guarded/", |io| {
            io.cors(Cors::origins(["http://good.example"]).credentials(true).refuse_other_origins())
        }),
    ];
    let mounts = Arc::new(Mounts { engine: engine.clone(), servers });

    let mut app = Router::new()
        .route("/ws-echo", routing::any(raw::websocket_echo))
        .route("/stats", routing::get(stats))
        .with_state(Arc::clone(&mounts))
        .merge(mounted("/engine.io/", engine));
    for server in &mounts.servers {
        app = app.merge(mounted(server.engine().config().path.as_str(), server.service()));
    }

    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let signalled = Arc::clone(&mounts);
    let signal = async move {
        terminate.recv().await;
        let closes = signalled.servers.iter().map(|server| server.shutdown(SHUTDOWN));
        futures_util::future::join(
            futures_util::future::join_all(closes),
            signalled.engine.shutdown(SHUTDOWN),
        )
        .await;
        std::process::exit(0);
    };
    // The library's own listener and not axum's, which waits for a request's head for ever.
    let mut config = Config::default();
    config.header_timeout = HEADER_TIMEOUT;
    Bound::from(listener).configure(&config).serve_with_shutdown(app, signal, SHUTDOWN).await;
    Ok(())
}
