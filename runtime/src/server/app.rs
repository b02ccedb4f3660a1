//! The application of a namespace: once with its types, and once without them for the connection.
//!
//! Everything generic of the server's path from packet to handler is here, so that the rest is compiled once.

use std::{
    any::TypeId,
    marker::PhantomData,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use smallvec::smallvec;
use tokio::time::Instant;

use super::{
    Broadcast, ConnectError, EventOutcome, FailureAction, Handshake, IncomingEvent, Lifecycle, Panic,
    Refused, Server, Socket,
    core::{Belongings, DataOf, SocketCore},
    metrics::{NamespaceMetrics, RefusedBy, Timing},
    middleware::ErasedMiddleware,
    namespace::NamespaceCore,
    recovery::Claimed,
    running::Kept,
    span,
};
use crate::{
    adapter::Target,
    engine::HandshakeRequest,
    event::{
        ArgReader, BoxFuture, DecodeError, DecodeErrorKind, Dispatched, EventDef, GuardRefusal, HandlesAll,
        Namespace, Reply, ReplyTo, in_short, read_payload,
    },
    id::SocketId,
    protocol::{close::CloseReason, socket_io::packet::Payload},
};

/// A client that wants to join.
pub(super) struct Joining {
    pub(super) auth: Option<Payload>,
    pub(super) request: Arc<HandshakeRequest>,
    pub(super) namespace: Arc<str>,
    pub(super) socket_id: SocketId,
    pub(super) metrics: NamespaceMetrics,
}

/// What a socket that may join is made of.
pub(super) enum Admission {
    /// What `connect` has made.
    New(Belongings),
    /// A socket that comes back.
    Again(Box<Claimed>),
}

/// What a piece of user code ended with.
pub(super) enum Outcome {
    /// Nothing more to do, but for this answer.
    Reply(Reply),
    /// The peer is to be closed for what it sent.
    Close(CloseReason),
}

impl Outcome {
    pub(super) const DONE: Self = Self::Reply(Reply(None));
}

/// What an event leads to.
pub(super) enum Step {
    /// It needed no handler, or must not have one.
    Done(Outcome, EventOutcome),
    /// A handler, and its name for the logs.
    Run(&'static str, Timing, BoxFuture<'static, Reply>),
    /// Something that may refuse, then perhaps a handler; with a name for the logs.
    Checked(&'static str, Timing, BoxFuture<'static, (Outcome, EventOutcome)>),
}

/// What dispatching leads to.
enum Found {
    /// No handler.
    Nothing(Outcome, EventOutcome),
    /// A handler, and its event.
    Handler(&'static EventDef, BoxFuture<'static, Reply>),
    /// The same behind a guard.
    Guarded(&'static EventDef, BoxFuture<'static, Result<Reply, Box<GuardRefusal>>>),
}

/// An application without its types.
pub(super) trait App: Send + Sync {
    /// Tells of the events that clients may send.
    fn each_event(&self, tell: &mut dyn FnMut(&'static EventDef));
    fn sequential(&self) -> bool;
    fn connect(&self, joining: Joining) -> BoxFuture<'static, Result<Admission, ConnectError>>;
    /// Only the middleware, for a socket that comes back.
    fn check(&self, joining: Joining) -> BoxFuture<'static, Result<(), ConnectError>>;
    fn connected(&self, socket: Arc<SocketCore>) -> BoxFuture<'static, Reply>;
    fn event(&self, socket: &Arc<SocketCore>, event: IncomingEvent) -> Step;
    fn disconnected(&self, socket: Arc<SocketCore>, reason: CloseReason) -> BoxFuture<'static, Reply>;
    fn panicked(&self, socket: &Arc<SocketCore>, panic: &Panic);
    /// What another node has sent.
    fn node_event(
        &self,
        server: Server,
        namespace: Arc<NamespaceCore>,
        event: &Payload,
        reply: ReplyTo,
    ) -> Dispatched;
}

pub(super) struct Typed<N: Namespace, A> {
    app: Arc<A>,
    middleware: Arc<[Arc<dyn ErasedMiddleware<N>>]>,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace, A> Typed<N, A> {
    pub(super) fn new(app: A, middleware: Vec<Arc<dyn ErasedMiddleware<N>>>) -> Self {
        Self { app: Arc::new(app), middleware: middleware.into(), namespace: PhantomData }
    }
}

impl<N, A> App for Typed<N, A>
where
    N: Namespace,
    A: Lifecycle<N>
        + HandlesAll<N, N::ClientToServer, Socket<N>>
        + HandlesAll<N, N::ServerToServer, Broadcast<N>>,
{
    fn each_event(&self, tell: &mut dyn FnMut(&'static EventDef)) {
        <A as HandlesAll<N, N::ClientToServer, Socket<N>>>::each_event(tell);
    }

    fn sequential(&self) -> bool {
        N::SEQUENTIAL
    }

    fn connect(&self, joining: Joining) -> BoxFuture<'static, Result<Admission, ConnectError>> {
        let (app, middleware) = (Arc::clone(&self.app), Arc::clone(&self.middleware));
        Box::pin(async move {
            let metrics = joining.metrics.clone();
            let handshake = checked::<N>(joining, &middleware).await?;
            let session: N::Session =
                app.connect(handshake).await.inspect_err(|_| metrics.connect_refused(RefusedBy::Connect))?;
            Ok(Admission::New(Belongings {
                session: Kept::new(Box::new(session)),
                data: Mutex::new(Kept::new(Box::new(DataOf::<N>(N::Data::default())))),
            }))
        })
    }

    fn check(&self, joining: Joining) -> BoxFuture<'static, Result<(), ConnectError>> {
        let middleware = Arc::clone(&self.middleware);
        Box::pin(async move { checked::<N>(joining, &middleware).await.map(drop) })
    }

    fn connected(&self, socket: Arc<SocketCore>) -> BoxFuture<'static, Reply> {
        let app = Arc::clone(&self.app);
        Box::pin(async move {
            app.connected(Socket::new(socket)).await;
            Reply(None)
        })
    }

    fn event(&self, core: &Arc<SocketCore>, event: IncomingEvent) -> Step {
        let socket = Socket::<N>::new(Arc::clone(core));
        let metrics = &core.namespace.metrics;
        if self.middleware.is_empty() {
            return match dispatch::<N, A>(&self.app, socket, &event) {
                Found::Nothing(outcome, became) => {
                    metrics.received(&event);
                    Step::Done(outcome, became)
                }
                Found::Handler(event, future) => Step::Run(event.method, metrics.received_as(event), future),
                Found::Guarded(def, future) => {
                    let (app, socket) = (Arc::clone(&self.app), Socket::<N>::new(Arc::clone(core)));
                    Step::Checked(
                        def.method,
                        metrics.received_as(def),
                        Box::pin(async move { guarded::<N, A>(&app, &socket, &event, future.await) }),
                    )
                }
            };
        }
        let timing = metrics.received(&event);
        let (app, middleware) = (Arc::clone(&self.app), Arc::clone(&self.middleware));
        let checked = Box::pin(async move {
            let begun = Instant::now();
            let run = AssertUnwindSafe(through::<N, A>(&app, &middleware, &socket, &event));
            let ended = run.catch_unwind().await;
            let became = ended.as_ref().map_or(EventOutcome::Panicked, |(_, became)| *became);
            for middleware in middleware.iter() {
                middleware.after(&socket, &event, became, begun.elapsed());
            }
            match ended {
                Ok(ended) => ended,
                Err(panic) => resume_unwind(panic),
            }
        });
        Step::Checked("a middleware or handler", timing, checked)
    }

    fn disconnected(&self, socket: Arc<SocketCore>, reason: CloseReason) -> BoxFuture<'static, Reply> {
        let app = Arc::clone(&self.app);
        Box::pin(async move {
            app.disconnected(Socket::new(socket), reason).await;
            Reply(None)
        })
    }

    fn panicked(&self, socket: &Arc<SocketCore>, panic: &Panic) {
        self.app.panicked(&Socket::new(Arc::clone(socket)), panic);
    }

    fn node_event(
        &self,
        server: Server,
        namespace: Arc<NamespaceCore>,
        event: &Payload,
        reply: ReplyTo,
    ) -> Dispatched {
        let (name, mut args) = match ArgReader::event(event) {
            Ok(read) => read,
            Err(error) => return Dispatched::Failed { error, answer: None },
        };
        let io = Broadcast::<N>::new(server, smallvec![namespace], Target::default());
        <A as HandlesAll<N, N::ServerToServer, Broadcast<N>>>::dispatch(
            &self.app, io, &name, &mut args, reply,
        )
    }
}

/// Decodes what a client presents, and runs the middleware over it.
async fn checked<N: Namespace>(
    joining: Joining,
    middleware: &[Arc<dyn ErasedMiddleware<N>>],
) -> Result<Handshake<N::Auth>, ConnectError> {
    let Joining { auth, request, namespace, socket_id, metrics } = joining;
    let auth = decode_auth::<N::Auth>(auth.as_ref())
        .inspect_err(|_| metrics.connect_refused(RefusedBy::Auth))
        .map_err(|error| ConnectError::new(format!("invalid auth: {}", in_short(&error.to_string()))))?;
    let extensions = request.extensions().clone();
    let (headers, query) = Default::default();
    let mut handshake = Handshake { auth, request, namespace, socket_id, extensions, headers, query };
    for middleware in middleware {
        let decided = middleware.connect(&mut handshake).await;
        decided.inspect_err(|_| metrics.connect_refused(RefusedBy::Middleware))?;
    }
    Ok(handshake)
}

/// A client without `auth` is as good as one that sends an empty object, or nothing where `{}` will not do, as for an `Option`.
fn decode_auth<T: DeserializeOwned + 'static>(auth: Option<&Payload>) -> Result<T, serde_json::Error> {
    if TypeId::of::<T>() == TypeId::of::<()>() {
        // A namespace that asks for nothing takes whatever is sent.
        return serde_json::from_str("null");
    }
    match auth {
        Some(payload) => read_payload(payload),
        None => serde_json::from_str("{}").or_else(|error| serde_json::from_str("null").map_err(|_| error)),
    }
}

