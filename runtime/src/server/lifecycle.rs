//! What an application says about the coming and going of sockets, and about events that go wrong.

use std::{fmt, future::Future, sync::Arc};

use serde::Serialize;

use super::{ConnectError, Handshake, IncomingEvent, Refused, Socket};
use crate::{
    event::{ArgWriter, DecodeError, Namespace, Panic, Shared},
    protocol::close::CloseReason,
};

/// The life of a socket in namespace `N`.
///
/// One value of the implementing type serves all sockets: shared state is `&self`. Only [`connect`](Self::connect) must be written; where
/// everyone may connect, [`#[derive(Lifecycle)]`](derive@crate::Lifecycle) writes it.
///
/// ```
/// # use sockeye::prelude::*;
/// #[derive(serde::Deserialize)]
/// struct Token {
///     token: String,
/// }
///
/// struct User {
///     name: String,
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", auth = Token, session = User)]
/// struct Main;
///
/// struct App;
///
/// impl Lifecycle<Main> for App {
///     async fn connect(&self, handshake: Handshake<Token>) -> Result<User, ConnectError> {
///         match handshake.auth().token.split_once(':') {
///             Some((name, "secret")) => Ok(User { name: name.to_owned() }),
///             _ => Err(ConnectError::new("not authorized")),
///         }
///     }
///
///     async fn connected(&self, socket: Socket<Main>) {
///         println!("{} is here", socket.session().name);
///     }
///
///     async fn disconnected(&self, socket: Socket<Main>, reason: CloseReason) {
///         println!("{} has left {:?}: {reason}", socket.session().name, socket.rooms());
///     }
///
///     fn decode_failed(&self, socket: &Socket<Main>, error: &DecodeError) -> FailureAction {
///         eprintln!("{}: {error}", socket.id());
///         FailureAction::Close
///     }
/// }
/// ```
///
/// An `auth` that does not decode is refused before any of this, as is a namespace that the server does not have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may connect to namespace `{N}`",
    label = "needs `impl Lifecycle<{N}> for {Self}`",
    note = "write `impl sockeye::Lifecycle<{N}> for {Self} {{ async fn connect(&self, handshake: Handshake<…>) -> Result<…, ConnectError> {{ … }} }}`"
)]
pub trait Lifecycle<N: Namespace>: Shared {
    /// A client wants to join. What is returned becomes `socket.session()`; an error refuses the client, which sees it as
    /// `connect_error`. Runs after the middleware.
    ///
    /// The connection may end while this runs; then the future is still finished, within the grace period, and its session dropped.
    fn connect(
        &self,
        handshake: Handshake<N::Auth>,
    ) -> impl Future<Output = Result<N::Session, ConnectError>> + Send
    where
        Self: Shared;

    /// The socket has joined, and the client has been told. No event's handler starts before this ends: `io.on("connection")`.
    fn connected(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send
    where
        Self: Shared,
    {
        let _ = socket;
        std::future::ready(())
    }

    /// The socket has left; its rooms are still there to read, and are left when this ends. Runs exactly once for each socket that joined.
    fn disconnected(&self, socket: Socket<N>, reason: CloseReason) -> impl Future<Output = ()> + Send
    where
        Self: Shared,
    {
        let _ = (socket, reason);
        std::future::ready(())
    }

    /// An event came whose arguments do not decode; its handler does not run. By default it is logged.
    fn decode_failed(&self, socket: &Socket<N>, error: &DecodeError) -> FailureAction {
        let _ = (socket, error);
        FailureAction::Log
    }

    /// An event came that the namespace does not know. By default it is ignored, as in JavaScript.
    fn unknown_event(&self, socket: &Socket<N>, event: &IncomingEvent) -> FailureAction {
        let _ = (socket, event);
        FailureAction::Ignore
    }

    /// A middleware or a [guard](super::FromSocket) refused an event: `socket.on("error")`. By default it is ignored, as in JavaScript.
    /// If a guard did and the event's error type implements `From<Refused>`, that is the answer, unless another is returned here.
    fn refused(&self, socket: &Socket<N>, event: &IncomingEvent, refusal: &Refused) -> FailureAction {
        let _ = (socket, event, refusal);
        FailureAction::Ignore
    }

    /// A handler of this socket panicked. It has been logged; nothing else of the server is affected.
    fn panicked(&self, socket: &Socket<N>, panic: &Panic) {
        let _ = (socket, panic);
    }
}

impl<N: Namespace, L: Lifecycle<N>> Lifecycle<N> for Arc<L> {
    fn connect(
        &self,
        handshake: Handshake<N::Auth>,
    ) -> impl Future<Output = Result<N::Session, ConnectError>> + Send {
        L::connect(self, handshake)
    }

