//! Models of recovery on shuttle: offsets against the order in the outboxes. The real code on locks at which any other thread may
//! go on.
#![cfg(shuttle)]

use std::{sync::Arc, time::Instant};

use shuttle::{check_random, thread};

use super::*;
use crate::{
    adapter::{Local, Member, Memberships, Recipient},
    engine::Outbox,
};

struct Peer {
    own: &'static str,
    memberships: Memberships,
    outbox: Arc<Outbox>,
}

impl Member for Peer {
    fn own_room(&self) -> &str {
        self.own
    }
    fn memberships(&self) -> &Memberships {
        &self.memberships
    }
}

impl Recipient for Peer {
    fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }
    fn is_open(&self) -> bool {
        true
    }
}

impl Peer {
    fn new(own: &'static str) -> Arc<Self> {
        Arc::new(Self { own, memberships: Memberships::default(), outbox: Arc::new(Outbox::new(1 << 20)) })
    }

    fn offsets(&self) -> Vec<Offset> {
        let mut frames = Vec::new();
        self.outbox.take(&mut frames, usize::MAX, usize::MAX);
        let offset = |frame: &Frame| {
            let text = std::str::from_utf8(frame.packet_text().unwrap()).unwrap();
            read(text.rsplit('"').nth(1).unwrap()).unwrap()
        };
        frames.iter().map(offset).collect()
    }
}

fn packet() -> Encoded {
    Encoded::new(Frame::text(&format!("2[\"a\",\"{PLACE}\"]")))
}

#[test]
fn offsets_increase_in_the_order_of_every_queue() {
    let model = || {
        let (memory, local) =
            (Arc::new(Memory::new(Recovery::default(), Arc::default())), Arc::new(Local::new()));
        let peers = [Peer::new("a"), Peer::new("b")];
        for peer in &peers {
            local.rooms.insert(Arc::clone(peer));
        }
        let now = Instant::now();
        let emitters = ["", "a", "b", ""].map(|room| {
            let (memory, local) = (Arc::clone(&memory), Arc::clone(&local));
            thread::spawn(move || {
                for _ in 0..2 {
                    let target = match room {
                        "" => Target::default(),
                        room => Target::default().to(room),
                    };
                    let sent = memory.send(now, packet(), target.clone(), |packet, _| {
                        local.broadcast(&target, packet, |_| {});
                        Ok::<(), ()>(())
                    });
                    assert_eq!(sent, Ok(()));
                }
            })
        });
        // One comes back meanwhile: what it missed and what it gets from now on are one sequence without a gap.
        let late = Peer::new("c");
        let missed = {
            let memory = memory.lock();
            local.rooms.insert(Arc::clone(&late));
            let missed = memory.log.missed(0, &["c".into()]).unwrap();
            missed.iter().map(|(offset, _)| *offset).collect::<Vec<_>>()
        };
        emitters.into_iter().for_each(|emitter| emitter.join().unwrap());
        for peer in &peers {
            let offsets = peer.offsets();
            assert_eq!(offsets.len(), 6);
            assert!(offsets.is_sorted_by(|one, next| one < next), "{offsets:?}");
        }
        let all = [missed, late.offsets()].concat();
        assert_eq!(all.len(), 4, "each broadcast once: {all:?}");
        assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
        assert_eq!(memory.lock().log.last(), 8);
    };
    check_random(model, 3000);
}
