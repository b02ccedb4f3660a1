//! Namespaces as types.

use serde::{Serialize, de::DeserializeOwned};

use super::ClientToServer;

/// A namespace: its path, the events it carries each way, and what its sockets hold. Implemented by `#[derive(Namespace)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a namespace",
    label = "not a namespace",
    note = "derive it: `#[derive(sockeye::Namespace)] #[namespace(\"/path\", …)] struct {Self};`"
)]
pub trait Namespace: Sized + Send + Sync + 'static {
    /// The path, `/` or `/name`.
    const PATH: &'static str;
    /// Whether each handler of a socket ends before the next one starts.
    const SEQUENTIAL: bool = false;
    /// The events that clients send.
    type ClientToServer;
    /// The events that the server sends.
    type ServerToClient;
    /// What a client must present to connect (`auth` in JavaScript).
    type Auth: DeserializeOwned + Send + 'static;
    /// What `connect` returns and `socket.session()` gives: local to this process.
    type Session: Send + Sync + 'static;
    /// What `socket.data()` gives: seen by other nodes too.
    type Data: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static;
}

/// Namespace `Self` receives the events `E` from its clients.
#[diagnostic::on_unimplemented(
    message = "namespace `{Self}` does not receive the events of `{E}`",
    label = "`{E}` is not a client-to-server event set of `{Self}`",
    note = "name it in the namespace: `#[namespace(\"…\", client_to_server = {E})]`"
)]
pub trait Receives<E: ClientToServer>: Namespace {}
