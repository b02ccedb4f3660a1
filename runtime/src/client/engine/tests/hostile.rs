//! No bytes of a server's panic the client, and none keep a session from ending.

use bytes::Bytes;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::peer::{self, Asked, OPEN, opening, options};

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test);
}

/// What a server may send in a polling answer: half of it nearly right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let packet = prop_oneof![
        Just(OPEN.as_bytes().to_vec()),
        Just(b"2".to_vec()),
        Just(b"2probe".to_vec()),
        Just(b"6".to_vec()),
        Just(b"4text".to_vec()),
        Just(b"bAQID".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(packet, 0..6).prop_map(|packets| packets.join(&0x1e))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_polling_server_answers_the_session_ends(
        bodies in proptest::collection::vec((prop_oneof![4 => Just(200), 1 => 100..600u16], body()), 1..12),
        opens: bool,
    ) {
        run(async {
            let (mut peer, session) = opening(options());
            if opens {
                peer.get().await.ok(OPEN);
            }
            let script = async {
                for (status, body) in bodies {
                    match peer.asked().await {
                        Asked::Get(answer) | Asked::Post(_, answer) => answer.with(status, Bytes::from(body)),
                        Asked::WebSocket(..) => {}
                    }
                }
                drop(peer);
            };
            let client = async {
                if let Ok(mut session) = session.await.unwrap() {
                    peer::end(&mut session).await;
                }
            };
            // A client that has ended asks for no more.
            tokio::select! {
                biased;
                () = client => {}
                () = async { script.await; std::future::pending().await } => {}
            }
        });
    }

    #[test]
    fn whatever_comes_over_a_websocket_the_session_ends(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..10),
        frames in proptest::collection::vec((0u8..16, proptest::collection::vec(any::<u8>(), 0..100)), 0..10),
        opens: bool,
    ) {
        run(async {
            let mut wanted = options();
            wanted.websocket_first = true;
            let (mut peer, session) = opening(wanted);
            let mut socket = peer.accept().await;
            if opens {
                socket.send(OPEN).await;
            }
            let stream = socket.0.get_mut();
            // The client may be gone before all is written.
            for (opcode, data) in &frames {
                let head = [0x80 | opcode, data.len() as u8];
                let _ = stream.write_all(&[&head[..], data].concat()).await;
            }
            for piece in &pieces {
                let _ = stream.write_all(piece).await;
            }
            drop(socket);
            if let Ok(mut session) = peer::within(session).await.unwrap() {
                peer::end(&mut session).await;
            }
        });
    }
}
