//! A typed client for tests.

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    marker::PhantomData,
    sync::{Arc, atomic::AtomicU64},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{io::DuplexStream, sync::mpsc};

use super::{
    network::Network,
    target::{ClientReply, ClientTarget},
    wire::{self, Acks, Command, Received, STREAM_BUFFER},
};
use crate::{
    engine::HandshakeRequest,
    event::{
        ArgReader, ClientToServer, Emits, EmittableOn, Events, Namespace, OneSet, PacketWriter, Receives,
        read_payload,
    },
    id::SocketId,
    protocol::socket_io::packet::Payload,
    server::Server,
};

/// A client in namespace `N` of a server in the same process. Dropping it closes the connection.
///
/// ```
/// # use std::time::Duration;
/// # use sockeye::{prelude::*, testing::TestClient};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Token { token: String }
/// # #[derive(ServerToClient)]
/// # enum Push { Message { text: String }, #[event(ack = bool)] StillThere }
/// # #[derive(Namespace)]
/// # #[namespace("/", server_to_client = Push, auth = Token)]
/// # struct Chat;
/// # struct App;
/// # impl Lifecycle<Chat> for App {
/// #     async fn connect(&self, handshake: Handshake<Token>) -> Result<(), ConnectError> {
/// #         if handshake.auth().token == "letmein" { Ok(()) } else { Err("not authorized".into()) }
/// #     }
/// # }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let io = Server::builder().namespace::<Chat>(App).build();
///
/// // A refusal is what a browser would see in `connect_error`.
/// let refused = TestClient::<Chat>::connect(&io, Token { token: "guess".into() }).await.unwrap_err();
/// assert_eq!(refused.message, "not authorized");
///
/// let mut client = TestClient::<Chat>::connect(&io, Token { token: "letmein".into() }).await.unwrap();
/// io.of::<Chat>().emit().message("hello");
/// assert!(matches!(client.next().await, Some(Push::Message { text }) if text == "hello"));
///
/// // With tokio's clock paused, ten seconds pass in no time.
/// let socket = io.of::<Chat>().socket(client.id()).unwrap();
/// let answer = socket.timeout(Duration::from_secs(10)).emit().still_there().await;
/// assert!(matches!(answer, Err(AckError::Timeout)));
/// # });
/// ```
///
/// A mistake in what the server sends (an event that the namespace does not have, arguments of another shape) is a panic: it is a
/// test that finds it.
pub struct TestClient<N: Namespace> {
    id: SocketId,
    pid: Option<String>,
    offset: Option<String>,
    target: ClientTarget,
    missed: VecDeque<Received>,
    received: mpsc::UnboundedReceiver<Received>,
    /// What it came over lasts as long as it does.
    _network: Option<Network>,
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> TestClient<N> {
    /// Connects over memory, and joins the namespace with this `auth`, anything that serializes as an object, or `()` for none.
    ///
    /// When it returns, `Lifecycle::connected` has been called and has got as far as its first wait: rooms that it joins at once are joined.
    ///
    /// # Errors
    ///
    /// If the server refuses, with what a JavaScript client would see in `connect_error`.
    pub async fn connect(server: &Server, auth: impl Serialize) -> Result<Self, ConnectRefused> {
        Self::connect_at(server, N::PATH, auth).await
    }

    /// As [`connect`](Self::connect), to a namespace whose path has parameters, or under any other path.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_at(
        server: &Server,
        path: &str,
        auth: impl Serialize,
    ) -> Result<Self, ConnectRefused> {
        let (client_io, server_io) = tokio::io::duplex(STREAM_BUFFER);
        let mount = &server.engine().config().path;
        let request = HandshakeRequest::new(format!("{mount}?EIO=4&transport=websocket"));
        if server.engine().open_websocket(server_io, request).is_err() {
            return Err(ConnectRefused::because("the server is closed"));
        }
        Self::join(server, client_io, None, path, auth).await
    }

