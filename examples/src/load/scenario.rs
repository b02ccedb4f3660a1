//! What the clients do.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::Future,
    rc::Rc,
    time::Instant,
};

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Failure,
    connection::{Connection, Received},
    options::{Options, STAMP, Scenario},
    tally::Tally,
};

/// Handshakes under way at once while the connections are made.
const HANDSHAKES: usize = 64;

/// The packet that an attachment belongs to.
const BINARY: &str = r#"51-["bin",{"_placeholder":true,"num":0}]"#;

/// The clients of a run, each a task.
pub(crate) struct Running {
    tasks: JoinSet<Result<(), String>>,
    stage: Rc<Stage>,
    connections: usize,
}

struct Stage {
    options: Rc<Options>,
    tally: Rc<Tally>,
    stopping: Cell<bool>,
    /// Told once when it stops.
    stopped: tokio::sync::Notify,
}

impl Running {
    /// Makes the connections, and lets them begin.
    pub(crate) async fn start(options: Rc<Options>, tally: Rc<Tally>) -> Result<Self, Failure> {
        let stage = Rc::new(Stage {
            options: Rc::clone(&options),
            tally,
            stopping: Cell::new(false),
            stopped: tokio::sync::Notify::new(),
        });
        let mut tasks = JoinSet::new();
        let mut spawn = |client: Client| {
            tasks.spawn_local(async move { client.run().await.map_err(|error| error.to_string()) });
        };
        if options.scenario == Scenario::Connect {
            for number in 0..options.connections {
                spawn(Client { number, connection: None, stage: Rc::clone(&stage), news: None });
            }
            return Ok(Self { tasks, stage, connections: 0 });
        }
        let fan_out = options.scenario == Scenario::FanOut;
        let connections = options.connections + usize::from(fan_out);
        let open = open_all(&options, connections).await?;
        let news = fan_out.then(|| Rc::new(News::new(options.window)));
        for (number, connection) in open.into_iter().enumerate() {
            spawn(Client {
                number,
                connection: Some(connection),
                stage: Rc::clone(&stage),
                news: news.clone(),
            });
        }
        Ok(Self { tasks, stage, connections })
    }

    pub(crate) const fn connections(&self) -> usize {
        self.connections
    }

