//! The server that the load generator measures: typed, ordinary code, with the one option that a server of plain TCP would set,
//! [`per_core`](sockeye::server::ServerBuilder::per_core). `PORT` gives the port.

use std::error::Error;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

#[derive(Debug, Serialize, Deserialize)]
struct Move {
    x: f64,
    y: f64,
    id: u64,
    name: String,
}

#[derive(ClientToServer)]
enum Request {
    Echo(String),
    #[event(ack = String)]
    Ack(String),
    Fan(String),
    #[event(ack = ())]
    Join(String),
    #[event("fanroom")]
    FanRoom(String),
    Bin(Bytes),
    Move(Move),
}

#[derive(ServerToClient)]
enum Push {
    Echo(String),
    Fan(String),
    Bin(Bytes),
    Move(Move),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
struct Main;

struct Bench;

impl Lifecycle<Main> for Bench {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Main> for Bench {
    async fn echo(&self, socket: Socket<Main>, data: String) {
        socket.emit().echo(data);
    }

    async fn ack(&self, _: Socket<Main>, data: String) -> String {
        data
    }

    async fn fan(&self, socket: Socket<Main>, data: String) {
        socket.server().of::<Main>().emit().fan(data);
    }

    async fn join(&self, socket: Socket<Main>, room: String) {
        let _ = socket.join(room);
    }

    async fn fan_room(&self, socket: Socket<Main>, data: String) {
        socket.server().of::<Main>().to("room").emit().fan(data);
    }

    async fn bin(&self, socket: Socket<Main>, data: Bytes) {
        socket.emit().bin(data);
    }

    async fn r#move(&self, socket: Socket<Main>, to: Move) {
        socket.emit().r#move(to);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let io = Server::builder().namespace::<Main>(Bench).per_core(0).build();
    io.serve(format!("127.0.0.1:{port}")).await?;
    Ok(())
}
