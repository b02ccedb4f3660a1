//! A server that speaks TLS and leaves gently: `secure CERTIFICATE KEY [HOST:PORT]`, both PEM files.
//!
//! SIGTERM makes it refuse new sessions and spread the closes of those there are over a few seconds.

use std::{env, error::Error, time::Duration};

use bytes::Bytes;
use sockeye::{engine::Tls, prelude::*};
use tokio::signal::unix::{SignalKind, signal};

/// Long enough for the next server to take them in; a deploy may take minutes.
const WINDOW: Duration = Duration::from_secs(2);

#[derive(ClientToServer)]
enum Request {
    /// Answered with the same text.
    #[event(ack = String)]
    Echo(String),
    /// Answered with the same bytes.
    #[event(ack = Bytes)]
    EchoBytes(Bytes),
    /// Whether TLS is in use.
    #[event(ack = bool)]
    Secure,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
struct Main;

struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Main> for App {
    async fn echo(&self, _: Socket<Main>, text: String) -> String {
        text
    }

    async fn echo_bytes(&self, _: Socket<Main>, bytes: Bytes) -> Bytes {
        bytes
    }

    async fn secure(&self, socket: Socket<Main>) -> bool {
        socket.handshake().secure
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (certificate, key, address) = match arguments.as_slice() {
        [certificate, key] => (certificate, key, "127.0.0.1:3000"),
        [certificate, key, address] => (certificate, key, address.as_str()),
        _ => return Err("usage: secure CERTIFICATE KEY [HOST:PORT]".into()),
    };
    let io = Server::builder().namespace::<Main>(App).build();
    let bound = io.bind(address).await?.tls(Tls::from_pem_files(certificate, key)?);
    println!("listening on https://{}", bound.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    bound
        .serve_with_shutdown(async {
            terminate.recv().await;
            // A health check would answer 503 from here on: `io.is_draining()`.
            io.drain(WINDOW).await;
        })
        .await;
    Ok(())
}