/// Middleware first, then the handler.
async fn through<N, A>(
    app: &Arc<A>,
    middleware: &[Arc<dyn ErasedMiddleware<N>>],
    socket: &Socket<N>,
    event: &IncomingEvent,
) -> (Outcome, EventOutcome)
where
    N: Namespace,
    A: Lifecycle<N> + HandlesAll<N, N::ClientToServer, Socket<N>>,
{
    for middleware in middleware {
        if let Err(refusal) = middleware.event(socket, event).await {
            socket.core.namespace.metrics.refused(event, RefusedBy::Middleware);
            let what = "a middleware refused an event";
            return (refused::<N, A>(app, socket, event, &refusal, None, what), EventOutcome::Refused);
        }
    }
    match dispatch::<N, A>(app, socket.clone(), event) {
        Found::Nothing(outcome, became) => (outcome, became),
        Found::Handler(_, future) => (Outcome::Reply(future.await), EventOutcome::Handled),
        Found::Guarded(_, future) => guarded::<N, A>(app, socket, event, future.await),
    }
}

/// What a handler behind a guard ended with.
fn guarded<N: Namespace, A: Lifecycle<N>>(
    app: &Arc<A>,
    socket: &Socket<N>,
    event: &IncomingEvent,
    ended: Result<Reply, Box<GuardRefusal>>,
) -> (Outcome, EventOutcome) {
    match ended {
        Ok(reply) => (Outcome::Reply(reply), EventOutcome::Handled),
        Err(why) => {
            let GuardRefusal { refusal, answer } = *why;
            socket.core.namespace.metrics.refused(event, RefusedBy::Guard);
            let what = "a guard refused an event";
            (refused::<N, A>(app, socket, event, &refusal, answer, what), EventOutcome::Refused)
        }
    }
}

