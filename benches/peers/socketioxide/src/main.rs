//! The server of the load tool on socketioxide: the events of `examples/src/bench`. `PORT` gives the port.

use std::error::Error;

use axum::{Router, serve::ListenerExt};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};
use tokio::net::TcpListener;

#[derive(Serialize, Deserialize)]
struct Move {
    x: f64,
    y: f64,
    id: u64,
    name: String,
}

async fn connected(socket: SocketRef) {
    socket.on("echo", async |socket: SocketRef, Data::<String>(data)| drop(socket.emit("echo", &data)));
    socket.on("ack", async |Data::<String>(data), ack: AckSender| drop(ack.send(&data)));
    socket.on("fan", async |io: SocketIo, Data::<String>(data)| drop(io.emit("fan", &data).await));
    socket.on("join", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
        socket.join(room);
        drop(ack.send(&()));
    });
    socket.on("fanroom", async |io: SocketIo, Data::<String>(data)| {
        drop(io.to("room").emit("fan", &data).await);
    });
    socket.on("bin", async |socket: SocketRef, Data::<Bytes>(data)| drop(socket.emit("bin", &data)));
    socket.on("move", async |socket: SocketRef, Data::<Move>(to)| drop(socket.emit("move", &to)));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var("PORT")?;
    // With its default of 128 packets it drops what a busy client is sent.
    let (layer, io) = SocketIo::builder().max_buffer_size(4096).build_layer();
    io.ns("/", connected);
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().layer(layer)).await?;
    Ok(())
}
