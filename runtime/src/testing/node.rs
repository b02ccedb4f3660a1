//! Another node of the cluster, for tests.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, ready},
};

use bytestring::ByteString;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::target::{Accepted, Refused};
use crate::{
    adapter::{Asked, Link, Question},
    event::{
        AckShape, AckTypes, ArgReader, ArgWriter, EmitTarget, Emits, EmittableToNodes, EncodeError,
        EventName, Events, Namespace, OneSet, PacketWriter, Reply, ReplyTo, decode_answer,
    },
    protocol::{
        frame::{Encoded, Frame},
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{MAX_ATTACHMENTS, PacketKind, Payload},
        },
    },
    server::{AckError, Server},
};

/// Each node waits for one answer at a time on its in-memory way: any id will do.
const ID: u64 = 0;

/// Another node of the cluster that a server is in, as far as namespace `N` goes: it sends the events of `server_to_server`, and gets
/// what the server under test sends to the other nodes. Dropping it takes it out of the cluster.
///
/// ```
/// use sockeye::{prelude::*, testing::TestNode};
///
/// #[derive(ServerToServer)]
/// enum Cluster {
///     Invalidate { key: String },
///     #[event(ack = usize)]
///     Load,
/// }
/// #[derive(Namespace)]
/// #[namespace("/", server_to_server = Cluster)]
/// struct Chat;
///
/// struct App;
/// impl Lifecycle<Chat> for App {
///     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// }
/// impl ClusterHandler<Chat> for App {
///     async fn invalidate(&self, io: Broadcast<Chat>, key: String) {}
///     async fn load(&self, io: Broadcast<Chat>) -> usize { io.sockets().len() }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let io = Server::builder().namespace::<Chat>(App).build();
/// let mut other = TestNode::<Chat>::new(&io);
///
/// // What another node sends runs the application's handlers.
/// assert_eq!(other.emit().load().await?, 0);
///
/// // What the application sends arrives there.
/// io.of::<Chat>().server_side_emit().invalidate("users");
/// assert!(matches!(other.next().await, Some(Cluster::Invalidate { key }) if key == "users"));
///
/// let loads = io.of::<Chat>().server_side_emit().load();
/// if let Some((Cluster::Load, Some(reply))) = other.next_with_reply().await {
///     reply.send(&7);
/// }
/// assert_eq!(loads.await?, [7]);
/// # Ok(()) }
/// ```
///
/// Each event goes through its bytes, as between real nodes. A mistake in what the server sends (an event that the namespace does not
/// have, arguments of another shape) is a panic: it is a test that finds it.
pub struct TestNode<N: Namespace> {
    target: NodeTarget,
    received: mpsc::UnboundedReceiver<Received>,
    /// Taken out of the cluster when this is dropped.
    _link: Arc<Mailbox>,
    namespace: PhantomData<fn() -> N>,
}

/// An event of the server under test, and where its answer goes.
type Received = (Payload, Option<Asked>);

impl<N: Namespace> TestNode<N> {
    /// A node beside this one.
    ///
    /// # Panics
    ///
    /// If the namespace's path has parameters: then [`new_with`](Self::new_with) says which namespace is meant. Outside a tokio runtime.
    #[must_use]
    pub fn new(server: &Server) -> Self {
        assert!(!N::DYNAMIC, "`{}` has parameters: use `TestNode::new_with`", N::PATH);
        Self::at(server, N::PATH.into())
    }

    /// A node beside this one, for a namespace whose path has parameters. Its events reach the server while somebody is in that
    /// namespace there.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[must_use]
    pub fn new_with(server: &Server, namespace: N) -> Self {
        Self::at(server, namespace.path().into())
    }

    fn at(server: &Server, path: Arc<str>) -> Self {
        let writer = PacketWriter::new(path, server.parser());
        // Unbounded both: what a test does not read is what that test made the server send.
        let (letters, received) = mpsc::unbounded_channel();
        let (sent, queue) = mpsc::unbounded_channel();
        let link = Arc::new(Mailbox { writer: writer.clone(), letters });
        let weak: Weak<Mailbox> = Arc::downgrade(&link);
        server.link(weak);
        // Ends with the last target that sends to it.
        tokio::spawn(run(server.clone(), writer.clone(), queue));
        Self { target: NodeTarget { writer, sent }, received, _link: link, namespace: PhantomData }
    }

    /// Emits to the server under test: a method for each server-to-server event. Handlers start in the order of the calls.
    pub fn emit<E: Emits>(&self) -> E::Emitter<NodeTarget>
    where
        N::ServerToServer: OneSet<E>,
    {
        E::emitter(self.target.clone())
    }

