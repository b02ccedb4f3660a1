//! A middleware that refuses the events of a client that sends too many. Knows names and times of events, nothing of what is in them.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::json;
use tokio::time::Instant;

use super::{IncomingEvent, Middleware, Refused, Socket};
use crate::event::Namespace;

/// Lets each socket send so many events in a time, and refuses the others: a token bucket for each socket, and one more for each event that is
/// given a limit of its own.
///
/// A refusal has the message `rate limited` and the data `{"retryAfter": ms}`, milliseconds until the next event would be taken. It goes to
/// [`Lifecycle::refused`](super::Lifecycle::refused), which by default ignores it; [`Refused`] serializes, so that it can be the answer.
/// A refused event takes nothing from any bucket.
///
/// ```
/// use sockeye::prelude::*;
///
/// #[derive(ClientToServer)]
/// enum ChatRequest {
///     #[event("chat message", ack = u64)]
///     Post(String),
///     Typing,
/// }
///
/// #[derive(Namespace)]
/// #[namespace("/", client_to_server = ChatRequest)]
/// struct Chat;
///
/// struct App;
///
/// impl Lifecycle<Chat> for App {
///     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
///         Ok(())
///     }
///     // Who asked for an answer is told.
///     fn refused(&self, _: &Socket<Chat>, _: &IncomingEvent, refusal: &Refused) -> FailureAction {
///         FailureAction::answer(refusal.clone())
///     }
/// }
///
/// impl ChatRequestHandler<Chat> for App {
///     async fn post(&self, _: Socket<Chat>, text: String) -> u64 {
///         text.len() as u64
///     }
///     async fn typing(&self, _: Socket<Chat>) {}
/// }
///
/// let io = Server::builder()
///     .namespace::<Chat>(App)
///     .middleware(RateLimit::per_second(20).burst(40).event("chat message", 5))
///     .build();
/// ```
///
/// Costs about 20 bytes for each limit and connection that has sent something, which go with the connection. A client that leaves the namespace and
/// joins again finds its buckets as they were; in namespaces of one pattern (`/table-{number}`) it has them together. On a new connection they are
/// full again, for a recovered socket too: limit who may connect by [`max_sessions_per_address`](super::ServerBuilder::max_sessions_per_address).
#[derive(Debug)]
pub struct RateLimit {
    /// Of several in one namespace each has buckets of its own.
    id: u64,
    period: Duration,
    all: Option<Limit>,
    /// Which limit an event has, beside that of all.
    names: HashMap<Cow<'static, str>, usize>,
    events: Vec<Limit>,
}

/// How often, and how many at once.
#[derive(Clone, Copy, Debug)]
struct Limit {
    interval: Duration,
    burst: u32,
}

impl Limit {
    fn new(events: u32, period: Duration) -> Self {
        let events = events.max(1);
        Self { interval: period / events, burst: events }
    }

    /// How long until one more would be taken, from a bucket that is full again at `full`.
    fn wait(&self, full: Instant, now: Instant) -> Duration {
        let missing = full.saturating_duration_since(now);
        missing.saturating_sub(self.interval.saturating_mul(self.burst.saturating_sub(1)))
    }

    fn take(&self, full: Instant, now: Instant) -> Instant {
        let from = full.max(now);
        from.checked_add(self.interval).unwrap_or(from)
    }
}

/// The buckets of one connection: when each would be full again.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<Box<[(u64, Box<[Instant]>)]>>);

impl RateLimit {
    /// At most so many events of a socket in a second, over all names; as many at once, unless [`burst`](Self::burst) says otherwise. 0 counts
    /// as 1.
    #[must_use]
    pub fn per_second(events: u32) -> Self {
        Self::per(Duration::from_secs(1), events)
    }

    /// At most so many events of a socket in this time, over all names; as many at once. 0 counts as 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sockeye::server::RateLimit;
    /// let limit = RateLimit::per(Duration::from_secs(60), 30);
    /// ```
    #[must_use]
    pub fn per(period: Duration, events: u32) -> Self {
        Self { all: Some(Limit::new(events, period)), ..Self::by_event(period) }
    }

    /// No limit over all names, only those that [`event`](Self::event) gives, for this time.
    #[must_use]
    pub fn by_event(period: Duration) -> Self {
        Self { id: Self::next_id(), period, all: None, names: HashMap::new(), events: Vec::new() }
    }

    /// How many events over all names may come at once, after a pause. 0 counts as 1.
    #[must_use]
    pub fn burst(mut self, events: u32) -> Self {
        if let Some(all) = &mut self.all {
            all.burst = events.max(1);
        }
        self
    }

    /// At most so many events of this name, in the time of the constructor; they count among all events too. 0 counts as 1.
    #[must_use]
    pub fn event(self, name: impl Into<Cow<'static, str>>, events: u32) -> Self {
        self.event_burst(name, events, events)
    }

    /// As [`event`](Self::event), of which so many may come at once.
    #[must_use]
    pub fn event_burst(mut self, name: impl Into<Cow<'static, str>>, events: u32, burst: u32) -> Self {
        let limit = Limit { burst: burst.max(1), ..Limit::new(events, self.period) };
        self.names.insert(name.into(), self.events.len());
        self.events.push(limit);
        self
    }

    fn next_id() -> u64 {
        static IDS: AtomicU64 = AtomicU64::new(0);
        IDS.fetch_add(1, Ordering::Relaxed)
    }

