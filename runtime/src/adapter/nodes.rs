//! What one node of a cluster says to the others in the application's name: an event, and the gathering of their answers.
//!
//! Knows a way there, [`Link`], not what is at its end. A link encodes the event itself, in the format of its cluster.

use std::{
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

use crate::{
    event::{ArgWriter, EncodeError, EventName},
    protocol::socket_io::packet::Payload,
};

/// A way to the other nodes.
pub(crate) trait Link: Send + Sync {
    /// Sends an event of a namespace to every other node. With `question`, each is to answer.
    fn send(
        &self,
        namespace: &Arc<str>,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        question: Option<Question>,
    ) -> Result<(), EncodeError>;
}

/// The answers of other nodes to one event, as they come.
#[derive(Default)]
pub(crate) struct Gathering(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    /// Links that have not said how many nodes they reach.
    undecided: usize,
    /// Nodes that are to answer, as far as is known.
    expected: usize,
    /// What has come; at most one for each node.
    answers: Vec<Payload>,
    waker: Option<Waker>,
}

impl Gathering {
    /// The end of it that a link is given.
    pub(crate) fn question(self: &Arc<Self>) -> Question {
        self.0.lock().undecided += 1;
        Question(Arc::downgrade(self))
    }

    /// Ready when every node has answered.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut gathered = self.0.lock();
        if gathered.undecided == 0 && gathered.answers.len() >= gathered.expected {
            return Poll::Ready(());
        }
        gathered.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes what has come, and how many nodes have not answered; at least one if it is not known how many there are.
    pub(crate) fn take(&self) -> (Vec<Payload>, usize) {
        let mut gathered = self.0.lock();
        let answers = std::mem::take(&mut gathered.answers);
        let missing = gathered.expected.saturating_sub(answers.len()).max(gathered.undecided);
        (answers, missing)
    }

    fn change(&self, change: impl FnOnce(&mut Gathered)) {
        let waker = {
            let mut gathered = self.0.lock();
            change(&mut gathered);
            gathered.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// An event that asks for an answer, on its way over one link.
pub(crate) struct Question(Weak<Gathering>);

impl Question {
    /// Says how many nodes the link reaches: so many answers are waited for. Until it is called, the asker waits for its time-out.
    pub(crate) fn reaches(self, nodes: usize) -> Asked {
        if let Some(gathering) = self.0.upgrade() {
            gathering.change(|gathered| {
                gathered.undecided -= 1;
                gathered.expected += nodes;
            });
        }
        Asked(self.0)
    }
}

/// Where the answers of a link's nodes go. The link sees to it that a node answers once.
#[derive(Clone)]
pub(crate) struct Asked(Weak<Gathering>);

impl Asked {
    /// A node has answered. Too late is no mistake.
    pub(crate) fn answer(&self, payload: Payload) {
        if let Some(gathering) = self.0.upgrade() {
            gathering.change(|gathered| {
                if gathered.answers.len() < gathered.expected {
                    gathered.answers.push(payload);
                }
            });
        }
    }
}
