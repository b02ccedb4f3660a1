//! The namespaces of a server, and the door through which new sessions come.

mod children;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    ops::Deref,
    sync::{Arc, OnceLock, Weak},
    time::Instant,
};

use children::Children;
use parking_lot::RwLock;
use smallvec::smallvec;

use super::{
    Server, ServerInner,
    ack::NamespaceAcks,
    app::App,
    connection::Connection,
    metrics::NamespaceMetrics,
    namespace::{Limits, NamespaceCore, Namespaces},
    nodes::Nodes,
    observer::Observers,
    recovery::{Memory, Sweeper},
};
use crate::{
    adapter::Local,
    engine::{self, Application, HandshakeRequest, Message, Session},
    event::{PacketWriter, Parser},
    protocol::close::CloseReason,
};

/// A namespace as it was declared.
pub(super) struct Declared {
    pub(super) marker: TypeId,
    /// Its path, or its pattern.
    pub(super) path: &'static str,
    pub(super) dynamic: bool,
    pub(super) parse: fn(&str) -> Option<Box<dyn Any + Send + Sync>>,
    pub(super) app: Arc<dyn App>,
    pub(super) metrics: NamespaceMetrics,
}

/// What all connections of a server share. Made before the engine, which calls it for each session.
pub(super) struct Hub {
    fixed: OnceLock<HashMap<Arc<str>, Arc<NamespaceCore>>>,
    by_type: OnceLock<HashMap<TypeId, Arc<NamespaceCore>>>,
    patterns: OnceLock<Vec<Declared>>,
    /// Dynamic namespaces. Under the lock that of a namespace's recovery may be taken, never the other way.
    children: RwLock<Children>,
    /// Where recovery is on: who sees to it that what is kept is forgotten in time.
    sweeper: Arc<Sweeper>,
    server: OnceLock<Weak<ServerInner>>,
    pub(super) limits: Arc<Limits>,
    pub(super) parser: Parser,
    pub(super) observers: Observers,
    pub(super) nodes: Nodes,
}

/// A connection's place in a namespace. A dynamic one is on the list as long as somebody has one, or may come back to it: a `Socket` that
/// is kept after its end is none.
pub(super) struct Seat {
    core: Arc<NamespaceCore>,
}

impl Deref for Seat {
    type Target = Arc<NamespaceCore>;

    fn deref(&self) -> &Self::Target {
        &self.core
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(hub) = self.core.listed.as_ref().and_then(Weak::upgrade) {
            hub.leave(&self.core.path);
        }
    }
}

impl Hub {
    pub(super) fn new(limits: Arc<Limits>, parser: Parser, observers: Observers) -> Self {
        let max_vacant = limits.recovery.map_or(0, |recovery| recovery.max_sessions);
        Self {
            fixed: OnceLock::new(),
            by_type: OnceLock::new(),
            patterns: OnceLock::new(),
            children: RwLock::new(Children::new(max_vacant)),
            sweeper: Arc::default(),
            server: OnceLock::new(),
            nodes: Nodes::new(limits.max_handlers),
            limits,
            parser,
            observers,
        }
    }

    /// Sets the namespaces, once; they need the server, which needs the engine, which needs this.
    pub(super) fn fill(self: &Arc<Self>, declared: Vec<Declared>, server: Weak<ServerInner>) {
        let _ = self.server.set(server);
        self.sweeper.watch(Arc::downgrade(self));
        let (patterns, fixed): (Vec<_>, Vec<_>) = declared.into_iter().partition(|declared| declared.dynamic);
        let fixed = fixed.iter().filter_map(|declared| {
            let core = self.make(declared, declared.path)?;
            Some((Arc::clone(&core.path), core))
        });
        let fixed: HashMap<_, _> = fixed.collect();
        let _ = self.by_type.set(fixed.values().map(|core| (core.marker, Arc::clone(core))).collect());
        let _ = self.fixed.set(fixed);
        let _ = self.patterns.set(patterns);
    }

    /// The namespace at this path if `declared` has it.
    fn make(self: &Arc<Self>, declared: &Declared, path: &str) -> Option<Arc<NamespaceCore>> {
        let params = (declared.parse)(path)?;
        let path: Arc<str> = path.into();
        Some(Arc::new(NamespaceCore {
            writer: PacketWriter::new(Arc::clone(&path), self.parser),
            path,
            local: Local::counted(declared.metrics.rooms(), declared.metrics.sockets()),
            metrics: declared.metrics.clone(),
            acks: NamespaceAcks::default(),
            app: Arc::clone(&declared.app),
            observers: self.observers.clone(),
            limits: Arc::clone(&self.limits),
            memory: self
                .limits
                .recovery
                .map(|options| Arc::new(Memory::new(options, Arc::clone(&self.sweeper)))),
            marker: declared.marker,
            params,
            listed: declared.dynamic.then(|| Arc::downgrade(self)),
        }))
    }

    /// The namespace at this path, if it is there.
    pub(super) fn namespace(&self, path: &str) -> Option<Arc<NamespaceCore>> {
        let fixed = self.fixed.get().and_then(|fixed| fixed.get(path));
        fixed.cloned().or_else(|| self.children.read().get(path).cloned())
    }

