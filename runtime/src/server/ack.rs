//! Waiting for answers: of one socket, and of many.
//!
//! Ids are given by the namespace, so that one encoded broadcast serves all recipients.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering, fence},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_core::Stream;
use parking_lot::Mutex;
use tokio::{sync::oneshot, time::Sleep};

use super::{AckError, EmitError, core::SocketCore, metrics::Outstanding, namespace::NamespaceCore};
use crate::{
    event::{AckShape, AckTypes, decode_answer},
    id::SocketId,
    protocol::socket_io::packet::Payload,
};

/// Why an answer did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Timeout,
    Disconnected,
}

fn decode<A: AckShape>(answer: Result<Payload, Failure>) -> Result<A::Value, AckError<A::Error>> {
    let payload = answer.map_err(|failure| match failure {
        Failure::Timeout => AckError::Timeout,
        Failure::Disconnected => AckError::Disconnected,
    })?;
    decode_answer::<A>(&payload)
}

/// The answer to an event that was sent to one socket. The event is on its way already; this only waits, at most for the
/// [`timeout`](super::Socket::timeout) of the emit.
///
/// ```
/// # use sockeye::prelude::*;
/// #[derive(ServerToClient)]
/// enum Push {
///     #[event(ack = u32, error = String)]
///     Choose { from: Vec<u32> },
/// }
/// # #[derive(Namespace)]
/// # #[namespace("/", server_to_client = Push)]
/// # struct Game;
///
/// async fn choice(socket: &Socket<Game>) -> Option<u32> {
///     match socket.emit().choose([1, 2, 3]).await {
///         Ok(choice) => Some(choice),
///         Err(AckError::Refused(why)) => {
///             println!("would rather not: {why}");
///             None
///         }
///         // No answer in time, a closed socket, an answer of another shape, an event that was not sent.
///         Err(_) => None,
///     }
/// }
/// ```
///
/// # Errors
///
/// It ends with an [`AckError`], at once if the socket is closed.
///
/// # Cancel safety
///
/// Dropping it forgets the answer; the event is not taken back.
#[must_use = "the event has been sent; await this for the answer, or `drop` it"]
pub struct AckFuture<A: AckTypes> {
    state: AckState,
    shape: PhantomData<fn() -> A>,
}

enum AckState {
    Waiting { receiver: oneshot::Receiver<Result<Payload, Failure>>, socket: Weak<SocketCore>, id: u64 },
    NotSent(Option<EmitError>),
}

impl<A: AckShape> AckFuture<A> {
    pub(super) fn waiting(
        socket: &Arc<SocketCore>,
        id: u64,
        receiver: oneshot::Receiver<Result<Payload, Failure>>,
    ) -> Self {
        let state = AckState::Waiting { receiver, socket: Arc::downgrade(socket), id };
        Self { state, shape: PhantomData }
    }

    pub(super) fn not_sent(error: EmitError) -> Self {
        Self { state: AckState::NotSent(Some(error)), shape: PhantomData }
    }
}

impl<A: AckShape> Future for AckFuture<A> {
    type Output = Result<A::Value, AckError<A::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            AckState::Waiting { receiver, .. } => Pin::new(receiver)
                .poll(cx)
                .map(|answer| decode::<A>(answer.unwrap_or(Err(Failure::Disconnected)))),
            AckState::NotSent(error) => Poll::Ready(Err(match error.take() {
                Some(EmitError::Closed) | None => AckError::Disconnected,
                Some(error) => AckError::Emit(error),
            })),
        }
    }
}

impl<A: AckTypes> Drop for AckFuture<A> {
    fn drop(&mut self) {
        if let AckState::Waiting { socket, id, receiver } = &mut self.state
            && !receiver.is_terminated()
            && let Some(socket) = socket.upgrade()
        {
            // Outside the lock: it wakes who waits for it.
            let waiter = socket.acks.lock().take(*id);
            drop(waiter);
        }
    }
}

