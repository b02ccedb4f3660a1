//! The untyped door: a client of any namespace, whose events have names and values at run time.
//!
//! For tools, gateways, and servers that have no enums to share.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Client;
use crate::event::{
    ArgReader, DecodeError, Dispatch, Dispatched, EmitError, Namespace, NoEvents, Reply, ReplyTo, Shared,
    Untyped, UntypedArgs, Value,
};

/// Whatever namespace a server has: `/`, unless the builder's `at_path` says another. Both directions are untyped, and `auth` is any object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyNamespace {
    path: Cow<'static, str>,
}

impl AnyNamespace {
    /// The namespace with this path; a missing `/` at its front is added, as in JavaScript.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        let path = path.into();
        Self { path: if path.starts_with('/') { path.into() } else { format!("/{path}").into() } }
    }
}

impl Namespace for AnyNamespace {
    const PATH: &'static str = "/";
    type ClientToServer = Untyped;
    type ServerToClient = Untyped;
    type ServerToServer = NoEvents;
    type Auth = serde_json::Value;
    type Session = ();
    type Data = ();

    fn parse_path(path: &str) -> Option<Self> {
        Some(Self::new(path))
    }

    fn path(&self) -> Cow<'static, str> {
        self.path.clone()
    }
}

/// Handles every event of an untyped namespace: `socket.onAny`.
///
/// ```no_run
/// use sockeye::client::{AnyNamespace, Client, UntypedClientEvent, UntypedClientHandler};
///
/// struct Print;
///
/// impl UntypedClientHandler<AnyNamespace> for Print {
///     async fn event(&self, client: Client<AnyNamespace>, event: UntypedClientEvent) {
///         println!("{} {:?}", event.name, event.args);
///         if let Some(ack) = event.ack {
///             // An answer that cannot be sent finds nobody who waits for it.
///             let _ = ack.send(("seen",));
///         }
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::<AnyNamespace>::builder("https://example.org").at_path("/news").connect(Print)?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the events of the untyped namespace `{N}`",
    label = "needs `impl UntypedClientHandler<{N}> for {Self}`",
    note = "write `impl sockeye::client::UntypedClientHandler<{N}> for {Self} {{ async fn event(&self, client: Client<{N}>, event: UntypedClientEvent) {{ … }} }}`"
)]
pub trait UntypedClientHandler<N: Namespace> {
    /// An event came. The order is that of typed handlers.
    fn event(&self, client: Client<N>, event: UntypedClientEvent) -> impl Future<Output = ()> + Send
    where
        Self: Shared;
}

impl<N: Namespace, H: UntypedClientHandler<N> + Shared> UntypedClientHandler<N> for Arc<H> {
    fn event(&self, client: Client<N>, event: UntypedClientEvent) -> impl Future<Output = ()> + Send {
        H::event(self, client, event)
    }
}

/// An event of an untyped namespace.
#[derive(Debug)]
#[non_exhaustive]
pub struct UntypedClientEvent {
    /// Its name.
    pub name: String,
    /// Its arguments; binary ones are [`Value::Binary`]. With connection state recovery on, the last may be the server's offset, as in
    /// JavaScript.
    pub args: Vec<Value>,
    /// Where the answer goes, if the server asked for one.
    pub ack: Option<ClientAckSender>,
}

type SendAnswer = Box<dyn Fn(&dyn UntypedArgs) -> Result<(), EmitError> + Send + Sync>;

/// The acknowledgement callback of an untyped event. It can be kept and used later; the second use is an error, and sends nothing. Dropped, it
/// never answers. It answers on the connection that the event came by: after it has ended, nobody waits any more.
pub struct ClientAckSender {
    id: u64,
    used: AtomicBool,
    send: SendAnswer,
}

impl ClientAckSender {
    /// Sends the answer: a tuple has one argument for each element, a `Vec<Value>` too.
    ///
    /// # Errors
    ///
    /// [`EmitError::AlreadyAnswered`] the second time, [`EmitError::Closed`] if that connection has ended; otherwise as `try_emit()`.
    pub fn send(&self, args: impl UntypedArgs) -> Result<(), EmitError> {
        if self.used.swap(true, Ordering::AcqRel) {
            return Err(EmitError::AlreadyAnswered);
        }
        (self.send)(&args)
    }
}

impl fmt::Debug for ClientAckSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAckSender").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reads an event; `answer` is the connection it came by, and its ack id.
pub(crate) fn untyped_event<N: Namespace>(
    client: &Client<N>,
    name: &str,
    args: &mut ArgReader<'_>,
    answer: Option<(u64, u64)>,
) -> Result<UntypedClientEvent, DecodeError> {
    let args = args.rest()?;
    let ack = answer.map(|(generation, id)| {
        let client = client.clone();
        let send: SendAnswer = Box::new(move |args| {
            let packet = client.member().socket.writer().ack(id, &|writer| args.write(writer))?;
            client.member().socket.try_answer(generation, &packet)
        });
        ClientAckSender { id, used: AtomicBool::new(false), send }
    });
    Ok(UntypedClientEvent { name: name.to_owned(), args, ack })
}

impl<N: Namespace, H: UntypedClientHandler<N>> Dispatch<Client<N>, H> for Untyped {
    fn dispatch(
        handler: &Arc<H>,
        context: Client<N>,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched
    where
        H: Shared,
    {
        let answer = reply.id.map(|id| (context.generation(), id));
        let event = match untyped_event(&context, name, args, answer) {
            Ok(event) => event,
            Err(error) => return Dispatched::Failed { error, answer: None },
        };
        let handler = Arc::clone(handler);
        let future = Box::pin(async move {
            handler.event(context, event).await;
            Reply(None)
        });
        Dispatched::Handler { event: &Self::ANY, future }
    }
}
