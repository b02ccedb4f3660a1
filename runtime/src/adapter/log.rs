//! What was sent to a namespace lately, so that a client that was away for a moment gets what it missed.
//!
//! Knows rooms and packets; the time is an argument. Bounded by age and by bytes.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{Room, Target};
use crate::protocol::frame::Encoded;

/// The number of a packet in its namespace: 1, 2, 3… 0 is before the first.
pub(crate) type Offset = u64;

struct Sent {
    at: Instant,
    packet: Encoded,
    target: Target,
}

/// The packets of one namespace that may have to be sent again.
pub(crate) struct Log {
    sent: VecDeque<Sent>,
    /// The offset of the packet given last.
    last: Offset,
    bytes: usize,
    max_age: Duration,
    max_bytes: usize,
}

impl Log {
    pub(crate) fn new(max_age: Duration, max_bytes: usize) -> Self {
        Self { sent: VecDeque::new(), last: 0, bytes: 0, max_age, max_bytes }
    }

    /// The offset given last.
    pub(crate) fn last(&self) -> Offset {
        self.last
    }

    /// The offset that the next packet will have.
    pub(crate) fn next(&self) -> Offset {
        self.last + 1
    }

    /// Adds the packet with the [`next`](Self::next) offset.
    pub(crate) fn push(&mut self, now: Instant, packet: Encoded, target: Target) {
        self.last += 1;
        self.bytes += packet.size();
        self.sent.push_back(Sent { at: now, packet, target });
        self.prune(now);
    }

    /// When the oldest packet that is kept was sent.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.sent.front().map(|sent| sent.at)
    }

    /// Forgets all; offsets go on.
    pub(crate) fn clear(&mut self) {
        (self.sent, self.bytes) = (VecDeque::new(), 0);
    }

    /// Forgets what is too old or too much.
    pub(crate) fn prune(&mut self, now: Instant) {
        while let Some(oldest) = self.sent.front() {
            if self.bytes <= self.max_bytes && now.saturating_duration_since(oldest.at) <= self.max_age {
                break;
            }
            self.bytes -= oldest.packet.size();
            self.sent.pop_front();
        }
        if self.sent.is_empty() {
            // An idle namespace keeps no buffer.
            self.sent = VecDeque::new();
        }
    }

    /// What was sent after `offset` to somebody in these rooms; `None` if some of it may have been forgotten.
    pub(crate) fn missed(&self, offset: Offset, rooms: &[Room]) -> Option<Vec<(Offset, &Encoded)>> {
        let forgotten = self.last - self.sent.len() as u64;
        if offset > self.last || offset < forgotten {
            return None;
        }
        let skip = usize::try_from(offset - forgotten).ok()?;
        let later = self.sent.iter().zip(forgotten + 1..).skip(skip);
        let for_them = later.filter(|(sent, _)| is_for(&sent.target, rooms));
        Some(for_them.map(|(sent, offset)| (offset, &sent.packet)).collect())
    }
}

fn is_for(target: &Target, rooms: &[Room]) -> bool {
    let among = |list: &[Room]| list.iter().any(|room| rooms.contains(room));
    (target.rooms.is_empty() || among(&target.rooms)) && !among(&target.except)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::Frame;

    fn packet(text: &str) -> Encoded {
        Encoded::new(Frame::text(text))
    }

    fn rooms(names: &[&str]) -> Vec<Room> {
        names.iter().map(|name| Room::from(*name)).collect()
    }

    fn log(packets: &[(&str, Target)]) -> (Log, Instant) {
        let (mut log, now) = (Log::new(Duration::from_secs(10), 1000), Instant::now());
        for (text, target) in packets {
            log.push(now, packet(text), target.clone());
        }
        (log, now)
    }

    fn offsets(log: &Log, after: Offset, names: &[&str]) -> Option<Vec<Offset>> {
        Some(log.missed(after, &rooms(names))?.into_iter().map(|(offset, _)| offset).collect())
    }

    #[test]
    fn only_what_was_for_them_comes_again_and_in_order() {
        let to = |room: &str| Target::default().to(room);
        let (log, _) = log(&[
            ("1", Target::default()),
            ("2", to("a")),
            ("3", to("b")),
            ("4", Target::default().except("a")),
            ("5", to("b").to("a")),
        ]);
        assert_eq!(offsets(&log, 0, &["me", "a"]), Some(vec![1, 2, 5]));
        assert_eq!(offsets(&log, 1, &["me", "b"]), Some(vec![3, 4, 5]));
        assert_eq!(offsets(&log, 5, &["me"]), Some(vec![]));
        assert_eq!(offsets(&log, 6, &["me"]), None);
    }

    #[test]
    fn what_is_forgotten_makes_a_gap_only_for_those_who_were_behind() {
        let (mut log, now) = log(&[("1", Target::default()), ("2", Target::default())]);
        log.push(now + Duration::from_secs(11), packet("3"), Target::default());
        assert_eq!(offsets(&log, 1, &["me"]), None);
        assert_eq!(offsets(&log, 2, &["me"]), Some(vec![3]));
    }

    #[test]
    fn bytes_are_bounded() {
        let (mut log, now) = log(&[]);
        for _ in 0..100 {
            log.push(now, packet(&"x".repeat(100)), Target::default());
        }
        assert!(log.bytes <= 1000 && log.sent.len() >= 8);
        assert_eq!(log.last(), 100);
    }
}
