//! The table of outstanding answers against a list.
#![no_main]

use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sockeye::protocol::socket_io::acks::AckTable;

#[derive(Arbitrary, Debug)]
enum Step {
    Insert { id: u8, after: u8 },
    Take(u8),
    Wait(u8),
}

fuzz_target!(|input: (u8, Vec<Step>)| {
    let (limit, steps) = input;
    let mut now = Instant::now();
    let mut table = AckTable::new(limit.into());
    let mut model: Vec<(Instant, u64)> = Vec::new();
    for step in steps {
        match step {
            Step::Insert { id, after } => {
                let (id, deadline) = (u64::from(id), now + Duration::from_millis(after.into()));
                let fits = model.len() < usize::from(limit) && model.iter().all(|(_, known)| *known != id);
                assert_eq!(table.insert(id, deadline, id), if fits { Ok(()) } else { Err(id) });
                if fits {
                    model.push((deadline, id));
                }
            }
            Step::Take(id) => {
                let known = model.iter().position(|(_, known)| *known == u64::from(id));
                assert_eq!(table.take(id.into()), known.map(|at| model.swap_remove(at).1));
            }
            Step::Wait(time) => {
                now += Duration::from_millis(time.into());
                let mut expired = Vec::new();
                table.expire(now, |id, waiter| {
                    assert_eq!(id, waiter);
                    expired.push(id);
                });
                model.sort_unstable();
                let late = model.iter().take_while(|(deadline, _)| *deadline <= now).count();
                assert!(expired.iter().copied().eq(model.drain(..late).map(|(_, id)| id)));
            }
        }
        assert_eq!(table.len(), model.len());
        assert_eq!(table.next_deadline(), model.iter().min().map(|(deadline, _)| *deadline));
    }
});
