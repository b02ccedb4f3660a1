//! A connection and the namespaces that share it: one task, which connects, reconnects, routes and keeps the deadlines.
//!
//! Knows no types of the user and runs none of its code. What users want stands in each [`Member`]; the task looks at it whenever it is woken,
//! so that there is no queue of commands.

mod connection;
#[cfg(test)]
#[cfg(feature = "macros")]
mod tests;

use std::{
    fmt,
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use self::connection::{Connection, Ended};
use super::{
    BuildError, ConnectError, DisconnectReason, NamespaceBuilder, Transport,
    backoff::{Backoff, chance},
    builder::ManagerOptions,
    engine::{Dialer, EngineOptions, OpenError, OpenErrorKind, Session, open},
    handle::FAREWELL,
    member::Member,
};
use crate::event::Namespace;

/// Most connections that are being closed at a time: further ones are dropped.
const MAX_CLOSING: usize = 4;

/// A connection to a server, and the namespaces on it. Cheap to clone.
///
/// Each [`Client`](super::Client) has one, and it can be given more namespaces: they share the connection. It connects when a client of it
/// wants to, and closes when none does. There is no global list of managers as in JavaScript: whoever wants to share a connection has its
/// manager at hand. It keeps no client alive, and ends with the last of them and of its own handles.
#[derive(Clone)]
pub struct Manager(Arc<ManagerHandle>);

struct ManagerHandle(Arc<Shared>);

impl Drop for ManagerHandle {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }
}

/// What handles and the task share.
pub(super) struct Shared {
    pub(super) options: ManagerOptions,
    pub(super) wake: Arc<Notify>,
    members: Mutex<Vec<Arc<Member>>>,
    /// No handle is left.
    gone: AtomicBool,
    /// Whether there is no connection, and none is opened, waited for or being closed.
    idle: watch::Sender<bool>,
}

impl Manager {
    /// A manager without namespaces: nothing is connected before one wants it.
    pub fn builder(url: impl Into<String>) -> super::ManagerBuilder {
        super::ManagerBuilder::new(url.into())
    }

    /// Spawns its task on the current runtime.
    pub(super) fn start(
        options: ManagerOptions,
        engine: EngineOptions,
        dialer: Arc<dyn Dialer>,
    ) -> Result<Self, BuildError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let backoff = options.reconnection.backoff();
        let shared = Arc::new(Shared {
            options,
            wake: Arc::default(),
            members: Mutex::default(),
            gone: AtomicBool::new(false),
            // Until the task has looked at what it is to do.
            idle: watch::Sender::new(false),
        });
        let task = Task {
            shared: Arc::clone(&shared),
            engine: Arc::new(engine),
            dialer,
            backoff,
            link: Link::Idle,
            leaves_by: None,
            closing: FuturesUnordered::new(),
        };
        runtime.spawn(task.run());
        Ok(Self(Arc::new(ManagerHandle(shared))))
    }

    /// Another namespace on this connection.
    pub fn namespace<N: Namespace>(&self) -> NamespaceBuilder<N> {
        NamespaceBuilder::new(self.clone())
    }

    /// Waits until there is no connection and none is tried: all clients have left, the server has been told, and what was emitted before has
    /// been sent, as far as that could be done within 5 seconds. A program that is about to end waits for it, for with its runtime the
    /// connection would break off.
    ///
    /// Cancel safe. A client that is not disconnected keeps it waiting.
    ///
    /// ```no_run
    /// # use sockeye::client::{AnyNamespace, Client};
    /// # async fn example(client: Client<AnyNamespace>) {
    /// client.emit().event("bye", ());
    /// client.disconnect();
    /// client.manager().idle().await;
    /// # }
    /// ```
    pub async fn idle(&self) {
        let mut idle = self.0.0.idle.subscribe();
        // Its sender lives as long as this handle.
        let _ = idle.wait_for(|idle| *idle).await;
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.0
    }
}

impl Shared {
    pub(super) fn add(&self, member: Arc<Member>) -> Result<(), BuildError> {
        let mut members = self.members.lock();
        // One whose last handle has gone makes room for another, even while it says good-bye.
        if members.iter().any(|other| other.path == member.path && !other.is_over()) {
            return Err(BuildError::NamespaceTaken(member.path.to_string()));
        }
        members.push(member);
        Ok(())
    }

