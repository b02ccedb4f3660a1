//! Models of the outbox on shuttle: its real code, on locks and atomics at each of which any other thread may go on. A wake-up that is
//! lost is a deadlock, which shuttle reports with the schedule that led to it.
#![cfg(shuttle)]

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use shuttle::{check_pct, check_random, future::block_on, thread};

use crate::{
    engine::{Outbox, PushError, sync::AtomicBool},
    protocol::{
        close::CloseReason,
        frame::{Encoded, Frame},
    },
};

const ITERATIONS: usize = 4000;

fn check(model: fn()) {
    check_random(model, ITERATIONS);
    check_pct(model, ITERATIONS, 3);
}

fn packet(number: usize) -> Encoded {
    Encoded::new(Frame::text(&format!("{number:04}")))
}

fn number(frame: &Frame) -> usize {
    let text = frame.packet_text().and_then(|text| text.get(1..)).unwrap();
    std::str::from_utf8(text).unwrap().parse().unwrap()
}

/// The session's task as far as the outbox sees it: in the order of the driver's `poll_session`, until `done`.
fn drive(outbox: &Outbox, mut done: impl FnMut(&[Frame], Option<CloseReason>) -> bool) -> Vec<Frame> {
    let (mut taken, mut closed) = (Vec::new(), None);
    block_on(poll_fn(|cx| {
        outbox.unregister();
        loop {
            closed = closed.or(outbox.closing());
            outbox.take_nudge();
            outbox.take(&mut taken, 1, usize::MAX);
            let more = !outbox.is_empty();
            closed = closed.or(outbox.closing());
            if done(&taken, closed) {
                return Poll::Ready(());
            }
            if !more && outbox.register(cx.waker(), true, closed.is_none()) {
                return Poll::Pending;
            }
        }
    }));
    taken
}

#[test]
fn what_is_pushed_is_flushed_without_a_lost_wake_up() {
    check(|| {
        let outbox = Arc::new(Outbox::new(1 << 20));
        let pushers = [0, 10].map(|first| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || (first..first + 3).for_each(|n| outbox.push(&packet(n), false).unwrap()))
        });
        let taken = drive(&outbox, |taken, _| taken.len() == 6);
        for first in [0, 10] {
            let from_one = taken.iter().map(number).filter(|n| (first..first + 10).contains(n));
            assert!(from_one.eq(first..first + 3), "in the order of the calls");
        }
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        assert_eq!(outbox.queued_bytes(), 0);
    });
}

#[test]
fn a_task_that_is_asked_to_look_looks() {
    check(|| {
        let (outbox, flag) = (Arc::new(Outbox::new(100)), Arc::new(AtomicBool::new(false)));
        let other = {
            let (outbox, flag) = (Arc::clone(&outbox), Arc::clone(&flag));
            thread::spawn(move || {
                flag.store(true, Ordering::Release);
                outbox.wake();
            })
        };
        drive(&outbox, |_, _| flag.load(Ordering::Acquire));
        other.join().unwrap();
    });
}

#[test]
fn after_a_close_nothing_is_accepted_and_the_first_reason_stays() {
    check(|| {
        let outbox = Arc::new(Outbox::new(20));
        let pushers = [0, 10].map(|first| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || {
                let mut accepted = Vec::new();
                for n in first..first + 3 {
                    let was_closed = outbox.is_closing();
                    match outbox.push(&packet(n), false) {
                        Ok(()) => {
                            assert!(!was_closed, "accepted after the close");
                            accepted.push(n);
                        }
                        Err(PushError::Full) => assert!(outbox.closing().is_some()),
                        Err(error) => assert_eq!(error, PushError::Closed),
                    }
                }
                accepted
            })
        });
        let closers = [CloseReason::ForcedClose, CloseReason::PingTimeout].map(|reason| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || {
                outbox.close(reason);
                let found = outbox.closing();
                assert!(found.is_some() && outbox.is_closing());
                found
            })
        });
        let mut told = None;
        let taken: BTreeSet<usize> = drive(&outbox, |_, closed| {
            assert!(told.is_none() || told == closed, "another reason");
            told = closed;
            closed.is_some()
        })
        .iter()
        .map(number)
        .collect();
        // The transport is gone.
        outbox.clear();
        let accepted: BTreeSet<usize> = pushers.into_iter().flat_map(|one| one.join().unwrap()).collect();
        assert!(taken.is_subset(&accepted));
        for closer in closers {
            assert_eq!(closer.join().unwrap(), told);
        }
        assert_eq!((outbox.closing(), outbox.queued_bytes()), (told, 0));
        let mut left = Vec::new();
        outbox.take(&mut left, usize::MAX, usize::MAX);
        assert_eq!(left, []);
    });
}

#[test]
fn who_waits_for_room_gets_it_or_is_told_of_the_close() {
    check(|| {
        let outbox = Arc::new(Outbox::new(16));
        outbox.push(&packet(0), false).unwrap();
        let waiters = [1, 2].map(|n| {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || block_on(async { outbox.reserve().await?.push(&packet(n)) }))
        });
        // The first is taken; whether the others come before the close is open, but they end.
        let taken = drive(&outbox, |taken, _| !taken.is_empty());
        outbox.close(CloseReason::ForcedClose);
        let results = waiters.map(|waiter| waiter.join().unwrap());
        let pushed = results.iter().filter(|result| result.is_ok()).count();
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(PushError::Closed))));
        let mut rest = Vec::new();
        outbox.take(&mut rest, usize::MAX, usize::MAX);
        assert_eq!(taken.len() + rest.len(), 1 + pushed);
        assert_eq!(outbox.queued_bytes(), 0);
    });
}