    /// The namespace at this path for somebody who joins: a dynamic one is made if it is not there.
    pub(super) fn join(self: &Arc<Self>, path: &str) -> Option<Seat> {
        if let Some(fixed) = self.fixed.get().and_then(|fixed| fixed.get(path)) {
            return Some(Seat { core: Arc::clone(fixed) });
        }
        if let Some(core) = self.children.write().sit(path) {
            return Some(Seat { core });
        }
        let made = self.patterns.get()?.iter().find_map(|declared| self.make(declared, path))?;
        let mut children = self.children.write();
        let core = children.sit(path).unwrap_or_else(|| {
            children.insert(Arc::clone(&made));
            Arc::clone(&made)
        });
        // If somebody was faster, what was made goes when the lock is free: it holds what is the user's.
        drop(children);
        Some(Seat { core })
    }

    /// Takes a dynamic namespace off the list when the last one has left, unless somebody may come back to it.
    fn leave(&self, path: &str) {
        let gone = self.children.write().leave(path);
        drop(gone);
    }

    /// Forgets who has been away and what has been kept for too long. Says when to look again; `None` if nothing is kept.
    pub(super) fn sweep(&self, now: Instant) -> Option<Instant> {
        let memories = self.namespaces().into_iter().filter_map(|core| core.memory.clone());
        let next = memories.filter_map(|memory| memory.sweep(now)).min();
        let gone = self.children.write().prune();
        drop(gone);
        next
    }

    /// The server shuts down: nobody comes back, and nothing is kept any more.
    pub(super) fn forget(&self) {
        self.sweeper.end();
        for memory in self.namespaces().iter().filter_map(|core| core.memory.as_ref()) {
            memory.clear();
        }
        let gone = self.children.write().prune();
        drop(gone);
    }

    /// All namespaces of a type that are there: one for a fixed path, one for each path in use for a pattern; `None` if the server was
    /// built without the type.
    pub(super) fn namespaces_of(&self, marker: TypeId) -> Option<Namespaces> {
        if let Some(core) = self.by_type.get()?.get(&marker) {
            return Some(smallvec![Arc::clone(core)]);
        }
        self.patterns.get()?.iter().find(|declared| declared.marker == marker)?;
        let children = self.children.read();
        Some(children.iter().filter(|core| core.marker == marker).cloned().collect())
    }

    pub(super) fn namespaces(&self) -> Vec<Arc<NamespaceCore>> {
        let fixed = self.fixed.get().into_iter().flat_map(HashMap::values).cloned();
        let children = self.children.read();
        fixed.chain(children.iter().cloned()).collect()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.sweeper.end();
    }
}

/// What the engine is given: it makes a connection of each new session.
pub(super) struct Door(pub(super) Arc<Hub>);

impl Application for Door {
    fn open(&self, session: &Session, request: Arc<HandshakeRequest>) -> Box<dyn engine::Connection> {
        match self.0.server.get().and_then(Weak::upgrade) {
            // A connection keeps its server alive; the server keeps no connection.
            Some(server) => Box::new(Connection::new(Server(server), session.clone(), request)),
            None => {
                session.close(CloseReason::ServerShuttingDown);
                Box::new(Orphan)
            }
        }
    }
}

/// A session of an engine whose server was dropped.
struct Orphan;

impl engine::Connection for Orphan {
    fn message(&mut self, _: Message) {}
    fn closed(&mut self, _: CloseReason) {}
}

#[cfg(test)]
pub(super) mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::server::{ConnectError, Handshake, Lifecycle, Socket, UntypedEvent, UntypedHandler};

    macro_rules! namespace {
        ($name:ident, $prefix:literal) => {
            pub(in crate::server) struct $name;
            impl crate::event::Namespace for $name {
                const PATH: &'static str = $prefix;
                const DYNAMIC: bool = true;
                type ClientToServer = crate::event::Untyped;
                type ServerToClient = crate::event::Untyped;
                type ServerToServer = crate::event::NoEvents;
                type Auth = ();
                type Session = ();
                type Data = ();
                fn parse_path(path: &str) -> Option<Self> {
                    path.starts_with($prefix).then_some(Self)
                }
                fn path(&self) -> std::borrow::Cow<'static, str> {
                    $prefix.into()
                }
            }
            impl Lifecycle<$name> for App {
                async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
                    Ok(())
                }
            }
            impl UntypedHandler<$name> for App {
                async fn event(&self, _: Socket<$name>, _: UntypedEvent) {}
            }
        };
    }

    pub(in crate::server) struct App;
    namespace!(Ours, "/ours-");
    namespace!(Theirs, "/theirs-");

    #[test]
    fn looking_for_namespaces_while_others_come_and_go_blocks_nobody() {
        let io = Server::builder().namespace::<Ours>(App).namespace::<Theirs>(App).build();
        let (done, ended) = mpsc::channel();
        for looks in [true, true, false] {
            let (hub, done) = (Arc::clone(&io.0.hub), done.clone());
            std::thread::spawn(move || {
                for _ in 0..100_000 {
                    if looks {
                        drop(hub.namespaces_of(TypeId::of::<Ours>()));
                    } else {
                        drop(hub.join("/theirs-1"));
                    }
                }
                let _ = done.send(());
            });
        }
        for _ in 0..3 {
            ended
                .recv_timeout(Duration::from_secs(20))
                .expect("a thread waits for a lock that it holds itself");
        }
        assert!(io.0.hub.children.read().is_empty());
    }
}
