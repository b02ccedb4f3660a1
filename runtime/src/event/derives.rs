//! The derives, re-exported with their documentation: examples in it can use everything.

/// Events that clients send to the server: an enum with one variant for each, socket.io's `socket.on(…)` as a type.
///
/// ```
/// use bytes::Bytes;
/// use serde::{Deserialize, Serialize};
/// use sockeye::{ClientToServer, Namespace, Socket};
///
/// /// What a browser may send.
/// #[derive(ClientToServer)]
/// pub enum ChatRequest {
///     /// Post a message to a room; acknowledged with its id.
///     #[event("chat message", ack = u64, error = PostError)]
///     Post { room: String, text: String },
///     /// Somebody is typing.
///     Typing,
///     Upload(String, Bytes),
/// }
///
/// #[derive(Debug, Serialize, Deserialize)]
/// pub enum PostError {
///     TooLong { max: usize },
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", client_to_server = ChatRequest)]
/// pub struct Chat;
///
/// struct App;
///
/// impl ChatRequestHandler<Chat> for App {
///     async fn post(&self, socket: Socket<Chat>, room: String, text: String) -> Result<u64, PostError> {
///         if text.len() > 500 {
///             return Err(PostError::TooLong { max: 500 });
///         }
///         Ok(1)
///     }
///
///     async fn typing(&self, socket: Socket<Chat>) {}
///
///     async fn upload(&self, socket: Socket<Chat>, name: String, data: Bytes) {}
/// }
/// ```
///
/// # What it writes
///
/// For an enum `ChatRequest`:
///
/// - the trait `ChatRequestHandler<N>` with a method for each event, to be implemented by the application for a namespace `N`
///   that receives these events; an `Arc` of a handler is a handler;
/// - the struct `ChatRequestEmitter<T>` with a method for each event, which a client's `.emit()` gives;
/// - the implementations of [`Events`](crate::event::Events), [`Emits`](crate::event::Emits) and
///   [`ClientToServer`](crate::event::ClientToServer).
///
/// The fields of a variant are the event's arguments, in order, with names or without. An argument is any type that serde
/// reads and writes; bytes at any depth travel as binary attachments. An optional argument at the end may be missing, arguments
/// that are too many are passed over. For one object as the only argument use a struct of your own. Doc comments are copied to
/// the methods.
///
/// # On a variant: `#[event("name", ack = T, error = E)]`
///
/// - `"name"`: the name on the wire. Without it the variant's name is used, in `camelCase`.
/// - `ack = T`: the event has an answer, which the handler returns.
/// - `error = E`: it may be refused. The handler returns `Result<T, E>`, and the answer on the wire is one argument,
///   `{"ok":true,"value":T}` or `{"ok":false,"error":E}`. If `E` implements `From<DecodeError>`, arguments that do not decode
///   are answered with it.
///
/// # On the enum: `#[events(rename_all = "…", crate = path)]`
///
/// - `rename_all`: another rule for names that are not given, as in serde.
/// - `crate`: where to find this crate, if not at `::sockeye`.
pub use sockeye_macros::ClientToServer;

/// Events that the server sends to clients: an enum with one variant for each, socket.io's `socket.emit(…)` as a type.
///
/// It takes the attributes of [`ClientToServer`](derive@ClientToServer). For an enum `ChatPush` it writes the struct
/// `ChatPushEmitter<T>`, which `.emit()` on a socket, a room or a whole namespace gives, and the implementations of
/// [`Events`](crate::event::Events), [`Emits`](crate::event::Emits) and [`ServerToClient`](crate::event::ServerToClient).
///
/// The emitter's methods take what a caller has: for an argument `T` a `T` or `&T`, for a `String` also `&str`, for a `Vec<T>`
/// also `&[T]` or an array. For bytes that is `Bytes` or `&Bytes`: `Bytes::from(vec)` takes a vector over without copying it.
///
/// A plain event's method returns `()`, one with `ack = T` a future of the answer, or a stream of answers where it goes to many; see
/// [`AckFuture`](crate::server::AckFuture) and [`AckStream`](crate::server::AckStream). `.try_emit()` has the same methods, which return
/// an [`EmitError`](crate::EmitError) where `.emit()` writes to the log.
///
/// ```
/// use sockeye::{Namespace, ServerToClient, Socket};
///
/// #[derive(ServerToClient)]
/// pub enum ChatPush {
///     #[event("chat message")]
///     Message { from: u64, text: String },
///     UserTyping(u64),
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", server_to_client = ChatPush)]
/// pub struct Chat;
///
/// fn welcome(socket: &Socket<Chat>) {
///     socket.emit().message(0, "welcome");
///     socket.emit().user_typing(7);
/// }
/// ```
pub use sockeye_macros::ServerToClient;

