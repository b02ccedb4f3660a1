//! Peers that read nothing, trickle, or vanish: closed on time, whatever the transport and whoever wants the end.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use sockeye::CloseReason;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    peer::{PATIENCE, Peer, frame, server_tls},
    stage::{Note, Played, Push, Stage, played_with},
    tls::Serving,
};

const INTERVAL: Duration = Duration::from_millis(1000);
const TIMEOUT: Duration = Duration::from_millis(1000);

/// Where it is not the heartbeat that ends a session, it must not be in the way on a busy machine.
const CALM: u32 = 2;

/// Cases at once: with more, peers that are to be in order would be late too.
static SLOTS: Semaphore = Semaphore::const_new(10);

/// More than kernels hold.
const FLOOD: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Reads nothing; little is sent to it.
    Silent,
    /// Reads nothing, and more waits for it than the kernel takes.
    Stuck,
    /// The same, but it sends pongs without having been asked.
    Blind,
    /// Reads a byte now and then of the much that is sent to it.
    ReadsBytes,
    /// Sends a byte now and then of a frame or a body.
    SendsBytes,
    /// Sends half of a frame or a body, and no more.
    SendsHalf,
    /// What it sends and what is sent to it is lost on the way.
    Vanishes,
    /// On polling: does not come back for more.
    BetweenPolls,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    PingTimeout,
    Kick,
    Shutdown,
}

/// A line that can be cut without either end being told.
async fn line(to: SocketAddr) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (cut, was_cut) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut was_cut = was_cut.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    () = async { drop(was_cut.wait_for(|cut| *cut).await) } => {}
                }
                // Once it is cut, both ends stay open until the test drops its end of the switch.
                if *was_cut.borrow() {
                    let _ = was_cut.wait_for(|cut| !*cut).await;
                }
            });
        }
    });
    (addr, cut)
}

/// Does what is wrong with the peer, for ever.
async fn misbehave(mut peer: Peer, fault: Fault, query: Option<String>) {
    let pace = Duration::from_millis(100);
    let body = |len: usize| {
        let query = query.as_deref().unwrap_or_default();
        format!("POST /socket.io/?EIO=4&{query} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len}\r\n\r\n")
    };
    match fault {
        Fault::ReadsBytes => {
            while peer.io.read_u8().await.is_ok() {
                sleep(pace).await;
            }
        }
        Fault::SendsBytes | Fault::SendsHalf => {
            let mut bytes = match query {
                Some(_) => body(100).into_bytes(),
                None => frame(&"x".repeat(100))[..6].to_vec(),
            };
            if fault == Fault::SendsHalf {
                bytes.extend([b'4'; 50]);
            }
            peer.write(&bytes).await;
            while fault == Fault::SendsBytes && peer.io.write_all(b"4").await.is_ok() {
                let _ = peer.io.flush().await;
                sleep(pace).await;
            }
        }
        Fault::Blind => {
            let pong = match query {
                Some(_) => (body(1) + "3").into_bytes(),
                None => frame("3"),
            };
            while peer.io.write_all(&pong).await.is_ok() {
                let _ = peer.io.flush().await;
                sleep(pace).await;
            }
        }
        Fault::Silent | Fault::Stuck | Fault::Vanishes | Fault::BetweenPolls => {}
    }
    std::future::pending::<()>().await;
}