/// Finds the handler and reads its arguments.
fn dispatch<N, A>(app: &Arc<A>, socket: Socket<N>, event: &IncomingEvent) -> Found
where
    N: Namespace,
    A: Lifecycle<N> + HandlesAll<N, N::ClientToServer, Socket<N>>,
{
    let (name, mut args) = match ArgReader::event(&event.payload) {
        Ok(read) => read,
        Err(error) => {
            let outcome = failed::<N, A>(app, &socket, event, &error, None);
            return Found::Nothing(outcome, EventOutcome::DecodeFailed);
        }
    };
    let reply = ReplyTo::new(socket.core.namespace.writer.clone(), event.ack_id);
    match <A as HandlesAll<N, N::ClientToServer, Socket<N>>>::dispatch(
        app,
        socket.clone(),
        &name,
        &mut args,
        reply,
    ) {
        Dispatched::Handler { event, future } => Found::Handler(event, future),
        Dispatched::Guarded { event, future } => Found::Guarded(event, future),
        Dispatched::Failed { error, answer } => {
            let outcome = failed::<N, A>(app, &socket, event, &error, answer);
            Found::Nothing(outcome, EventOutcome::DecodeFailed)
        }
        Dispatched::Unknown => {
            if !event.payload.is_well_formed() {
                return Found::Nothing(Outcome::Close(CloseReason::ForcedClose), EventOutcome::DecodeFailed);
            }
            let action = app.unknown_event(&socket, event);
            Found::Nothing(act(&socket, event, action, "no such event", &""), EventOutcome::Unknown)
        }
    }
}

