//! Namespaces as types.

use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use super::Events;

/// A namespace: its path, the events it carries each way, and what its sockets hold. Implemented by `#[derive(Namespace)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a namespace",
    label = "not a namespace",
    note = "derive it: `#[derive(sockeye::Namespace)] #[namespace(\"/path\", …)] struct {Self};`"
)]
pub trait Namespace: Sized + Send + Sync + 'static {
    /// The path, `/` or `/name`; of a dynamic namespace its pattern, `/room-{id}`.
    const PATH: &'static str;
    /// Whether the path has parameters: there is a namespace for each path that fits.
    const DYNAMIC: bool = false;
    /// Whether each handler of a socket ends before the next one starts.
    const SEQUENTIAL: bool = false;
    /// The events that clients send.
    type ClientToServer;
    /// The events that the server sends.
    type ServerToClient;
    /// The events that the nodes of a cluster send each other.
    type ServerToServer;
    /// What a client must present to connect (`auth` in JavaScript).
    type Auth: DeserializeOwned + Send + 'static;
    /// What `connect` returns and `socket.session()` gives: local to this process.
    type Session: Send + Sync + 'static;
    /// What `socket.data()` gives: seen by other nodes too.
    type Data: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static;

    /// The namespace at this path, its parameters read; `None` if the path does not fit.
    fn parse_path(path: &str) -> Option<Self>;

    /// Its path, the parameters filled in.
    fn path(&self) -> Cow<'static, str>;
}

/// What can be `auth = T`. The three are asked by the derive, in one place each and with a message that says which option is meant.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `auth` of a namespace",
    label = "needs `Deserialize` and `Send`",
    note = "on a type of your own: `#[derive(serde::Deserialize)]`"
)]
pub trait NamespaceAuth {
    const CHECKED: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> NamespaceAuth for T {}

/// What can be `session = T`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `session` of a namespace",
    label = "needs `Send`, `Sync` and `'static`",
    note = "handlers share it over several threads: hold an `Arc` instead of an `Rc`, a `Mutex` or an atomic instead of a `RefCell` or `Cell`"
)]
pub trait NamespaceSession {
    const CHECKED: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> NamespaceSession for T {}

/// What can be `data = T`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `data` of a namespace",
    label = "needs `Serialize`, `Deserialize`, `Default`, `Clone`, `Send` and `Sync`",
    note = "on a type of your own: `#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]`"
)]
pub trait NamespaceData {
    const CHECKED: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> NamespaceData for T {}

/// Namespace `Self` receives the events `E` from its clients.
#[diagnostic::on_unimplemented(
    message = "namespace `{Self}` does not receive the events of `{E}`",
    label = "`{E}` is not a client-to-server event set of `{Self}`",
    note = "name it in the namespace: `#[namespace(\"…\", client_to_server = {E})]`",
    note = "a handler trait's parameter is the namespace: `impl …Handler<Namespace> for …`"
)]
pub trait Receives<E>: Namespace {}

/// The clients of namespace `Self` receive the events `E` from their server: the other end of [`EmittableOn`](super::EmittableOn).
#[diagnostic::on_unimplemented(
    message = "namespace `{Self}` does not send the events of `{E}` to its clients",
    label = "`{E}` is not a server-to-client event set of `{Self}`",
    note = "name it in the namespace: `#[namespace(\"…\", server_to_client = {E})]`",
    note = "a handler trait's parameter is the namespace: `impl …Handler<Namespace> for …`"
)]
pub trait ReceivesFromServer<E>: Namespace {}

/// Namespace `Self` receives the events `E` from the other nodes of its cluster.
#[diagnostic::on_unimplemented(
    message = "namespace `{Self}` does not receive the events of `{E}` from other nodes",
    label = "`{E}` is not a server-to-server event set of `{Self}`",
    note = "name it in the namespace: `#[namespace(\"…\", server_to_server = {E})]`",
    note = "a handler trait's parameter is the namespace: `impl …Handler<Namespace> for …`"
)]
pub trait ReceivesFromNodes<E>: Namespace {}

/// `Self` is a set of events that the nodes of a cluster send each other in namespace `N`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be emitted to the other nodes in namespace `{N}`",
    label = "not a server-to-server event of `{N}`",
    note = "only the events of the enum in `#[namespace(\"…\", server_to_server = …)]` can be"
)]
pub trait EmittableToNodes<N>: Events {}

#[diagnostic::do_not_recommend]
impl<N: ReceivesFromNodes<E>, E: Events> EmittableToNodes<N> for E {}