    fn connected(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send {
        L::connected(self, socket)
    }

    fn disconnected(&self, socket: Socket<N>, reason: CloseReason) -> impl Future<Output = ()> + Send {
        L::disconnected(self, socket, reason)
    }

    fn decode_failed(&self, socket: &Socket<N>, error: &DecodeError) -> FailureAction {
        L::decode_failed(self, socket, error)
    }

    fn unknown_event(&self, socket: &Socket<N>, event: &IncomingEvent) -> FailureAction {
        L::unknown_event(self, socket, event)
    }

    fn refused(&self, socket: &Socket<N>, event: &IncomingEvent, refusal: &Refused) -> FailureAction {
        L::refused(self, socket, event, refusal)
    }

    fn panicked(&self, socket: &Socket<N>, panic: &Panic) {
        L::panicked(self, socket, panic);
    }
}

/// A session that a derived [`Lifecycle`] can make: one that is `Default`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the session of namespace `{N}`, `{Self}`, has no default: a derived `Lifecycle` cannot make it",
    label = "needs `impl Default for {Self}`",
    note = "or write `impl Lifecycle<{N}>` by hand, with a `connect` that returns the session, and name the other namespaces in `#[lifecycle(…)]`"
)]
pub trait DefaultSession<N>: Sized {
    fn new() -> Self;
}

#[diagnostic::do_not_recommend]
impl<N, S: Default> DefaultSession<N> for S {
    fn new() -> Self {
        S::default()
    }
}

/// What to do about an event that could not be handled.
#[non_exhaustive]
pub enum FailureAction {
    /// Nothing.
    Ignore,
    /// Write it to the log (`tracing`, level `WARN`).
    Log,
    /// Answer the event's acknowledgement, if it asked for one. See [`FailureAction::answer`].
    Answer(Answer),
    /// Close the connection.
    Close,
}

impl FailureAction {
    /// Answers the event's acknowledgement with this value, if it asked for one.
    #[must_use]
    pub fn answer(value: impl Serialize + Send + 'static) -> Self {
        Self::Answer(Answer(Box::new(move |args| args.arg(&value))))
    }

    /// Answers the event's acknowledgement, if it asked for one, as a handler does that returns this error: for events with `error = E`,
    /// of whose type it should be. The wire carries `{"ok":false,"error":…}`.
    ///
    /// ```
    /// # use sockeye::{FailureAction, server::Refused};
    /// #[derive(serde::Serialize)]
    /// enum PostError {
    ///     TooFast { wait_ms: u64 },
    /// }
    ///
    /// /// What `Lifecycle::refused` returns.
    /// fn refused(refusal: &Refused) -> FailureAction {
    ///     let wait_ms = refusal.data().and_then(|data| data["retryAfter"].as_u64());
    ///     FailureAction::refuse(PostError::TooFast { wait_ms: wait_ms.unwrap_or_default() })
    /// }
    /// ```
    #[must_use]
    pub fn refuse(error: impl Serialize + Send + 'static) -> Self {
        Self::answer(RefusedAnswer { ok: false, error })
    }
}

/// The form that the error of an answer has.
#[derive(Serialize)]
struct RefusedAnswer<E> {
    ok: bool,
    error: E,
}

impl fmt::Debug for FailureAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignore => "Ignore",
            Self::Log => "Log",
            Self::Answer(_) => "Answer(…)",
            Self::Close => "Close",
        })
    }
}

/// An answer made by [`FailureAction::answer`].
pub struct Answer(pub(crate) Box<dyn Fn(&mut ArgWriter) + Send>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(…)")
    }
}