    fn members(&self) -> Vec<Arc<Member>> {
        self.members.lock().clone()
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces: Vec<_> = self.shared().members().iter().map(|member| member.path.clone()).collect();
        f.debug_struct("Manager").field("namespaces", &namespaces).finish_non_exhaustive()
    }
}

type Opening = Pin<Box<dyn Future<Output = Result<Session, OpenError>> + Send>>;

enum Link {
    Idle,
    /// Until the next try.
    Waiting(Instant),
    Opening(Opening),
    Open(Box<Connection>),
}

/// What the task woke up for.
enum Event {
    /// Something that it looks at anyway.
    Look,
    Opened(Result<Session, OpenError>),
    /// The connection has something for it, or has ended.
    Ended(Ended),
}

struct Task {
    shared: Arc<Shared>,
    engine: Arc<EngineOptions>,
    dialer: Arc<dyn Dialer>,
    backoff: Backoff,
    link: Link,
    /// By when the connection has to be closed, if it was a client's last.
    leaves_by: Option<Instant>,
    /// Sessions that are being closed in order, each within a deadline.
    closing: FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Nobody is left waiting if the runtime drops the task.
impl Drop for Task {
    fn drop(&mut self) {
        for member in self.shared.members() {
            member.abandoned();
        }
        self.shared.idle.send_replace(true);
    }
}

impl Task {
    async fn run(mut self) {
        loop {
            let now = Instant::now();
            let members = self.tend(now);
            if self.is_over(&members) {
                return;
            }
            let idle = matches!(self.link, Link::Idle) && self.closing.is_empty();
            self.shared.idle.send_if_modified(|was| std::mem::replace(was, idle) != idle);
            let due = self.due(&members);
            match self.wait(&members, due).await {
                Event::Look => {}
                Event::Opened(Ok(session)) => {
                    let connection = Connection::new(session, &self.shared.options, self.engine.outbox_limit);
                    self.link = Link::Open(Box::new(connection));
                }
                Event::Opened(Err(error)) => {
                    self.link = Link::Idle;
                    let error = match error.kind() {
                        OpenErrorKind::Timeout => ConnectError::timed_out(),
                        _ => ConnectError::failed(error),
                    };
                    members.iter().for_each(|member| member.failed(&error));
                    self.try_again(&members, None);
                }
                Event::Ended(ended) => self.ended(&members, ended),
            }
        }
    }

    fn is_over(&self, members: &[Arc<Member>]) -> bool {
        let gone = self.shared.gone.load(Ordering::Acquire);
        gone && members.is_empty() && matches!(self.link, Link::Idle) && self.closing.is_empty()
    }

    /// Looks at what everyone wants, and does what can be done at once. Gives the namespaces that there are.
    fn tend(&mut self, now: Instant) -> Vec<Arc<Member>> {
        for member in self.shared.members() {
            member.tend_linger(now);
        }
        let mut over = Vec::new();
        self.shared.members.lock().retain(|member| {
            let keep = !member.is_over();
            if !keep {
                over.push(Arc::clone(member));
            }
            keep
        });
        for member in over {
            self.leaves_by = self.leaves_by.max(member.leaves_by());
            // What waits in it may be the user's: not under the lock.
            member.socket.close();
        }
        let members = self.shared.members();
        let wanted = members.iter().any(|member| member.is_active());
        if wanted {
            self.leaves_by = None;
        }
        self.tend_link(&members, wanted, now);
        if let Link::Open(connection) = &mut self.link
            && let Some(ended) = connection.tend(&members, now)
        {
            self.ended(&members, ended);
        }
        for member in &members {
            if member.socket.poll_timeout().is_some_and(|due| due <= now.into_std()) {
                member.socket.handle_timeout(now.into_std());
            }
        }
        members
    }

    fn tend_link(&mut self, members: &[Arc<Member>], wanted: bool, now: Instant) {
        match &mut self.link {
            Link::Idle if wanted && has_room(members) => self.open(),
            Link::Waiting(until) if wanted && *until <= now && has_room(members) => self.open(),
            Link::Waiting(_) | Link::Opening(_) if !wanted => {
                self.link = Link::Idle;
                self.backoff.reset();
            }
            Link::Open(_) if !wanted => {
                // All have left, and have been told.
                self.close_link(members);
                self.backoff.reset();
            }
            _ => {}
        }
    }

