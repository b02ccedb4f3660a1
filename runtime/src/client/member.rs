//! One namespace of a manager: what its user wants, how far it has come, and what is told of it.
//!
//! Written to by handles from any thread and by the manager's task. Decides nothing about the connection. No lock is held here while the
//! socket below is called: what that drops may be the user's.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    ConnectError, DisconnectReason, State,
    backoff::{Backoff, chance},
    handlers::AuthResult,
    inbox::{Inbox, Item},
    lifecycle::Notice,
    options::Reconnection,
    socket::SocketShared,
};

/// Where a socket's `auth` comes from.
pub(crate) enum AuthSource {
    /// It is there; `None` for none at all.
    Value(Option<Box<RawValue>>),
    /// The user is asked, in the socket's task.
    Asked,
}

/// How far a namespace has come on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Apart,
    /// Waits for the user's `auth`.
    Asking {
        ticket: u64,
        deadline: Instant,
    },
    /// The user's `auth` was not to be had; asked again later.
    Resting {
        until: Instant,
    },
    /// CONNECT was sent, and not answered yet.
    Joining {
        deadline: Instant,
    },
    Joined,
}

struct Control {
    wanted: bool,
    /// Nobody holds the client any more.
    gone: bool,
    /// After the last handle went: by when all of it has to be over.
    leaves_by: Option<Instant>,
    /// What was emitted is still being sent until then.
    lingers: Option<Instant>,
    phase: Phase,
    tickets: u64,
    auth: Option<AuthResult>,
    malformed: Option<u64>,
    backoff: Backoff,
    error: Option<ConnectError>,
}

/// A namespace of a manager.
pub(crate) struct Member {
    pub(crate) path: Arc<str>,
    pub(crate) socket: Arc<SocketShared>,
    pub(crate) inbox: Arc<Inbox>,
    auth: AuthSource,
    reconnection: Reconnection,
    state: watch::Sender<State>,
    control: Mutex<Control>,
    wake: Arc<Notify>,
}

/// What the manager's task is to do for a namespace on an open connection.
pub(crate) enum Todo {
    Nothing,
    /// Send CONNECT with this `auth`.
    Join(Option<Box<RawValue>>),
    /// The server has not answered CONNECT in time.
    Late,
}

impl Member {
    pub(crate) fn new(
        path: Arc<str>,
        socket: Arc<SocketShared>,
        inbox: Arc<Inbox>,
        auth: AuthSource,
        reconnection: Reconnection,
        wake: Arc<Notify>,
    ) -> Self {
        let control = Control {
            wanted: false,
            gone: false,
            leaves_by: None,
            lingers: None,
            phase: Phase::Apart,
            tickets: 0,
            auth: None,
            malformed: None,
            backoff: reconnection.backoff(),
            error: None,
        };
        Self {
            path,
            socket,
            inbox,
            auth,
            reconnection,
            state: watch::Sender::new(State::Closed(DisconnectReason::NotConnected)),
            control: Mutex::new(control),
            wake,
        }
    }

    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn error(&self) -> Option<ConnectError> {
        self.control.lock().error.clone()
    }

    fn set(&self, state: State) {
        self.state.send_if_modified(|old| std::mem::replace(old, state) != state);
        if state.is_closed() {
            self.inbox.wake_puller();
        }
    }

    pub(crate) fn tell(&self, notice: Notice) {
        self.inbox.push(Item::Notice(notice));
    }

    // What users do.

    pub(crate) fn connect(&self) {
        let mut control = self.control.lock();
        if control.wanted || control.gone {
            return;
        }
        control.wanted = true;
        control.error = None;
        control.backoff.reset();
        self.set(State::Connecting);
        drop(control);
        self.wake.notify_one();
    }

    pub(crate) fn disconnect(&self) {
        self.socket.disconnect();
        let mut control = self.control.lock();
        if !std::mem::replace(&mut control.wanted, false) {
            return;
        }
        let joined = control.phase == Phase::Joined;
        // An answer to CONNECT that is under way is waited for: a second CONNECT before it breaks the rules.
        if !matches!(control.phase, Phase::Joining { .. }) {
            control.phase = Phase::Apart;
        }
        self.set(State::Closed(DisconnectReason::ClientDisconnect));
        if joined {
            self.tell(Notice::Disconnected(DisconnectReason::ClientDisconnect));
        }
        drop(control);
        self.wake.notify_one();
    }

