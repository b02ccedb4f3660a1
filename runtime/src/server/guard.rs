//! Guards: values that prove something about a socket, and without which a handler cannot be called.

use std::future::Future;

use super::Socket;
use crate::event::{Namespace, Refused};

/// A value that a handler takes as proof: `#[event(guard = Self)]`. It is made from the socket before the handler runs.
///
/// A handler with a guard has it as the parameter after the socket. It cannot be called without, so that what it needs
/// (an operator, a member of the room, a paid account) is checked in one place and seen in its signature.
///
/// The guard is made in the handler's own future, after the arguments have been decoded: it may wait, and counts as a running
/// handler while it does. A refusal goes to [`Lifecycle::refused`](super::Lifecycle::refused), as a middleware's does; if the
/// event has `error = E` and `E` implements `From<Refused>`, the client is answered with that.
///
/// ```
/// use sockeye::{prelude::*, testing::TestClient};
///
/// #[derive(ClientToServer)]
/// enum Request {
///     #[event(guard = Operator, ack = String, error = String)]
///     Kick { user: u64 },
/// }
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Token {
///     name: String,
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", client_to_server = Request, auth = Token, session = String)]
/// struct Chat;
///
/// /// Somebody who may kick.
/// struct Operator {
///     name: String,
/// }
///
/// impl FromSocket<Chat> for Operator {
///     async fn from_socket(socket: &Socket<Chat>) -> Result<Self, Refused> {
///         match socket.session().as_str() {
///             "root" => Ok(Self { name: "root".to_owned() }),
///             other => Err(Refused::new(format!("{other} is no operator"))),
///         }
///     }
/// }
///
/// struct App;
///
/// impl Lifecycle<Chat> for App {
///     async fn connect(&self, handshake: Handshake<Token>) -> Result<String, ConnectError> {
///         Ok(handshake.into_auth().name)
///     }
///
///     fn refused(&self, _: &Socket<Chat>, _: &IncomingEvent, refusal: &Refused) -> FailureAction {
///         println!("{refusal}");
///         FailureAction::Close
///     }
/// }
///
/// impl RequestHandler<Chat> for App {
///     async fn kick(&self, _: Socket<Chat>, by: Operator, user: u64) -> Result<String, String> {
///         Ok(format!("{user} kicked by {}", by.name))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let io = Server::builder().namespace::<Chat>(App).build();
/// let root = TestClient::<Chat>::connect(&io, Token { name: "root".into() }).await?;
/// assert_eq!(root.emit().kick(7).await?, "7 kicked by root");
/// let ann = TestClient::<Chat>::connect(&io, Token { name: "ann".into() }).await?;
/// assert!(ann.emit().kick(7).await.is_err());
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guard of namespace `{N}`",
    label = "needs `impl FromSocket<{N}> for {Self}`",
    note = "write `impl sockeye::FromSocket<{N}> for {Self} {{ async fn from_socket(socket: &Socket<{N}>) -> Result<Self, Refused> {{ … }} }}`"
)]
pub trait FromSocket<N: Namespace>: Sized + Send + 'static {
    /// Makes the guard, or says why the event is refused.
    fn from_socket(socket: &Socket<N>) -> impl Future<Output = Result<Self, Refused>> + Send;
}