    fn open(&mut self) {
        self.link = Link::Opening(Box::pin(open(Arc::clone(&self.engine), Arc::clone(&self.dialer))));
    }

    /// Closes an open connection in order; gives nothing to anyone.
    fn close_link(&mut self, members: &[Arc<Member>]) {
        let Link::Open(connection) = std::mem::replace(&mut self.link, Link::Idle) else { return };
        for member in members {
            member.socket.handle_closed();
            member.left();
        }
        self.remember_upgrade(connection.transport());
        if self.closing.len() < MAX_CLOSING {
            let within = self.leaves_by.take().map_or(FAREWELL, |by| by.duration_since(Instant::now()));
            self.closing.push(Box::pin(connection.close(within)));
        }
    }

    fn remember_upgrade(&mut self, transport: Transport) {
        let first = self.shared.options.remember_upgrade && transport == Transport::WebSocket;
        if self.engine.websocket_first != first {
            self.engine = Arc::new(EngineOptions { websocket_first: first, ..(*self.engine).clone() });
        }
    }

    /// The connection has come to its end, or has to.
    fn ended(&mut self, members: &[Arc<Member>], ended: Ended) {
        let Link::Open(connection) = std::mem::replace(&mut self.link, Link::Idle) else { return };
        self.remember_upgrade(connection.transport());
        if connection.has_joined() {
            self.backoff.reset();
        }
        let Ended { reason, error, in_order } = ended;
        tracing::debug!(%reason, %error, "a connection ended");
        for member in members {
            // Waits for answers end first: whoever sees the new state sees that, too.
            member.socket.handle_closed();
            member.lost(reason, &error);
        }
        if in_order && self.closing.len() < MAX_CLOSING {
            self.closing.push(Box::pin(connection.close(FAREWELL)));
        }
        self.try_again(members, Some(reason));
    }

    /// Plans the next try, if there is one.
    fn try_again(&mut self, members: &[Arc<Member>], lost: Option<DisconnectReason>) {
        if !members.iter().any(|member| member.is_active()) {
            self.backoff.reset();
            return;
        }
        let options = &self.shared.options.reconnection;
        match options.next(&mut self.backoff, chance()) {
            Some((attempt, delay)) => {
                members.iter().for_each(|member| member.reconnecting(attempt, delay));
                self.link = Link::Waiting(Instant::now() + delay);
            }
            None => {
                let reason = options.end(lost);
                members.iter().for_each(|member| member.given_up(reason));
                self.backoff.reset();
            }
        }
    }

    /// When something has to be looked at again.
    fn due(&self, members: &[Arc<Member>]) -> Option<Instant> {
        let link = match &self.link {
            // Without room it is the inbox that wakes us.
            Link::Waiting(until) if has_room(members) => Some(*until),
            _ => None,
        };
        let sockets = members.iter().filter_map(|member| member.socket.poll_timeout().map(Instant::from_std));
        // Nobody asks for anything while there is no connection.
        let open = matches!(self.link, Link::Open(_));
        let steps = members.iter().filter_map(|member| member.deadline(open));
        link.into_iter().chain(sockets).chain(steps).min()
    }

    async fn wait(&mut self, members: &[Arc<Member>], due: Option<Instant>) -> Event {
        let Self { shared, link, closing, .. } = self;
        let wire = async {
            match link {
                Link::Opening(opening) => Event::Opened(opening.await),
                Link::Open(connection) => match connection.drive(members).await {
                    Some(ended) => Event::Ended(ended),
                    None => Event::Look,
                },
                Link::Idle | Link::Waiting(_) => pending().await,
            }
        };
        let timer = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = shared.wake.notified() => Event::Look,
            () = timer => Event::Look,
            event = wire => event,
            Some(()) = closing.next(), if !closing.is_empty() => Event::Look,
        }
    }
}

fn has_room(members: &[Arc<Member>]) -> bool {
    !members.iter().any(|member| member.inbox.is_full())
}
