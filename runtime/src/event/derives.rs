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
/// - with the feature `server`, the trait `ChatRequestHandler<N>` with a method for each event, to be implemented by the application
///   for a namespace `N` that receives these events; an `Arc` of a handler is a handler;
/// - the struct `ChatRequestEmitter<T>` with a method for each event, which a client's `.emit()` gives;
/// - the implementations of [`Events`](crate::event::Events), [`Emits`](crate::event::Emits) and
///   [`ClientToServer`](crate::event::ClientToServer).
///
/// In short, with doc comments left out; `macros/snapshots/` has all of it, as a test compares it:
///
/// ```text
/// pub trait ChatRequestHandler<N> where N: Receives<ChatRequest> {
///     fn post(&self, socket: Socket<N>, room: String, text: String)
///         -> impl Future<Output = Result<u64, PostError>> + Send;
///     fn typing(&self, socket: Socket<N>) -> impl Future<Output = ()> + Send;
///     fn upload(&self, socket: Socket<N>, arg0: String, arg1: Bytes) -> impl Future<Output = ()> + Send;
/// }
///
/// pub struct ChatRequestEmitter<T>(T);
/// impl<T: EmitTarget> ChatRequestEmitter<T> {
///     pub fn post(&self, room: impl EmitArg<String>, text: impl EmitArg<String>)
///         -> T::Ack<Fallible<u64, PostError>>;
///     pub fn typing(&self) -> T::Sent;
///     pub fn upload(&self, arg0: impl EmitArg<String>, arg1: impl EmitArg<Bytes>) -> T::Sent;
/// }
///
/// // Name to handler, one `match`; each arm reads its arguments and boxes the handler's future, once.
/// impl<N, H> Dispatch<Socket<N>, H> for ChatRequest where H: ChatRequestHandler<N>, …
/// ```
///
/// The fields of a variant are the event's arguments, in order, with names or without. An argument is any type that serde
/// reads and writes; bytes at any depth travel as binary attachments. An `Option` at the end may be missing and is `None` then,
/// arguments that are too many are passed over. For one object as the only argument use a struct of your own. Doc comments are
/// copied to the methods, and `#[deprecated]` to the emitter's.
///
#[doc = include_str!("../../docs/event-options.md")]
pub use sockeye_macros::ClientToServer;

/// Events that the server sends to clients: an enum with one variant for each, socket.io's `socket.emit(…)` as a type.
///
/// It takes the attributes of [`ClientToServer`](derive@ClientToServer), but for `guard`, which is made from a server's socket. For an
/// enum `ChatPush` it writes the struct
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
#[cfg_attr(feature = "client", doc = "\n")]
#[cfg_attr(feature = "client", doc = include_str!("../../docs/push-handlers.md"))]
pub use sockeye_macros::ServerToClient;

/// Events between the servers of a cluster: an enum with one variant for each, socket.io's `io.serverSideEmit(…)` as a type.
///
/// It takes the attributes of [`ClientToServer`](derive@ClientToServer), but for `guard`. Like JavaScript's, these events belong to a
/// namespace, which names them as `server_to_server`. Besides the protocol's own names `connection` and `new_namespace` are reserved: on
/// Node.js they would call a server's own listeners.
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
/// - with the feature `server`, the trait `ClusterHandler<N>` with a method for each event, to be implemented by the application for a namespace `N` that names
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

/// Events declared by a trait, for those who think in services: each method is an event, and what it returns is the answer.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use sockeye::prelude::*;
///
/// # #[derive(Debug, Serialize, Deserialize)]
/// # pub enum RenameError { Taken }
/// /// What a browser may send.
/// #[events(client_to_server)]
/// pub trait ChatRequest {
///     /// Post a message to a room; acknowledged with its id.
///     #[event("chat message")]
///     async fn post(&self, room: String, text: String) -> u64;
///     /// Somebody is typing.
///     async fn typing(&self);
///     async fn rename(&self, name: String) -> Result<(), RenameError>;
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", client_to_server = ChatRequest)]
/// pub struct Chat;
///
/// struct App;
///
/// impl ChatRequestHandler<Chat> for App {
///     async fn post(&self, socket: Socket<Chat>, room: String, text: String) -> u64 {
///         1
///     }
///
///     async fn typing(&self, socket: Socket<Chat>) {}
///
///     async fn rename(&self, socket: Socket<Chat>, name: String) -> Result<(), RenameError> {
///         Err(RenameError::Taken)
///     }
/// }
/// # let _ = ChatRequest::Post { room: String::new(), text: String::new() };
/// ```
///
/// # What it writes
///
/// An enum in place of the trait, here
///
/// ```
/// # use sockeye::prelude::*;
/// # #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// # pub enum RenameError { Taken }
/// #[derive(ClientToServer)]
/// pub enum ChatRequest {
///     #[event("chat message", ack = u64)]
///     Post { room: String, text: String },
///     Typing,
///     #[event(ack = (), error = RenameError)]
///     Rename { name: String },
/// }
/// ```
///
/// and with it all that [`ClientToServer`](derive@ClientToServer) describes: `ChatRequestHandler`, which the application implements,
/// with the socket as its first parameter; `ChatRequestEmitter`; and the enum itself for queues and tests. There is no trait
/// `ChatRequest` afterwards.
///
/// # Above the trait: `#[events(direction, …)]`
///
/// The direction is `client_to_server`, `server_to_client` or `server_to_server`: the derive that the enum gets. The options of
/// the enum's `#[events(…)]` may follow. Other attributes of the trait are the enum's, `#[derive(Debug)]` below this one too.
///
/// # On a method: `#[event("name", …)]`
///
/// As on a variant, but for `ack` and `error`, which the return type says:
///
/// | returns | is |
/// | --- | --- |
/// | nothing | no acknowledgement |
/// | `-> T` | `ack = T`; `-> ()` is an answer without a value |
/// | `-> Result<T, E>` | `ack = T, error = E` |
///
/// The variant's name is the method's in `PascalCase`, and the name on the wire comes from that: `user_typing` is `UserTyping` is
/// `"userTyping"`. Attributes of a parameter are those of a field.
pub use sockeye_macros::events;

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
/// There is a namespace for each path that fits, while somebody is in it. Between two parameters there must be something, which begins with no digit, `A` to `F` or `%`.
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
/// Different values have different paths, and `of_with` reaches those only who read the same value from their path. For that, in a parameter
/// that is not the last one, the character that ends it, and `%`, are written as `%` and hexadecimal digits, as in
/// [rooms](derive@crate::Room): of `"/t-{tenant}-{user}"` with two texts, `/t-x-y-z` is tenant `x` and user `y-z`, and tenant `x-y` and user
/// `z` is `/t-x%2Dy-z`, for clients as for `of_with`. Every other spelling of such a text is an invalid namespace.
///
/// The path as the client wrote it is the namespace: `/table-07` is not `/table-7`, though `number` is 7 in both, and `of_with` is the one
/// without zeros. Where that must not be, let `connect` refuse it.
///
/// For `untyped` namespaces see [`UntypedHandler`](crate::UntypedHandler).
pub use sockeye_macros::Namespace;

