//! The application of a namespace: once with its types, and once without them for the connection.
//!
//! Everything generic of the server's path from packet to handler is here, so that the rest is compiled once.

use std::{
    any::{Any, TypeId},
    marker::PhantomData,
    sync::Arc,
};

use serde::de::DeserializeOwned;

use super::{
    ConnectError, FailureAction, Handshake, IncomingEvent, Lifecycle, Panic, Refused, Socket,
    core::{DataOf, ErasedData, SocketCore},
    middleware::ErasedMiddleware,
    running::Kept,
};
use crate::{
    engine::HandshakeRequest,
    event::{
        ArgReader, BoxFuture, DecodeError, DecodeErrorKind, Dispatched, Handles, Namespace, Reply, ReplyTo,
    },
    id::SocketId,
    protocol::{
        close::CloseReason,
        socket_io::packet::{Body, Payload},
    },
};

/// A client that wants to join.
pub(super) struct Joining {
    pub(super) auth: Option<Payload>,
    pub(super) request: Arc<HandshakeRequest>,
    pub(super) namespace: Arc<str>,
    pub(super) socket_id: SocketId,
}

/// What a socket that may join is made of.
pub(super) struct Admission {
    pub(super) session: Kept<dyn Any + Send + Sync>,
    pub(super) data: Kept<dyn ErasedData>,
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
    Done(Outcome),
    /// A handler, and its name for the logs.
    Run(&'static str, BoxFuture<'static, Reply>),
    /// Middleware, then perhaps a handler.
    Checked(BoxFuture<'static, Outcome>),
}

/// An application without its types.
pub(super) trait App: Send + Sync {
    fn sequential(&self) -> bool;
    fn connect(&self, joining: Joining) -> BoxFuture<'static, Result<Admission, ConnectError>>;
    fn connected(&self, socket: Arc<SocketCore>) -> BoxFuture<'static, Reply>;
    fn event(&self, socket: &Arc<SocketCore>, event: IncomingEvent) -> Step;
    fn disconnected(&self, socket: Arc<SocketCore>, reason: CloseReason) -> BoxFuture<'static, Reply>;
    fn panicked(&self, socket: &Arc<SocketCore>, panic: &Panic);
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
    A: Lifecycle<N> + Handles<N, N::ClientToServer, Socket<N>>,
{
    fn sequential(&self) -> bool {
        N::SEQUENTIAL
    }

    fn connect(&self, joining: Joining) -> BoxFuture<'static, Result<Admission, ConnectError>> {
        let (app, middleware) = (Arc::clone(&self.app), Arc::clone(&self.middleware));
        Box::pin(async move {
            let Joining { auth, request, namespace, socket_id } = joining;
            let auth = decode_auth::<N::Auth>(auth.as_ref())
                .map_err(|error| ConnectError::new(format!("invalid auth: {error}")))?;
            let extensions = request.extensions.clone();
            let mut handshake = Handshake { auth, request, namespace, socket_id, extensions };
            for middleware in middleware.iter() {
                middleware.connect(&mut handshake).await?;
            }
            let session: N::Session = app.connect(handshake).await?;
            Ok(Admission {
                session: Kept::new(Box::new(session)),
                data: Kept::new(Box::new(DataOf::<N>(N::Data::default()))),
            })
        })
    }

    fn connected(&self, socket: Arc<SocketCore>) -> BoxFuture<'static, Reply> {
        let app = Arc::clone(&self.app);
        Box::pin(async move {
            app.connected(Socket::new(socket)).await;
            Reply(None)
        })
    }

    fn event(&self, socket: &Arc<SocketCore>, event: IncomingEvent) -> Step {
        let socket = Socket::<N>::new(Arc::clone(socket));
        if self.middleware.is_empty() {
            return dispatch::<N, A>(&self.app, socket, &event);
        }
        let (app, middleware) = (Arc::clone(&self.app), Arc::clone(&self.middleware));
        Step::Checked(Box::pin(async move {
            for middleware in middleware.iter() {
                if let Err(refusal) = middleware.event(&socket, &event).await {
                    return refused::<N, A>(&app, &socket, &event, &refusal);
                }
            }
            match dispatch::<N, A>(&app, socket, &event) {
                Step::Done(outcome) => outcome,
                Step::Run(_, future) => Outcome::Reply(future.await),
                Step::Checked(future) => future.await,
            }
        }))
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
}

/// A client without `auth` is as good as one that sends an empty object, or nothing where `{}` will not do, as for an `Option`.
fn decode_auth<T: DeserializeOwned + 'static>(auth: Option<&Payload>) -> Result<T, serde_json::Error> {
    if TypeId::of::<T>() == TypeId::of::<()>() {
        // A namespace that asks for nothing takes whatever is sent.
        return serde_json::from_str("null");
    }
    match auth.map(|payload| &payload.body) {
        Some(Body::Json(text)) => serde_json::from_str(text),
        _ => serde_json::from_str("{}").or_else(|error| serde_json::from_str("null").map_err(|_| error)),
    }
}

/// Finds the handler and reads its arguments.
fn dispatch<N, A>(app: &Arc<A>, socket: Socket<N>, event: &IncomingEvent) -> Step
where
    N: Namespace,
    A: Lifecycle<N> + Handles<N, N::ClientToServer, Socket<N>>,
{
    let (name, mut args) = match ArgReader::event(&event.payload) {
        Ok(read) => read,
        Err(error) => return Step::Done(failed::<N, A>(app, &socket, event, &error, None)),
    };
    let reply = ReplyTo::new(socket.core.namespace.writer.clone(), event.ack_id);
    match A::dispatch(app, socket.clone(), &name, &mut args, reply) {
        Dispatched::Handler { event, future } => Step::Run(event.method, future),
        Dispatched::Failed { error, answer } => {
            Step::Done(failed::<N, A>(app, &socket, event, &error, answer))
        }
        Dispatched::Unknown => {
            if !event.payload.is_well_formed() {
                return Step::Done(Outcome::Close(CloseReason::ForcedClose));
            }
            let action = app.unknown_event(&socket, event);
            Step::Done(act(&socket, event, action, "no such event", &""))
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
    if error.kind() == DecodeErrorKind::Malformed {
        // Not JSON at all: JavaScript's parser closes the connection for it.
        return Outcome::Close(CloseReason::ForcedClose);
    }
    let action = app.decode_failed(socket, error);
    match answer {
        Some(answer) if matches!(action, FailureAction::Ignore | FailureAction::Log) => {
            act(socket, event, action, "an event does not decode", error);
            Outcome::Reply(answer)
        }
        _ => act(socket, event, action, "an event does not decode", error),
    }
}

fn refused<N: Namespace, A: Lifecycle<N>>(
    app: &Arc<A>,
    socket: &Socket<N>,
    event: &IncomingEvent,
    refusal: &Refused,
) -> Outcome {
    let action = app.refused(socket, event, refusal);
    act(socket, event, action, "a middleware refused an event", refusal)
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
            tracing::warn!(namespace = %socket.core.namespace.path, socket = %socket.id(), event = %event.name(), %error, "{what}");
            Outcome::DONE
        }
        FailureAction::Answer(answer) => {
            let reply = event.ack_id.and_then(|id| socket.core.namespace.writer.ack(id, &*answer.0).ok());
            Outcome::Reply(Reply(reply))
        }
        FailureAction::Close => Outcome::Close(CloseReason::ForcedClose),
    }
}
