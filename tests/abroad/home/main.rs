//! Our own server, for the tests of the client that want to kill one; and a client of it alone, whose memory is measured.
//!
//! `home ADDRESS [--ping INTERVAL TIMEOUT] [--recovery] [--polling] [--msgpack] [--tls CERT KEY]` serves until it is killed, and says
//! `listening ADDRESS` first. `home grow ADDRESS` is the client.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]
#![allow(dead_code, unused_imports, reason = "client and server each use their half of the events")]

#[path = "../events.rs"]
mod events;
mod grow;

use std::{collections::HashMap, env, io::Write, sync::Arc, time::Duration};

use events::{Abroad, Parcel, RequestHandler, Token, Who};
use parking_lot::Mutex;
use sockeye::{
    engine::{Tls, TransportKind},
    prelude::*,
    protocol::socket_io::Parser,
    server::Recovery,
};

#[derive(Clone, Default)]
struct App(Arc<Mutex<HashMap<String, Vec<u32>>>>);

impl App {
    fn write(&self, socket: &Socket<Abroad>, number: u32) {
        self.0.lock().entry(socket.session().name.clone()).or_default().push(number);
    }
}

impl Lifecycle<Abroad> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<Token, ConnectError> {
        let token = handshake.into_auth();
        match token.name.as_str() {
            "nobody" => Err(ConnectError::new("not authorized").with_data(&serde_json::json!({ "code": 7 }))),
            _ => Ok(token),
        }
    }
}

impl RequestHandler<Abroad> for App {
    async fn echo(&self, _: Socket<Abroad>, parcel: Parcel) -> Parcel {
        parcel
    }

    async fn note(&self, socket: Socket<Abroad>, number: u32) {
        self.write(&socket, number);
    }

    async fn record(&self, socket: Socket<Abroad>, number: u32) -> u32 {
        self.write(&socket, number);
        number
    }

    async fn notes(&self, socket: Socket<Abroad>) -> Vec<u32> {
        self.0.lock().get(&socket.session().name).cloned().unwrap_or_default()
    }

    async fn silence(&self, socket: Socket<Abroad>) {
        socket.closed().await;
    }

    async fn ask(&self, socket: Socket<Abroad>, number: u32) -> u32 {
        socket.emit().question(number).await.map_or(0, |answer| answer + 1)
    }

    async fn nudge(&self, socket: Socket<Abroad>) {
        socket.emit().nudged();
    }

    async fn ticks(&self, socket: Socket<Abroad>, to: u32) {
        (0..to).for_each(|number| socket.emit().tick(number));
    }

    async fn post(&self, socket: Socket<Abroad>, parcel: Parcel) {
        socket.emit().parcel(parcel);
    }

    async fn kick(&self, socket: Socket<Abroad>, close: bool) {
        if close { socket.disconnect_connection() } else { socket.disconnect() }
    }

    async fn who(&self, socket: Socket<Abroad>) -> Who {
        Who { turn: socket.session().turn, transport: socket.transport().as_str().to_owned() }
    }

    async fn tell(&self, socket: Socket<Abroad>, number: u32, text: String) {
        socket.server().of::<Abroad>().emit().told(number, text);
    }
}

#[tokio::main]
async fn main() {
    let mut args = env::args().skip(1);
    let address = args.next().expect("an address, or `grow`");
    if address == "grow" {
        return grow::run(&args.next().expect("an address")).await;
    }
    let mut builder = Server::builder();
    let mut tls = None;
    while let Some(option) = args.next() {
        let mut ms = || Duration::from_millis(args.next().unwrap().parse().unwrap());
        match option.as_str() {
            "--ping" => builder = builder.ping_interval(ms()).ping_timeout(ms()),
            "--recovery" => builder = builder.connection_state_recovery(Recovery::default()),
            "--polling" => builder = builder.transports([TransportKind::Polling]),
            "--msgpack" => builder = builder.parser(Parser::MessagePack),
            "--tls" => {
                tls = Some(Tls::from_pem_files(args.next().unwrap(), args.next().unwrap()).unwrap());
            }
            other => panic!("what is {other}?"),
        }
    }
    let io = builder.namespace::<Abroad>(App::default()).build();
    let mut bound = io.bind(address).await.unwrap();
    if let Some(tls) = tls {
        bound = bound.tls(tls);
    }
    println!("listening {}", bound.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    bound.serve_with_shutdown(std::future::pending()).await;
}
