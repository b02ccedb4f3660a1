//! Typed emits over a socket that is driven by hand.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::sync::Notify;

use super::{
    emit::{ClientTarget, Permit, TryTarget},
    socket::{Arities, SocketOptions, SocketShared},
    test_wire::Wire,
};
use crate::{
    event::{AckError, EmitError, Emits, PacketWriter, Parser},
    protocol::socket_io::packet::{Body, Payload},
};

#[derive(crate::ClientToServer)]
enum Request {
    #[event(ack = u32, error = String)]
    Post {
        text: String,
    },
    Typing,
}

#[derive(crate::Namespace)]
#[namespace("/chat", client_to_server = Request)]
struct Chat;

fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

fn payload(text: &str) -> Payload {
    Payload { body: Body::Json(text.to_owned().into()), attachments: Vec::new() }
}

fn socket(options: SocketOptions) -> Arc<SocketShared> {
    let writer = PacketWriter::new("/chat".into(), Parser::Json);
    SocketShared::new(writer, Arities::unknown(), options, Arc::<Notify>::default())
}

fn join(socket: &SocketShared) -> Arc<Wire> {
    let wire = Arc::<Wire>::default();
    assert!(socket.connect_packet(None).unwrap().is_some());
    socket.handle_connect(Some(&payload(r#"{"sid":"us"}"#)), Arc::clone(&wire) as _, now()).unwrap();
    wire
}

fn target(socket: &Arc<SocketShared>) -> ClientTarget {
    ClientTarget::new(Arc::clone(socket))
}

#[tokio::test]
async fn an_answer_is_typed() {
    let socket = socket(SocketOptions::default());
    let wire = join(&socket);
    let emitter = Request::emitter(target(&socket));
    let (first, second, third) = (emitter.post("a"), emitter.post("b"), emitter.post("c"));
    emitter.typing();
    let sent = [r#"42/chat,0["post","a"]"#, r#"42/chat,1["post","b"]"#, r#"42/chat,2["post","c"]"#];
    assert_eq!(wire.0.lock()[..3], sent);
    assert_eq!(wire.0.lock()[3], r#"42/chat,["typing"]"#);
    socket.handle_ack(1, payload(r#"[{"ok":false,"error":"no"}]"#), now());
    socket.handle_ack(0, payload(r#"[{"ok":true,"value":7}]"#), now());
    socket.handle_ack(2, payload("[7]"), now());
    assert_eq!(first.await.unwrap(), 7);
    assert!(matches!(second.await, Err(AckError::Refused(why)) if why == "no"));
    assert!(matches!(third.await, Err(AckError::Decode(_))));
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_forgotten() {
    for retries in [0, 1] {
        let socket = socket(SocketOptions { retries, ..SocketOptions::default() });
        let wire = join(&socket);
        drop(Request::emitter(target(&socket)).post("a"));
        let kept = Request::emitter(target(&socket)).post("b");
        if retries == 0 {
            assert!(socket.poll_timeout().is_some());
        }
        socket.handle_ack(0, payload(r#"[{"ok":true,"value":0}]"#), now());
        socket.handle_ack(1, payload(r#"[{"ok":true,"value":1}]"#), now());
        assert_eq!(kept.await.unwrap(), 1);
        assert_eq!(wire.0.lock().len(), 2);
        assert_eq!(socket.poll_timeout(), None);
    }
}

#[tokio::test]
async fn a_lost_connection_ends_the_wait_at_once() {
    let socket = socket(SocketOptions::default());
    let _wire = join(&socket);
    let answer = Request::emitter(target(&socket)).post("a");
    socket.handle_closed();
    assert!(matches!(answer.await, Err(AckError::Disconnected)));
    socket.close();
    let answer = Request::emitter(target(&socket)).post("a");
    assert!(matches!(answer.await, Err(AckError::Disconnected)));
}

#[tokio::test(start_paused = true)]
async fn the_time_is_the_emits_own() {
    let socket = socket(SocketOptions::default());
    let _wire = join(&socket);
    let short = Request::emitter(target(&socket).timeout(Duration::from_secs(2))).post("a");
    let long = Request::emitter(target(&socket)).post("b");
    assert_eq!(socket.poll_timeout(), Some(now() + Duration::from_secs(2)));
    tokio::time::advance(Duration::from_secs(2)).await;
    socket.handle_timeout(now());
    assert!(matches!(short.await, Err(AckError::Timeout)));
    assert_eq!(socket.poll_timeout(), Some(now() + Duration::from_secs(18)));
    drop(long);
    assert_eq!(socket.poll_timeout(), None);
}

#[test]
fn what_cannot_be_taken_is_said_or_counted() {
    let socket = socket(SocketOptions { buffer_bytes: 100, ..SocketOptions::default() });
    let emitter = || Request::emitter(target(&socket));
    let strict = || Request::emitter(TryTarget(target(&socket)));
    strict().typing().unwrap();
    assert!(matches!(strict().typing(), Err(EmitError::Full)));
    assert!(matches!(strict().post("a").map(drop), Err(EmitError::Full)));
    assert!(matches!(emitter().post("a").now_or_never(), Some(Err(AckError::Emit(EmitError::Full)))));
    assert_eq!(socket.lost(), 0);
    emitter().typing();
    assert_eq!(socket.lost(), 1);
    let volatile = || target(&socket).volatile();
    assert!(matches!(Request::emitter(TryTarget(volatile())).typing(), Err(EmitError::Dropped)));
    Request::emitter(volatile()).typing();
    assert_eq!(socket.lost(), 1);
    target(&socket).emit_value(&Request::Typing);
    assert_eq!(socket.lost(), 2);
}

#[tokio::test]
async fn a_permit_is_for_one_event_of_any_size() {
    let socket = socket(SocketOptions { buffer_bytes: 400, ..SocketOptions::default() });
    let emitter = Permit::<Chat>::reserve(&socket).await.unwrap().emit();
    drop(emitter.post("x".repeat(1000)).unwrap());
    assert!(matches!(emitter.post("y").map(drop), Err(EmitError::Full)));
    // The room is given up with the emitter, and is not there before.
    assert!(Permit::<Chat>::reserve(&socket).now_or_never().is_none());
    drop(emitter);
    let wire = join(&socket);
    assert_eq!(wire.0.lock().len(), 1);
    let permit = Permit::<Chat>::reserve(&socket).await.unwrap().timeout(Duration::from_secs(1));
    permit.emit_as::<Request>().typing().unwrap();
    socket.close();
    assert!(matches!(Permit::<Chat>::reserve(&socket).await, Err(EmitError::Closed)));
}
