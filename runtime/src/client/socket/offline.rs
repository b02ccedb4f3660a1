//! Packets that no connection has taken: those of a client that is offline, and what follows behind a full outbox.
//!
//! Counts bytes; whether there is room for more is its owner's to say.

use std::{collections::VecDeque, mem};

use crate::protocol::frame::Encoded;

/// What a packet counts for beside its bytes: many small ones take more memory than they are long.
pub(super) const ENTRY: usize = 64;

/// Whose a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An event without an answer.
    Plain,
    /// An event whose answer is waited for under this id.
    Acked(u64),
    /// The answer to an event: of no use but on the connection that asked.
    Answer,
}

/// The packets, in the order in which they are to be sent.
#[derive(Debug, Default)]
pub(super) struct OfflineBuffer {
    packets: VecDeque<(Encoded, Kind)>,
    bytes: usize,
}

/// What a packet counts for.
pub(super) fn cost(packet: &Encoded) -> usize {
    packet.size() + ENTRY
}

impl OfflineBuffer {
    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, packet: Encoded, kind: Kind) {
        self.bytes += cost(&packet);
        self.packets.push_back((packet, kind));
    }

    pub(super) fn front(&self) -> Option<&Encoded> {
        self.packets.front().map(|(packet, _)| packet)
    }

    pub(super) fn pop(&mut self) -> Option<Encoded> {
        let (packet, _) = self.packets.pop_front()?;
        self.bytes -= cost(&packet);
        if self.packets.is_empty() {
            self.packets = VecDeque::new();
        }
        Some(packet)
    }

    /// The ids under which answers to these packets are waited for.
    pub(super) fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.packets.iter().filter_map(|&(_, kind)| match kind {
            Kind::Acked(id) => Some(id),
            Kind::Plain | Kind::Answer => None,
        })
    }

    /// Takes out those that are not to stay.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(Kind) -> bool, removed: &mut Vec<Encoded>) {
        if self.packets.iter().all(|&(_, kind)| stays(kind)) {
            return;
        }
        for (packet, kind) in mem::take(&mut self.packets) {
            if stays(kind) {
                self.packets.push_back((packet, kind));
            } else {
                self.bytes -= cost(&packet);
                removed.push(packet);
            }
        }
    }

    /// Takes out all; gives how many were plain events.
    pub(super) fn clear(&mut self, removed: &mut Vec<Encoded>) -> usize {
        let plain = self.packets.iter().filter(|(_, kind)| *kind == Kind::Plain).count();
        self.retain(|_| false, removed);
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::Frame;

    fn packet(len: usize) -> Encoded {
        Encoded::new(Frame::text(&"x".repeat(len)))
    }

    #[test]
    fn bytes_are_counted_in_and_out() {
        let mut buffer = OfflineBuffer::default();
        for (len, kind) in [(10, Kind::Plain), (20, Kind::Acked(7)), (30, Kind::Answer), (40, Kind::Acked(8))]
        {
            buffer.push(packet(len), kind);
        }
        assert_eq!(buffer.bytes(), [10, 20, 30, 40].into_iter().map(|len| cost(&packet(len))).sum::<usize>());
        assert_eq!(buffer.ids().collect::<Vec<_>>(), [7, 8]);
        let mut removed = Vec::new();
        buffer.retain(|kind| kind != Kind::Acked(7), &mut removed);
        assert_eq!(removed.iter().map(Encoded::size).collect::<Vec<_>>(), [packet(20).size()]);
        assert_eq!(buffer.pop().map(|packet| packet.size()), Some(packet(10).size()));
        assert_eq!(buffer.bytes(), cost(&packet(30)) + cost(&packet(40)));
        assert_eq!(buffer.clear(&mut removed), 0);
        assert_eq!((buffer.bytes(), buffer.is_empty(), removed.len()), (0, true, 3));
    }
}