    /// Waits for `until`, or for the first client that fails.
    pub(crate) async fn watch(&mut self, until: impl Future<Output = ()>) -> Result<(), Failure> {
        tokio::select! {
            () = until => Ok(()),
            Some(ended) = self.tasks.join_next() => match ended? {
                Ok(()) => Err("a client ended before its time".into()),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// No new messages; those under way are waited for.
    pub(crate) fn stop(&self) {
        self.stage.stopping.set(true);
        self.stage.stopped.notify_waiters();
    }

    pub(crate) async fn finished(&mut self) -> Result<(), Failure> {
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

async fn open_all(options: &Rc<Options>, count: usize) -> Result<Vec<Connection>, Failure> {
    let (mut opening, mut open) = (JoinSet::new(), Vec::with_capacity(count));
    for at in 0..count {
        let options = Rc::clone(options);
        opening
            .spawn_local(async move { Connection::open(&options).await.map_err(|error| error.to_string()) });
        let left = if at + 1 == count { 0 } else { HANDSHAKES - 1 };
        while opening.len() > left {
            let Some(opened) = opening.join_next().await else { break };
            open.push(opened??);
            if open.len() % 1000 == 0 {
                eprintln!("{} of {count} connections", open.len());
            }
        }
    }
    Ok(open)
}

struct Client {
    number: usize,
    connection: Option<Connection>,
    stage: Rc<Stage>,
    news: Option<Rc<News>>,
}

impl Client {
    async fn run(self) -> Result<(), Failure> {
        let Self { number, connection, stage, news } = self;
        match (connection, stage.options.scenario, news) {
            (Some(connection), Scenario::Idle, _) => idle(connection, &stage).await,
            (Some(connection), Scenario::FanOut, Some(news)) if number == 0 => {
                speak(connection, &stage, &news).await
            }
            (Some(connection), Scenario::FanOut, Some(news)) => listen(connection, &stage, &news).await,
            (Some(connection), ..) => converse(connection, &stage, number).await,
            (None, ..) => come_and_go(&stage).await,
        }
    }
}

/// The data of a message: which one it is, and filling.
fn data(from: usize, number: u64, size: usize) -> String {
    let mut data = format!("{from:06x}{number:010x}");
    data.extend((STAMP..size).map(|at| char::from(b'a' + (at % 26) as u8)));
    data
}

/// Messages that come back, `window` of them under way.
async fn converse(mut connection: Connection, stage: &Stage, from: usize) -> Result<(), Failure> {
    let Options { scenario, window, size, .. } = *stage.options;
    // The filling is the same in all: only the stamp is written anew.
    let mut body = data(from, 0, size);
    let mut under_way: VecDeque<(u64, Instant)> = VecDeque::with_capacity(window);
    let mut next = 0_u64;
    loop {
        while under_way.len() < window && !stage.stopping.get() {
            body.replace_range(6..STAMP, &format!("{next:010x}"));
            match scenario {
                Scenario::Ack => connection.send(&format!(r#"2{next}["ack","{body}"]"#)),
                Scenario::Binary => {
                    connection.send(BINARY);
                    connection.attach(body.as_bytes());
                }
                _ => connection.send(&format!(r#"2["echo","{body}"]"#)),
            }
            under_way.push_back((next, Instant::now()));
            next += 1;
        }
        if under_way.is_empty() {
            return connection.close().await;
        }
        let text = match (connection.next().await?, scenario) {
            (Received::Text(text), Scenario::Binary) if text == BINARY => continue,
            (Received::Text(text), Scenario::Echo | Scenario::Ack) => text,
            (Received::Attachment(data), Scenario::Binary) => data,
            (other, _) => return Err(format!("unexpected: {other:?}").into()),
        };
        let number = answered(scenario, &text, &mut body)
            .ok_or_else(|| format!("not what was sent: {}", String::from_utf8_lossy(&text)))?;
        let at = under_way
            .iter()
            .position(|(sent, _)| *sent == number)
            .ok_or("an answer to nothing, or a second one")?;
        if let Some((_, sent)) = under_way.remove(at) {
            stage.tally.answer(sent.elapsed(), at > 0);
        }
    }
}

/// The number of the message that this is the answer to; `None` if it is not exactly that.
fn answered(scenario: Scenario, text: &[u8], body: &mut String) -> Option<u64> {
    match scenario {
        Scenario::Ack => {
            let (id, _) = std::str::from_utf8(text.get(1..)?).ok()?.split_once('[')?;
            let number = stamped(text, &format!(r#"3{id}[""#), body)?;
            (id.parse() == Ok(number)).then_some(number)
        }
        Scenario::Binary => number(std::str::from_utf8(text).ok()?, body),
        _ => stamped(text, r#"2["echo",""#, body),
    }
}

/// The number in a packet that begins like this and ends with a message's data.
fn stamped(packet: &[u8], begin: &str, body: &mut String) -> Option<u64> {
    number(std::str::from_utf8(packet).ok()?.strip_prefix(begin)?.strip_suffix(r#""]"#)?, body)
}

/// The number in a message's data, the filling of which must be that of `body`.
fn number(data: &str, body: &mut String) -> Option<u64> {
    let stamp = data.get(6..STAMP)?;
    body.replace_range(6..STAMP, stamp);
    if data == body { u64::from_str_radix(stamp, 16).ok() } else { None }
}

/// The broadcasts of a run.
struct News {
    /// Broadcasts that may still be under way, once all listeners are in the room.
    window: usize,
    may_send: Semaphore,
    listening: Cell<usize>,
    under_way: RefCell<VecDeque<Broadcast>>,
    /// Of the first of those under way.
    first: Cell<u64>,
    is_over: Cell<bool>,
    over: tokio::sync::Notify,
}

struct Broadcast {
    sent: Instant,
    missing: usize,
}

impl News {
    fn new(window: usize) -> Self {
        Self {
            window,
            may_send: Semaphore::new(0),
            listening: Cell::new(0),
            under_way: RefCell::default(),
            first: Cell::new(0),
            is_over: Cell::new(false),
            over: tokio::sync::Notify::new(),
        }
    }

    /// One listener has got it.
    fn delivered(&self, number: u64, stage: &Stage, out_of_order: bool) -> Result<(), Failure> {
        let mut under_way = self.under_way.borrow_mut();
        let at = number.checked_sub(self.first.get()).and_then(|at| usize::try_from(at).ok());
        let broadcast =
            at.and_then(|at| under_way.get_mut(at)).ok_or("a broadcast that nobody sent, or a second one")?;
        broadcast.missing -= 1;
        stage.tally.answer(broadcast.sent.elapsed(), out_of_order);
        while under_way.front().is_some_and(|broadcast| broadcast.missing == 0) {
            under_way.pop_front();
            self.first.set(self.first.get() + 1);
            self.may_send.add_permits(1);
        }
        if under_way.is_empty() && stage.stopping.get() {
            self.over.notify_waiters();
        }
        Ok(())
    }

    fn end(&self) {
        self.is_over.set(true);
        self.over.notify_waiters();
    }
}

/// Has the server emit to the room, and the next time when all have it.
async fn speak(mut connection: Connection, stage: &Stage, news: &News) -> Result<(), Failure> {
    let Options { connections, size, .. } = *stage.options;
    let mut number = 0;
    loop {
        tokio::select! {
            permit = news.may_send.acquire(), if !stage.stopping.get() => {
                permit?.forget();
                if stage.stopping.get() {
                    continue;
                }
                news.under_way.borrow_mut().push_back(Broadcast { sent: Instant::now(), missing: connections });
                connection.send(&format!(r#"2["fanroom","{}"]"#, data(0, number, size)));
                number += 1;
                connection.flush().await?;
            }
            received = connection.next() => return Err(format!("unexpected: {:?}", received?).into()),
            () = stage.stopped.notified(), if !stage.stopping.get() => {}
            () = std::future::ready(()), if stage.stopping.get() && news.under_way.borrow().is_empty() => {
                news.end();
                return connection.close().await;
            }
            () = news.over.notified() => {}
        }
    }
}

/// Sits in the room and checks that every broadcast comes, once.
async fn listen(mut connection: Connection, stage: &Stage, news: &News) -> Result<(), Failure> {
    let Options { connections, size, .. } = *stage.options;
    connection.send(r#"20["join","room"]"#);
    match connection.next().await? {
        Received::Text(text) if text.starts_with(b"30[") => {}
        other => return Err(format!("no answer to the wish to join: {other:?}").into()),
    }
    news.listening.set(news.listening.get() + 1);
    if news.listening.get() == connections {
        news.may_send.add_permits(news.window);
    }
    let mut body = data(0, 0, size);
    // The first that has not come, and those that came before it.
    let (mut next, mut early) = (0_u64, Vec::new());
    while !news.is_over.get() {
        let received = tokio::select! {
            received = connection.next() => received?,
            () = news.over.notified() => continue,
        };
        let number = match &received {
            Received::Text(text) => stamped(text, r#"2["fan",""#, &mut body),
            Received::Attachment(_) => None,
        };
        let number = number.ok_or_else(|| format!("not a broadcast: {received:?}"))?;
        if number < next || early.contains(&number) {
            return Err(format!("broadcast {number} came twice").into());
        }
        news.delivered(number, stage, number > next)?;
        early.push(number);
        while let Some(at) = early.iter().position(|one| *one == next) {
            early.swap_remove(at);
            next += 1;
        }
    }
    connection.close().await
}

/// Connects, joins, leaves, and again.
async fn come_and_go(stage: &Stage) -> Result<(), Failure> {
    while !stage.stopping.get() {
        let begin = Instant::now();
        let connection = Connection::open(&stage.options).await?;
        stage.tally.answer(begin.elapsed(), false);
        connection.close().await?;
    }
    Ok(())
}

/// Answers pings until the end.
async fn idle(mut connection: Connection, stage: &Stage) -> Result<(), Failure> {
    tokio::select! {
        received = connection.next() => Err(format!("unexpected: {:?}", received?).into()),
        () = stage.stopped.notified() => connection.close().await,
    }
}