    /// Connects over this network to the server behind it, and joins the namespace with this `auth`. The network's faults are this client's:
    /// drops and delays that a test scripts.
    ///
    /// It has no time-outs of its own, unlike a real client. Where the network is frozen, it waits.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); and if the network refuses the connection, or cuts it meanwhile.
    pub async fn connect_over(network: &Network, auth: impl Serialize) -> Result<Self, ConnectRefused> {
        Self::connect_over_at(network, N::PATH, auth).await
    }

    /// As [`connect_over`](Self::connect_over), to a namespace whose path has parameters, or under any other path.
    ///
    /// # Errors
    ///
    /// As [`connect_over`](Self::connect_over).
    pub async fn connect_over_at(
        network: &Network,
        path: &str,
        auth: impl Serialize,
    ) -> Result<Self, ConnectRefused> {
        let server = network.current();
        let io = network.websocket().await.map_err(|refusal| ConnectRefused::because(refusal.as_str()))?;
        Self::join(&server, io, Some(network.clone()), path, auth).await
    }

    async fn join(
        server: &Server,
        client_io: DuplexStream,
        network: Option<Network>,
        path: &str,
        auth: impl Serialize,
    ) -> Result<Self, ConnectRefused> {
        // Unbounded: what a test does not read is what that test made the server send.
        let (commands, command_queue) = mpsc::unbounded_channel();
        let (news, mut received) = mpsc::unbounded_channel();
        let acks = Acks::default();
        tokio::spawn(wire::run(client_io, server.parser(), command_queue, news, Arc::clone(&acks)));
        let writer = PacketWriter::new(path.into(), server.parser());
        let auth = serde_json::value::to_raw_value(&auth).ok().filter(|json| json.get() != "null");
        if let Ok(packet) = writer.connect(auth.as_deref()) {
            let _ = commands.send(Command::Send(packet));
        }
        // A client that comes back gets what it missed before it is told that it is connected.
        let mut missed = VecDeque::new();
        let Connected { sid: id, pid } = loop {
            match received.recv().await {
                Some(Received::Connected(payload)) => break connected(&payload),
                Some(event @ Received::Event(..)) => missed.push_back(event),
                Some(Received::Refused(payload)) => return Err(ConnectRefused::read(payload.as_ref())),
                _ => return Err(ConnectRefused::because("the connection ended")),
            }
        };
        server.begun(path, &id).await;
        let target = ClientTarget { writer, commands, acks, next_id: Arc::new(AtomicU64::new(0)) };
        Ok(Self {
            id,
            pid,
            offset: None,
            target,
            missed,
            received,
            _network: network,
            namespace: PhantomData,
        })
    }

    /// The id the server gave: `socket.id`.
    #[must_use]
    pub fn id(&self) -> &SocketId {
        &self.id
    }

    /// The secret with which it may come back after a cut, as `auth` with the key `pid`: where the server has recovery on.
    #[must_use]
    pub fn pid(&self) -> Option<&str> {
        self.pid.as_deref()
    }

    /// The offset of the last event read, for the key `offset`: where the server has recovery on.
    #[must_use]
    pub fn offset(&self) -> Option<String> {
        self.offset.clone()
    }

    /// Emits to the server: a method for each client-to-server event.
    pub fn emit<E: Emits>(&self) -> E::Emitter<ClientTarget>
    where
        N::ClientToServer: OneSet<E>,
    {
        E::emitter(self.target.clone())
    }

    /// As [`emit`](Self::emit), in a namespace with several client-to-server enums: those of `E`.
    pub fn emit_as<E: ClientToServer>(&self) -> E::Emitter<ClientTarget>
    where
        N: Receives<E>,
    {
        E::emitter(self.target.clone())
    }

