//! The handlers, and the broadcasts that nobody asks for.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use sockeye::{AckError, CloseReason, event::Receives, prelude::*};

use super::ledger::{Counts, Ledger, count};
use crate::events::{Main, Push, Request, RequestHandler, Table, Team, Token, blob};

/// The last number given to a namespace or a room, and the lock under which numbers are given, members come and go.
type Numbers = Arc<Mutex<u64>>;

pub(crate) struct App {
    pub(crate) ledger: Arc<Ledger>,
    /// By namespace and room; a namespace itself is the room "". There are few.
    numbers: Mutex<HashMap<(String, String), Numbers>>,
}

/// What a socket holds.
pub(crate) struct Record {
    token: u64,
    counts: Arc<Mutex<Counts>>,
}

/// Any namespace of the soak.
pub(crate) trait Soaked:
    Namespace<ClientToServer = Request, ServerToClient = Push, Auth = Token, Session = Record> + Receives<Request>
{
}

impl<N> Soaked for N where
    N: Namespace<ClientToServer = Request, ServerToClient = Push, Auth = Token, Session = Record>
        + Receives<Request>
{
}

impl App {
    /// For one more server, with an account of its own for namespaces and rooms.
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Arc<Self> {
        Arc::new(Self { ledger: Arc::clone(ledger), numbers: Mutex::default() })
    }

    fn numbers(&self, namespace: &str, room: &str) -> Numbers {
        let key = (namespace.to_owned(), room.to_owned());
        Arc::clone(self.numbers.lock().entry(key).or_default())
    }

    /// The next numbered event to a socket.
    fn down<N: Soaked>(&self, socket: &Socket<N>, padding: usize) -> bool {
        let mut counts = socket.session().counts.lock();
        let n = counts.down + 1;
        let sent = if n % 16 == 5 {
            socket.try_emit().down_blob(n, Bytes::from(blob(n)))
        } else {
            socket.try_emit().down(n, "x".repeat(padding))
        };
        if sent.is_ok() {
            counts.down = n;
            count(&self.ledger.emitted);
        }
        sent.is_ok()
    }

    fn up<N: Soaked>(&self, socket: &Socket<N>, n: u64) {
        let record = socket.session();
        let mut counts = record.counts.lock();
        counts.up += 1;
        if counts.up != n {
            let wrong = format!("socket {}: event {n} came where {} was due", record.token, counts.up);
            self.ledger.wrong(wrong);
            counts.up = n;
        }
    }
}

impl<N: Soaked> Lifecycle<N> for App {
    async fn connect(&self, handshake: Handshake<Token>) -> Result<Record, ConnectError> {
        let token = handshake.auth().token;
        if token == 0 {
            return Err("nobody".into());
        }
        Ok(Record { token, counts: Arc::default() })
    }

    async fn connected(&self, socket: Socket<N>) {
        let record = socket.session();
        count(&self.ledger.begun);
        {
            let numbers = self.numbers(socket.namespace(), "");
            let all = numbers.lock();
            let up = record.counts.lock().up;
            let _ = socket.try_emit().welcome(up, *all, socket.recovered());
        }
        let sender = socket.clone();
        let counts = Arc::clone(&record.counts);
        self.ledger.change(record.token, |account| {
            account.begun += 1;
            account.counts = counts;
            // The handle of the first life: what is sent through it reaches those that follow.
            if !socket.recovered() {
                account.poke = Some(Arc::new(move |events| {
                    for _ in 0..events {
                        let mut counts = sender.session().counts.lock();
                        let n = counts.down + 1;
                        if sender.try_emit().down(n, "").is_ok() {
                            counts.down = n;
                        }
                    }
                }));
            }
        });
    }

    async fn disconnected(&self, socket: Socket<N>, reason: CloseReason) {
        count(&self.ledger.ended);
        let token = socket.session().token;
        let mut begun = 0;
        self.ledger.change(token, |account| {
            account.ended += 1;
            account.reason = Some(reason);
            begun = account.begun;
            if account.ended != account.begun {
                let wrong = format!("socket {token}: began {} times, ended {}", account.begun, account.ended);
                self.ledger.wrong(wrong);
            }
        });
    }

    fn decode_failed(&self, socket: &Socket<N>, error: &sockeye::DecodeError) -> sockeye::FailureAction {
        self.ledger.wrong(format!("socket {}: {error}", socket.session().token));
        sockeye::FailureAction::Close
    }
}

