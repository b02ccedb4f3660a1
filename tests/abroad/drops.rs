//! A connection that is cut a thousand times, and `retries`: nothing lost, order kept, and twice only what had to be.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sockeye::client::Transport;

use crate::{
    guest::{Bot, POLLING, WEBSOCKET, guest, soon},
    proxy::{From, Proxy},
    servers::{Host, Maker},
};

crate::against!(a_thousand_cuts, a_hundred_cuts_of_polling);

const SEED: u64 = 7;

async fn a_thousand_cuts(maker: Maker) {
    cut(maker, &WEBSOCKET, 1_000).await;
}

async fn a_hundred_cuts_of_polling(maker: Maker) {
    cut(maker, &POLLING, 100).await;
}

/// What has been seen on the road.
#[derive(Default)]
struct Seen {
    answered: HashSet<u32>,
    sent: u32,
    needless: Vec<u32>,
}

impl Seen {
    fn look(&mut self, from: From, text: &str) {
        let digits = |text: &str| {
            text.split(|one: char| !one.is_ascii_digit()).rfind(|part| !part.is_empty()).map(str::to_owned)
        };
        let Some(number) = digits(text).and_then(|digits| digits.parse().ok()) else { return };
        match from {
            From::Server if text.starts_with("43") => drop(self.answered.insert(number)),
            From::Client if text.starts_with("42") && text.contains("record") => {
                self.sent += 1;
                if self.answered.contains(&number) {
                    self.needless.push(number);
                }
            }
            _ => {}
        }
    }
}

async fn cut(maker: Maker, transports: &[Transport], cuts: u32) {
    let host = Host::start(maker, &[]);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let looking = Arc::clone(&seen);
    let proxy =
        Proxy::watched(host.addr, Some(SEED), move |from, text| looking.lock().look(from, text)).await;
    let client = guest(&proxy.url())
        .transports(transports.iter().copied())
        .retries(1)
        .reconnection_delay(Duration::from_millis(1))
        .reconnection_delay_max(Duration::from_millis(2))
        .connect(Bot::default())
        .unwrap();
    let all = async {
        let mut next = 0;
        while proxy.cuts() < cuts {
            // Some are always waiting behind the one that is on its way.
            let waiting: Vec<_> =
                (next..next + 5).map(|number| (number, client.emit().record(number))).collect();
            next += 5;
            for (number, answer) in waiting {
                assert_eq!(answer.await.unwrap(), number);
            }
        }
        proxy.stop_cutting();
        next
    };
    let sent = tokio::time::timeout(Duration::from_secs(240), all).await.expect("in time");
    let mut notes = soon(client.emit().notes()).await.unwrap();
    let twice = notes.len() - usize::try_from(sent).unwrap();
    notes.dedup();
    assert!(notes.iter().copied().eq(0..sent), "lost, or out of order: {notes:?}");
    // Each cut can hit one answer.
    assert!(twice <= usize::try_from(proxy.cuts()).unwrap(), "{twice} came twice");
    let seen = seen.lock();
    if transports == WEBSOCKET {
        assert!(seen.sent >= sent, "the road was not watched");
        assert!(seen.needless.is_empty(), "sent again although they had been answered: {:?}", seen.needless);
    }
}
