//! `per_core`: connections on threads of their own, over real sockets.

use sockeye::prelude::*;
use tokio::{sync::oneshot, time::timeout};

use crate::peer::{PATIENCE, Peer, server_tls};

#[derive(ClientToServer)]
enum Request {
    /// On which thread the handler runs.
    #[event(ack = String)]
    Where,
    Shout(String),
}

#[derive(ServerToClient)]
enum Push {
    Heard(String),
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push)]
struct Main;

struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

impl RequestHandler<Main> for App {
    async fn r#where(&self, _: Socket<Main>) -> String {
        // Once more after a wait, on the same thread.
        let here = thread();
        tokio::task::yield_now().await;
        assert_eq!(here, thread());
        here
    }

    async fn shout(&self, socket: Socket<Main>, text: String) {
        socket.everyone().emit().heard(text);
    }
}

fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

async fn spread(tls: bool) {
    let io = Server::builder().namespace::<Main>(App).per_core(2).build();
    let mut bound = io.bind("127.0.0.1:0").await.unwrap();
    if tls {
        bound = bound.tls(server_tls());
    }
    let addr = bound.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(bound.serve_with_shutdown(async { drop(stopped.await) }));
    let mut peers = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..4 {
        let mut peer = Peer::connect(addr, tls).await;
        peer.upgrade("").await;
        assert!(peer.frame().await.starts_with('0'));
        peer.send("40").await;
        assert!(peer.frame().await.starts_with("40"));
        peer.send(r#"420["where"]"#).await;
        threads.push(peer.frame().await);
        peers.push(peer);
    }
    for core in [r#"430["sockeye-core-0"]"#, r#"430["sockeye-core-1"]"#] {
        assert_eq!(threads.iter().filter(|thread| *thread == core).count(), 2, "{threads:?}");
    }
    // A broadcast goes from one thread to all.
    for number in 0..3 {
        peers[0].send(&format!(r#"42["shout","{number}"]"#)).await;
    }
    for peer in &mut peers {
        for number in 0..3 {
            assert_eq!(peer.frame().await, format!(r#"42["heard","{number}"]"#));
        }
    }
    drop(stop);
    timeout(PATIENCE, serving).await.unwrap().unwrap();
    assert_eq!(io.stats().sessions, 0);
}

#[tokio::test]
async fn connections_are_spread_over_the_threads_and_stay_there() {
    spread(false).await;
}

#[tokio::test]
async fn over_tls_too() {
    spread(true).await;
}