    /// As [`emit`](Self::emit), in a namespace with several server-to-server enums: those of `E`.
    pub fn emit_as<E: EmittableToNodes<N>>(&self) -> E::Emitter<NodeTarget> {
        E::emitter(self.target.clone())
    }

    /// The next event that the server under test sends to the other nodes. If it asks for an answer, it gets none.
    ///
    /// # Panics
    ///
    /// If it is none of the namespace's server-to-server events, or its arguments do not decode.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<N::ServerToServer>
    where
        N::ServerToServer: Events,
    {
        self.receive().await.map(|(event, _)| event)
    }

    /// As [`next`](Self::next), with the means to answer if the server asked for an acknowledgement.
    ///
    /// # Panics
    ///
    /// As [`next`](Self::next).
    pub async fn next_with_reply(&mut self) -> Option<(N::ServerToServer, Option<NodeReply>)>
    where
        N::ServerToServer: Events,
    {
        self.receive().await
    }

    /// As [`next_with_reply`](Self::next_with_reply), in a namespace with several server-to-server enums: the next event must be one of
    /// `E`.
    ///
    /// # Panics
    ///
    /// If it is none of `E`, or its arguments do not decode.
    pub async fn next_as<E: EmittableToNodes<N>>(&mut self) -> Option<(E, Option<NodeReply>)> {
        self.receive().await
    }

    async fn receive<E: Events>(&mut self) -> Option<(E, Option<NodeReply>)> {
        let (payload, asked) = self.received.recv().await?;
        let decoded =
            ArgReader::event(&payload).and_then(|(name, mut args)| Ok((E::decode(&name, &mut args)?, name)));
        match decoded {
            Ok((Some(event), _)) => {
                let writer = self.target.writer.clone();
                Some((event, asked.map(|asked| NodeReply { writer, asked })))
            }
            Ok((None, name)) => panic!("the server sent `{name}`, which is none of the events asked for"),
            Err(error) => panic!("the server sent an event that does not decode: {error}"),
        }
    }
}

impl<N: Namespace> fmt::Debug for TestNode<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestNode").field("namespace", &self.target.writer.namespace()).finish_non_exhaustive()
    }
}

/// What the server under test sees of the node.
struct Mailbox {
    writer: PacketWriter,
    letters: mpsc::UnboundedSender<Received>,
}

impl Link for Mailbox {
    fn send(
        &self,
        namespace: &Arc<str>,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        question: Option<Question>,
    ) -> Result<(), EncodeError> {
        let here = **namespace == *self.writer.namespace();
        let id = question.as_ref().map(|_| ID);
        let packet = if here { Some(self.writer.event(event, id, write)?) } else { None };
        let asked = question.map(|question| question.reaches(usize::from(here)));
        if let Some(packet) = packet {
            let _ = self.letters.send((carried(&self.writer, &packet), asked));
        }
        Ok(())
    }
}

/// The other end of a wire: a packet's payload from its bytes.
fn carried(writer: &PacketWriter, packet: &Encoded) -> Payload {
    let limits = DecoderLimits { max_attachments: MAX_ATTACHMENTS, max_bytes: usize::MAX };
    let mut decoder = Decoder::of(writer.parser, limits);
    let mut decoded = None;
    for frame in packet.frames() {
        let read = match &frame {
            Frame::Text { .. } => {
                // Behind Engine.IO's digit.
                let text = frame.packet_text().and_then(|text| std::str::from_utf8(text.get(1..)?).ok());
                decoder.text(ByteString::from(text.unwrap_or_default()))
            }
            Frame::Binary(data) => decoder.binary(data.clone()),
        };
        match read {
            Ok(packet) => decoded = packet,
            Err(error) => panic!("what was written cannot be read: {error}"),
        }
    }
    match decoded.map(|packet| packet.kind) {
        Some(PacketKind::Event(payload, _) | PacketKind::Ack(payload, _)) => payload,
        other => panic!("what was written is read as {other:?}"),
    }
}

/// An event on its way to the server under test.
struct Sent {
    packet: Encoded,
    /// Told where the answer comes, once the handler has begun.
    begun: Option<oneshot::Sender<oneshot::Receiver<Reply>>>,
}

