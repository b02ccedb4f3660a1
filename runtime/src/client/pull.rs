//! Events taken one by one, instead of by a handler: `while let Some(event) = pull.next().await`.
//!
//! Knows how an event is read; what waits lies in the socket's inbox.

use std::{
    fmt,
    future::{Future, poll_fn},
    ops::Deref,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use serde::Serialize;

use super::{
    Client,
    lifecycle::ErasedLifecycle,
    socket::Incoming,
    untyped::{UntypedClientEvent, untyped_event},
};
use crate::event::{
    ArgReader, DecodeError, DecodeErrorKind, EventArg, EventDef, EventError, Events, Namespace, ReplyTo,
    Untyped,
};

/// What a set of events is pulled as: the enum itself, or [`UntypedClientEvent`].
pub trait Pulls<N: Namespace>: 'static {
    /// One event.
    type Event: Send;

    #[doc(hidden)]
    fn each_event(tell: &mut dyn FnMut(&'static EventDef));

    #[doc(hidden)]
    fn read(
        client: &Client<N>,
        name: &str,
        args: &mut ArgReader<'_>,
        answer: &mut Option<Answer>,
    ) -> Result<Option<Self::Event>, DecodeError>;
}

impl<N: Namespace, E: Events + Send> Pulls<N> for E {
    type Event = E;

    fn each_event(tell: &mut dyn FnMut(&'static EventDef)) {
        E::EVENTS.iter().for_each(tell);
    }

    fn read(
        _: &Client<N>,
        name: &str,
        args: &mut ArgReader<'_>,
        _: &mut Option<Answer>,
    ) -> Result<Option<E>, DecodeError> {
        E::decode(name, args)
    }
}

impl<N: Namespace> Pulls<N> for Untyped {
    type Event = UntypedClientEvent;

    fn each_event(_: &mut dyn FnMut(&'static EventDef)) {}

    fn read(
        client: &Client<N>,
        name: &str,
        args: &mut ArgReader<'_>,
        answer: &mut Option<Answer>,
    ) -> Result<Option<UntypedClientEvent>, DecodeError> {
        // Its event has a callback of its own.
        let answer = answer.take().and_then(|answer| answer.reply.id.map(|id| (answer.generation, id)));
        untyped_event(client, name, args, answer).map(Some)
    }
}

/// A client whose events are pulled. It is a [`Client`] too, by `Deref`, and keeps it alive.
///
/// Events wait in a queue that is bounded in bytes; while it is full, nothing more is read from the server. Who does not pull for longer than
/// the server's ping time-out is closed by it, if the server sends so much. Once it is dropped, the other handles to the client still emit, and
/// events are dropped as they come.
///
/// ```no_run
/// # use sockeye::client::{Client, AnyNamespace};
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut events = Client::<AnyNamespace>::builder("https://example.org").pull()?;
/// events.emit().event("hello", ("world",));
/// while let Some(event) = events.next().await {
///     println!("{} {:?}", event.name, event.args);
/// }
/// # Ok(()) }
/// ```
pub struct Pull<N: Namespace> {
    client: Client<N>,
    lifecycle: Arc<dyn ErasedLifecycle<N>>,
}

impl<N: Namespace> fmt::Debug for Pull<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull").field("client", &self.client).finish_non_exhaustive()
    }
}

impl<N: Namespace> Drop for Pull<N> {
    fn drop(&mut self) {
        self.client.member().inbox.deafen();
    }
}

impl<N: Namespace> Deref for Pull<N> {
    type Target = Client<N>;

    fn deref(&self) -> &Client<N> {
        &self.client
    }
}

impl<N: Namespace> Pull<N> {
    pub(crate) fn new(client: Client<N>, lifecycle: Arc<dyn ErasedLifecycle<N>>) -> Self {
        Self { client, lifecycle }
    }

    /// Another handle to the client.
    #[must_use]
    pub fn client(&self) -> Client<N> {
        self.client.clone()
    }
}

impl<N: Namespace<ServerToClient: Pulls<N>>> Pull<N> {
    /// The next event; `None` once the client is [closed](super::State::Closed) and no event waits. After a `connect()` there may be more.
    ///
    /// What does not decode or is unknown is told to the [`ClientLifecycle`](super::ClientLifecycle) and passed over. An answer that the server
    /// asks for is not given: [`next_with_reply`](Self::next_with_reply) does that. Cancel safe.
    pub async fn next(&mut self) -> Option<<N::ServerToClient as Pulls<N>>::Event> {
        self.next_with_reply().await.map(|(event, _)| event)
    }

    /// The next event, and where its answer goes. An event whose answer nobody asked for has an [`Answer`] too, which sends nothing.
    /// Cancel safe.
    pub async fn next_with_reply(&mut self) -> Option<(<N::ServerToClient as Pulls<N>>::Event, Answer)> {
        loop {
            let incoming = self.incoming().await?;
            if let Some(event) = self.read(&incoming) {
                return Some(event);
            }
        }
    }

    async fn incoming(&self) -> Option<Incoming> {
        let mut closed = pin!(self.client.closed());
        poll_fn(|cx| {
            self.client.member().inbox.poll_pull(cx, |_| {
                // Its waker is this task's as well.
                let mut cx = Context::from_waker(cx.waker());
                matches!(closed.as_mut().poll(&mut cx), Poll::Ready(_))
            })
        })
        .await
    }

    fn read(&self, incoming: &Incoming) -> Option<(<N::ServerToClient as Pulls<N>>::Event, Answer)> {
        let client = &self.client;
        let (name, mut args) = match ArgReader::event(&incoming.payload) {
            Ok((name, args)) => (name, args.with_offset(incoming.has_offset)),
            Err(error) => {
                self.failed(incoming, &error);
                return None;
            }
        };
        let reply = ReplyTo::new(client.member().socket.writer().clone(), incoming.id);
        let mut answer = Some(Answer::new(client.clone(), incoming.generation, reply));
        match N::ServerToClient::read(client, &name, &mut args, &mut answer) {
            Ok(Some(event)) => {
                let none = || {
                    Answer::new(
                        client.clone(),
                        incoming.generation,
                        ReplyTo::new(client.member().socket.writer().clone(), None),
                    )
                };
                Some((event, answer.unwrap_or_else(none)))
            }
            Ok(None) if !incoming.payload.is_well_formed() => {
                client.member().malformed(incoming.generation);
                None
            }
            Ok(None) => {
                self.lifecycle.unknown_event(client, &name, args.rest().unwrap_or_default());
                None
            }
            Err(error) => {
                self.failed(incoming, &error);
                None
            }
        }
    }

    fn failed(&self, incoming: &Incoming, error: &DecodeError) {
        if error.kind() == DecodeErrorKind::Malformed {
            self.client.member().malformed(incoming.generation);
        } else {
            self.lifecycle.decode_failed(&self.client, error);
        }
    }
}

/// The answer to a pulled event, given once. Dropped, it never answers. Sent on the connection that the event came by, and no other: after a
/// reconnection nobody waits for it any more.
#[must_use]
pub struct Answer {
    generation: u64,
    reply: ReplyTo,
    send: Box<dyn FnOnce(u64, crate::event::Reply) + Send + Sync>,
}

impl Answer {
    fn new<N: Namespace>(client: Client<N>, generation: u64, reply: ReplyTo) -> Self {
        Self {
            generation,
            reply,
            send: Box::new(move |generation, reply| client.member().socket.answer(generation, reply)),
        }
    }

    /// Whether the server asked for an answer.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.reply.is_wanted()
    }

    /// Answers with one value: `ack = T`.
    pub fn value<T: Serialize + ?Sized>(self, value: &T) {
        let reply = self.reply.value(value);
        (self.send)(self.generation, reply);
    }

    /// Answers with a value or an error: `ack = T, error = E`.
    pub fn result<T: EventArg + Send + 'static, E: EventError>(self, result: &Result<T, E>) {
        let reply = self.reply.result(result);
        (self.send)(self.generation, reply);
    }

    /// Answers without a value.
    pub fn none(self) {
        let reply = self.reply.none();
        (self.send)(self.generation, reply);
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("wanted", &self.is_wanted()).finish_non_exhaustive()
    }
}
