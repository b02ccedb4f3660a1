//! A server that can be watched: numbers for Prometheus at `/metrics` on the same port, logs in JSON or for people, and a dashboard for
//! Grafana in `examples/observability`.

#[cfg(test)]
mod dashboard;

use std::{env, error::Error, time::Duration};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sockeye::prelude::*;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tracing_subscriber::EnvFilter;

/// What a browser may send.
#[derive(ClientToServer)]
enum Request {
    /// Joins a room; acknowledged with how many are in it.
    #[event(ack = usize)]
    Enter(String),
    /// To all others in a room.
    Say { room: String, text: String },
    /// Takes as long as it is told to, at most a second.
    #[event(ack = ())]
    Work { millis: u64 },
    /// Breaks.
    Fail,
}

/// What the server sends.
#[derive(ServerToClient)]
enum Push {
    Said { text: String },
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
struct Main;

struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, handshake: Handshake<()>) -> Result<(), ConnectError> {
        // In the connection's span, with the trace of its `traceparent` header.
        tracing::info!(traced = handshake.trace_context().is_some(), "somebody comes");
        Ok(())
    }
}

impl RequestHandler<Main> for App {
    async fn enter(&self, socket: Socket<Main>, room: String) -> usize {
        if let Err(error) = socket.join(&room) {
            tracing::warn!(%error, "no room for more rooms");
        }
        socket.everyone().to(room).sockets().len()
    }

    async fn say(&self, socket: Socket<Main>, room: String, text: String) {
        socket.to(room).emit().said(text);
    }

    async fn work(&self, _: Socket<Main>, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis.min(1000))).await;
        tracing::info!("worked");
    }

    async fn fail(&self, _: Socket<Main>) {
        panic!("as it was told to");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    logs();
    // Before the server, which takes its handles when it is built.
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), BUCKETS)?
        .install_recorder()?;
    let io = Server::builder().namespace::<Main>(App).build();
    let upkeep = keep_up(metrics.clone());

    let rendered = get(move || std::future::ready(metrics.render()));
    let service = Router::new().route("/metrics", rendered).layer(io.layer());
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}, metrics at /metrics", listener.local_addr()?);
    axum::serve(listener, service).with_graceful_shutdown(told_to_stop(io)).await?;
    upkeep.abort();
    Ok(())
}

/// Seconds: from what a handler takes that only computes to what one takes that waits for others.
const BUCKETS: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// JSON for machines with `LOG_FORMAT=json`; what is logged is `RUST_LOG`'s affair.
fn logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match env::var("LOG_FORMAT").as_deref() {
        Ok("json") => logs.json().flatten_event(true).init(),
        _ => logs.init(),
    }
}

/// The exporter gathers durations until somebody asks for them; this bounds what it gathers if nobody does.
fn keep_up(metrics: PrometheusHandle) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(5));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            metrics.run_upkeep();
        }
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
