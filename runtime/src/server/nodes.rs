//! Events between the nodes of a cluster: the links to other nodes, and the handlers of what those send.
//!
//! A transport of a cluster is a [`Link`] for what goes out, and calls [`Server::node_event`] with what comes in.

mod emit;
mod running;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::FutureExt;
use parking_lot::RwLock;
use running::{Handlers, Running};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

pub use emit::{NodeAnswers, NodeAnswersError, OtherNodes};

use super::{
    Panic, Server,
    metrics::CallLabel,
    namespace::NamespaceCore,
    running::{catch, guarded},
};
use crate::{
    adapter::Link,
    event::{BoxFuture, Dispatched, Reply, ReplyTo},
    protocol::socket_io::packet::Payload,
};

/// What a server knows of other nodes.
pub(super) struct Nodes {
    /// Those whose owner is there.
    links: RwLock<Vec<Weak<dyn Link>>>,
    /// For so many handlers at once.
    room: Arc<Semaphore>,
    handlers: Arc<Handlers>,
}

impl Nodes {
    pub(super) fn new(handlers: usize) -> Self {
        Self {
            links: RwLock::default(),
            room: Arc::new(Semaphore::new(handlers.min(Semaphore::MAX_PERMITS))),
            handlers: Arc::default(),
        }
    }

    fn links(&self) -> Vec<Arc<dyn Link>> {
        self.links.read().iter().filter_map(Weak::upgrade).collect()
    }

    /// Lets no more handlers begin, waits for those that run, and drops what is left at the deadline. A handler that calls it is not
    /// waited for, nor are others that do the same: they wait for this one.
    pub(super) async fn shutdown(&self, deadline: Duration) {
        self.handlers.shutdown(deadline).await;
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.handlers.end(None);
    }
}

impl Server {
    /// Adds a way to other nodes; it is there as long as its owner keeps it.
    pub(crate) fn link(&self, link: Weak<dyn Link>) {
        let mut links = self.0.hub.nodes.links.write();
        links.retain(|link| link.strong_count() > 0);
        links.push(link);
    }

    /// Takes an event that another node has sent to the namespace at `path`, and starts its handler, which has been polled once when
    /// this returns: who calls it for one event after the other keeps their order. While as many handlers run as may, it waits.
    ///
    /// The answer, in the parser of `reply`, is what the receiver gets, unless there is none: the handler panicked, or did not run.
    /// `None` if the namespace is not here, or the server shuts down: such a node is not one of those that answer.
    pub(crate) async fn node_event(
        &self,
        path: &str,
        event: &Payload,
        reply: ReplyTo,
    ) -> Option<oneshot::Receiver<Reply>> {
        let nodes = &self.0.hub.nodes;
        let room = Arc::clone(&nodes.room).acquire_owned().await.ok()?;
        let running = Handlers::begin(&nodes.handlers)?;
        let namespace = self.0.hub.namespace(path)?;
        let (sender, receiver) = oneshot::channel();
        let (server, core) = (self.clone(), Arc::clone(&namespace));
        match catch(|| namespace.app.node_event(server, core, event, reply)) {
            Ok(Dispatched::Handler { event, future }) => {
                begin(Work { namespace, what: event.method, sender, running, room }, future);
            }
            Ok(Dispatched::Failed { error, answer }) => {
                tracing::warn!(namespace = path, %error, "an event of another node does not decode");
                if let Some(answer) = answer {
                    let _ = sender.send(answer);
                }
            }
            // Only the events of clients have guards.
            Ok(Dispatched::Guarded { .. } | Dispatched::Unknown) => {
                tracing::debug!(namespace = path, "another node sent an event that is not known here");
            }
            Err(payload) => report(&namespace, &Panic { what: "an event's arguments", payload }),
        }
        Some(receiver)
    }
}

/// A handler that runs, beside its future.
struct Work {
    namespace: Arc<NamespaceCore>,
    what: &'static str,
    sender: oneshot::Sender<Reply>,
    /// Held until it ends, as is the room.
    running: Running,
    room: OwnedSemaphorePermit,
}

impl Work {
    fn ended(self, result: Result<Reply, Box<dyn std::any::Any + Send>>) {
        match result {
            // Nobody may be waiting for it.
            Ok(reply) => drop(self.sender.send(reply)),
            Err(payload) => report(&self.namespace, &Panic { what: self.what, payload }),
        }
        drop(self.running);
        drop(self.room);
    }
}

/// Polls a handler once, at once; what does not end goes on in a task of its own.
fn begin(work: Work, mut future: BoxFuture<'static, Reply>) {
    let (handlers, own) = (Arc::clone(&work.running.handlers), Arc::clone(&work.running.own));
    let first = own.run_in(|| guarded(future.as_mut(), &mut Context::from_waker(Waker::noop())));
    match first {
        Poll::Ready(result) => {
            drop_guarded(future);
            work.ended(result);
        }
        Poll::Pending => handlers.spawn(&own, async move {
            let result = AssertUnwindSafe(future.as_mut()).catch_unwind().await;
            drop_guarded(future);
            work.ended(result);
        }),
    }
}

/// What a handler holds is the user's, and may panic.
fn drop_guarded(future: BoxFuture<'static, Reply>) {
    if catch(|| drop(future)).is_err() {
        tracing::error!("dropping a handler panicked");
    }
}

fn report(namespace: &NamespaceCore, panic: &Panic) {
    namespace.metrics.panicked(CallLabel::Node);
    tracing::error!(
        namespace = %namespace.path,
        handler = panic.what(),
        panic = panic.message(),
        "a handler of another node's event panicked"
    );
}
