//! Packets that are sent until they are answered.

use super::*;
use crate::client::socket::Failure;

#[test]
fn one_is_under_way_at_a_time() {
    let bench = Bench::retrying(2);
    bench.emit("a");
    let mut answer = bench.ask("b");
    bench.emit("c");
    let wire = bench.join();
    assert_eq!(wire.take(), [r#"20["a"]"#]);
    // An answer to what is not under way is none.
    bench.answer(1, "0");
    assert_eq!((wire.take().len(), outcome(&mut answer)), (0, None));
    bench.answer(0, "");
    assert_eq!(wire.take(), [r#"21["b"]"#]);
    bench.answer(1, "7");
    assert_eq!(outcome(&mut answer), Some(Ok("[7]".into())));
    assert_eq!(wire.take(), [r#"22["c"]"#]);
    bench.answer(1, "8");
    bench.answer(2, "");
    bench.assert_empty();
    assert_eq!(bench.socket.lost(), 0);
}

#[test]
fn it_is_tried_once_more_than_there_are_retries() {
    let mut bench = Bench::retrying(2);
    let wire = bench.join();
    let mut answer = bench.ask("a");
    bench.emit("b");
    bench.pass(Duration::from_millis(2999));
    assert_eq!(wire.take(), vec![r#"20["a"]"#; 3]);
    assert_eq!(outcome(&mut answer), None);
    bench.pass(Duration::from_millis(1));
    assert_eq!(outcome(&mut answer), Some(Err(Failure::Timeout)));
    assert_eq!((wire.take(), bench.socket.lost()), (vec![r#"21["b"]"#.to_owned()], 0));
    bench.pass(SECOND * 3);
    assert_eq!((wire.take().len(), bench.socket.lost()), (2, 1));
    bench.assert_empty();
}

#[test]
fn a_late_answer_to_an_earlier_try_is_the_answer() {
    let mut bench = Bench::retrying(2);
    let wire = bench.join();
    let mut answer = bench.ask("a");
    bench.pass(Duration::from_millis(1500));
    assert_eq!(wire.take().len(), 2);
    bench.answer(0, "1");
    assert_eq!(outcome(&mut answer), Some(Ok("[1]".into())));
    bench.answer(0, "2");
    bench.assert_empty();
}

#[test]
fn a_lost_connection_is_no_try() {
    let mut bench = Bench::retrying(1);
    let mut answer = bench.ask("a");
    for _ in 0..20 {
        let wire = bench.join();
        bench.pass(Duration::from_millis(999));
        assert_eq!(wire.take(), [r#"20["a"]"#]);
        assert!(bench.socket.handle_closed().is_some());
        bench.pass(SECOND * 100);
    }
    assert_eq!((outcome(&mut answer), bench.socket.poll_timeout()), (None, None));
    bench.join();
    bench.answer(0, "1");
    assert_eq!(outcome(&mut answer), Some(Ok("[1]".into())));
}

#[test]
fn who_waits_may_go_and_the_packet_is_sent_all_the_same() {
    let bench = Bench::retrying(1);
    let first = bench.ask("a");
    drop(first);
    bench.socket.forget(0);
    assert_eq!(bench.socket.locked().retries.waiting(), 0);
    let wire = bench.join();
    bench.answer(0, "1");
    assert_eq!(wire.take(), [r#"20["a"]"#]);
    bench.assert_empty();
}

#[test]
fn what_is_retried_waits_for_room_in_the_outbox() {
    let bench = Bench::retrying(1);
    let wire = Wire::new(100);
    bench.join_with(&wire, r#"{"sid":"us"}"#);
    wire.pending.store(99, Ordering::Relaxed);
    bench.emit("a");
    assert_eq!(bench.socket.poll_timeout(), None);
    assert!(bench.socket.wants_room().is_some_and(|size| size < 20));
    wire.written();
    bench.socket.handle_room(bench.now);
    assert_eq!((wire.take().len(), bench.socket.wants_room()), (1, None));
    assert_eq!(bench.socket.poll_timeout(), Some(bench.now + SECOND));
}

#[test]
fn the_queue_is_bounded_in_bytes_while_connected_too() {
    let bench = Bench::new(SocketOptions { retries: 1, buffer_bytes: 500, ..SocketOptions::default() });
    let _wire = bench.join();
    let taken = (0..100).take_while(|_| bench.emit_with("a", EmitFlags::default()).is_ok()).count();
    assert!((2..8).contains(&taken), "{taken}");
    let mut id = 0;
    while bench.socket.unsent_bytes() > 0 {
        bench.answer(id, "");
        id += 1;
    }
    assert_eq!(id, taken as u64);
}

#[test]
fn a_close_ends_the_waits_of_all_that_is_queued() {
    let bench = Bench::retrying(1);
    let (mut first, mut second) = (bench.ask("a"), bench.ask("b"));
    bench.emit("c");
    bench.join();
    bench.socket.close();
    assert_eq!(outcome(&mut first), Some(Err(Failure::Disconnected)));
    assert_eq!(outcome(&mut second), Some(Err(Failure::Disconnected)));
    assert_eq!(bench.socket.lost(), 1);
    bench.assert_empty();
}