impl<N: Soaked> RequestHandler<N> for App {
    async fn up(&self, socket: Socket<N>, n: u64, burst: u32) {
        self.up(&socket, n);
        for _ in 0..burst {
            self.down(&socket, n as usize % 50);
        }
    }

    async fn up_blob(&self, socket: Socket<N>, n: u64, data: Bytes) {
        self.up(&socket, n);
        if data != blob(n) {
            self.ledger.wrong(format!("socket {}: attachment of event {n}", socket.session().token));
        }
        self.down(&socket, 0);
    }

    async fn ask(&self, _: Socket<N>, n: u64) -> u64 {
        n
    }

    async fn ask_slow(&self, _: Socket<N>, n: u64, ms: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        n
    }

    async fn question(&self, socket: Socket<N>, n: u64, answered: bool) {
        let patience = Duration::from_millis(if answered { 20_000 } else { 150 });
        match (socket.timeout(patience).emit().question(n).await, answered) {
            (Ok(m), true) if m == n => count(&self.ledger.answered),
            (Err(AckError::Timeout), false) => count(&self.ledger.unanswered),
            (Err(AckError::Disconnected | AckError::Emit(_)), _) => {}
            (other, _) => {
                let wrong = format!("socket {}: question {n} got {other:?}", socket.session().token);
                self.ledger.wrong(wrong);
            }
        }
    }

    async fn enter(&self, socket: Socket<N>, room: String) {
        let numbers = self.numbers(socket.namespace(), &room);
        let last = numbers.lock();
        if socket.join(room.as_str()).is_ok() {
            socket.emit().entered(room, *last);
        }
    }

    async fn exit(&self, socket: Socket<N>, room: String) {
        let numbers = self.numbers(socket.namespace(), &room);
        let last = numbers.lock();
        // One that was cut off is kept with the rooms it had.
        if socket.is_connected() {
            socket.leave(room.as_str());
            socket.emit().exited(room, *last);
        }
    }

    async fn shout(&self, socket: Socket<N>, room: String) {
        let numbers = self.numbers(socket.namespace(), &room);
        let mut last = numbers.lock();
        *last += 1;
        socket.everyone().to(room.as_str()).emit().said(room, *last);
    }

    async fn flood(&self, socket: Socket<N>, count: u32, size: u32) {
        for _ in 0..count {
            let mut counts = socket.session().counts.lock();
            counts.down += 1;
            // Closes who does not read.
            socket.emit().down(counts.down, "x".repeat(size as usize));
        }
    }

    async fn pour(&self, socket: Socket<N>, number: u32, size: u32) {
        let padding = "x".repeat(size as usize);
        for _ in 0..number {
            let Ok(permit) = socket.reserve().await else { return };
            let mut counts = socket.session().counts.lock();
            let n = counts.down + 1;
            if permit.emit().down(n, &padding).is_ok() {
                counts.down = n;
                count(&self.ledger.emitted);
            }
        }
    }

    async fn kick(&self, socket: Socket<N>, whole: bool) {
        if whole {
            socket.disconnect_connection();
        } else {
            socket.disconnect();
        }
    }

    async fn bye(&self, socket: Socket<N>) -> u64 {
        socket.session().counts.lock().up
    }
}

/// To everyone, all the time.
pub(crate) async fn broadcasts(io: Server, app: Arc<App>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for n in 0_u64.. {
        ticks.tick().await;
        match n % 4 {
            0 => to_all(&app, &io.of::<Main>(), Main::PATH),
            1 => to_all(&app, &io.of::<Team>(), Team::PATH),
            2 => {
                let id = (n / 4 % u64::from(crate::TABLES)) as u32;
                to_all(&app, &io.of_with(Table { id }), &format!("/table-{id}"));
            }
            _ => io.of::<Main>().volatile().emit().noise(n),
        }
        if n.is_multiple_of(16) {
            let app = Arc::clone(&app);
            let answers = io.of::<Main>().timeout(Duration::from_millis(300)).emit().poll(n).collect();
            // Ends with its time-out.
            tokio::spawn(async move {
                let answers = answers.await;
                app.ledger
                    .polled
                    .fetch_add(answers.values.len() as u64, std::sync::atomic::Ordering::Relaxed);
                if answers.values.iter().any(|answer| *answer != n) {
                    app.ledger.wrong(format!("broadcast {n} was answered with {:?}", answers.values));
                }
            });
        }
    }
}

fn to_all<N: Soaked>(app: &App, everyone: &sockeye::Broadcast<N>, namespace: &str) {
    let numbers = app.numbers(namespace, "");
    let mut last = numbers.lock();
    *last += 1;
    everyone.emit().all(*last);
}
