//! Full outboxes, and waiting for room.

use futures_util::FutureExt;

use super::*;

const RESERVED: EmitFlags = EmitFlags { volatile: false, timeout: None, reserved: true };

fn small() -> Bench {
    Bench::new(SocketOptions { buffer_bytes: 1000, ..SocketOptions::default() })
}

fn long() -> String {
    "x".repeat(150)
}

#[test]
fn a_full_outbox_takes_no_more_and_costs_nobody_the_connection() {
    let bench = small();
    let wire = Wire::new(100);
    bench.join_with(&wire, r#"{"sid":"us"}"#);
    bench.emit("a");
    assert!(matches!(bench.emit_with(&long(), EmitFlags::default()), Err(EmitError::Full)));
    assert!(matches!(bench.ask_with(&long(), EmitFlags::default()), Err(EmitError::Full)));
    assert_eq!(bench.socket.wants_room(), None);
    bench.emit("b");
    assert_eq!(wire.take(), [r#"2["a"]"#, r#"2["b"]"#]);
    bench.socket.handle_closed();
    bench.assert_empty();
}

#[test]
fn what_does_not_fit_when_we_join_follows_and_nothing_overtakes_it() {
    let bench = small();
    for name in ["a", &long(), "c"] {
        bench.emit(name);
    }
    let wire = Wire::new(100);
    bench.join_with(&wire, r#"{"sid":"us"}"#);
    bench.emit("d");
    assert_eq!(wire.take(), [r#"2["a"]"#]);
    let volatile = EmitFlags { volatile: true, ..EmitFlags::default() };
    assert!(matches!(bench.emit_with("v", volatile), Err(EmitError::Dropped)));
    assert!(bench.socket.wants_room().is_some_and(|size| size > 150));
    wire.written();
    bench.socket.handle_room(bench.now);
    assert_eq!(wire.take().len(), 1);
    assert!(bench.socket.wants_room().is_some_and(|size| size < 20));
    wire.written();
    bench.socket.handle_room(bench.now);
    assert_eq!(wire.take(), [r#"2["c"]"#, r#"2["d"]"#]);
    assert_eq!((bench.socket.wants_room(), bench.socket.unsent_bytes()), (None, 0));
}

#[tokio::test]
async fn room_is_waited_for_offline() {
    let bench = small();
    while bench.emit_with("a", EmitFlags::default()).is_ok() {}
    let waiting = tokio::spawn(Arc::clone(&bench.socket).reserve());
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    bench.join();
    drop(waiting.await.unwrap().unwrap());
    bench.assert_empty();
}

#[tokio::test]
async fn room_is_waited_for_in_the_outbox() {
    let bench = small();
    let wire = Wire::new(100);
    bench.join_with(&wire, r#"{"sid":"us"}"#);
    bench.emit(&"x".repeat(60));
    let waiting = tokio::spawn(Arc::clone(&bench.socket).reserve());
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    assert_eq!(bench.socket.wants_room(), Some(50));
    bench.wake.notified().now_or_never().unwrap();
    wire.written();
    bench.socket.handle_room(bench.now);
    let room = waiting.await.unwrap().unwrap();
    // Others were faster; it is taken all the same, in its turn.
    bench.emit(&"y".repeat(60));
    assert!(room.take() && !room.take());
    bench.emit_with(&long(), RESERVED).unwrap();
    drop(room);
    assert_eq!(wire.take().len(), 2);
    wire.written();
    bench.socket.handle_room(bench.now);
    assert_eq!(wire.take(), [format!("2[\"{}\"]", long())]);
    bench.assert_empty();
}

#[tokio::test]
async fn at_most_four_reservations_are_out_and_what_waits_is_served_in_order() {
    let bench = small();
    let mut out: Vec<_> = std::iter::from_fn(|| Arc::clone(&bench.socket).reserve().now_or_never()).collect();
    assert_eq!(out.len(), 4);
    let (sender, mut served) = tokio::sync::mpsc::unbounded_channel();
    let tasks: Vec<_> = (0..6)
        .map(|i| {
            let (socket, sender) = (Arc::clone(&bench.socket), sender.clone());
            tokio::spawn(async move {
                let room = socket.reserve().await;
                sender.send(i).unwrap();
                drop(room);
            })
        })
        .collect();
    tokio::task::yield_now().await;
    // Who goes away loses the place, and nobody else does.
    tasks[0].abort();
    tasks[3].abort();
    for _ in 0..4 {
        bench.emit_with(&long(), RESERVED).unwrap();
    }
    assert!(bench.socket.unsent_bytes() <= 1000 + 4 * 250);
    out.clear();
    bench.join();
    let mut order = Vec::new();
    while order.len() < 4 {
        order.extend(served.recv().await);
    }
    assert_eq!(order, [1, 2, 4, 5]);
    for task in tasks {
        let _ = task.await;
    }
    bench.assert_empty();
}

#[tokio::test]
async fn a_close_ends_the_waiting() {
    let bench = small();
    while bench.emit_with("a", EmitFlags::default()).is_ok() {}
    let waiting = tokio::spawn(Arc::clone(&bench.socket).reserve());
    tokio::task::yield_now().await;
    bench.socket.close();
    assert!(matches!(waiting.await.unwrap(), Err(EmitError::Closed)));
}