    /// The limits that an event of this name is under, and their places among the buckets.
    fn limits(&self, name: &str) -> impl Iterator<Item = (usize, Limit)> + use<> {
        let named = self.names.get(name).map(|&index| (index + 1, self.events[index]));
        self.all.map(|all| (0, all)).into_iter().chain(named)
    }

    /// Takes a token for an event of this name.
    fn take(&self, buckets: &Buckets, name: &str, now: Instant) -> Result<(), Duration> {
        let mut buckets = buckets.0.lock();
        let index = match buckets.iter().position(|(id, _)| *id == self.id) {
            Some(index) => index,
            None => {
                // Once for each limit: no room is kept for more.
                let mut more = std::mem::take(&mut *buckets).into_vec();
                more.push((self.id, vec![now; self.events.len() + 1].into()));
                *buckets = more.into();
                buckets.len() - 1
            }
        };
        let mine = &mut buckets[index].1;
        let wait = self.limits(name).map(|(place, limit)| limit.wait(mine[place], now)).max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        for (place, limit) in self.limits(name) {
            mine[place] = limit.take(mine[place], now);
        }
        Ok(())
    }
}

/// A clone has buckets of its own: it may get other limits.
impl Clone for RateLimit {
    fn clone(&self) -> Self {
        let Self { period, all, ref names, ref events, .. } = *self;
        Self { id: Self::next_id(), period, all, names: names.clone(), events: events.clone() }
    }
}

impl<N: Namespace> Middleware<N> for RateLimit {
    fn event(
        &self,
        socket: &Socket<N>,
        event: &IncomingEvent,
    ) -> impl Future<Output = Result<(), Refused>> + Send {
        let taken = self.take(&socket.core.connection.buckets, &event.name(), Instant::now());
        std::future::ready(taken.map_err(|wait| {
            socket.core.namespace.limits.refusals.rate_limited.add();
            let millis = u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
            Refused::new("rate limited").with_data(json!({ "retryAfter": millis }))
        }))
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.all {
            Some(all) => write!(f, "one event each {:?}, {} at once", all.interval, all.burst),
            None => f.write_str("limits of single events"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken(limit: &RateLimit, buckets: &Buckets, name: &str, now: Instant) -> usize {
        (0..1000).take_while(|_| limit.take(buckets, name, now).is_ok()).count()
    }

    #[test]
    fn as_many_come_through_as_the_time_allows() {
        let (limit, buckets, start) = (RateLimit::per_second(20), Buckets::default(), Instant::now());
        assert_eq!(taken(&limit, &buckets, "a", start), 20);
        assert_eq!(limit.take(&buckets, "b", start), Err(Duration::from_millis(50)));
        assert_eq!(taken(&limit, &buckets, "a", start + SECOND / 2), 10);
        assert_eq!(taken(&limit, &buckets, "a", start + 100 * SECOND), 20, "no more than the burst");
    }

    #[test]
    fn a_clone_has_buckets_of_its_own() {
        let (base, buckets, start) = (RateLimit::per_second(3), Buckets::default(), Instant::now());
        let other = base.clone().event("post", 1);
        assert_eq!(taken(&base, &buckets, "post", start), 3);
        assert_eq!(taken(&other, &buckets, "post", start), 1);
    }

    #[test]
    fn a_burst_is_given_once() {
        let (limit, buckets, start) =
            (RateLimit::per_second(10).burst(30), Buckets::default(), Instant::now());
        assert_eq!(taken(&limit, &buckets, "a", start), 30);
        assert_eq!(taken(&limit, &buckets, "a", start + SECOND), 10);
    }

    #[test]
    fn an_event_has_its_own_bucket_beside_that_of_all() {
        let limit = RateLimit::per_second(10).event("post", 2);
        let (buckets, start) = (Buckets::default(), Instant::now());
        assert_eq!(taken(&limit, &buckets, "post", start), 2);
        assert_eq!(limit.take(&buckets, "post", start), Err(SECOND / 2));
        assert_eq!(taken(&limit, &buckets, "typing", start), 8, "refused events took nothing");
    }

    #[test]
    fn buckets_are_made_for_limits_and_never_for_names() {
        let limit = RateLimit::by_event(SECOND).event("post", 2);
        let other = RateLimit::per_second(1);
        let (buckets, start) = (Buckets::default(), Instant::now());
        for index in 0..10_000 {
            assert_eq!(limit.take(&buckets, &index.to_string(), start), Ok(()));
        }
        assert_eq!(taken(&other, &buckets, "post", start), 1);
        assert_eq!(taken(&limit, &buckets, "post", start), 2);
        assert_eq!(buckets.0.lock().iter().map(|(_, buckets)| buckets.len()).sum::<usize>(), 3);
    }

    #[test]
    fn odd_figures_neither_panic_nor_let_everything_through() {
        let start = Instant::now();
        for limit in [
            RateLimit::per_second(0),
            RateLimit::per_second(1).burst(0),
            RateLimit::per(Duration::MAX, 1),
            RateLimit::per(Duration::from_secs(3600), 1),
        ] {
            let buckets = Buckets::default();
            assert!(taken(&limit, &buckets, "a", start) >= 1, "{limit}");
        }
        assert!(taken(&RateLimit::per_second(u32::MAX), &Buckets::default(), "a", start) == 1000);
    }
}
