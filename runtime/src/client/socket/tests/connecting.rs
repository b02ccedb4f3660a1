//! Joining and leaving.

use super::*;
use crate::client::socket::ConnectFault;

const ACCEPTED: &str = r#"{"sid":"us"}"#;

fn connect(bench: &Bench, wire: &Arc<Wire>, accepted: Option<&str>) -> Result<Connected, ConnectFault> {
    let accepted = accepted.map(payload);
    bench.socket.handle_connect(accepted.as_ref(), Arc::clone(wire) as _, bench.now)
}

#[test]
fn the_server_is_asked_once_for_each_connection() {
    let bench = Bench::new(SocketOptions::default());
    let wire = Wire::new(100);
    assert!(matches!(connect(&bench, &wire, Some(ACCEPTED)), Err(ConnectFault::Unexpected)));
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    assert!(bench.socket.connect_packet(None).unwrap().is_none());
    bench.emit("a");
    assert_eq!(bench.socket.id(), None);
    connect(&bench, &wire, Some(ACCEPTED)).unwrap();
    assert_eq!(bench.socket.id().as_ref().map(|id| id.as_str()), Some("us"));
    assert!(bench.socket.connect_packet(None).unwrap().is_none());
    assert!(matches!(connect(&bench, &wire, Some(ACCEPTED)), Err(ConnectFault::Unexpected)));
    assert_eq!(wire.take(), [r#"2["a"]"#]);
}

#[test]
fn a_connect_without_an_id_is_none() {
    let bench = Bench::new(SocketOptions::default());
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    let wire = Wire::new(100);
    assert!(matches!(connect(&bench, &wire, None), Err(ConnectFault::NoId)));
    assert!(matches!(connect(&bench, &wire, Some("{}")), Err(ConnectFault::NoId)));
    assert!(matches!(connect(&bench, &wire, Some(r#"{"sid":7}"#)), Err(ConnectFault::Malformed(_))));
    bench.socket.handle_closed();
    bench.join();
}

#[test]
fn a_refusal_leaves_everything_as_it_was() {
    let bench = Bench::new(SocketOptions::default());
    assert!(!bench.socket.handle_connect_error());
    bench.emit("a");
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    assert!(bench.socket.handle_connect_error());
    assert!(!bench.socket.handle_connect_error());
    assert_eq!(bench.join().take(), [r#"2["a"]"#]);
}

#[test]
fn leaving_says_so_once() {
    let bench = Bench::new(SocketOptions::default());
    assert_eq!(bench.socket.disconnect(), None);
    let wire = bench.join();
    wire.pending.store(usize::MAX / 2, Ordering::Relaxed);
    assert!(bench.socket.disconnect().is_some());
    assert!(futures_util::FutureExt::now_or_never(bench.wake.notified()).is_some());
    assert_eq!(bench.socket.disconnect(), None);
    assert_eq!(wire.take(), ["1"]);
    assert_eq!(bench.receive(r#"["late"]"#, None).len(), 0);
    bench.emit("next time");
    assert_eq!((wire.take().len(), bench.join().take()), (0, vec![r#"2["next time"]"#.to_owned()]));
}

#[test]
fn who_leaves_before_the_server_answers_says_so_then() {
    let bench = Bench::new(SocketOptions::default());
    let wire = Wire::new(100);
    for close in [false, true] {
        assert!(bench.socket.connect_packet(None).unwrap().is_some());
        assert_eq!(if close { bench.socket.close() } else { bench.socket.disconnect() }, None);
        assert_eq!(bench.receive(r#"["early"]"#, None).len(), 0);
        assert!(matches!(connect(&bench, &wire, Some(ACCEPTED)), Err(ConnectFault::Left)));
        assert_eq!(wire.take(), ["1"]);
        assert!(matches!(connect(&bench, &wire, Some(ACCEPTED)), Err(ConnectFault::Unexpected)));
    }
    bench.assert_empty();
}

#[test]
fn who_leaves_and_comes_back_meanwhile_has_joined() {
    let bench = Bench::new(SocketOptions::default());
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    bench.socket.disconnect();
    assert!(bench.socket.connect_packet(None).unwrap().is_none());
    let wire = Wire::new(100);
    connect(&bench, &wire, Some(ACCEPTED)).unwrap();
    assert_eq!((wire.take().len(), bench.socket.id().is_some()), (0, true));
    // Over another connection nothing has been asked.
    bench.socket.handle_closed();
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    bench.socket.disconnect();
    bench.socket.handle_closed();
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
}

#[test]
fn a_close_says_so_and_is_for_good() {
    let bench = Bench::new(SocketOptions::default());
    let wire = bench.join();
    bench.emit("last");
    assert!(bench.socket.close().is_some());
    assert_eq!(bench.socket.close(), None);
    assert_eq!(wire.take(), [r#"2["last"]"#, "1"]);
    assert!(bench.socket.locked().is_closed());
    bench.assert_empty();
}
