//! Answers, time-outs and the offline buffer.

use super::*;
use crate::{client::socket::Failure, event::Reply};

fn within(seconds: u32) -> EmitFlags {
    EmitFlags { timeout: Some(SECOND * seconds), ..EmitFlags::default() }
}

#[test]
fn what_is_emitted_offline_is_sent_first_and_in_order() {
    let bench = Bench::new(SocketOptions::default());
    bench.emit("a");
    let mut answer = bench.ask("b");
    bench.emit("c");
    let wire = bench.join();
    bench.emit("d");
    assert_eq!(wire.take(), [r#"2["a"]"#, r#"20["b"]"#, r#"2["c"]"#, r#"2["d"]"#]);
    bench.answer(0, "7");
    assert_eq!(outcome(&mut answer), Some(Ok("[7]".into())));
    bench.answer(0, "8");
    bench.assert_empty();
}

#[test]
fn the_buffer_is_bounded_in_bytes() {
    let bench = Bench::new(SocketOptions { buffer_bytes: 1000, ..SocketOptions::default() });
    let mut taken = 0;
    while bench.emit_with("0123456789", EmitFlags::default()).is_ok() {
        taken += 1;
    }
    assert!(bench.socket.unsent_bytes() <= 1000);
    assert!((5..=15).contains(&taken), "{taken}");
    assert!(matches!(bench.emit_with("0123456789", EmitFlags::default()), Err(EmitError::Full)));
    assert!(matches!(bench.ask_with("0123456789", EmitFlags::default()), Err(EmitError::Full)));
    assert_eq!(bench.socket.locked().waiters.len(), 0);
    assert_eq!(bench.join().take().len(), taken);
    bench.assert_empty();
}

#[test]
fn an_event_that_was_not_sent_in_time_is_taken_back() {
    let mut bench = Bench::new(SocketOptions::default());
    bench.emit("a");
    let (mut late, mut early) =
        (bench.ask_with("b", within(5)).unwrap(), bench.ask_with("c", within(9)).unwrap());
    bench.pass(SECOND * 4);
    assert_eq!(outcome(&mut late), None);
    bench.pass(SECOND);
    assert_eq!((outcome(&mut late), outcome(&mut early)), (Some(Err(Failure::Timeout)), None));
    assert_eq!(bench.join().take(), [r#"2["a"]"#, r#"21["c"]"#]);
    bench.pass(SECOND * 4);
    assert_eq!(outcome(&mut early), Some(Err(Failure::Timeout)));
    bench.assert_empty();
}

#[test]
fn when_the_connection_ends_only_waits_for_what_was_sent_do() {
    let bench = Bench::new(SocketOptions::default());
    let wire = bench.join();
    let mut sent = bench.ask("sent");
    // The end is known to the outbox first.
    wire.closed.store(true, Ordering::Relaxed);
    let mut kept = bench.ask("kept");
    assert_eq!(bench.socket.handle_closed().as_ref().map(|id| id.as_str()), Some("us"));
    assert_eq!((outcome(&mut sent), outcome(&mut kept)), (Some(Err(Failure::Disconnected)), None));
    assert_eq!(bench.socket.handle_closed(), None);
    assert_eq!(bench.join().take(), [r#"21["kept"]"#]);
    bench.answer(0, "0");
    bench.answer(1, "1");
    assert_eq!(outcome(&mut kept), Some(Ok("[1]".into())));
}

#[test]
fn a_close_ends_all_waits() {
    let bench = Bench::new(SocketOptions::default());
    let wire = bench.join();
    let mut sent = bench.ask("sent");
    wire.closed.store(true, Ordering::Relaxed);
    let mut kept = bench.ask("kept");
    bench.emit("plain");
    assert!(bench.socket.close().is_some());
    assert_eq!(outcome(&mut sent), Some(Err(Failure::Disconnected)));
    assert_eq!(outcome(&mut kept), Some(Err(Failure::Disconnected)));
    assert_eq!(bench.socket.lost(), 1);
    assert!(matches!(bench.emit_with("x", EmitFlags::default()), Err(EmitError::Closed)));
    assert!(matches!(bench.ask_with("x", EmitFlags::default()), Err(EmitError::Closed)));
    assert_eq!(bench.socket.connect_packet(None).unwrap().map(|packet| text(&packet)), None);
    bench.assert_empty();
}

#[test]
fn volatile_events_are_sent_at_once_or_not_at_all() {
    let bench = Bench::new(SocketOptions { retries: 3, ..SocketOptions::default() });
    let volatile = EmitFlags { volatile: true, ..EmitFlags::default() };
    let dropped = |bench: &Bench| matches!(bench.emit_with("v", volatile), Err(EmitError::Dropped));
    assert!(dropped(&bench));
    let wire = bench.join();
    bench.emit_with("w", volatile).unwrap();
    wire.writable.store(false, Ordering::Relaxed);
    assert!(dropped(&bench) && bench.ask_with("v", volatile).is_err());
    wire.writable.store(true, Ordering::Relaxed);
    let mut answer = bench.ask_with("x", volatile).unwrap();
    wire.closed.store(true, Ordering::Relaxed);
    assert!(dropped(&bench));
    assert_eq!(wire.take(), [r#"2["w"]"#, r#"21["x"]"#]);
    bench.answer(1, "1");
    assert_eq!(outcome(&mut answer), Some(Ok("[1]".into())));
    assert_eq!(bench.socket.unsent_bytes(), 0);
}

#[test]
fn too_many_answers_cannot_be_waited_for() {
    let bench = Bench::new(SocketOptions { max_acks: 2, ..SocketOptions::default() });
    let (_a, b) = (bench.ask("a"), bench.ask("b"));
    assert!(matches!(bench.ask_with("c", EmitFlags::default()), Err(EmitError::TooManyAcks)));
    drop(b);
    bench.socket.forget(1);
    let _c = bench.ask("c");
    // What was refused had an id, what was forgotten is sent.
    assert_eq!(bench.join().take(), [r#"20["a"]"#, r#"21["b"]"#, r#"23["c"]"#]);
}

#[test]
fn a_deadline_that_comes_earlier_wakes_who_drives_it() {
    let bench = Bench::new(SocketOptions::default());
    let woken = || futures_util::FutureExt::now_or_never(bench.wake.notified()).is_some();
    bench.emit("plain");
    assert!(!woken());
    let _long = bench.ask_with("a", within(9));
    assert!(woken());
    let _longer = bench.ask_with("a", within(10));
    assert!(!woken());
    let _short = bench.ask_with("a", within(8));
    assert!(woken());
    assert_eq!(bench.socket.poll_timeout(), Some(bench.now + SECOND * 8));
}

#[test]
fn a_time_out_of_any_length_is_one() {
    let bench = Bench::new(SocketOptions::default());
    let _answer = bench.ask_with("a", EmitFlags { timeout: Some(Duration::MAX), ..EmitFlags::default() });
    assert!(bench.socket.poll_timeout() > Some(bench.now + SECOND * 3600 * 24 * 300));
}

#[test]
fn an_answer_goes_to_the_connection_that_asked() {
    let bench = Bench::new(SocketOptions::default());
    let wire = bench.join();
    let reply = |generation, id| {
        let packet = bench.socket.writer().ack(id, &|args| args.arg(&true)).unwrap();
        bench.socket.answer(generation, Reply(Some(packet)));
    };
    let first = bench.receive(r#"["a"]"#, Some(4))[0].generation;
    reply(first, 4);
    bench.socket.answer(first, Reply(None));
    assert_eq!(wire.take(), ["34[true]"]);
    bench.socket.handle_closed();
    reply(first, 4);
    let wire = bench.join();
    reply(first, 4);
    let second = bench.receive(r#"["a"]"#, Some(4))[0].generation;
    reply(second, 4);
    assert_eq!(wire.take(), ["34[true]"]);
    bench.assert_empty();
}

#[test]
fn an_answer_that_waits_for_room_ends_with_its_connection() {
    let bench = Bench::new(SocketOptions::default());
    let wire = Wire::new(20);
    bench.join_with(&wire, r#"{"sid":"us"}"#);
    bench.emit("0123456789");
    let event = bench.receive(r#"["a"]"#, Some(4));
    let answer = || bench.socket.writer().ack(4, &|args| args.arg(&"0123456789")).unwrap();
    bench.socket.answer(event[0].generation, Reply(Some(answer())));
    bench.emit("behind");
    assert_eq!((wire.take().len(), bench.socket.wants_room()), (1, Some(answer().size())));
    wire.written();
    bench.socket.handle_room(bench.now);
    assert_eq!(wire.take(), [r#"34["0123456789"]"#]);
    assert!(bench.socket.wants_room().is_some());
    bench.socket.answer(event[0].generation, Reply(Some(answer())));
    bench.socket.handle_closed();
    assert_eq!(bench.join().take(), [r#"2["behind"]"#]);
}