/// Rooms as a type: `Table { id: 7 }` is the room `table:7`, wherever the name of a room is expected, and a room is read back by
/// [`Room::parse`](struct@crate::Room). Names as text stay possible beside it.
///
/// ```
/// use sockeye::prelude::*;
///
/// #[derive(Room, Debug, PartialEq)]
/// enum Place {
///     /// `lobby`
///     Lobby,
///     /// `table:7`
///     Table { id: u32 },
///     /// `seat:7:2`
///     Seat(u32, u8),
///     /// `poker-7`
///     #[room("poker-{id}")]
///     Poker { id: u32 },
/// }
///
/// fn sit<N: Namespace>(socket: &Socket<N>) -> Result<(), sockeye::JoinError> {
///     socket.join([Place::Lobby, Place::Table { id: 7 }])?;
///     let others = socket.to(Place::Table { id: 7 });
///     let mine: Vec<Place> = socket.rooms().iter().filter_map(Room::parse).collect();
///     Ok(())
/// }
///
/// assert_eq!(Room::from(Place::Seat(7, 2)), "seat:7:2".into());
/// assert_eq!(Room::from("poker-7").parse(), Some(Place::Poker { id: 7 }));
/// assert_eq!(Room::from("poker-07").parse::<Place>(), None);
/// ```
///
/// # The name
///
/// The type's or variant's name in `snake_case`, and each field after a colon; or, on a struct or variant, `#[room("pattern")]`, where
/// `{field}` or `{0}` stands for a field. Every field must be in it, and something between two, which begins with no digit, `A` to `F` or `%`. The types of fields are [`PathParam`](crate::PathParam):
/// unsigned integers, `String`, or your own.
///
/// `#[room(crate = path)]` on the type says where to find this crate, if not at `::sockeye`.
///
/// # One name, one value
///
/// Different values have different names, and `parse` is `Some(value)` for exactly the name that the value has. For that
///
/// - two variants that could have the same name do not compile;
/// - in a parameter that is not the last one, the character that ends it, and `%`, are written as `%` and hexadecimal digits: with two
///   texts, `Pair("a:b", "c:d")` is `pair:a%3Ab:c:d`. Nothing else is changed;
/// - what a `PathParam` itself does not read has a name, but `parse` gives `None`: of `String`, the empty text and one with a slash.
///
/// # What it writes
///
/// The implementations of [`RoomName`](crate::RoomName), and of `From<T>` and `From<&T>` for [`Room`](struct@crate::Room).
#[cfg(feature = "server")]
pub use sockeye_macros::Room;

/// A [`Lifecycle`](trait@crate::Lifecycle) that accepts **everyone**: whoever reaches the server is connected, and nobody is asked who they are.
///
/// ```
/// use sockeye::prelude::*;
///
/// #[derive(Namespace)]
/// #[namespace("/news")]
/// struct News;
///
/// #[derive(Lifecycle)]
/// struct App;
///
/// let io = Server::builder().namespace::<News>(App).build();
/// ```
///
/// It implements the trait for every namespace whose `session` is `Default`; a socket's session is that default, and everything else
/// is as the trait says by itself. An `auth` must still decode, and is then thrown away: a namespace that has one wants to be written by hand.
///
/// # `#[lifecycle(News, Chat)]`
///
/// Only these namespaces are open to everyone; the others are written by hand.
///
/// ```
/// # use sockeye::prelude::*;
/// # #[derive(Namespace)]
/// # #[namespace("/news")]
/// # struct News;
/// # #[derive(Namespace)]
/// # #[namespace("/admin", auth = String)]
/// # struct Admin;
/// #[derive(Lifecycle)]
/// #[lifecycle(News)]
/// struct App;
///
/// impl Lifecycle<Admin> for App {
///     async fn connect(&self, handshake: Handshake<String>) -> Result<(), ConnectError> {
///         if handshake.auth() == "secret" { Ok(()) } else { Err(ConnectError::new("not authorized")) }
///     }
/// }
/// ```
///
/// `crate = path` among them says where to find this crate, if not at `::sockeye`.
#[cfg(feature = "server")]
pub use sockeye_macros::Lifecycle;
