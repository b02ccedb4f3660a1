//! What an application is told of its connection.
//!
//! Knows the user's trait, and the same without its types; not when it is called.

use std::{future::Future, marker::PhantomData, sync::Arc, time::Duration};

use super::{Client, ConnectError, DisconnectReason};
use crate::event::{BoxFuture, DecodeError, Namespace, Panic, Shared, Value};

/// The life of a client in namespace `N`, given with `builder.lifecycle(value)`. All methods have defaults.
///
/// They run in the socket's own task, as handlers do: in the order in which things happened, each polled once before the next one starts;
/// they overlap only where they await. They count among the handlers that may run at once: what should run for as long as the connection
/// does belongs into a task of its own. A panic is caught, and reported to [`panicked`](Self::panicked).
///
/// ```
/// use sockeye::{client::{Client, ClientLifecycle, ConnectError, DisconnectReason}, event::NoEvents, Namespace};
/// # use std::borrow::Cow;
/// # struct Main;
/// # impl Namespace for Main {
/// #     const PATH: &'static str = "/";
/// #     type ClientToServer = NoEvents; type ServerToClient = NoEvents; type ServerToServer = NoEvents;
/// #     type Auth = (); type Session = (); type Data = ();
/// #     fn parse_path(path: &str) -> Option<Self> { (path == "/").then_some(Self) }
/// #     fn path(&self) -> Cow<'static, str> { "/".into() }
/// # }
///
/// struct Log;
///
/// impl ClientLifecycle<Main> for Log {
///     async fn connected(&self, client: Client<Main>) {
///         println!("connected as {:?}, recovered: {}", client.id(), client.recovered());
///     }
///
///     async fn disconnected(&self, _: Client<Main>, reason: DisconnectReason) {
///         println!("disconnected: {reason}");
///     }
///
///     async fn connect_error(&self, _: Client<Main>, error: ConnectError) {
///         eprintln!("{error}");
///     }
/// }
/// ```
pub trait ClientLifecycle<N: Namespace>: Shared {
    /// The server has let the client in, for the first time or again. What was emitted before has been sent.
    fn connected(&self, client: Client<N>) -> impl Future<Output = ()> + Send {
        let _ = client;
        std::future::ready(())
    }

    /// A connection has ended. Whether the client comes back, [`Client::state`] says.
    fn disconnected(&self, client: Client<N>, reason: DisconnectReason) -> impl Future<Output = ()> + Send {
        let _ = (client, reason);
        std::future::ready(())
    }

    /// A try to connect has failed. After a [refusal](ConnectError::is_refusal) there is no other until `connect()` is called. By default it is
    /// logged.
    fn connect_error(&self, client: Client<N>, error: ConnectError) -> impl Future<Output = ()> + Send {
        tracing::warn!(namespace = client.namespace(), %error, "no connection");
        std::future::ready(())
    }

    /// The client is going to try again, for the `attempt`th time, after this delay.
    fn reconnecting(
        &self,
        client: Client<N>,
        attempt: u32,
        delay: Duration,
    ) -> impl Future<Output = ()> + Send {
        let _ = (client, attempt, delay);
        std::future::ready(())
    }

    /// The client has given up: as many tries as `reconnection_attempts` allows have failed.
    fn reconnect_failed(&self, client: Client<N>) -> impl Future<Output = ()> + Send {
        let _ = client;
        std::future::ready(())
    }

    /// An event came whose arguments do not decode; its handler does not run, and the server gets no answer. By default it is logged.
    fn decode_failed(&self, client: &Client<N>, error: &DecodeError) {
        tracing::warn!(namespace = client.namespace(), %error, "an event does not decode");
    }

    /// An event came that the namespace does not know. By default it is passed over, as in JavaScript.
    fn unknown_event(&self, client: &Client<N>, name: &str, args: Vec<Value>) {
        let _ = (client, name, args);
    }

    /// A handler panicked. It has been logged; nothing else is affected.
    fn panicked(&self, client: &Client<N>, panic: &Panic) {
        let _ = (client, panic);
    }
}