/// Delivers what a node sends, as the transport of a cluster does.
async fn run(server: Server, writer: PacketWriter, mut queue: mpsc::UnboundedReceiver<Sent>) {
    while let Some(Sent { packet, begun }) = queue.recv().await {
        let payload = carried(&writer, &packet);
        let reply = ReplyTo::new(writer.clone(), begun.as_ref().map(|_| ID));
        let answer = server.node_event(writer.namespace(), &payload, reply).await;
        if let Some((begun, answer)) = begun.zip(answer) {
            let _ = begun.send(answer);
        }
    }
}

/// Where the emits of a [`TestNode`] go.
#[derive(Clone)]
pub struct NodeTarget {
    writer: PacketWriter,
    sent: mpsc::UnboundedSender<Sent>,
}

impl NodeTarget {
    fn packet(&self, event: EventName<'_>, id: Option<u64>, write: &dyn Fn(&mut ArgWriter)) -> Encoded {
        match self.writer.event(event, id, write) {
            Ok(packet) => packet,
            Err(error) => panic!("the event cannot be written: {error}"),
        }
    }
}

impl fmt::Debug for NodeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeTarget").finish_non_exhaustive()
    }
}

impl EmitTarget for NodeTarget {
    type Sent = ();
    type Ack<A: AckTypes> = NodeAck<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        drop(self.sent.send(Sent { packet: self.packet(event, None, write), begun: None }));
    }

    fn send_with_ack<A: AckShape>(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) -> NodeAck<A> {
        let (begun, waiting) = oneshot::channel();
        drop(self.sent.send(Sent { packet: self.packet(event, Some(ID), write), begun: Some(begun) }));
        NodeAck { state: Answer::Beginning(waiting), writer: self.writer.clone(), shape: PhantomData }
    }
}

/// The answer of the server under test to an event of a [`TestNode`].
///
/// # Errors
///
/// As for the nodes of a cluster; but if it is certain that no answer will come, because the handler panicked or did not run, it
/// ends with [`AckError::Timeout`] at once.
#[must_use = "await it for the answer"]
pub struct NodeAck<A> {
    state: Answer,
    writer: PacketWriter,
    shape: PhantomData<fn() -> A>,
}

enum Answer {
    Beginning(oneshot::Receiver<oneshot::Receiver<Reply>>),
    Running(oneshot::Receiver<Reply>),
}

impl<A: AckShape> Future for NodeAck<A> {
    type Output = Result<A::Value, AckError<A::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.state {
                Answer::Beginning(waiting) => match ready!(Pin::new(waiting).poll(cx)) {
                    Ok(running) => self.state = Answer::Running(running),
                    Err(_) => return Poll::Ready(Err(AckError::Timeout)),
                },
                Answer::Running(reply) => {
                    let reply = ready!(Pin::new(reply).poll(cx)).unwrap_or_default();
                    return Poll::Ready(match reply.0 {
                        Some(packet) => decode_answer::<A>(&carried(&self.writer, &packet)),
                        None => Err(AckError::Timeout),
                    });
                }
            }
        }
    }
}

impl<A> fmt::Debug for NodeAck<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeAck")
    }
}

/// Answers an event for which the server under test asked the other nodes: with [`send`](Self::send) where the event has `ack = T`
/// alone, with [`accept`](Self::accept) or [`refuse`](Self::refuse) where it has `error = E` too. Dropped, it never answers.
#[must_use = "dropped, it never answers"]
pub struct NodeReply {
    writer: PacketWriter,
    asked: Asked,
}

impl NodeReply {
    /// Sends the answer to an event with `ack = T` alone: a value that reads as a `T`.
    ///
    /// # Panics
    ///
    /// If the value does not serialize.
    pub fn send(self, value: &(impl Serialize + ?Sized)) {
        match self.writer.ack(ID, &|args| args.arg(value)) {
            Ok(packet) => self.asked.answer(carried(&self.writer, &packet)),
            Err(error) => panic!("the answer cannot be written: {error}"),
        }
    }

    /// Sends the answer to an event with `ack = T, error = E`: all went well, and a value that reads as a `T`.
    ///
    /// # Panics
    ///
    /// If the value does not serialize.
    pub fn accept(self, value: &(impl Serialize + ?Sized)) {
        self.send(&Accepted { ok: true, value });
    }

    /// Refuses an event with `ack = T, error = E`, with a value that reads as an `E`.
    ///
    /// # Panics
    ///
    /// If the error does not serialize.
    pub fn refuse(self, error: &(impl Serialize + ?Sized)) {
        self.send(&Refused { ok: false, error });
    }
}

impl fmt::Debug for NodeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeReply").finish_non_exhaustive()
    }
}