    /// The last handle has gone.
    pub(crate) fn leave(&self, linger: Duration) {
        self.inbox.end();
        let waits = self.socket.unsent_bytes() > 0 && matches!(self.auth, AuthSource::Value(_));
        {
            let mut control = self.control.lock();
            control.gone = true;
            let by = Instant::now() + linger;
            control.leaves_by = Some(by);
            if control.wanted && waits && !self.state().is_closed() {
                control.lingers = Some(by);
                drop(control);
                return self.wake.notify_one();
            }
        }
        self.disconnect();
        self.wake.notify_one();
    }

    // What the socket's task says.

    pub(crate) fn authenticated(&self, ticket: u64, auth: AuthResult) {
        let mut control = self.control.lock();
        if matches!(control.phase, Phase::Asking { ticket: asked, .. } if asked == ticket) {
            control.auth = Some(auth);
            drop(control);
            self.wake.notify_one();
        }
    }

    pub(crate) fn malformed(&self, generation: u64) {
        self.control.lock().malformed = Some(generation);
        self.wake.notify_one();
    }

    // What the manager's task does.

    /// Whether its user wants a connection, or what the user left behind does.
    pub(crate) fn is_active(&self) -> bool {
        self.control.lock().wanted
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_over(&self) -> bool {
        let control = self.control.lock();
        // The answer to a CONNECT that is under way has to be answered by a DISCONNECT.
        control.gone && !control.wanted && !matches!(control.phase, Phase::Joining { .. })
    }

    /// By when it has to be gone.
    pub(crate) fn leaves_by(&self) -> Option<Instant> {
        self.control.lock().leaves_by
    }

    pub(crate) fn is_joined(&self) -> bool {
        self.control.lock().phase == Phase::Joined
    }

    /// Ends the lingering if all is sent, or it has taken too long.
    pub(crate) fn tend_linger(&self, now: Instant) {
        let Some(until) = self.control.lock().lingers else { return };
        if now >= until || self.socket.unsent_bytes() == 0 {
            self.disconnect();
        }
    }

    pub(crate) fn take_malformed(&self) -> bool {
        let malformed = self.control.lock().malformed.take();
        malformed.is_some_and(|generation| self.socket.generation() == generation)
    }

    /// When it has to be looked at; while there is no connection, only for its lingering.
    pub(crate) fn deadline(&self, open: bool) -> Option<Instant> {
        let control = self.control.lock();
        let phase = match control.phase {
            _ if !open => None,
            Phase::Asking { deadline, .. } | Phase::Joining { deadline } => Some(deadline),
            Phase::Resting { until } => Some(until),
            Phase::Apart | Phase::Joined => None,
        };
        [phase, control.lingers].into_iter().flatten().min()
    }

    /// What is to be done on a connection that is open. `patience` is how long each step may take.
    pub(crate) fn step(&self, now: Instant, patience: Duration) -> Todo {
        let mut control = self.control.lock();
        if !control.wanted {
            return match control.phase {
                Phase::Joining { deadline } if deadline <= now => Todo::Late,
                _ => Todo::Nothing,
            };
        }
        match control.phase {
            Phase::Joined => Todo::Nothing,
            Phase::Joining { deadline } if deadline <= now => {
                control.phase = Phase::Joining { deadline: now + patience };
                Todo::Late
            }
            Phase::Joining { .. } => Todo::Nothing,
            Phase::Resting { until } if until > now => Todo::Nothing,
            Phase::Apart | Phase::Resting { .. } => match &self.auth {
                AuthSource::Value(auth) => {
                    control.phase = Phase::Joining { deadline: now + patience };
                    Todo::Join(auth.clone())
                }
                AuthSource::Asked => {
                    control.tickets += 1;
                    let ticket = control.tickets;
                    control.auth = None;
                    control.phase = Phase::Asking { ticket, deadline: now + patience };
                    self.inbox.ask_auth(ticket);
                    Todo::Nothing
                }
            },
            Phase::Asking { deadline, .. } => match control.auth.take() {
                Some(Ok(auth)) => {
                    control.phase = Phase::Joining { deadline: now + patience };
                    Todo::Join(auth)
                }
                Some(Err(error)) => {
                    self.rest(&mut control, now, ConnectError::auth(error));
                    Todo::Nothing
                }
                None if deadline <= now => {
                    self.rest(&mut control, now, ConnectError::timed_out());
                    Todo::Nothing
                }
                None => Todo::Nothing,
            },
        }
    }

    /// The user's `auth` is none that can be sent.
    pub(crate) fn no_auth(&self, now: Instant, error: Box<dyn std::error::Error + Send + Sync>) {
        self.rest(&mut self.control.lock(), now, ConnectError::auth(error));
    }

    /// Another try for this namespace alone.
    fn rest(&self, control: &mut Control, now: Instant, error: ConnectError) {
        control.error = Some(error.clone());
        control.phase = Phase::Apart;
        self.tell(Notice::ConnectError(error));
        match self.reconnection.next(&mut control.backoff, chance()) {
            Some((attempt, delay)) => {
                control.phase = Phase::Resting { until: now + delay };
                self.set(State::Reconnecting { attempt, delay });
                self.tell(Notice::Reconnecting { attempt, delay });
            }
            None => self.give_up(control),
        }
    }

    fn give_up(&self, control: &mut Control) {
        control.wanted = false;
        control.phase = Phase::Apart;
        self.set(State::Closed(DisconnectReason::ReconnectFailed));
        if self.reconnection.is_on() {
            self.tell(Notice::ReconnectFailed);
        }
    }

    /// The server has let it in. `false` if the user has left meanwhile.
    pub(crate) fn joined(&self, recovered: bool) -> bool {
        let mut control = self.control.lock();
        // Asked under the lock, or the user could leave and come back in between. It drops nothing.
        if !control.wanted || self.socket.id().is_none() {
            control.phase = Phase::Apart;
            drop(control);
            // Who left just before CONNECT was sent could not say so.
            self.socket.disconnect();
            return false;
        }
        control.phase = Phase::Joined;
        control.error = None;
        control.backoff.reset();
        self.set(State::Connected { recovered });
        self.tell(Notice::Connected);
        true
    }

    /// What the server said to CONNECT was not for this user any more.
    pub(crate) fn left(&self) {
        let mut control = self.control.lock();
        // A server can say it to one that has joined, too, and that changes nothing.
        if matches!(control.phase, Phase::Joining { .. }) {
            control.phase = Phase::Apart;
        }
    }

    /// The server does not let it in.
    pub(crate) fn refused(&self, error: ConnectError) {
        let mut control = self.control.lock();
        control.phase = Phase::Apart;
        if std::mem::replace(&mut control.wanted, false) {
            control.error = Some(error.clone());
            self.set(State::Closed(DisconnectReason::Refused));
            self.tell(Notice::ConnectError(error));
        }
    }

    /// The server has put it out: one that has joined.
    pub(crate) fn put_out(&self) {
        let mut control = self.control.lock();
        control.phase = Phase::Apart;
        if std::mem::replace(&mut control.wanted, false) {
            self.set(State::Closed(DisconnectReason::ServerDisconnect));
            self.tell(Notice::Disconnected(DisconnectReason::ServerDisconnect));
        }
    }

    /// A try has failed, or this namespace was not let in in time.
    pub(crate) fn failed(&self, error: &ConnectError) {
        let mut control = self.control.lock();
        if control.wanted {
            control.error = Some(error.clone());
            self.tell(Notice::ConnectError(error.clone()));
        }
    }

    /// The connection has ended.
    pub(crate) fn lost(&self, reason: DisconnectReason, error: &ConnectError) {
        let mut control = self.control.lock();
        let phase = std::mem::replace(&mut control.phase, Phase::Apart);
        control.auth = None;
        if !control.wanted {
            return;
        }
        if phase == Phase::Joined {
            self.tell(Notice::Disconnected(reason));
        } else {
            control.error = Some(error.clone());
            self.tell(Notice::ConnectError(error.clone()));
        }
    }

    pub(crate) fn reconnecting(&self, attempt: u32, delay: Duration) {
        let control = self.control.lock();
        if control.wanted {
            self.set(State::Reconnecting { attempt, delay });
            self.tell(Notice::Reconnecting { attempt, delay });
        }
    }

    /// There will be no other try.
    pub(crate) fn given_up(&self, reason: DisconnectReason) {
        let mut control = self.control.lock();
        if !control.wanted {
            return;
        }
        if reason == DisconnectReason::ReconnectFailed {
            self.give_up(&mut control);
        } else {
            control.wanted = false;
            control.phase = Phase::Apart;
            self.set(State::Closed(reason));
        }
    }

    /// The manager's task has ended, whatever for.
    pub(crate) fn abandoned(&self) {
        let mut control = self.control.lock();
        if std::mem::replace(&mut control.wanted, false) {
            self.set(State::Closed(DisconnectReason::TransportError));
        }
        control.gone = true;
        drop(control);
        // Nobody else would end the waits for answers and for room.
        self.socket.close();
        self.inbox.end();
    }
}

#[cfg(test)]
#[path = "member_tests.rs"]
mod tests;