async fn gone(stage: &mut Played, expected: CloseReason, left: (usize, usize)) {
    loop {
        let note = timeout(PATIENCE, stage.note()).await.unwrap();
        if let Note::Disconnected { name, reason, .. } = note {
            assert_eq!((name.as_str(), reason), ("slow", expected));
            break;
        }
    }
    let start = Instant::now();
    loop {
        let stats = stage.io.stats();
        if (stats.sessions, stats.sockets, stats.outbox_bytes) == (left.0, left.1, 0) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "left behind: {stats:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn case(tls: bool, polling: bool, fault: Fault, end: End) {
    let calm = if end == End::PingTimeout { 1 } else { CALM };
    let mut stage = played_with(|io| {
        io.ping_interval(INTERVAL * calm).ping_timeout(TIMEOUT * calm).outbox_limit(64 << 20)
    });
    let serving = Serving::start(&stage, tls.then(server_tls)).await;
    let (addr, cut) = line(serving.addr).await;
    let mut peer = Peer::connect(if fault == Fault::Vanishes { addr } else { serving.addr }, tls).await;
    let query = match polling {
        true => Some(peer.join_polling("slow").await),
        false => {
            peer.join_websocket("slow").await;
            None
        }
    };
    assert_eq!(stage.note().await, Note::Connected("slow".into()));
    let begun = Instant::now();
    let socket = stage.io.of::<Stage>().sockets().remove(0);
    let other = match end {
        End::Shutdown => None,
        End::PingTimeout | End::Kick => Some(stage.join("other").await),
    };
    if let Some(query) = query.as_ref().filter(|_| !matches!(fault, Fault::BetweenPolls | Fault::Blind)) {
        // On a connection of its own where the POST needs this one.
        if matches!(fault, Fault::SendsBytes | Fault::SendsHalf) {
            let mut get = Peer::connect(serving.addr, tls).await;
            get.send_get(query).await;
            tokio::spawn(misbehave(get, Fault::Silent, None));
        } else {
            peer.send_get(query).await;
        }
    }
    cut.send(true).unwrap();
    let peer = tokio::spawn(misbehave(peer, fault, query));
    if matches!(fault, Fault::Stuck | Fault::Blind | Fault::ReadsBytes) {
        let blob = Bytes::from(vec![7; 1 << 20]);
        for _ in 0..FLOOD {
            socket.emit().blob(blob.clone());
            tokio::task::yield_now().await;
        }
    }
    let left = if other.is_some() { (1, 1) } else { (0, 0) };
    match end {
        End::PingTimeout => {
            gone(&mut stage, CloseReason::PingTimeout, left).await;
            assert!(begun.elapsed() > INTERVAL, "too early");
        }
        End::Kick => {
            socket.disconnect_connection();
            gone(&mut stage, CloseReason::ServerDisconnect, left).await;
        }
        End::Shutdown => {}
    }
    if let Some(other) = other {
        assert_eq!(other.emit().double(21).await.unwrap(), 42);
        drop(other);
    }
    // Nothing of the peer is left that would have to be waited for; the deadline is 10 s.
    assert!(serving.stop().await < Duration::from_secs(9), "the shutdown hit its deadline");
    if end == End::Shutdown {
        gone(&mut stage, CloseReason::ServerShuttingDown, left).await;
    }
    peer.abort();
    drop(cut);
}

async fn matrix(end: End) {
    use Fault::*;
    let mut cases = JoinSet::new();
    for tls in [false, true] {
        for polling in [false, true] {
            for fault in [Silent, Stuck, Blind, ReadsBytes, SendsBytes, SendsHalf, Vanishes, BetweenPolls] {
                // A POST answers a ping that no GET has brought as well as one that it has.
                if (fault == BetweenPolls && !polling) || (fault == Blind && polling) {
                    continue;
                }
                cases.spawn(async move {
                    let _slot = SLOTS.acquire().await;
                    let case = tokio::spawn(case(tls, polling, fault, end));
                    let ended = timeout(3 * PATIENCE, case).await;
                    let what = format!("tls {tls}, polling {polling}, {fault:?}, {end:?}");
                    match ended {
                        Ok(Ok(())) => None,
                        Ok(Err(error)) => Some(format!("{what}: {error}")),
                        Err(_) => Some(format!("{what}: does not end")),
                    }
                });
            }
        }
    }
    let failed: Vec<_> = cases.join_all().await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn who_does_not_answer_pings_is_closed_on_time() {
    matrix(End::PingTimeout).await;
}

#[tokio::test]
async fn who_is_kicked_goes_however_slow() {
    matrix(End::Kick).await;
}

#[tokio::test]
async fn a_shutdown_waits_for_no_slow_peer() {
    matrix(End::Shutdown).await;
}

/// Its session has ended; what is left is an answer that it does not read, with a server of usual patience.
#[tokio::test]
async fn a_shutdown_gives_the_last_answers_a_moment_only() {
    for tls in [false, true] {
        let mut stage = played_with(|io| io.outbox_limit(64 << 20));
        let serving = Serving::start(&stage, tls.then(server_tls)).await;
        let mut peer = Peer::connect(serving.addr, tls).await;
        let query = peer.join_polling("stuck").await;
        assert_eq!(stage.note().await, Note::Connected("stuck".into()));
        for _ in 0..FLOOD {
            stage.io.of::<Stage>().emit().blob(Bytes::from(vec![7; 1 << 20]));
        }
        peer.send_get(&query).await;
        while stage.io.stats().outbox_bytes > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let took = serving.stop().await;
        assert!((Duration::from_secs(1)..Duration::from_secs(5)).contains(&took), "{took:?}");
        stage.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_the_last_get_of_who_was_kicked() {
    use http::Request;
    let mut stage = crate::stage::played();
    let get =
        |query: &str| Request::get(format!("/socket.io/?EIO=4&{query}")).body(http_body_util::Empty::new());
    let body = |answer: http::Response<http_body_util::Full<bytes::Bytes>>| async {
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let engine = stage.io.engine();
    let open = body(engine.handle(get("transport=polling").unwrap()).await).await;
    let query = format!("transport=polling&sid={}", open.split('"').nth(3).unwrap());
    let join = Request::post(format!("/socket.io/?EIO=4&{query}"))
        .body(http_body_util::Full::new(bytes::Bytes::from_static(b"40{\"name\":\"ann\"}")));
    engine.handle(join.unwrap()).await;
    assert!(body(engine.handle(get(&query).unwrap()).await).await.starts_with("40"));
    stage.io.of::<Stage>().disconnect_connections();
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
    assert!(matches!(stage.note().await, Note::Disconnected { .. }));
    let start = Instant::now();
    stage.io.shutdown(Duration::from_secs(60)).await;
    assert!(start.elapsed() < Duration::from_millis(10), "{:?}", start.elapsed());
}

/// While handlers are busy nothing is read; who goes away meanwhile is noticed all the same.
#[tokio::test]
async fn who_goes_while_it_is_not_read_is_noticed() {
    for (tls, reset) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut stage = played_with(|io| {
            io.ping_interval(INTERVAL)
                .ping_timeout(TIMEOUT)
                .max_handlers(1)
                .max_backlog(100)
                .close_grace(Duration::ZERO)
        });
        let serving = Serving::start(&stage, tls.then(server_tls)).await;
        let mut peer = Peer::connect(serving.addr, tls).await;
        peer.join_websocket("slow").await;
        assert_eq!(stage.note().await, Note::Connected("slow".into()));
        for i in 0..50 {
            peer.send(&format!(r#"42{i}["hang"]"#)).await;
        }
        if reset {
            // What it has not read makes its kernel reset the connection.
            stage.io.of::<Stage>().emit().said("unread");
            sleep(Duration::from_millis(50)).await;
        }
        drop(peer);
        let note = timeout(PATIENCE, stage.note()).await.unwrap();
        let Note::Disconnected { reason, .. } = note else { panic!("{note:?}") };
        // A reset may be met by a ping that is just written.
        let expected = match reason {
            CloseReason::PingTimeout => !reset,
            CloseReason::TransportClose => true,
            CloseReason::TransportError => reset,
            _ => false,
        };
        assert!(expected, "{reason}");
        stage.empty().await;
        serving.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_dropped_and_counted_where_that_is_wanted() {
    let stage = played_with(|io| io.outbox_limit(1000).overflow(sockeye::engine::Overflow::DropNewest));
    let mut client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().sockets().remove(0);
    for i in 0..1000 {
        socket.emit().tick(i);
    }
    let outbox = socket.outbox();
    assert!(outbox.bytes <= 1000 && outbox.frames > 10 && outbox.limit == 1000, "{outbox:?}");
    assert_eq!(outbox.frames as u64 + outbox.dropped, 1000);
    let stats = stage.io.stats();
    assert_eq!(
        (stats.outbox_bytes, stats.outbox_frames, stats.dropped),
        (outbox.bytes, outbox.frames, outbox.dropped)
    );
    for i in 0..outbox.frames as u32 {
        assert_eq!(client.next().await, Some(Push::Tick(i)));
    }
    assert_eq!(client.emit().double(4).await.unwrap(), 8);
    drop(client);
    stage.empty().await;
    assert_eq!(stage.io.stats().dropped, outbox.dropped);
}

/// Nothing of the session runs between its overflow and the question.
#[tokio::test(start_paused = true)]
async fn who_emits_too_much_sees_it_before_the_session_does() {
    let stage = played_with(|io| io.outbox_limit(1000));
    let _client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().sockets().remove(0);
    let emitted = (0..1000).take_while(|i| {
        socket.emit().tick(*i);
        socket.is_connected()
    });
    assert!((10..200).contains(&emitted.count()));
    stage.empty().await;
}

#[tokio::test(start_paused = true)]
async fn permits_are_given_in_turn_and_pass_the_limit_by_no_more_than_their_packets() {
    let stage = played_with(|io| io.outbox_limit(8000));
    let _client = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().sockets().remove(0);
    let mut senders = JoinSet::new();
    for i in 0..100 {
        let socket = socket.clone();
        senders.spawn(async move {
            let permit = socket.reserve().await.unwrap();
            permit.emit().said("x".repeat(900)).unwrap();
            (i, socket.outbox().bytes)
        });
    }
    while let Some(sent) = senders.join_next().await {
        let (_, bytes) = sent.unwrap();
        assert!(bytes <= 8000, "{bytes}");
    }
    assert!(socket.is_connected());
}
