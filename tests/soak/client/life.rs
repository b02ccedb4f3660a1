//! A life: one connection, the sockets on it, and what comes in for them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    PATIENCE, Result,
    dialect::Dialect,
    end::End,
    link::{Link, Message},
    lives::Client,
    packet::{self, Packet},
    socket::{Reaction, Socket},
    wrong,
};

/// One connection and what is on it.
pub(super) struct Life<'a> {
    pub(super) client: &'a mut Client,
    pub(super) link: Link,
    pub(super) sockets: Vec<Socket>,
    /// A packet whose attachments are not all there.
    partial: Option<Packet>,
    /// Namespaces it has left, of which something may still be on its way.
    pub(super) left: Vec<String>,
    /// What it is at, for complaints.
    pub(super) doing: &'static str,
}

impl<'a> Life<'a> {
    pub(super) fn new(client: &'a mut Client, link: Link, sockets: Vec<Socket>) -> Self {
        Self { client, link, sockets, partial: None, left: Vec::new(), doing: "" }
    }

    fn dialect(&self) -> Dialect {
        self.client.mount.dialect
    }

    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.client.random.percent(percent)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.client.random.below(end)
    }

    pub(super) fn add(&self, what: &'static str) {
        self.client.tally.add(what);
    }

    pub(super) async fn whole(&mut self) -> Result<End> {
        if self.dialect() == Dialect::Old {
            self.doing = "being let in";
            self.until("CONNECT and welcome", |life| life.sockets[0].welcomed).await?;
            self.add("sockets joined");
            self.join_others().await?;
        } else if self.sockets.is_empty() {
            self.join("/").await?;
            self.join_others().await?;
        } else {
            self.come_back().await?;
        }
        for _ in 0..self.below(60) {
            if self.client.stops() {
                break;
            }
            self.step().await?;
        }
        if self.client.stops() {
            // The server ends it.
            loop {
                self.next().await?;
            }
        }
        self.end().await
    }

    async fn join_others(&mut self) -> Result<()> {
        if self.percent(30) {
            self.join("/team").await?;
        }
        if self.percent(30) {
            let table = format!("/table-{}", self.below(u64::from(crate::TABLES)));
            self.join(&table).await?;
        }
        Ok(())
    }

    pub(super) async fn send(&mut self, packet: Packet) -> Result<()> {
        let dialect = self.dialect();
        self.link.send(packet.encode(dialect)).await
    }

    pub(super) async fn emit(&mut self, at: usize, id: Option<u64>, event: Value) -> Result<()> {
        let namespace = &self.sockets[at].namespace;
        self.send(Packet { id, ..Packet::new(packet::EVENT, namespace, event) }).await
    }

    async fn join(&mut self, namespace: &str) -> Result<()> {
        self.doing = "joining";
        let token = self.client.token();
        self.sockets.push(Socket::new(namespace, token));
        self.send(match self.dialect() {
            Dialect::Old => Packet::new(packet::CONNECT, &format!("{namespace}?token={token}"), Value::Null),
            _ => Packet::new(packet::CONNECT, namespace, json!({ "token": token })),
        })
        .await?;
        let at = self.sockets.len() - 1;
        self.until("CONNECT and welcome", |life| life.sockets[at].welcomed).await?;
        self.add("sockets joined");
        Ok(())
    }

    async fn come_back(&mut self) -> Result<()> {
        self.doing = "coming back";
        for at in 0..self.sockets.len() {
            let socket = &mut self.sockets[at];
            socket.lives += 1;
            (socket.connected, socket.welcomed) = (false, false);
            socket.asked.clear();
            socket.questions.clear();
            socket.unsure = socket.moving.iter().cloned().collect();
            let mut auth = json!({ "token": socket.token, "pid": socket.pid });
            if let Some(offset) = &socket.offset {
                auth["offset"] = offset.as_str().into();
            }
            let connect = Packet::new(packet::CONNECT, &socket.namespace, auth);
            self.send(connect).await?;
        }
        self.until("recovered sockets", |life| life.sockets.iter().all(|socket| socket.welcomed)).await?;
        for socket in &mut self.sockets {
            // What was not done until the connection was cut is not done.
            socket.moving.clear();
        }
        Ok(())
    }

    /// Reads until it is so.
    pub(super) async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let Ok(got) = tokio::time::timeout_at(deadline, self.next()).await else {
                return wrong(format!("waited in vain for {what}"));
            };
            got?;
        }
        Ok(())
    }

    /// Reads for a while.
    pub(super) async fn read_for(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        loop {
            let Ok(message) = tokio::time::timeout_at(deadline, self.link.recv()).await else {
                return Ok(());
            };
            self.message(message?).await?;
        }
    }

    pub(super) async fn next(&mut self) -> Result<()> {
        self.link.beat().await?;
        let message = self.link.recv().await?;
        self.message(message).await
    }

    async fn message(&mut self, message: Message) -> Result<()> {
        match Packet::decode(self.dialect(), message, &mut self.partial)? {
            Some(packet) => self.packet(packet).await,
            None => Ok(()),
        }
    }

    async fn packet(&mut self, packet: Packet) -> Result<()> {
        let names = self.dialect().names();
        let found =
            self.sockets.iter().position(|socket| socket.namespace == packet.namespace && !socket.dismissed);
        if found.is_none() && self.left.contains(&packet.namespace) {
            self.add("packets after leaving");
            return Ok(());
        }
        let Some(at) = found else { return wrong(format!("a packet for nobody: {packet:?}")) };
        let socket = &mut self.sockets[at];
        match packet.kind {
            packet::CONNECT => {
                let text = |name: &str| packet.payload[name].as_str().unwrap_or_default().to_owned();
                let (id, pid) = (text("sid"), text("pid"));
                let good = match self.client.mount.dialect {
                    Dialect::Old => packet.payload.is_null(),
                    _ => !id.is_empty() && id != self.link.sid() && !pid.is_empty(),
                };
                if !good || socket.connected {
                    return wrong(format!("CONNECT {}", packet.payload));
                }
                if socket.lives > 1 && id != socket.id {
                    // A dynamic namespace forgets when the last one has left.
                    let table = socket.namespace.starts_with("/table");
                    let what = if table { "tables not recovered" } else { "sockets not recovered" };
                    self.client.tally.add(what);
                    // A new one under the same token, for which the server counts anew.
                    *socket = Socket { lives: socket.lives, ..Socket::new(&socket.namespace, socket.token) };
                } else if socket.lives > 1 {
                    self.client.tally.add("sockets recovered");
                    self.client.tally.add(names.recovered);
                    socket.recovered = true;
                }
                (socket.connected, socket.id, socket.pid) = (true, id, pid);
            }
            packet::DISCONNECT => {
                socket.dismissed = true;
                self.client.tally.add("disconnects received");
            }
            packet::EVENT | packet::BINARY_EVENT => {
                let (polls, tally) = (self.client.polls, self.client.tally);
                tally.add(names.events);
                if !packet.attachments.is_empty() {
                    tally.add(names.attachments);
                }
                let wants = packet.id.is_some();
                match socket.event(&packet.payload, &packet.attachments, wants, polls, tally)? {
                    Reaction::None => {}
                    Reaction::Answer(n) if wants => {
                        tally.add("answers sent");
                        let answer = Packet::new(packet::ACK, &packet.namespace, json!([n]));
                        self.send(Packet { id: packet.id, ..answer }).await?;
                    }
                    Reaction::Answer(_) => return wrong(format!("wants no answer: {packet:?}")),
                }
            }
            packet::ACK => {
                self.client.tally.add(names.answers);
                socket.answer(packet.id, &packet.payload, self.client.tally)?;
            }
            packet::CONNECT_ERROR => return wrong(format!("refused: {}", packet.payload)),
            _ => return wrong(format!("what is this: {packet:?}")),
        }
        Ok(())
    }
}