    /// The next event from the server; `None` once the connection, or this socket, has ended.
    ///
    /// # Panics
    ///
    /// If it is none of the namespace's server-to-client events, or its arguments do not decode.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<N::ServerToClient>
    where
        N::ServerToClient: Events,
    {
        self.next_with_reply().await.map(|(event, _)| event)
    }

    /// As [`next`](Self::next), with the means to answer if the server asked for an acknowledgement.
    ///
    /// # Panics
    ///
    /// As [`next`](Self::next).
    pub async fn next_with_reply(&mut self) -> Option<(N::ServerToClient, Option<ClientReply>)>
    where
        N::ServerToClient: Events,
    {
        self.receive().await
    }

    /// As [`next_with_reply`](Self::next_with_reply), in a namespace with several server-to-client enums: the next event must be one
    /// of `E`.
    ///
    /// # Panics
    ///
    /// If it is none of `E`, or its arguments do not decode.
    pub async fn next_as<E: EmittableOn<N>>(&mut self) -> Option<(E, Option<ClientReply>)> {
        self.receive().await
    }

    async fn receive<E: Events>(&mut self) -> Option<(E, Option<ClientReply>)> {
        let (payload, id) = loop {
            let received = match self.missed.pop_front() {
                Some(missed) => missed,
                None => self.received.recv().await?,
            };
            match received {
                Received::Event(payload, id) => break (payload, id),
                Received::Disconnected => {
                    self.received.close();
                    return None;
                }
                Received::Connected(_) | Received::Refused(_) => {}
            }
        };
        let decoded =
            ArgReader::event(&payload).and_then(|(name, mut args)| Ok((E::decode(&name, &mut args)?, name)));
        match decoded {
            Ok((Some(event), name)) => {
                if self.pid.is_some() && id.is_none() {
                    self.offset = offset::<E>(&name, &payload).or(self.offset.take());
                }
                Some((event, id.map(|id| ClientReply { target: self.target.clone(), id })))
            }
            Ok((None, name)) => panic!("the server sent `{name}`, which is none of the events asked for"),
            Err(error) => panic!("the server sent an event that does not decode: {error}"),
        }
    }

    /// Leaves the namespace: `socket.disconnect()`.
    pub fn disconnect(&self) {
        if let Ok(packet) = self.target.writer.disconnect() {
            let _ = self.target.commands.send(Command::Send(packet));
        }
    }

    /// Cuts the transport without a word, as a network does.
    pub fn cut(&self) {
        let _ = self.target.commands.send(Command::Cut);
    }
}

impl<N: Namespace> fmt::Debug for TestClient<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The server's CONNECT.
#[derive(Deserialize)]
struct Connected {
    sid: SocketId,
    pid: Option<String>,
}

fn connected(payload: &Payload) -> Connected {
    match read_payload(payload) {
        Ok(connected) => connected,
        Err(error) => panic!("the server's CONNECT does not decode: {error}"),
    }
}

/// The argument behind those that the event has.
fn offset<E: Events>(name: &str, payload: &Payload) -> Option<String> {
    let arity = E::EVENTS.iter().find(|event| event.name == name)?.args.len();
    let (_, mut args) = ArgReader::event(payload).ok()?;
    let offset = args.rest().ok()?.into_iter().nth(arity)?;
    offset.as_str().map(str::to_owned)
}

/// The server refused the connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectRefused {
    /// `err.message` in JavaScript.
    pub message: String,
    /// `err.data`, as JSON text.
    pub data: Option<Box<RawValue>>,
}

impl ConnectRefused {
    fn because(message: &str) -> Self {
        Self { message: message.to_owned(), data: None }
    }

    fn read(payload: Option<&Payload>) -> Self {
        #[derive(Deserialize)]
        struct Refusal {
            message: String,
            data: Option<Box<RawValue>>,
        }
        match payload.map(read_payload) {
            Some(Ok(Refusal { message, data })) => Self { message, data },
            _ => Self { message: String::new(), data: None },
        }
    }
}

impl fmt::Display for ConnectRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ConnectRefused {}
