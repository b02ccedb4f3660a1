//! Connections that never become sessions, or should not have.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Mount, Result, http};
use crate::{random::Random, tally::Tally};

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Writes what no client writes, and goes after the server's answer or after a moment.
pub(crate) async fn one(mount: Mount, random: &mut Random, tally: &'static Tally) -> Result<()> {
    let mut stream = http::connect(mount.addr).await?;
    let revision = mount.dialect.revision();
    let session = |transport| {
        format!("GET /socket.io/?EIO={revision}&transport={transport} HTTP/1.1\r\nHost: soak\r\n")
    };
    let bytes: Vec<u8> = match random.below(9) {
        0 => (0..random.below(3000)).map(|_| random.next() as u8).collect(),
        1 => b"GET /socket.io/?EIO=4&tra".to_vec(),
        2 => format!("{}\r\n", session("carrier-pigeon")).into_bytes(),
        3 => b"POST /socket.io/?EIO=4&transport=polling&sid=guessed HTTP/1.1\r\nHost: soak\r\nContent-Length: 1\r\n\r\n3".to_vec(),
        4 => format!("GET / HTTP/1.1\r\nHost: soak\r\nX: {}\r\n\r\n", "x".repeat(20_000)).into_bytes(),
        5 => {
            let mut bytes = format!("{}{UPGRADE}\r\n", session("websocket")).into_bytes();
            bytes.extend((0..random.below(300)).map(|_| random.next() as u8));
            bytes
        }
        // A frame that says it is huge.
        6 => [format!("{}{UPGRADE}\r\n", session("websocket")).as_bytes(), &[0x82, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0]].concat(),
        // A session that joins nothing.
        7 => format!("{}\r\n", session("polling")).into_bytes(),
        // One that nobody lets in.
        _ => [format!("{}{UPGRADE}\r\n", session("websocket")).as_bytes(), &refused()].concat(),
    };
    tally.add("attacks");
    let _ = stream.write_all(&bytes).await;
    let answer = async {
        let mut chunk = [0; 2048];
        while matches!(stream.read(&mut chunk).await, Ok(1..)) {}
    };
    let _ = tokio::time::timeout(Duration::from_millis(random.below(400)), answer).await;
    Ok(())
}

/// CONNECT with a token that the server refuses, as a frame with a mask of zeros.
fn refused() -> Vec<u8> {
    let text = br#"40{"token":0}"#;
    [&[0x81, 0x80 | text.len() as u8, 0, 0, 0, 0], text.as_slice()].concat()
}
