//! Who was cut off and has not come back: what is kept for such a one, how long, and what becomes of a claim that fails.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use sockeye::{prelude::*, server::Recovery, testing::TestClient};
use tokio::time::{sleep, timeout};

#[derive(ServerToClient, Debug, PartialEq)]
enum Push {
    News(u8),
}

#[derive(Namespace)]
#[namespace("/booth-{id}", server_to_client = Push, session = Arc<()>)]
struct Booth {
    id: u32,
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push, session = Arc<()>)]
struct Hall;

#[derive(Clone, Default)]
struct Fair {
    /// Of each socket: it tells when it is gone.
    sessions: Arc<Mutex<Vec<Weak<()>>>>,
    /// What the middleware does: lets in, refuses, panics, or takes its time.
    mood: Arc<AtomicU8>,
}

impl Fair {
    fn session(&self) -> Arc<()> {
        let session = Arc::new(());
        self.sessions.lock().push(Arc::downgrade(&session));
        session
    }

    fn kept(&self) -> usize {
        self.sessions.lock().iter().filter(|session| session.strong_count() > 0).count()
    }
}

macro_rules! let_in {
    ($namespace:ident) => {
        impl Lifecycle<$namespace> for Fair {
            async fn connect(&self, _: Handshake<()>) -> Result<Arc<()>, ConnectError> {
                Ok(self.session())
            }
        }
        impl Middleware<$namespace> for Fair {
            async fn connect(&self, _: &mut Handshake<()>) -> Result<(), ConnectError> {
                match self.mood.load(Ordering::Relaxed) {
                    0 => Ok(()),
                    1 => Err(ConnectError::new("closed for lunch")),
                    2 => panic!("the middleware broke"),
                    _ => {
                        sleep(Duration::from_secs(2)).await;
                        Ok(())
                    }
                }
            }
        }
    };
}
let_in!(Booth);
let_in!(Hall);

const AWAY: Duration = Duration::from_secs(20);

fn fair(recovery: Recovery) -> (Server, Fair) {
    let fair = Fair::default();
    let io = Server::builder()
        .connection_state_recovery(recovery.max_disconnection(AWAY).skip_middlewares(false))
        .namespace::<Booth>(fair.clone())
        .middleware(fair.clone())
        .namespace::<Hall>(fair.clone())
        .middleware(fair.clone())
        .build();
    (io, fair)
}

#[derive(serde::Serialize, Clone)]
struct Claim {
    pid: String,
    offset: Option<String>,
}

/// Cuts it off, and waits until the server has noticed.
async fn cut<N: Namespace>(io: &Server, client: TestClient<N>) -> (SocketId, Claim) {
    let (id, pid, offset) = (client.id().clone(), client.pid().unwrap().to_owned(), client.offset());
    client.cut();
    while io.stats().sessions > 0 {
        sleep(Duration::from_millis(1)).await;
    }
    (id, Claim { pid, offset })
}

