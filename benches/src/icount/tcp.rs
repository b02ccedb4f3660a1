//! The same over TCP, as a user runs it: what the server's process executes, with a client that is a process of its own and
//! therefore not counted.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command},
    time::Duration,
};

use sockeye_benches::{Failure, Push, Request, packets, server};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::http;

/// How long the client waits for any one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves the client until it ends.
pub(crate) async fn serve(measure: &str, count: usize) -> Result<(), Failure> {
    let bound = server().bind("127.0.0.1:0").await?;
    // Ends with the client's process, however that ends.
    let lifeline = TcpListener::bind("127.0.0.1:0").await?;
    let mut client = Client::start(measure, count, bound.local_addr()?, lifeline.local_addr()?)?;
    let (mut alive, _) = lifeline.accept().await?;
    bound
        .serve_with_shutdown(async {
            let _ = alive.read(&mut [0]).await;
        })
        .await;
    client.end()
}

struct Client(Child);

impl Client {
    fn start(measure: &str, count: usize, server: SocketAddr, lifeline: SocketAddr) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["client", measure, &count.to_string(), &server.to_string(), &lifeline.to_string()]);
        Ok(Self(command.spawn()?))
    }

    fn end(&mut self) -> Result<(), Failure> {
        let status = self.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the client ended with {status}").into()) }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The client: `client MEASURE COUNT SERVER LIFELINE`.
pub(crate) fn client(measure: &str, count: usize, server: &str, lifeline: &str) -> Result<(), Failure> {
    let _alive = TcpStream::connect(lifeline)?;
    match measure {
        "echo-tcp" => echo(count, server),
        "fan-out-tcp" => fan_out(count, server),
        "poll-tcp" => http::polling(count, server),
        "connect-tcp" => http::connections(count, server),
        other => Err(format!("no client for {other}").into()),
    }
}

fn echo(count: usize, server: &str) -> Result<(), Failure> {
    let packet = packets::encode(&Push::Echo(packets::text(128)), None)?;
    let (request, answer) = (packets::frames(&packet, true), packets::frames(&packet, false));
    let mut peer = connect(server)?;
    for _ in 0..count {
        peer.get_mut().write_all(&request)?;
        expect(&mut peer, &answer)?;
    }
    Ok(())
}

fn fan_out(deliveries: usize, server: &str) -> Result<(), Failure> {
    let text = packets::text(128);
    let request = packets::frames(&packets::encode(&Request::Shout(text.clone()), None)?, true);
    let news = packets::frames(&packets::encode(&Push::News(text), None)?, false);
    let mut peers = Vec::new();
    for _ in 0..super::AUDIENCE {
        peers.push(connect(server)?);
    }
    for _ in 0..deliveries / super::AUDIENCE {
        peers[0].get_mut().write_all(&request)?;
        for peer in &mut peers {
            expect(peer, &news)?;
        }
    }
    Ok(())
}

fn expect(peer: &mut BufReader<TcpStream>, answer: &[u8]) -> Result<(), Failure> {
    let mut got = vec![0; answer.len()];
    peer.read_exact(&mut got)?;
    if got == answer { Ok(()) } else { Err("other bytes than were expected".into()) }
}

/// A connection that waits for no answer for ever.
pub(crate) fn open(server: &str) -> Result<BufReader<TcpStream>, Failure> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// Opens a WebSocket and joins the namespace.
pub(crate) fn connect(server: &str) -> Result<BufReader<TcpStream>, Failure> {
    let mut peer = open(server)?;
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    peer.get_mut().write_all(head.as_bytes())?;
    let mut line = String::new();
    while peer.read_line(&mut line)? > 2 {
        line.clear();
    }
    // The handshake; then the answer to the wish to join.
    let opened = frame(&mut peer)?;
    peer.get_mut().write_all(&packets::client_text("40"))?;
    let mut joined = frame(&mut peer)?;
    if joined == b"2" {
        // Some servers ping at once.
        joined = frame(&mut peer)?;
    }
    if opened.starts_with(b"0{") && joined.starts_with(b"40{") {
        Ok(peer)
    } else {
        Err("the server does not let the client in".into())
    }
}

/// The payload of a frame of a server.
fn frame(peer: &mut BufReader<TcpStream>) -> Result<Vec<u8>, Failure> {
    let mut head = [0; 2];
    peer.read_exact(&mut head)?;
    let mut length = usize::from(head[1]);
    if length == 126 {
        peer.read_exact(&mut head)?;
        length = usize::from(u16::from_be_bytes(head));
    }
    let mut payload = vec![0; length];
    peer.read_exact(&mut payload)?;
    Ok(payload)
}