/// Who is told nothing, but for what the defaults log.
#[derive(Debug)]
pub(crate) struct Silent;

impl<N: Namespace> ClientLifecycle<N> for Silent {}

impl<N: Namespace, L: ClientLifecycle<N>> ClientLifecycle<N> for Arc<L> {
    fn connected(&self, client: Client<N>) -> impl Future<Output = ()> + Send {
        L::connected(self, client)
    }

    fn disconnected(&self, client: Client<N>, reason: DisconnectReason) -> impl Future<Output = ()> + Send {
        L::disconnected(self, client, reason)
    }

    fn connect_error(&self, client: Client<N>, error: ConnectError) -> impl Future<Output = ()> + Send {
        L::connect_error(self, client, error)
    }

    fn reconnecting(
        &self,
        client: Client<N>,
        attempt: u32,
        delay: Duration,
    ) -> impl Future<Output = ()> + Send {
        L::reconnecting(self, client, attempt, delay)
    }

    fn reconnect_failed(&self, client: Client<N>) -> impl Future<Output = ()> + Send {
        L::reconnect_failed(self, client)
    }

    fn decode_failed(&self, client: &Client<N>, error: &DecodeError) {
        L::decode_failed(self, client, error);
    }

    fn unknown_event(&self, client: &Client<N>, name: &str, args: Vec<Value>) {
        L::unknown_event(self, client, name, args);
    }

    fn panicked(&self, client: &Client<N>, panic: &Panic) {
        L::panicked(self, client, panic);
    }
}

/// Something that happened to a client, to be told.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    Connected,
    Disconnected(DisconnectReason),
    ConnectError(ConnectError),
    Reconnecting { attempt: u32, delay: Duration },
    ReconnectFailed,
}

impl Notice {
    /// The name of the method that is told it.
    pub(crate) const fn method(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected(_) => "disconnected",
            Self::ConnectError(_) => "connect_error",
            Self::Reconnecting { .. } => "reconnecting",
            Self::ReconnectFailed => "reconnect_failed",
        }
    }
}

/// A [`ClientLifecycle`] without its type.
pub(crate) trait ErasedLifecycle<N: Namespace>: Send + Sync {
    fn notice(&self, client: Client<N>, notice: Notice) -> BoxFuture<'static, ()>;
    fn decode_failed(&self, client: &Client<N>, error: &DecodeError);
    fn unknown_event(&self, client: &Client<N>, name: &str, args: Vec<Value>);
    fn panicked(&self, client: &Client<N>, panic: &Panic);
}

pub(crate) struct Erased<N, L> {
    lifecycle: Arc<L>,
    namespace: PhantomData<fn() -> N>,
}

impl<N, L> Erased<N, L> {
    pub(crate) fn new(lifecycle: L) -> Self {
        Self { lifecycle: Arc::new(lifecycle), namespace: PhantomData }
    }
}

impl<N: Namespace, L: ClientLifecycle<N>> ErasedLifecycle<N> for Erased<N, L> {
    fn notice(&self, client: Client<N>, notice: Notice) -> BoxFuture<'static, ()> {
        let lifecycle = Arc::clone(&self.lifecycle);
        Box::pin(async move {
            match notice {
                Notice::Connected => lifecycle.connected(client).await,
                Notice::Disconnected(reason) => lifecycle.disconnected(client, reason).await,
                Notice::ConnectError(error) => lifecycle.connect_error(client, error).await,
                Notice::Reconnecting { attempt, delay } => {
                    lifecycle.reconnecting(client, attempt, delay).await;
                }
                Notice::ReconnectFailed => lifecycle.reconnect_failed(client).await,
            }
        })
    }

    fn decode_failed(&self, client: &Client<N>, error: &DecodeError) {
        self.lifecycle.decode_failed(client, error);
    }

    fn unknown_event(&self, client: &Client<N>, name: &str, args: Vec<Value>) {
        self.lifecycle.unknown_event(client, name, args);
    }

    fn panicked(&self, client: &Client<N>, panic: &Panic) {
        self.lifecycle.panicked(client, panic);
    }
}