async fn booth(io: &Server, auth: impl serde::Serialize) -> TestClient<Booth> {
    TestClient::connect_at(io, "/booth-7", auth).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_last_of_a_dynamic_namespace_comes_back() {
    let (io, fair) = fair(Recovery::default());
    let before = io.stats().namespaces;
    let (id, claim) = cut(&io, booth(&io, ()).await).await;
    sleep(AWAY - Duration::from_secs(1)).await;
    io.of_with(Booth { id: 7 }).emit().news(1);
    let mut client = booth(&io, claim).await;
    assert_eq!(*client.id(), id);
    assert_eq!(client.next().await, Some(Push::News(1)));
    assert_eq!((io.stats().namespaces, fair.kept()), (before + 1, 1));
    // Who says goodbye does not come back: nothing is left.
    client.disconnect();
    while io.stats().namespaces > before {
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(fair.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_goes_in_time_without_anybody_coming() {
    let (io, fair) = fair(Recovery::default());
    let before = io.stats().namespaces;
    cut(&io, booth(&io, ()).await).await;
    cut(&io, TestClient::<Hall>::connect(&io, ()).await.unwrap()).await;
    sleep(AWAY - Duration::from_secs(1)).await;
    assert_eq!((io.stats().namespaces, fair.kept()), (before + 1, 2));
    // An eighth later at the latest.
    sleep(AWAY / 8 + Duration::from_secs(1)).await;
    assert_eq!((io.stats().namespaces, fair.kept()), (before, 0));
    // And once more, after the sweep has had nothing to do.
    sleep(10 * AWAY).await;
    cut(&io, booth(&io, ()).await).await;
    sleep(2 * AWAY).await;
    assert_eq!((io.stats().namespaces, fair.kept()), (before, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_beyond_the_server_or_its_shutdown() {
    let (io, booths) = fair(Recovery::default());
    cut(&io, booth(&io, ()).await).await;
    assert_eq!(booths.kept(), 1);
    drop(io);
    assert_eq!(booths.kept(), 0);

    let (io, booths) = fair(Recovery::default());
    let before = io.stats().namespaces;
    cut(&io, booth(&io, ()).await).await;
    let _stays = booth(&io, ()).await;
    assert_eq!(booths.kept(), 2);
    io.shutdown(Duration::from_secs(1)).await;
    assert_eq!((io.stats().namespaces, booths.kept()), (before, 0));
}

#[tokio::test(start_paused = true)]
async fn namespaces_that_are_only_waited_in_are_bounded() {
    let mut recovery = Recovery::default();
    recovery.max_sessions = 3;
    let (io, fair) = fair(recovery);
    let before = io.stats().namespaces;
    let mut claims = Vec::new();
    for number in 0..10 {
        let path = format!("/booth-{number}");
        let client = TestClient::<Booth>::connect_at(&io, &path, ()).await.unwrap();
        claims.push((path, cut(&io, client).await));
    }
    assert_eq!((io.stats().namespaces, fair.kept()), (before + 3, 3));
    let mut here = Vec::new();
    for (number, (path, (id, claim))) in claims.into_iter().enumerate() {
        let client = TestClient::<Booth>::connect_at(&io, &path, claim).await.unwrap();
        assert_eq!(*client.id() == id, number >= 7, "{path}");
        here.push(client);
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_comes_to_nothing_may_be_made_again() {
    let (io, fair) = fair(Recovery::default());
    let (id, claim) = cut(&io, booth(&io, ()).await).await;
    for (mood, message) in [(1, "closed for lunch"), (2, "internal error")] {
        fair.mood.store(mood, Ordering::Relaxed);
        let refused = TestClient::<Booth>::connect_at(&io, "/booth-7", claim.clone()).await;
        assert_eq!(refused.err().unwrap().message, message);
    }
    // Cut off while the middleware thinks about it.
    fair.mood.store(3, Ordering::Relaxed);
    let comes = TestClient::<Booth>::connect_at(&io, "/booth-7", claim.clone());
    assert!(timeout(Duration::from_secs(1), comes).await.is_err());
    sleep(Duration::from_secs(5)).await;
    assert_eq!((io.stats().sessions, fair.kept()), (0, 1));
    // Of two at once one is the socket that was.
    let (one, other) = tokio::join!(booth(&io, claim.clone()), booth(&io, claim.clone()));
    let ids = [one.id().clone(), other.id().clone()];
    assert_eq!(ids.iter().filter(|come| **come == id).count(), 1, "{ids:?}");
    // Used up.
    fair.mood.store(0, Ordering::Relaxed);
    assert_ne!(*booth(&io, claim).await.id(), id);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_given_back_is_no_younger() {
    let (io, fair) = fair(Recovery::default());
    let (id, claim) = cut(&io, booth(&io, ()).await).await;
    sleep(AWAY - Duration::from_secs(2)).await;
    fair.mood.store(1, Ordering::Relaxed);
    assert!(TestClient::<Booth>::connect_at(&io, "/booth-7", claim.clone()).await.is_err());
    sleep(Duration::from_secs(3)).await;
    fair.mood.store(0, Ordering::Relaxed);
    assert_ne!(*booth(&io, claim).await.id(), id);
}
