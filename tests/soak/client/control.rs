//! Asks the server's control port.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{Result, within, wrong};

pub(crate) struct Control {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writing: OwnedWriteHalf,
}

impl Control {
    pub(crate) async fn connect(addr: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (reading, writing) = stream.into_split();
        Ok(Self { lines: BufReader::new(reading).lines(), writing })
    }

    pub(crate) async fn ask(&mut self, question: &str) -> Result<Value> {
        within(question, async {
            self.writing.write_all(format!("{question}\n").as_bytes()).await?;
            match self.lines.next_line().await? {
                Some(line) => serde_json::from_str(&line).or_else(|error| wrong(format!("control: {error}"))),
                None => wrong("the server's process is gone"),
            }
        })
        .await
    }
}
