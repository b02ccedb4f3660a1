//! A client: one life after the other, and between them the comparison of accounts.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    Control, Mount, Result, Stop, attacks,
    dialect::Dialect,
    end::{End, finish},
    life::Life,
    link::Link,
    socket::Socket,
    wrong,
};
use crate::{random::Random, tally::Tally};

pub(crate) struct Client {
    number: u64,
    pub(super) mount: Mount,
    pub(super) control: Control,
    pub(super) random: Random,
    pub(super) tally: &'static Tally,
    stopping: &'static AtomicBool,
    /// Whether it answers broadcasts.
    pub(super) polls: bool,
    tokens: u64,
}

impl Client {
    pub(crate) fn new(
        number: u64,
        seed: u64,
        mount: Mount,
        control: Control,
        tally: &'static Tally,
        stopping: &'static AtomicBool,
    ) -> Self {
        let random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        // Of every mount some.
        let polls = !(number / 8).is_multiple_of(4);
        Self { number, mount, control, random, tally, stopping, polls, tokens: 0 }
    }

    /// Lives until it is told to stop; then one last life goes on until the server ends it.
    pub(crate) async fn run(mut self) -> Result<()> {
        let head_start = self.random.below(1000);
        tokio::time::sleep(Duration::from_millis(head_start)).await;
        while !self.stops() {
            if self.random.percent(12) {
                let _ = attacks::one(self.mount, &mut self.random, self.tally).await;
            }
            self.live().await?;
        }
        Ok(())
    }

    pub(super) fn stops(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn token(&mut self) -> u64 {
        self.tokens += 1;
        (self.number + 1) << 32 | self.tokens
    }

    async fn live(&mut self) -> Result<()> {
        self.tally.add("lives");
        let mut back = Vec::new();
        loop {
            let mut query = String::new();
            if self.mount.dialect == Dialect::Old {
                // Is in `/` without asking, under the name that the handshake's query has.
                let socket = Socket::new("/", self.token());
                query = format!("&token={}", socket.token);
                back.push(socket);
            }
            let opened = match self.random.percent(50) {
                true => Link::websocket(self.mount, &query, self.tally).await,
                false => Link::polling(self.mount, &query, self.tally).await,
            };
            let link = match opened {
                Ok(link) => link,
                // Draining: nobody is let in.
                Err(_) if self.stops() => return self.settle(back, None).await,
                Err(Stop::Closed(_)) => return wrong("a handshake was cut off"),
                Err(wrong) => return Err(wrong),
            };
            let mut life = Life::new(self, link, back);
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
            if cut && !dismissed && self.mount.dialect.recovers() && !self.stops() && self.random.percent(60)
            {
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
    pub(super) async fn settle(&mut self, sockets: Vec<Socket>, exact: Option<()>) -> Result<()> {
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
