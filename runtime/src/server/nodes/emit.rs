//! Emitting to the other nodes, and waiting for their answers.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use smallvec::SmallVec;
use tokio::time::{Instant, Sleep};

use super::super::{AckError, EmitError, Server, core::FAR};
use crate::{
    adapter::Gathering,
    event::{AckShape, AckTypes, ArgWriter, EmitTarget, EncodeError, EventName, decode_answer},
};

/// The other nodes of the cluster: what [`server_side_emit()`](super::super::Broadcast::server_side_emit) emits to.
#[derive(Clone, Debug)]
pub struct OtherNodes {
    server: Server,
    /// One; of a dynamic namespace's type, all that are here.
    namespaces: SmallVec<[Arc<str>; 1]>,
    timeout: Option<Duration>,
}

impl OtherNodes {
    pub(crate) fn new(
        server: Server,
        namespaces: SmallVec<[Arc<str>; 1]>,
        timeout: Option<Duration>,
    ) -> Self {
        Self { server, namespaces, timeout }
    }

    fn emit(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
        gathering: Option<&Arc<Gathering>>,
    ) -> Result<(), EncodeError> {
        let links = self.server.0.hub.nodes.links();
        for namespace in &self.namespaces {
            for link in &links {
                link.send(namespace, event, write, gathering.map(Gathering::question))?;
            }
        }
        Ok(())
    }

    fn report(&self, event: EventName<'_>, error: &EncodeError) {
        let namespace = self.namespaces.first().map(AsRef::as_ref).unwrap_or_default();
        tracing::warn!(namespace, event = event.plain, %error, "an event was not sent to other nodes");
    }
}

impl EmitTarget for OtherNodes {
    type Sent = ();
    type Ack<A: AckTypes> = NodeAnswers<A>;

    fn send(&self, event: EventName<'_>, write: &dyn Fn(&mut ArgWriter)) {
        if let Err(error) = self.emit(event, write, None) {
            self.report(event, &error);
        }
    }

    fn send_with_ack<A: AckShape>(
        &self,
        event: EventName<'_>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> NodeAnswers<A> {
        let gathering = Arc::default();
        let not_sent = self.emit(event, write, Some(&gathering)).err();
        if let Some(error) = &not_sent {
            self.report(event, error);
        }
        let timeout = self.timeout.unwrap_or(self.server.0.hub.limits.ack_timeout).min(FAR);
        NodeAnswers { gathering, timeout, since: Instant::now(), sleep: None, not_sent, shape: PhantomData }
    }
}

/// The answers of all other nodes of the cluster to one event: `serverSideEmitWithAck`. The event is on its way already; this only
/// waits, at most for the [`timeout`](super::super::Broadcast::timeout) of the emit.
///
/// It ends with a list of the answers, one of each other node, in the order in which they came: on a node without a cluster at once, with
/// an empty one.
///
/// # Errors
///
/// If one node does not answer in time, refuses, or answers in another shape. The error has the answers that came.
///
/// # Cancel safety
///
/// Dropping it forgets the answers; the event is not taken back.
#[must_use = "the event has been sent; await this for the answers, or `drop` it"]
pub struct NodeAnswers<A: AckTypes> {
    gathering: Arc<Gathering>,
    timeout: Duration,
    since: Instant,
    /// Made when it has to wait, so that a node without a cluster needs no runtime; it counts from the emit.
    sleep: Option<Pin<Box<Sleep>>>,
    not_sent: Option<EncodeError>,
    shape: PhantomData<fn() -> A>,
}

impl<A: AckShape> Future for NodeAnswers<A> {
    type Output = Result<Vec<A::Value>, NodeAnswersError<A::Value, A::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = self.not_sent.take() {
            let failures = vec![AckError::Emit(EmitError::Encode(error))];
            return Poll::Ready(Err(NodeAnswersError { values: Vec::new(), failures }));
        }
        if self.gathering.poll(cx).is_pending() {
            let deadline = self.since + self.timeout;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        let (answers, missing) = self.gathering.take();
        let (mut values, mut failures) = (Vec::with_capacity(answers.len()), Vec::new());
        for answer in &answers {
            match decode_answer::<A>(answer) {
                Ok(value) => values.push(value),
                Err(error) => failures.push(error),
            }
        }
        failures.extend((0..missing).map(|_| AckError::Timeout));
        Poll::Ready(if failures.is_empty() { Ok(values) } else { Err(NodeAnswersError { values, failures }) })
    }
}

impl<A: AckTypes> fmt::Debug for NodeAnswers<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeAnswers")
    }
}

/// Not every other node answered well. `E` is the event's own `error = E` type.
#[derive(Debug)]
#[non_exhaustive]
pub struct NodeAnswersError<T, E = Infallible> {
    /// The answers that came: `err.responses` in JavaScript.
    pub values: Vec<T>,
    /// What became of the others, one for each node; never empty.
    pub failures: Vec<AckError<E>>,
}

impl<T, E> fmt::Display for NodeAnswersError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, all) = (self.failures.len(), self.values.len() + self.failures.len());
        if self.failures.iter().any(|failure| matches!(failure, AckError::Timeout)) {
            // JavaScript's words.
            f.write_str("operation has timed out: ")?;
        }
        write!(f, "{failed} of {all} nodes did not answer as they should")
    }
}

impl<T: fmt::Debug, E: fmt::Debug + 'static> Error for NodeAnswersError<T, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failures.first().map(|failure| failure as &(dyn Error + 'static))
    }
}