impl<A: AckTypes> fmt::Debug for AckFuture<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AckFuture")
    }
}

/// The ids of a namespace's outstanding answers, and the broadcasts that wait for some.
#[derive(Default)]
pub(super) struct NamespaceAcks {
    next: AtomicU64,
    /// Bounded by the streams that user code holds: an entry goes when its stream does.
    broadcasts: Mutex<HashMap<u64, Arc<Gathering>>>,
    /// Entries of `broadcasts`, readable without the lock.
    count: AtomicUsize,
}

impl NamespaceAcks {
    pub(super) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Broadcasts that wait for answers.
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn insert(&self, id: u64, gathering: Arc<Gathering>) {
        self.broadcasts.lock().insert(id, gathering);
        self.count.fetch_add(1, Ordering::Release);
        // Who is found open after this, sees the count when it closes.
        fence(Ordering::SeqCst);
    }

    fn remove(&self, id: u64) {
        if self.broadcasts.lock().remove(&id).is_some() {
            self.count.fetch_sub(1, Ordering::Release);
        }
    }

    /// An answer that belongs to no single emit: perhaps to a broadcast.
    pub(super) fn answered(&self, id: u64, socket: &SocketId, payload: Payload) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let gathering = self.broadcasts.lock().get(&id).cloned();
        if let Some(gathering) = gathering {
            gathering.settle(socket, Ok(payload));
        }
    }

    pub(super) fn socket_closed(&self, socket: &SocketId) {
        fence(Ordering::SeqCst);
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let gatherings: Vec<_> = self.broadcasts.lock().values().cloned().collect();
        for gathering in gatherings {
            gathering.settle(socket, Err(Failure::Disconnected));
        }
    }
}

/// The answers to one broadcast, as they come.
#[derive(Default)]
pub(super) struct Gathering(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    /// Who has not answered.
    waiting: HashMap<SocketId, Outstanding>,
    /// What has not been taken; at most one for each recipient.
    ready: VecDeque<(SocketId, Result<Payload, Failure>)>,
    /// Whether all recipients are known.
    complete: bool,
    waker: Option<Waker>,
}

impl Gathering {
    pub(super) fn expect(&self, socket: &SocketId, outstanding: Outstanding) {
        self.0.lock().waiting.insert(socket.clone(), outstanding);
    }

    /// The packet was not queued for this recipient.
    pub(super) fn failed(&self, socket: &SocketId) {
        self.settle(socket, Err(Failure::Disconnected));
    }

