//! Code of the user's runs without the lock: it may call the socket, which would wait for itself for ever otherwise.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Wake, Waker},
};

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::*;

/// Bytes, and a value, that ask the socket.
struct Curious {
    socket: Arc<SocketShared>,
    dropped: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Curious {
    fn as_ref(&self) -> &[u8] {
        b"bytes"
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        let _ = self.socket.unsent_bytes();
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Serialize for Curious {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.socket.unsent_bytes().serialize(serializer)
    }
}

/// A task that asks the socket when it is woken.
struct Woken(Arc<SocketShared>, AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let _ = self.0.poll_timeout();
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn it_may_call_the_socket() {
    for retries in [0, 1] {
        let mut bench = Bench::new(SocketOptions { retries, buffer_bytes: 1000, ..SocketOptions::default() });
        let dropped = Arc::<AtomicUsize>::default();
        let socket = Arc::clone(&bench.socket);
        let curious = || Curious { socket: Arc::clone(&socket), dropped: Arc::clone(&dropped) };
        let woken = Arc::new(Woken(Arc::clone(&bench.socket), AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let mut waits = Vec::new();
        let mut made = 0;
        let wire = Wire::new(usize::MAX);
        let mut ask = |bench: &Bench, dropped_later: &mut usize, curious: Curious, value: Curious| {
            let bytes = Bytes::from_owner(curious);
            let name = EventName { plain: "e", json: None };
            let write = |args: &mut crate::event::ArgWriter| {
                args.arg(&value);
                args.arg(&bytes);
            };
            *dropped_later += 2;
            let sent = bench.socket.emit_with_ack(name, &write, EmitFlags::default(), bench.now);
            if let Ok((_, mut receiver)) = sent {
                assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
                waits.push(receiver);
            }
        };
        // More than there is room for; some sent, some answered, some too late, some lost, some thrown away.
        for _ in 0..12 {
            ask(&bench, &mut made, curious(), curious());
        }
        bench.join_with(&wire, r#"{"sid":"us"}"#);
        ask(&bench, &mut made, curious(), curious());
        bench.answer(0, "1");
        bench.socket.handle_closed();
        ask(&bench, &mut made, curious(), curious());
        ask(&bench, &mut made, curious(), curious());
        let count = waits.len();
        bench.pass(SECOND * 20);
        bench.socket.close();
        assert_eq!((dropped.load(Ordering::Relaxed), woken.1.load(Ordering::Relaxed)), (made, count));
        bench.assert_empty();
    }
}
