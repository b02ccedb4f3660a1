//! The client's side: what it is told, in order, and clients that come back soon.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use sockeye::{
    client::{Client, ClientBuilder, ClientLifecycle, ConnectError, DisconnectReason, Transport},
    prelude::*,
};
use tokio::{sync::Notify, time::timeout};

use crate::events::{Abroad, Inner, Parcel, PushHandler, Token};

/// A guard against hanging, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("in time")
}

pub(crate) const WEBSOCKET: [Transport; 1] = [Transport::WebSocket];
pub(crate) const POLLING: [Transport; 1] = [Transport::Polling];

pub(crate) fn token(name: &str) -> Token {
    Token { name: name.to_owned(), turn: 0 }
}

/// A client that does not wait long before it comes back.
pub(crate) fn guest(url: &str) -> ClientBuilder<Abroad> {
    Client::<Abroad>::builder(url)
        .auth(token("ann"))
        .reconnection_delay(Duration::from_millis(2))
        .reconnection_delay_max(Duration::from_millis(20))
}

/// A parcel with three attachments.
pub(crate) fn parcel(label: &str) -> Parcel {
    let blobs = vec![Bytes::from_static(&[0, 255, 1]), Bytes::from(vec![9; 5000])];
    Parcel { label: label.to_owned(), blobs, inner: Inner { blob: Bytes::from_static(b"deep") } }
}

/// Handlers and lifecycle, which write down what they are told.
#[derive(Clone, Default)]
pub(crate) struct Bot(Arc<BotState>);

#[derive(Default)]
struct BotState {
    log: Mutex<Vec<String>>,
    changed: Notify,
    /// Whether `connected` sends a note of its own.
    greets: AtomicBool,
}

impl Bot {
    /// Sends note 100 whenever it is told that it is connected.
    pub(crate) fn greeting() -> Self {
        let bot = Self::default();
        bot.0.greets.store(true, Ordering::SeqCst);
        bot
    }

    pub(crate) fn add(&self, text: impl Into<String>) {
        self.0.log.lock().push(text.into());
        self.0.changed.notify_waiters();
    }

    /// Until this has been written; takes all up to it.
    pub(crate) async fn until(&self, text: &str) -> Vec<String> {
        let waiting = async {
            loop {
                let changed = self.0.changed.notified();
                {
                    let mut log = self.0.log.lock();
                    if let Some(at) = log.iter().position(|entry| entry == text) {
                        return log.drain(..=at).collect();
                    }
                }
                changed.await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.0.log.lock()))
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.log.lock().clone()
    }
}

impl PushHandler<Abroad> for Bot {
    async fn question(&self, _: Client<Abroad>, number: u32) -> u32 {
        if number == 3000 {
            // Longer than the server would wait for a heartbeat.
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        number * 2
    }

    async fn nudged(&self, _: Client<Abroad>) {
        self.add("nudged");
    }

    async fn tick(&self, _: Client<Abroad>, number: u32) {
        self.add(format!("tick {number}"));
    }

    async fn parcel(&self, _: Client<Abroad>, got: Parcel) {
        let right = got == parcel(&got.label);
        self.add(format!("parcel {} {right}", got.label));
    }

    async fn told(&self, _: Client<Abroad>, number: u32, text: String) {
        self.add(format!("told {number} {text}"));
    }
}

impl ClientLifecycle<Abroad> for Bot {
    async fn connected(&self, client: Client<Abroad>) {
        if self.0.greets.load(Ordering::SeqCst) {
            client.emit().note(100);
        }
        self.add(format!("connected {}", client.recovered()));
    }

    async fn disconnected(&self, _: Client<Abroad>, reason: DisconnectReason) {
        self.add(format!("disconnected: {reason}"));
    }

    async fn connect_error(&self, _: Client<Abroad>, error: ConnectError) {
        let data = error.value().map(|value| serde_json::to_string(&value).unwrap_or_default());
        self.add(match error.is_refusal() {
            true => format!("refused: {error} {}", data.unwrap_or_default()),
            false => "connect error".to_owned(),
        });
    }
}
