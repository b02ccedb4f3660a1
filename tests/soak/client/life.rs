//! A client: one life after the other, each with its sockets, its doings and its end.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Control, PATIENCE, Result, Stop, attacks,
    link::{Link, Message, Upgrade},
    packet::{self, Packet},
    socket::{Reaction, Socket},
    within, wrong,
};
use crate::{events::blob, random::Random, tally::Tally};

pub(crate) struct Client {
    number: u64,
    addr: SocketAddr,
    control: Control,
    random: Random,
    tally: &'static Tally,
    stopping: &'static AtomicBool,
    /// Whether it answers broadcasts.
    polls: bool,
    tokens: u64,
}

/// One connection and what is on it.
struct Life<'a> {
    client: &'a mut Client,
    link: Link,
    sockets: Vec<Socket>,
    /// A packet whose attachments are not all there.
    partial: Option<(Packet, Vec<Vec<u8>>)>,
    /// Namespaces it has left, of which something may still be on its way.
    left: Vec<String>,
    /// What it is at, for complaints.
    doing: &'static str,
}

/// How a life may end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Bye,
    Close,
    CloseFrame,
    Reset,
    HalfClose,
    Vanish,
    Garbage,
    BadPacket,
    Kick,
    KickAll,
}

impl Client {
    pub(crate) fn new(
        number: u64,
        seed: u64,
        addr: SocketAddr,
        control: Control,
        tally: &'static Tally,
        stopping: &'static AtomicBool,
    ) -> Self {
        let random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        Self { number, addr, control, random, tally, stopping, polls: !number.is_multiple_of(4), tokens: 0 }
    }

    /// Lives until it is told to stop; then one last life goes on until the server ends it.
    pub(crate) async fn run(mut self) -> Result<()> {
        let head_start = self.random.below(1000);
        tokio::time::sleep(Duration::from_millis(head_start)).await;
        while !self.stops() {
            if self.random.percent(12) {
                let _ = attacks::one(self.addr, &mut self.random, self.tally).await;
            }
            self.live().await?;
        }
        Ok(())
    }

