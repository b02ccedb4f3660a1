use std::{sync::Arc, time::Duration};

use bytestring::ByteString;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

use super::*;
use crate::protocol::socket_io::packet::{Body, Payload};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, text: impl Into<String>) {
        self.0.lock().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }

    /// Until so much has been written.
    async fn wait(&self, entries: usize) -> Vec<String> {
        let all = async {
            while self.0.lock().len() < entries {
                tokio::task::yield_now().await;
            }
            self.take()
        };
        timeout(Duration::from_secs(60), all).await.unwrap_or_else(|_| panic!("only {:?}", self.0.lock()))
    }
}

/// An application whose events say what their handlers do.
struct TestApp {
    log: Log,
    gate: Arc<Semaphore>,
}

impl App for TestApp {
    fn event(&self, event: &Incoming) -> Option<Step> {
        let (name, _) = event.payload.event_name().expect("an event");
        let (name, log, gate) = (name.into_owned(), self.log.clone(), Arc::clone(&self.gate));
        match &*name {
            "done" => return Some(Step::Done(Reply(None))),
            "malformed" => return Some(Step::Malformed),
            "nobody" => return None,
            "panic at once" => panic!("at once"),
            _ => {}
        }
        log.push(format!("made {name}"));
        Some(Step::Run(
            "handler",
            Box::pin(async move {
                log.push(format!("start {name}"));
                match &*name {
                    "panic" => panic!("in the first poll"),
                    "wait" => gate.acquire().await.expect("open").forget(),
                    "panic later" => {
                        gate.acquire().await.expect("open").forget();
                        panic!("later");
                    }
                    "for ever" => std::future::pending().await,
                    _ => {}
                }
                log.push(format!("end {name}"));
                Reply(None)
            }),
        ))
    }

    fn notice(&self, notice: Notice) -> Option<BoxFuture<'static, ()>> {
        let log = self.log.clone();
        Some(Box::pin(async move { log.push(notice.method()) }))
    }

    fn auth(&self) -> Option<BoxFuture<'static, AuthResult>> {
        let gate = Arc::clone(&self.gate);
        self.log.push("auth");
        Some(Box::pin(async move {
            gate.acquire().await.expect("open").forget();
            Ok(None)
        }))
    }

    fn panicked(&self, panic: &Panic) {
        self.log.push(format!("panicked {}: {}", panic.what(), panic.message()));
    }

    fn answer(&self, epoch: u64, _: Reply) {
        if epoch > 0 {
            self.log.push(format!("answer {epoch}"));
        }
    }

    fn authenticated(&self, epoch: u64, auth: AuthResult) {
        self.log.push(format!("auth {epoch} {}", auth.is_ok()));
    }

    fn malformed(&self, epoch: u64) {
        self.log.push(format!("malformed {epoch}"));
    }
}

struct Running {
    inbox: Arc<Inbox>,
    log: Log,
    gate: Arc<Semaphore>,
    task: JoinHandle<()>,
}

fn running(max: usize) -> Running {
    let inbox = Arc::new(Inbox::new(10_000, false, Arc::default()));
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let app = TestApp { log: log.clone(), gate: Arc::clone(&gate) };
    let task = tokio::spawn(Handlers::new(app, Arc::clone(&inbox), max).run());
    Running { inbox, log, gate, task }
}

impl Running {
    fn event(&self, name: &str, epoch: u64) {
        let body = Body::Json(ByteString::from(format!("[{name:?}]")));
        self.inbox.push(Item::Event(Incoming {
            payload: Payload { body, attachments: Vec::new() },
            id: None,
            has_offset: false,
            generation: epoch,
        }));
    }

    /// That nothing more happens.
    async fn quiet(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.log.take(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn each_is_polled_once_before_the_next_starts() {
    let t = running(64);
    for name in ["wait", "a", "b"] {
        t.event(name, 1);
    }
    t.inbox.push(Item::Notice(Notice::Connected));
    let seen = t.log.wait(11).await;
    assert_eq!(seen[..2], ["made wait", "start wait"]);
    assert_eq!(seen[2..6], ["made a", "start a", "end a", "answer 1"]);
    assert_eq!(seen[6..], ["made b", "start b", "end b", "answer 1", "connected"]);
    t.gate.add_permits(1);
    assert_eq!(t.log.wait(2).await, ["end wait", "answer 1"]);
}

#[tokio::test]
async fn no_more_run_at_once_than_may() {
    let t = running(2);
    for name in ["wait", "wait", "a"] {
        t.event(name, 1);
    }
    assert_eq!(t.log.wait(4).await, ["made wait", "start wait", "made wait", "start wait"]);
    t.quiet().await;
    t.gate.add_permits(1);
    assert_eq!(t.log.wait(6).await, ["end wait", "answer 1", "made a", "start a", "end a", "answer 1"]);
}

#[tokio::test]
async fn a_panic_costs_that_handler_only() {
    let t = running(64);
    for name in ["panic", "panic at once", "panic later", "a"] {
        t.event(name, 1);
    }
    let seen = t.log.wait(10).await;
    assert_eq!(
        seen[..4],
        [
            "made panic",
            "start panic",
            "panicked handler: in the first poll",
            "panicked an event's arguments: at once"
        ]
    );
    assert_eq!(
        seen[4..],
        ["made panic later", "start panic later", "made a", "start a", "end a", "answer 1"]
    );
    t.gate.add_permits(1);
    assert_eq!(t.log.wait(1).await, ["panicked handler: later"]);
}

#[tokio::test]
async fn auth_does_not_wait_for_handlers() {
    let t = running(1);
    t.event("for ever", 1);
    t.event("a", 1);
    assert_eq!(t.log.wait(2).await, ["made for ever", "start for ever"]);
    t.inbox.ask_auth(2);
    assert_eq!(t.log.wait(1).await, ["auth"]);
    // The next connection asks again: the first answer is wanted no more.
    t.inbox.ask_auth(3);
    assert_eq!(t.log.wait(1).await, ["auth"]);
    t.gate.add_permits(1);
    assert_eq!(t.log.wait(1).await, ["auth 3 true"]);
    t.gate.add_permits(1);
    t.quiet().await;
}

#[tokio::test]
async fn what_needs_no_handler_is_done_with_at_once() {
    let t = running(64);
    for name in ["done", "malformed", "nobody"] {
        t.event(name, 4);
    }
    assert_eq!(t.log.wait(2).await, ["answer 4", "malformed 4"]);
    t.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn at_the_end_handlers_have_their_grace() {
    let t = running(64);
    t.event("wait", 1);
    t.event("for ever", 1);
    t.log.wait(4).await;
    t.inbox.end();
    t.event("too late", 1);
    t.gate.add_permits(1);
    assert_eq!(t.log.wait(2).await, ["end wait", "answer 1"]);
    assert!(!t.task.is_finished());
    let begun = tokio::time::Instant::now();
    t.task.await.expect("no panic");
    assert_eq!(begun.elapsed().as_secs(), 5);
}
