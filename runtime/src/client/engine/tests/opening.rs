//! Handshakes: what opens a session and what does not.

use std::{error::Error, time::Duration};

use super::peer::{self, Asked, OPEN, opening, options};
use crate::client::engine::{EngineOptions, OpenError, OpenErrorKind, Transport};

#[tokio::test(start_paused = true)]
async fn a_session_opens_on_polling_and_what_comes_behind_the_handshake_is_received() {
    let (mut peer, session) = opening(options());
    let first = peer.get().await;
    assert!(first.url.starts_with("http://server/socket.io/?EIO=4&transport=polling&t="), "{}", first.url);
    first.ok(format!("{OPEN}\x1e4first\x1ebAQID"));
    let mut session = session.await.unwrap().unwrap();
    assert_eq!(session.transport(), Transport::Polling);
    assert_eq!(peer::received(&mut session).await, "first");
    assert!(matches!(
        session.recv().await,
        Ok(crate::protocol::engine_io::Message::Binary(data)) if data[..] == [1, 2, 3]
    ));
    assert!(peer.get().await.url.ends_with("&sid=abc"));
    let Asked::WebSocket(_, url) = peer.asked().await else { panic!("the upgrade begins at once") };
    assert_eq!(url, "http://server/socket.io/?EIO=4&transport=websocket&sid=abc");
}

async fn failure(options: EngineOptions, status: u16, body: &'static str) -> OpenError {
    let (mut peer, session) = opening(options);
    peer.get().await.with(status, body);
    session.await.unwrap().unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_is_in_the_error() {
    let error = failure(options(), 400, r#"{"code":5,"message":"Unsupported protocol version"}"#).await;
    assert_eq!(
        *error.kind(),
        OpenErrorKind::Refused {
            status: 400,
            code: Some(5),
            message: "Unsupported protocol version".to_owned()
        }
    );
    assert_eq!(error.to_string(), "the server answered with status 400: Unsupported protocol version");
    let error = failure(options(), 502, "<html>Bad gateway").await;
    assert_eq!(error.to_string(), "the server answered with status 502: <html>Bad gateway");
    for (body, caused) in [("hello", true), ("0{}", true), ("4a", false), ("", true), ("0{\"sid\"", true)] {
        let error = failure(options(), 200, body).await;
        assert_eq!(*error.kind(), OpenErrorKind::Protocol, "{body}");
        assert_eq!(error.source().is_some(), caused, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_transport_is_tried_only_if_that_is_wanted() {
    let (mut peer, session) = opening(options());
    peer.get().await.with(500, "");
    assert!(session.await.unwrap().is_err());
    assert!(peer.asked_now().await.is_none());

    let (mut peer, session) = opening(EngineOptions { try_all_transports: true, ..options() });
    peer.get().await.with(500, "");
    peer.accept().await.send(OPEN).await;
    assert_eq!(session.await.unwrap().unwrap().transport(), Transport::WebSocket);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_upgrade_begins_with_websocket() {
    let (mut peer, session) = opening(EngineOptions { websocket_first: true, ..options() });
    let mut socket = peer.accept().await;
    socket.send(OPEN).await;
    assert_eq!(session.await.unwrap().unwrap().transport(), Transport::WebSocket);

    let only = EngineOptions { websocket_first: true, transports: vec![Transport::Polling], ..options() };
    let (mut peer, _session) = opening(only);
    peer.get().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    let (mut peer, session) = opening(EngineOptions { open_timeout: Duration::from_secs(7), ..options() });
    let get = peer.get().await;
    let start = tokio::time::Instant::now();
    assert_eq!(*session.await.unwrap().unwrap_err().kind(), OpenErrorKind::Timeout);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    assert!(get.is_given_up());
}

#[tokio::test(start_paused = true)]
async fn without_transports_nothing_opens() {
    let (_peer, session) = opening(EngineOptions { transports: Vec::new(), ..options() });
    assert_eq!(*session.await.unwrap().unwrap_err().kind(), OpenErrorKind::NoTransport);
}