fn failed<N: Namespace, A: Lifecycle<N>>(
    app: &Arc<A>,
    socket: &Socket<N>,
    event: &IncomingEvent,
    error: &DecodeError,
    answer: Option<Reply>,
) -> Outcome {
    socket.core.namespace.metrics.decode_failed(event);
    if error.kind() == DecodeErrorKind::Malformed {
        // Not JSON at all: JavaScript's parser closes the connection for it.
        return Outcome::Close(CloseReason::ForcedClose);
    }
    let action = app.decode_failed(socket, error);
    act_or_answer(socket, event, action, "an event does not decode", error, answer)
}

fn refused<N: Namespace, A: Lifecycle<N>>(
    app: &Arc<A>,
    socket: &Socket<N>,
    event: &IncomingEvent,
    refusal: &Refused,
    answer: Option<Reply>,
    what: &'static str,
) -> Outcome {
    socket.core.namespace.limits.refusals.events.add();
    let action = app.refused(socket, event, refusal);
    act_or_answer(socket, event, action, what, refusal, answer)
}

/// Where the application does not answer, the event's own error type may.
fn act_or_answer<N: Namespace>(
    socket: &Socket<N>,
    event: &IncomingEvent,
    action: FailureAction,
    what: &'static str,
    error: &dyn std::fmt::Display,
    answer: Option<Reply>,
) -> Outcome {
    match answer {
        Some(answer) if matches!(action, FailureAction::Ignore | FailureAction::Log) => {
            act(socket, event, action, what, error);
            Outcome::Reply(answer)
        }
        _ => act(socket, event, action, what, error),
    }
}

fn act<N: Namespace>(
    socket: &Socket<N>,
    event: &IncomingEvent,
    action: FailureAction,
    what: &'static str,
    error: &dyn std::fmt::Display,
) -> Outcome {
    match action {
        FailureAction::Ignore => Outcome::DONE,
        FailureAction::Log => {
            tracing::warn!(namespace = %socket.core.namespace.path, socket = %socket.id().shown(), event = %span::Shown(&event.name()), %error, "{what}");
            Outcome::DONE
        }
        FailureAction::Answer(answer) => {
            let reply = event.ack_id.and_then(|id| socket.core.namespace.writer.ack(id, &*answer.0).ok());
            Outcome::Reply(Reply(reply))
        }
        FailureAction::Close => Outcome::Close(CloseReason::ForcedClose),
    }
}
