//! The server in somebody else's: as axum serves it, and over streams that cannot be looked at.

use std::{net::SocketAddr, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use sockeye::{CloseReason, Server};
use tokio::{io::BufStream, net::TcpListener, task::AbortHandle, time::timeout};
use tower_service::Service;

use crate::{
    peer::{PATIENCE, Peer},
    stage::{Note, Stage, played_with},
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Host {
    /// The connection of hyper-util on TCP, as in `axum::serve`.
    Axum,
    /// hyper over a stream of its own making, as where somebody else speaks TLS.
    Wrapped,
}

async fn hosted(io: &Server, host: Host) -> (SocketAddr, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let service = io.service();
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let service =
                    service_fn(move |request: hyper::Request<Incoming>| service.clone().call(request));
                match host {
                    Host::Axum => {
                        let http = auto::Builder::new(TokioExecutor::new());
                        drop(http.serve_connection_with_upgrades(TokioIo::new(stream), service).await);
                    }
                    Host::Wrapped => {
                        let io = TokioIo::new(BufStream::new(stream));
                        drop(http1::Builder::new().serve_connection(io, service).with_upgrades().await);
                    }
                }
            });
        }
    });
    (addr, accepting.abort_handle())
}

/// While handlers are busy nothing is read; who goes away meanwhile is noticed all the same.
#[tokio::test]
async fn who_goes_while_it_is_not_read_is_noticed_wherever_the_server_stands() {
    for host in [Host::Axum, Host::Wrapped] {
        for reset in [false, true] {
            let mut stage = played_with(|io| {
                io.ping_interval(Duration::from_millis(400))
                    .ping_timeout(Duration::from_millis(400))
                    .max_handlers(1)
                    .max_backlog(100)
                    .close_grace(Duration::ZERO)
            });
            let (addr, accepting) = hosted(&stage.io, host).await;
            let mut peer = Peer::connect(addr, false).await;
            peer.join_websocket("slow").await;
            assert_eq!(stage.note().await, Note::Connected("slow".into()));
            for i in 0..50 {
                peer.send(&format!(r#"42{i}["hang"]"#)).await;
            }
            if reset {
                // What it has not read makes its kernel reset the connection.
                stage.io.of::<Stage>().emit().said("unread");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            drop(peer);
            let note = timeout(PATIENCE, stage.note()).await.unwrap();
            let Note::Disconnected { reason, .. } = note else { panic!("{note:?}") };
            let expected =
                [CloseReason::PingTimeout, CloseReason::TransportClose, CloseReason::TransportError];
            assert!(expected.contains(&reason), "{host:?}, reset {reset}: {reason}");
            stage.empty().await;
            accepting.abort();
        }
    }
}

/// More than one interval and timeout long.
#[tokio::test]
async fn who_is_not_read_for_long_is_pinged_and_served_afterwards() {
    let interval = Duration::from_millis(150);
    let mut stage =
        played_with(|io| io.ping_interval(interval).ping_timeout(interval).max_handlers(1).max_backlog(100));
    let (addr, accepting) = hosted(&stage.io, Host::Wrapped).await;
    let mut peer = Peer::connect(addr, false).await;
    peer.join_websocket("ann").await;
    assert_eq!(stage.note().await, Note::Connected("ann".into()));
    peer.send(r#"42["work",1500]"#).await;
    for i in 0..50 {
        peer.send(&format!(r#"42{i}["double",{i}]"#)).await;
    }
    let (mut pings, mut next) = (0, 0);
    while next < 50 {
        match peer.frame().await {
            ping if ping == "2" => {
                pings += 1;
                peer.send("3").await;
            }
            answer => {
                assert_eq!(answer, format!("43{next}[{}]", 2 * next));
                next += 1;
            }
        }
    }
    assert!(pings >= 3, "{pings}");
    drop(peer);
    stage.empty().await;
    accepting.abort();
}
