//! The untyped door: one handler for all events of a namespace, by name.
//!
//! For gateways, and for moving a JavaScript application over piece by piece.

use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{EmitError, Socket, core::SocketCore};
use crate::event::{
    ArgReader, Dispatch, Dispatched, Namespace, Reply, ReplyTo, Shared, Untyped, UntypedArgs, Value,
};

/// Handles every event of an untyped namespace: `socket.onAny`.
///
/// ```
/// use sockeye::{prelude::*, testing::TestClient};
///
/// #[derive(Namespace)]
/// #[namespace("/legacy", untyped)]
/// struct Legacy;
///
/// struct Gateway;
///
/// impl Lifecycle<Legacy> for Gateway {
///     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// }
///
/// impl UntypedHandler<Legacy> for Gateway {
///     async fn event(&self, socket: Socket<Legacy>, event: UntypedEvent) {
///         socket.emit().event("heard", (&event.name, event.args.len()));
///         if let Some(ack) = event.ack {
///             // An answer that cannot be sent finds nobody who waits for it.
///             let _ = ack.send(("done",));
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let io = Server::builder().namespace::<Legacy>(Gateway).build();
/// let client = TestClient::<Legacy>::connect(&io, ()).await?;
/// assert_eq!(client.emit().event_with_ack("anything", (1, "two")).await?, [Value::from("done")]);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the events of the untyped namespace `{N}`",
    label = "needs `impl UntypedHandler<{N}> for {Self}`",
    note = "write `impl sockeye::server::UntypedHandler<{N}> for {Self} {{ async fn event(&self, socket: Socket<{N}>, event: UntypedEvent) {{ … }} }}`"
)]
pub trait UntypedHandler<N: Namespace> {
    /// An event came. Middleware has let it pass; the order is that of typed handlers.
    fn event(&self, socket: Socket<N>, event: UntypedEvent) -> impl Future<Output = ()> + Send
    where
        Self: Shared;
}

impl<N: Namespace, H: UntypedHandler<N> + Shared> UntypedHandler<N> for Arc<H> {
    fn event(&self, socket: Socket<N>, event: UntypedEvent) -> impl Future<Output = ()> + Send {
        H::event(self, socket, event)
    }
}

/// An event of an untyped namespace.
#[derive(Debug)]
#[non_exhaustive]
pub struct UntypedEvent {
    /// Its name.
    pub name: String,
    /// Its arguments; binary ones are [`Value::Binary`].
    pub args: Vec<Value>,
    /// Where the answer goes, if the client asked for one.
    pub ack: Option<AckSender>,
}

/// The acknowledgement callback of an untyped event. It can be kept and used later. The second use is an
/// error, and sends nothing; JavaScript passes it over in silence. Dropped, it never answers.
pub struct AckSender {
    socket: Arc<SocketCore>,
    id: u64,
    used: AtomicBool,
}

impl AckSender {
    /// Sends the answer: a tuple has one argument for each element, a `Vec<Value>` too.
    ///
    /// # Errors
    ///
    /// [`EmitError::AlreadyAnswered`] the second time; otherwise as `try_emit()`.
    pub fn send(&self, args: impl UntypedArgs) -> Result<(), EmitError> {
        if self.used.swap(true, Ordering::AcqRel) {
            return Err(EmitError::AlreadyAnswered);
        }
        let packet = self.socket.namespace.writer.ack(self.id, &|writer| args.write(writer))?;
        self.socket.push(packet, false)
    }
}

impl fmt::Debug for AckSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AckSender").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<N: Namespace, H: UntypedHandler<N>> Dispatch<Socket<N>, H> for Untyped {
    fn dispatch(
        handler: &Arc<H>,
        context: Socket<N>,
        name: &str,
        args: &mut ArgReader<'_>,
        reply: ReplyTo,
    ) -> Dispatched
    where
        H: Shared,
    {
        let args = match args.rest() {
            Ok(args) => args,
            Err(error) => return Dispatched::Failed { error, answer: None },
        };
        let ack = reply.id.map(|id| AckSender {
            socket: Arc::clone(&context.core),
            id,
            used: AtomicBool::new(false),
        });
        let event = UntypedEvent { name: name.to_owned(), args, ack };
        let handler = Arc::clone(handler);
        let future = Box::pin(async move {
            handler.event(context, event).await;
            Reply(None)
        });
        Dispatched::Handler { event: &Self::ANY, future }
    }
}