/// Events between the servers of a cluster: an enum with one variant for each, socket.io's `io.serverSideEmit(…)` as a type.
///
/// It takes the attributes of [`ClientToServer`](derive@ClientToServer). Like JavaScript's, these events belong to a namespace, which
/// names them as `server_to_server`. Besides the protocol's own names `connection` and `new_namespace` are reserved: on Node.js they would
/// call a server's own listeners.
///
/// ```
/// use sockeye::{prelude::*, testing::TestNode};
///
/// #[derive(ServerToServer)]
/// pub enum Cluster {
///     /// The clients of all nodes are to know.
///     ConfigChanged { version: u64 },
///     #[event(ack = usize)]
///     Load,
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", server_to_server = Cluster)]
/// pub struct Chat;
///
/// struct App;
///
/// # impl Lifecycle<Chat> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// impl ClusterHandler<Chat> for App {
///     // `io` is what `io.of::<Chat>()` gives; `io.server()` is the server.
///     async fn config_changed(&self, io: Broadcast<Chat>, version: u64) {
///         println!("{version} from now on, for {} sockets", io.sockets().len());
///     }
///
///     async fn load(&self, io: Broadcast<Chat>) -> usize {
///         io.sockets().len()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let io = Server::builder().namespace::<Chat>(App).build();
///
/// // To all other nodes, and the answers of all of them: without a cluster there are none.
/// io.of::<Chat>().server_side_emit().config_changed(2);
/// assert_eq!(io.of::<Chat>().server_side_emit().load().await?.len(), 0);
///
/// // In a test, another node:
/// let other = TestNode::<Chat>::new(&io);
/// assert_eq!(other.emit().load().await?, 0);
/// # Ok(()) }
/// ```
///
/// # What it writes
///
/// For an enum `Cluster`:
///
/// - the trait `ClusterHandler<N>` with a method for each event, to be implemented by the application for a namespace `N` that names
///   these events; an `Arc` of a handler is a handler;
/// - the struct `ClusterEmitter<T>` with a method for each event, which `.server_side_emit()` gives;
/// - the implementations of [`Events`](crate::event::Events), [`Emits`](crate::event::Emits) and
///   [`ServerToServer`](crate::event::ServerToServer).
///
/// A plain event's method returns `()`, one with `ack = T` a future of the answers of all other nodes; see
/// [`NodeAnswers`](crate::server::NodeAnswers).
///
/// # When something goes wrong
///
/// Handlers run apart from any connection, started in the order in which a node sent the events, at most
/// [`max_handlers`](crate::server::ServerBuilder::max_handlers) at once; a shutdown waits for them. There is no socket that an event could be
/// blamed on, so [`Lifecycle`](crate::Lifecycle) is not asked: what does not decode is written to the log (`tracing`, level `WARN`) and
/// answered only if `E` is made `From<DecodeError>`, a name that is not known is passed over (`DEBUG`), a panic is caught (`ERROR`).
/// Whoever waits for such an answer has his time-out.
pub use sockeye_macros::ServerToServer;

/// A namespace: a struct that names its path, its events and what its sockets hold; without fields, but for those that its path names.
///
/// ```
/// # use sockeye::{ClientToServer, Namespace, ServerToClient};
/// # #[derive(ClientToServer)]
/// # pub enum ChatRequest { Typing }
/// # #[derive(ServerToClient)]
/// # pub enum ChatPush { Typing }
/// # #[derive(serde::Deserialize)]
/// # pub struct Token(String);
/// # pub struct User;
/// #[derive(Namespace)]
/// #[namespace("/chat", client_to_server = ChatRequest, server_to_client = ChatPush, auth = Token, session = User)]
/// pub struct Chat;
/// # assert_eq!(<Chat as Namespace>::PATH, "/chat");
/// ```
///
/// # `#[namespace("/path", …)]`
///
/// - `client_to_server = Enum`, `server_to_client = Enum`: the events each way; without it there are none. Several enums stand
///   between brackets, `[Lobby, Game]`: a handler trait each, and no name twice; emitting then names
///   the enum, `socket.emit_as::<GamePush>()`.
/// - `server_to_server = Enum`: the events that the nodes of a cluster send each other; several as above, and
///   `server_side_emit_as::<Enum>()`. See [`ServerToServer`](derive@ServerToServer).
/// - `auth = Type`: what a client must present to connect; `()` if nothing is said.
/// - `session = Type`: what the application keeps for a socket, in this process; `()` if nothing is said.
/// - `data = Type`: what it keeps for a socket and other nodes see, too; `()` if nothing is said.
/// - `sequential`: each handler of a socket ends before the next one starts.
/// - `untyped`: the names and arguments of clients' events are known at run time only.
/// - `crate = path`: where to find this crate, if not at `::sockeye`.
///
/// # Paths with parameters
///
/// `{name}` in a path stands for some text, and the struct has a field of that name, of a type that is a [`PathParam`](crate::PathParam).
/// There is a namespace for each path that fits, while somebody is in it.
///
/// ```
/// # use sockeye::prelude::*;
/// #[derive(Namespace)]
/// #[namespace("/table-{number}")]
/// pub struct Table {
///     number: u32,
/// }
///
/// async fn seated(socket: Socket<Table>) {
///     println!("{} sits at table {}", socket.id(), socket.params().number);
/// }
/// # fn all(io: &Server) {
/// io.of_with(Table { number: 7 }).disconnect(); // one of them; `io.of::<Table>()` is all of them
/// # }
/// ```
///
/// For `untyped` namespaces see [`UntypedHandler`](crate::UntypedHandler).
pub use sockeye_macros::Namespace;