    fn settle(&self, socket: &SocketId, answer: Result<Payload, Failure>) {
        let (waker, _outstanding) = {
            let mut gathered = self.0.lock();
            let Some(outstanding) = gathered.waiting.remove(socket) else { return };
            gathered.ready.push_back((socket.clone(), answer));
            (gathered.waker.take(), outstanding)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// One answer to a broadcast.
#[derive(Debug)]
#[non_exhaustive]
pub struct AckItem<T, E> {
    /// Which local socket it is from; `None` for one of another node, which does not say.
    pub socket: Option<SocketId>,
    /// The answer, or why there is none.
    pub answer: Result<T, AckError<E>>,
}

/// The answers to a broadcast, in the order in which they come; ends when all have answered or the time is over. A recipient that
/// did not answer in time is an item too. The event is on its way already.
///
/// It is a [`Stream`]; [`next`](Self::next) and [`collect`](Self::collect) are there for those who have no stream combinators at hand.
///
/// ```
/// # use std::time::Duration;
/// # use sockeye::prelude::*;
/// # #[derive(ServerToClient)]
/// # enum Push { #[event(ack = bool)] Ready }
/// # #[derive(Namespace)]
/// # #[namespace("/", server_to_client = Push)]
/// # struct Game;
/// async fn all_ready(io: &Server) -> bool {
///     let table = io.of::<Game>().to("table-1").timeout(Duration::from_secs(5));
///     let answers = table.emit().ready().collect().await;
///     answers.complete && answers.values.iter().all(|ready| *ready)
/// }
/// ```
///
/// # Cancel safety
///
/// Dropping it forgets the answers that have not come.
#[must_use = "the event has been sent; read this stream for the answers, or `drop` it"]
pub struct AckStream<A: AckTypes> {
    /// Where the answers come in, and under which id.
    registered: Vec<(Arc<NamespaceCore>, u64)>,
    gathering: Arc<Gathering>,
    timeout: Duration,
    /// Made at the first poll, so that emitting needs no runtime; it counts from the emit.
    sleep: Option<Pin<Box<Sleep>>>,
    since: tokio::time::Instant,
    expired: bool,
    not_sent: Option<EmitError>,
    shape: PhantomData<fn() -> A>,
}

impl<A: AckShape> AckStream<A> {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            registered: Vec::new(),
            gathering: Arc::default(),
            timeout: timeout.min(super::core::FAR),
            sleep: None,
            since: tokio::time::Instant::now(),
            expired: false,
            not_sent: None,
            shape: PhantomData,
        }
    }

    /// Registers a broadcast that is about to be sent under `id`.
    pub(super) fn register(&mut self, namespace: Arc<NamespaceCore>, id: u64) {
        namespace.acks.insert(id, Arc::clone(&self.gathering));
        self.registered.push((namespace, id));
    }

    pub(super) fn gathering(&self) -> &Gathering {
        &self.gathering
    }

    /// All recipients are known.
    pub(super) fn complete(&self) {
        self.gathering.0.lock().complete = true;
    }

    pub(super) fn not_sent(mut self, error: EmitError) -> Self {
        self.not_sent = Some(error);
        self.complete();
        self
    }

    /// The next answer; `None` when there are no more.
    ///
    /// # Cancel safety
    ///
    /// No answer is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<AckItem<A::Value, A::Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Waits for the end, and gives all answers that came, in the order they came, and whether every recipient answered.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream, and with it the answers so far.
    pub async fn collect(mut self) -> Answers<A::Value> {
        let mut answers = Answers { values: Vec::new(), complete: true };
        while let Some(item) = self.next().await {
            match item.answer {
                Ok(value) => answers.values.push(value),
                Err(_) => answers.complete = false,
            }
        }
        answers
    }
}

/// What became of a broadcast with answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answers<T> {
    /// The answers that came.
    pub values: Vec<T>,
    /// Whether every recipient answered, in time and in the right shape.
    pub complete: bool,
}

impl<A: AckShape> Stream for AckStream<A> {
    type Item = AckItem<A::Value, A::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(error) = self.not_sent.take() {
            return Poll::Ready(Some(AckItem { socket: None, answer: Err(AckError::Emit(error)) }));
        }
        if !self.expired {
            let deadline = self.since + self.timeout;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            self.expired = sleep.as_mut().poll(cx).is_ready();
        }
        let expired = self.expired;
        let next = {
            let mut gathered = self.gathering.0.lock();
            if expired {
                for (socket, outstanding) in std::mem::take(&mut gathered.waiting) {
                    outstanding.timed_out();
                    gathered.ready.push_back((socket, Err(Failure::Timeout)));
                }
            }
            match gathered.ready.pop_front() {
                Some(next) => Some(next),
                None if gathered.complete && gathered.waiting.is_empty() => None,
                None => {
                    gathered.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
            }
        };
        Poll::Ready(
            next.map(|(socket, answer)| AckItem { socket: Some(socket), answer: decode::<A>(answer) }),
        )
    }
}

impl<A: AckTypes> Drop for AckStream<A> {
    fn drop(&mut self) {
        for (namespace, id) in &self.registered {
            namespace.acks.remove(*id);
        }
    }
}

impl<A: AckTypes> fmt::Debug for AckStream<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AckStream")
    }
}
