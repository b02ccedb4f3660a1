//! The namespaces of a server, and the door through which new sessions come.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
};

use super::{
    Server, ServerInner,
    connection::Connection,
    namespace::{Limits, NamespaceCore},
};
use crate::{
    engine::{self, Application, HandshakeRequest, Message, Session},
    event::Parser,
    protocol::close::CloseReason,
};

/// What all connections of a server share. Made before the engine, which calls it for each session.
pub(super) struct Hub {
    by_path: OnceLock<HashMap<Arc<str>, Arc<NamespaceCore>>>,
    by_type: OnceLock<HashMap<TypeId, Arc<NamespaceCore>>>,
    server: OnceLock<Weak<ServerInner>>,
    pub(super) limits: Arc<Limits>,
    pub(super) parser: Parser,
}

impl Hub {
    pub(super) fn new(limits: Arc<Limits>, parser: Parser) -> Self {
        Self { by_path: OnceLock::new(), by_type: OnceLock::new(), server: OnceLock::new(), limits, parser }
    }

    /// Sets the namespaces, once; they need the server, which needs the engine, which needs this.
    pub(super) fn fill(
        &self,
        namespaces: impl Iterator<Item = (TypeId, Arc<NamespaceCore>)>,
        server: Weak<ServerInner>,
    ) {
        let _ = self.server.set(server);
        let by_type: HashMap<_, _> = namespaces.collect();
        let by_path = by_type.values().map(|core| (Arc::clone(&core.path), Arc::clone(core))).collect();
        let _ = self.by_path.set(by_path);
        let _ = self.by_type.set(by_type);
    }

    pub(super) fn namespace(&self, path: &str) -> Option<Arc<NamespaceCore>> {
        self.by_path.get()?.get(path).cloned()
    }

    pub(super) fn namespace_of(&self, marker: TypeId) -> Option<Arc<NamespaceCore>> {
        self.by_type.get()?.get(&marker).cloned()
    }

    pub(super) fn namespaces(&self) -> impl Iterator<Item = &Arc<NamespaceCore>> {
        self.by_path.get().into_iter().flat_map(HashMap::values)
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