    fn stops(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn token(&mut self) -> u64 {
        self.tokens += 1;
        (self.number + 1) << 32 | self.tokens
    }

    async fn live(&mut self) -> Result<()> {
        self.tally.add("lives");
        let mut back = Vec::new();
        loop {
            let opened = match self.random.percent(50) {
                true => Link::websocket(self.addr, self.tally).await,
                false => Link::polling(self.addr, self.tally).await,
            };
            let link = match opened {
                Ok(link) => link,
                // Draining: nobody is let in.
                Err(_) if self.stops() => return self.settle(back, None).await,
                Err(Stop::Closed(_)) => return wrong("a handshake was cut off"),
                Err(wrong) => return Err(wrong),
            };
            let mut life =
                Life { client: self, link, sockets: back, partial: None, left: Vec::new(), doing: "" };
            let done = life.whole().await;
            let Life { link, mut sockets, doing, .. } = life;
            let (end, unplanned) = match done {
                Ok(end) => (end, false),
                Err(Stop::Closed(how)) => {
                    self.tally.add(if self.stops() { "closed by draining" } else { "closed unplanned" });
                    if !self.stops() {
                        self.tell(doing, how, &sockets).await?;
                    }
                    (End::Reset, true)
                }
                Err(Stop::Wrong(what)) => return wrong(format!("client {}: {what}", self.number)),
            };
            let exact = unplanned && self.stops() && !link.is_polling();
            finish(link, end, &mut self.control, &sockets, &mut self.random).await?;
            let cut = matches!(end, End::Reset | End::HalfClose | End::Vanish | End::CloseFrame);
            let dismissed = sockets.iter().any(|socket| socket.dismissed);
            if cut && !dismissed && !self.stops() && self.random.percent(60) {
                for socket in &mut sockets {
                    let over = socket.over();
                    self.check(socket, &over, false).await?;
                    if self.random.percent(70) {
                        let missed = self.random.below(5);
                        self.control.ask(&format!("poke {} {missed}", socket.token)).await?;
                    }
                }
                self.tally.add("lives to come back to");
                back = sockets;
                continue;
            }
            return self.settle(sockets, exact.then_some(())).await;
        }
    }

    /// Why did that happen?
    async fn tell(&mut self, doing: &str, how: &str, sockets: &[Socket]) -> Result<()> {
        let Some(socket) = sockets.first() else { return Ok(()) };
        let report = self.control.ask(&socket.over()).await?;
        println!(
            "client {}: {doing}: closed unplanned by the {how}; the server says {}",
            self.number, report["reason"]
        );
        Ok(())
    }

    /// Both sides must agree about what became of these sockets.
    async fn settle(&mut self, sockets: Vec<Socket>, exact: Option<()>) -> Result<()> {
        for socket in sockets {
            let question = socket.over();
            self.check(&socket, &question, exact.is_some() || socket.dismissed).await?;
            self.control.ask(&format!("forget {}", socket.token)).await?;
            self.tally.add("sockets settled");
        }
        Ok(())
    }

    async fn check(&mut self, socket: &Socket, question: &str, exact: bool) -> Result<()> {
        let report = self.control.ask(question).await?;
        let number = |name: &str| report[name].as_u64().unwrap_or_default();
        let (begun, up, down) = (number("begun"), number("up"), number("down"));
        // One whose CONNECT was never answered may have begun all the same.
        let lives = if socket.connected { socket.lives..=socket.lives } else { 0..=socket.lives };
        let good = lives.contains(&begun)
            && begun == number("ended")
            && (begun == 0 || up <= socket.up && down >= socket.down && (!exact || down == socket.down));
        if good {
            return Ok(());
        }
        let (sent, received) = (socket.up, socket.down);
        wrong(format!(
            "client {}: {} of {}: {} lives, sent {sent}, received {received}, exact {exact}; the server says {report}",
            self.number, socket.token, socket.namespace, socket.lives
        ))
    }
}

/// Ends a connection the way that was chosen, unless it is over already.
async fn finish(
    mut link: Link,
    end: End,
    control: &mut Control,
    sockets: &[Socket],
    random: &mut Random,
) -> Result<()> {
    match end {
        End::Close | End::Bye => link.close().await,
        End::CloseFrame => link.close_frame().await,
        End::Reset | End::Kick | End::KickAll => link.reset(),
        End::HalfClose => {
            link.half_close().await;
            let _ = tokio::time::timeout(Duration::from_millis(200), async {
                while link.recv().await.is_ok() {}
            })
            .await;
        }
        End::Vanish => {
            for socket in sockets {
                control.ask(&socket.over()).await?;
            }
        }
        End::Garbage => {
            let bytes: Vec<u8> = (0..20 + random.below(200)).map(|_| random.next() as u8).collect();
            link.garbage(&bytes).await;
        }
        End::BadPacket => {
            let bad = ["2{}", "49", "451-[\"up\"]", "9", "2[", "40/"];
            let bad = bad[random.below(bad.len() as u64) as usize];
            let _ = link.send(vec![Message::Text(bad.to_owned())]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

impl Life<'_> {
    fn percent(&mut self, percent: u64) -> bool {
        self.client.random.percent(percent)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.client.random.below(end)
    }

    fn add(&self, what: &'static str) {
        self.client.tally.add(what);
    }

    async fn whole(&mut self) -> Result<End> {
        if self.sockets.is_empty() {
            self.join("/").await?;
            if self.percent(30) {
                self.join("/team").await?;
            }
            if self.percent(30) {
                let table = format!("/table-{}", self.below(u64::from(crate::TABLES)));
                self.join(&table).await?;
            }
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

    async fn send(&mut self, text: String) -> Result<()> {
        self.link.send(vec![Message::Text(text)]).await
    }

    async fn emit(&mut self, at: usize, id: Option<u64>, event: Value) -> Result<()> {
        let prefix = packet::prefix(&self.sockets[at].namespace);
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        self.send(format!("2{prefix}{id}{event}")).await
    }

    async fn join(&mut self, namespace: &str) -> Result<()> {
        self.doing = "joining";
        let token = self.client.token();
        self.sockets.push(Socket { namespace: namespace.to_owned(), token, lives: 1, ..Socket::default() });
        self.send(format!("0{}{}", packet::prefix(namespace), json!({ "token": token }))).await?;
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
            let connect = format!("0{}{auth}", packet::prefix(&socket.namespace));
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
    async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
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
    async fn read_for(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        loop {
            let Ok(message) = tokio::time::timeout_at(deadline, self.link.recv()).await else {
                return Ok(());
            };
            self.message(message?).await?;
        }
    }

    async fn next(&mut self) -> Result<()> {
        let message = self.link.recv().await?;
        self.message(message).await
    }

    async fn message(&mut self, message: Message) -> Result<()> {
        let (packet, attachments) = match (message, self.partial.take()) {
            (Message::Text(text), None) => (packet::parse(&text)?, Vec::new()),
            (Message::Binary(data), Some((packet, mut attachments))) => {
                attachments.push(data);
                (packet, attachments)
            }
            (message, _) => return wrong(format!("out of place: {message:?}")),
        };
        if attachments.len() < packet.attachments {
            self.partial = Some((packet, attachments));
            return Ok(());
        }
        self.packet(packet, &attachments).await
    }

    async fn packet(&mut self, packet: Packet, attachments: &[Vec<u8>]) -> Result<()> {
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
                if id.is_empty() || id == self.link.sid() || pid.is_empty() || socket.connected {
                    return wrong(format!("CONNECT {}", packet.payload));
                }
                if socket.lives > 1 && id != socket.id {
                    // A dynamic namespace forgets when the last one has left.
                    let table = socket.namespace.starts_with("/table");
                    let what = if table { "tables not recovered" } else { "sockets not recovered" };
                    self.client.tally.add(what);
                    let (namespace, token) = (socket.namespace.clone(), socket.token);
                    let lives = socket.lives;
                    // A new one under the same token, for which the server counts anew.
                    *socket = Socket { namespace, token, lives, ..Socket::default() };
                } else if socket.lives > 1 {
                    self.client.tally.add("sockets recovered");
                    socket.recovered = true;
                }
                (socket.connected, socket.id, socket.pid) = (true, id, pid);
            }
            packet::DISCONNECT => {
                socket.dismissed = true;
                self.client.tally.add("disconnects received");
            }
            packet::EVENT | packet::BINARY_EVENT => {
                let polls = self.client.polls;
                let wants = packet.id.is_some();
                let tally = self.client.tally;
                match socket.event(&packet.payload, attachments, wants, polls, tally)? {
                    Reaction::None => {}
                    Reaction::Answer(n) => {
                        let (Some(id), prefix) = (packet.id, packet::prefix(&packet.namespace)) else {
                            return wrong(format!("wants no answer: {packet:?}"));
                        };
                        self.client.tally.add("answers sent");
                        self.send(format!("3{prefix}{id}[{n}]")).await?;
                    }
                }
            }
            packet::ACK => socket.answer(packet.id, &packet.payload, self.client.tally)?,
            packet::CONNECT_ERROR => return wrong(format!("refused: {}", packet.payload)),
            _ => return wrong(format!("what is this: {packet:?}")),
        }
        Ok(())
    }

    async fn step(&mut self) -> Result<()> {
        self.doing = "a step";
        let open: Vec<usize> = (0..self.sockets.len()).filter(|at| !self.sockets[*at].dismissed).collect();
        let at = open[self.below(open.len() as u64) as usize];
        match self.below(100) {
            0..25 => {
                self.sockets[at].up += 1;
                let (n, burst) = (self.sockets[at].up, self.below(8));
                self.add("numbered events sent");
                self.emit(at, None, json!(["up", n, burst])).await?;
            }
            25..32 => {
                self.sockets[at].up += 1;
                let n = self.sockets[at].up;
                let prefix = packet::prefix(&self.sockets[at].namespace);
                let head = format!(r#"51-{prefix}["up-blob",{n},{{"_placeholder":true,"num":0}}]"#);
                self.add("attachments sent");
                self.link.send(vec![Message::Text(head), Message::Binary(blob(n))]).await?;
            }
            32..45 => {
                let id = self.sockets[at].next_ack();
                let slow = self.percent(30);
                self.sockets[at].asked.insert(id, (id, !slow));
                self.add("answers asked for");
                let ms = self.below(60);
                let event = if slow { json!(["ask-slow", id, ms]) } else { json!(["ask", id]) };
                self.emit(at, Some(id), event).await?;
            }
            45..55 => {
                let n = self.sockets[at].next_ack();
                let answered = self.percent(70);
                self.sockets[at].questions.insert(n, answered);
                self.emit(at, None, json!(["question", n, answered])).await?;
            }
            55..68 => {
                let room = format!("room-{}", self.below(12));
                let socket = &mut self.sockets[at];
                if !socket.moving.contains(&room) {
                    socket.moving.push_back(room.clone());
                    let event = if socket.rooms.contains_key(&room) { "exit" } else { "enter" };
                    self.emit(at, None, json!([event, room])).await?;
                }
            }
            68..80 => {
                let room = format!("room-{}", self.below(12));
                self.add("room events sent");
                self.emit(at, None, json!(["shout", room])).await?;
            }
            80 => {
                let (count, size) = (1 + self.below(10), 1 + self.below(8_000));
                self.add("pours");
                self.emit(at, None, json!(["pour", count, size])).await?;
            }
            81..90 if self.link.is_polling() => {
                let wait = Duration::from_millis(self.below(1500));
                let how = match self.below(8) {
                    0 => Upgrade::Reset,
                    1 => Upgrade::Silent(wait),
                    2 => Upgrade::Probed(wait),
                    3 => Upgrade::Garbage,
                    _ => Upgrade::Whole,
                };
                self.upgrade(how).await?;
            }
            90..92 if self.sockets.len() > 1 => {
                // Leaves a namespace by itself.
                self.until("rooms", |life| life.sockets[at].moving.is_empty()).await?;
                let prefix = packet::prefix(&self.sockets[at].namespace);
                self.send(format!("1{prefix}")).await?;
                self.add("namespaces left");
                // What was on its way still comes: for nobody.
                let socket = self.sockets.remove(at);
                self.left.push(socket.namespace.clone());
                self.after_leaving(socket).await?;
            }
            92 => {
                // Does not read for a moment.
                self.add("pauses");
                let pause = self.below(400);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            _ => {}
        }
        let time = self.below(25);
        self.read_for(Duration::from_millis(time)).await
    }

    async fn upgrade(&mut self, how: Upgrade) -> Result<()> {
        within("an upgrade", self.link.upgrade(how)).await
    }

    /// A socket that has left: what the server had sent before is dropped until its account is closed.
    async fn after_leaving(&mut self, socket: Socket) -> Result<()> {
        let question = socket.over();
        let report = self.client.control.ask(&question).await?;
        if report["reason"] != "client namespace disconnect" || report["up"] != socket.up {
            return wrong(format!(
                "{} sent {} and left {}: {report}",
                socket.token, socket.up, socket.namespace
            ));
        }
        self.client.settle(vec![socket], None).await
    }

    async fn end(&mut self) -> Result<End> {
        let end = match self.below(100) {
            0..30 => End::Bye,
            30..38 => End::Close,
            38..46 => End::CloseFrame,
            46..62 => End::Reset,
            62..70 => End::HalfClose,
            70..74 => End::Vanish,
            74..80 => End::Garbage,
            80..86 => End::BadPacket,
            86..94 => End::Kick,
            _ if self.percent(20) => return self.slow().await,
            _ => End::KickAll,
        };
        self.doing = end.name();
        self.add(end.name());
        match end {
            End::Bye => {
                for at in 0..self.sockets.len() {
                    let id = self.sockets[at].next_ack();
                    let up = self.sockets[at].up;
                    self.sockets[at].asked.insert(id, (up, true));
                    self.emit(at, Some(id), json!(["bye"])).await?;
                    self.until("the answer to bye", |life| !life.sockets[at].asked.contains_key(&id)).await?;
                    if self.sockets[at].asked.values().any(|(_, before_bye)| *before_bye) {
                        return wrong(format!("answers were lost: {:?}", self.sockets[at].asked));
                    }
                }
            }
            End::Kick => {
                for at in 0..self.sockets.len() {
                    self.emit(at, None, json!(["kick", false])).await?;
                    match self.until("DISCONNECT", |life| life.sockets[at].dismissed).await {
                        // An answer of ours was on its way to a namespace that we are not in any more: the server closes for that.
                        Err(Stop::Closed(_)) if at > 0 => break,
                        done => done?,
                    }
                }
            }
            End::KickAll => {
                self.emit(0, None, json!(["kick", true])).await?;
                loop {
                    match self.next().await {
                        Ok(()) => {}
                        Err(Stop::Closed(_)) => break,
                        Err(wrong) => return Err(wrong),
                    }
                }
            }
            _ => {}
        }
        Ok(end)
    }

    /// Wants more than it reads, and is closed for it.
    async fn slow(&mut self) -> Result<End> {
        self.doing = "reading slowly";
        self.add("slow readers");
        self.emit(0, None, json!(["flood", 100, 10_000])).await?;
        let question = self.sockets[0].over();
        if self.link.is_polling() {
            // Nothing is asked for any more.
            let report = self.client.control.ask(&question).await?;
            self.closed_for(&report)?;
            return Ok(End::Reset);
        }
        let report = self.client.control.ask(&question).await?;
        self.closed_for(&report)?;
        Ok(End::Reset)
    }

    fn closed_for(&self, report: &Value) -> Result<()> {
        let reason = report["reason"].as_str().unwrap_or_default();
        if matches!(
            reason,
            "transport error" | "forced close" | "forced server close" | "transport close" | "ping timeout"
        ) {
            return Ok(());
        }
        wrong(format!("a slow reader was closed for {reason:?}"))
    }
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Bye => "ends: bye",
            Self::Close => "ends: close packet",
            Self::CloseFrame => "ends: close frame",
            Self::Reset => "ends: reset",
            Self::HalfClose => "ends: half close",
            Self::Vanish => "ends: vanished",
            Self::Garbage => "ends: garbage",
            Self::BadPacket => "ends: bad packet",
            Self::Kick => "ends: kicked from namespaces",
            Self::KickAll => "ends: kicked as a whole",
        }
    }
}
