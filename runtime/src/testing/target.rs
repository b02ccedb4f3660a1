//! What a test client sends: events, and answers to those of the server.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::wire::{Acks, Command};
use crate::{
    event::{AckShape, AckTypes, ArgWriter, EmitTarget, EventName, PacketWriter, decode_answer},
    protocol::socket_io::packet::Payload,
    server::AckError,
};

/// Where a test client's emits go.
#[derive(Clone)]
pub struct ClientTarget {
    pub(super) writer: PacketWriter,
    pub(super) commands: mpsc::UnboundedSender<Command>,
    pub(super) acks: Acks,
    pub(super) next_id: Arc<AtomicU64>,
}

impl fmt::Debug for ClientTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTarget").finish_non_exhaustive()
    }
}

impl EmitTarget for ClientTarget {
    type Sent = ();
    type Ack<A: AckTypes> = ClientAck<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        match self.writer.event(event, None, write) {
            Ok(packet) => drop(self.commands.send(Command::Send(packet))),
            Err(error) => panic!("the event cannot be written: {error}"),
        }
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> ClientAck<A> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (waiter, receiver) = oneshot::channel();
        self.acks.lock().insert(id, waiter);
        match self.writer.event(event, Some(id), write) {
            Ok(packet) => drop(self.commands.send(Command::Send(packet))),
            Err(error) => panic!("the event cannot be written: {error}"),
        }
        ClientAck { receiver, shape: PhantomData }
    }
}

/// The server's answer to an event.
#[must_use = "await it for the answer"]
pub struct ClientAck<A> {
    receiver: oneshot::Receiver<Payload>,
    shape: PhantomData<fn() -> A>,
}

impl<A: AckShape> Future for ClientAck<A> {
    type Output = Result<A::Value, AckError<A::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(cx).map(|answer| match answer {
            Ok(payload) => decode_answer::<A>(&payload),
            Err(_) => Err(AckError::Disconnected),
        })
    }
}

impl<A> fmt::Debug for ClientAck<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAck")
    }
}

/// An answer to an event with `error = E`: all went well.
#[derive(Serialize)]
pub(super) struct Accepted<'a, T: ?Sized> {
    pub(super) ok: bool,
    pub(super) value: &'a T,
}

/// It was refused.
#[derive(Serialize)]
pub(super) struct Refused<'a, E: ?Sized> {
    pub(super) ok: bool,
    pub(super) error: &'a E,
}

/// Answers an event for which the server asked for an acknowledgement: with [`send`](Self::send) where the event has `ack = T`
/// alone, with [`accept`](Self::accept) or [`refuse`](Self::refuse) where it has `error = E` too. Dropped, it never answers.
///
/// ```
/// # use sockeye::{prelude::*, testing::TestClient};
/// # use std::time::Duration;
/// #[derive(ServerToClient)]
/// enum Push {
///     #[event(ack = bool)]
///     StillThere,
///     #[event(ack = u32, error = String)]
///     Choose { from: Vec<u32> },
/// }
/// # #[derive(Namespace)]
/// # #[namespace("/", server_to_client = Push)]
/// # struct Main;
/// # struct App;
/// # impl Lifecycle<Main> for App {
/// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
/// # }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let io = Server::builder().namespace::<Main>(App).build();
/// let mut client = TestClient::<Main>::connect(&io, ()).await?;
///
/// let mut answers = io.of::<Main>().emit().still_there();
/// if let Some((Push::StillThere, Some(reply))) = client.next_with_reply().await {
///     reply.send(&true);
/// }
/// assert!(matches!(answers.next().await.map(|item| item.answer), Some(Ok(true))));
///
/// let mut answers = io.of::<Main>().emit().choose([1, 2]);
/// if let Some((Push::Choose { .. }, Some(reply))) = client.next_with_reply().await {
///     reply.refuse("neither");
/// }
/// let answer = answers.next().await.map(|item| item.answer);
/// assert!(matches!(answer, Some(Err(AckError::Refused(why))) if why == "neither"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it never answers"]
pub struct ClientReply {
    pub(super) target: ClientTarget,
    pub(super) id: u64,
}

impl ClientReply {
    /// Sends the answer to an event with `ack = T` alone: a value that reads as a `T`.
    ///
    /// # Panics
    ///
    /// If the value does not serialize.
    pub fn send(self, value: &(impl Serialize + ?Sized)) {
        match self.target.writer.ack(self.id, &|args| args.arg(value)) {
            Ok(packet) => drop(self.target.commands.send(Command::Send(packet))),
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
