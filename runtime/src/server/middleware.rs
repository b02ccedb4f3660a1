//! Code in front of all sockets of a namespace: `io.use` and `socket.use`.

use std::{future::Future, marker::PhantomData, sync::Arc, time::Duration};

use super::{ConnectError, EventOutcome, Handshake, IncomingEvent, Socket};
pub use crate::event::Refused;
use crate::event::{BoxFuture, Namespace};

/// Sees every connection and every event of namespace `N` before the application does, and may refuse both.
///
/// Several run in the order in which they were added; the first that refuses ends it. For one-liners there are [`on_connect`] and
/// [`on_event`].
///
/// Added with [`ServerBuilder::middleware`](super::ServerBuilder::middleware).
///
/// ```
/// use sockeye::prelude::*;
///
/// /// What this middleware leaves for `Lifecycle::connect`.
/// #[derive(Clone)]
/// struct Language(String);
///
/// struct Polite;
///
/// impl<N: Namespace> Middleware<N> for Polite {
///     async fn connect(&self, handshake: &mut Handshake<N::Auth>) -> Result<(), ConnectError> {
///         let language = handshake.query("lang").unwrap_or("en").to_owned();
///         handshake.extensions_mut().insert(Language(language));
///         Ok(())
///     }
///
///     async fn event(&self, _: &Socket<N>, event: &IncomingEvent) -> Result<(), Refused> {
///         if event.size() > 10_000 { Err(Refused::new("too long")) } else { Ok(()) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware of namespace `{N}`",
    label = "needs `impl Middleware<{N}> for {Self}`",
    note = "for a closure: `middleware::on_connect(|handshake| …)` or `middleware::on_event(|socket, event| …)`"
)]
pub trait Middleware<N: Namespace>: Send + Sync + 'static {
    /// Before `Lifecycle::connect`: `io.use((socket, next) => …)`. An error refuses the client.
    fn connect(
        &self,
        handshake: &mut Handshake<N::Auth>,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send {
        let _ = handshake;
        std::future::ready(Ok(()))
    }

    /// Before an event is decoded: `socket.use((event, next) => …)`. An error goes to `Lifecycle::refused`.
    fn event(
        &self,
        socket: &Socket<N>,
        event: &IncomingEvent,
    ) -> impl Future<Output = Result<(), Refused>> + Send {
        let _ = (socket, event);
        std::future::ready(Ok(()))
    }

    /// After an event: what became of it, and how long middleware and handler took, waiting included. Called for every event, in the
    /// order in which they end; the answer goes out afterwards.
    fn after(&self, socket: &Socket<N>, event: &IncomingEvent, outcome: EventOutcome, took: Duration) {
        let _ = (socket, event, outcome, took);
    }
}

/// A middleware from a closure over the handshake.
///
/// ```
/// use sockeye::{ConnectError, middleware};
/// # use sockeye::prelude::*;
/// # #[derive(Namespace)] #[namespace("/")] struct Chat;
/// # fn add() -> impl sockeye::Middleware<Chat> {
/// middleware::on_connect::<Chat, _>(|handshake| match handshake.query("version") {
///     Some("2") => Ok(()),
///     _ => Err(ConnectError::new("please update")),
/// })
/// # }
/// ```
pub fn on_connect<N, F>(check: F) -> impl Middleware<N>
where
    N: Namespace,
    F: Fn(&mut Handshake<N::Auth>) -> Result<(), ConnectError> + Send + Sync + 'static,
{
    OnConnect(check)
}

/// A middleware from a closure over each event.
///
/// ```
/// use sockeye::{middleware, server::Refused};
/// # use sockeye::prelude::*;
/// # #[derive(Namespace)] #[namespace("/")] struct Chat;
/// # fn add() -> impl sockeye::Middleware<Chat> {
/// middleware::on_event::<Chat, _>(|socket, event| {
///     println!("{} sends {}", socket.id(), event.name());
///     if event.size() > 10_000 { Err(Refused::new("too long")) } else { Ok(()) }
/// })
/// # }
/// ```
pub fn on_event<N, F>(check: F) -> impl Middleware<N>
where
    N: Namespace,
    F: Fn(&Socket<N>, &IncomingEvent) -> Result<(), Refused> + Send + Sync + 'static,
{
    OnEvent(check)
}

struct OnConnect<F>(F);
struct OnEvent<F>(F);

impl<N, F> Middleware<N> for OnConnect<F>
where
    N: Namespace,
    F: Fn(&mut Handshake<N::Auth>) -> Result<(), ConnectError> + Send + Sync + 'static,
{
    fn connect(
        &self,
        handshake: &mut Handshake<N::Auth>,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send {
        std::future::ready((self.0)(handshake))
    }
}

impl<N, F> Middleware<N> for OnEvent<F>
where
    N: Namespace,
    F: Fn(&Socket<N>, &IncomingEvent) -> Result<(), Refused> + Send + Sync + 'static,
{
    fn event(
        &self,
        socket: &Socket<N>,
        event: &IncomingEvent,
    ) -> impl Future<Output = Result<(), Refused>> + Send {
        std::future::ready((self.0)(socket, event))
    }
}

/// The object-safe form, one for each middleware of a namespace.
pub(super) trait ErasedMiddleware<N: Namespace>: Send + Sync {
    fn connect<'a>(
        &'a self,
        handshake: &'a mut Handshake<N::Auth>,
    ) -> BoxFuture<'a, Result<(), ConnectError>>;
    fn event<'a>(
        &'a self,
        socket: &'a Socket<N>,
        event: &'a IncomingEvent,
    ) -> BoxFuture<'a, Result<(), Refused>>;
    fn after(&self, socket: &Socket<N>, event: &IncomingEvent, outcome: EventOutcome, took: Duration);
}

struct Erased<N, M>(M, PhantomData<fn() -> N>);

/// The middleware of one namespace.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "not for users")]
pub struct Stack<N: Namespace>(pub(super) Vec<Arc<dyn ErasedMiddleware<N>>>);

pub(super) fn erase<N: Namespace>(middleware: impl Middleware<N>) -> Arc<dyn ErasedMiddleware<N>> {
    Arc::new(Erased(middleware, PhantomData))
}

impl<N: Namespace, M: Middleware<N>> ErasedMiddleware<N> for Erased<N, M> {
    fn connect<'a>(
        &'a self,
        handshake: &'a mut Handshake<N::Auth>,
    ) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(self.0.connect(handshake))
    }

    fn event<'a>(
        &'a self,
        socket: &'a Socket<N>,
        event: &'a IncomingEvent,
    ) -> BoxFuture<'a, Result<(), Refused>> {
        Box::pin(self.0.event(socket, event))
    }

    fn after(&self, socket: &Socket<N>, event: &IncomingEvent, outcome: EventOutcome, took: Duration) {
        self.0.after(socket, event, outcome, took);
    }
}
