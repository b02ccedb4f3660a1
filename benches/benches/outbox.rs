//! An outbox: a packet pushed, and taken by the session's task. By the public interface, so the task's wake-up is in it.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sockeye_benches::{
    Failure, Push, packets,
    peer::{Goal, Peer},
    server,
};
use tokio::runtime::Builder;

fn push_and_take(c: &mut Criterion) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut group = c.benchmark_group("outbox: push and take");
    for (name, event, count) in [
        ("1 packet", Push::Echo(packets::text(128)), 1),
        ("16 packets", Push::Echo(packets::text(128)), 16),
        ("two attachments", packets::upload(), 1),
    ] {
        let packet = packets::encode(&event, None)?;
        let frames = packets::frames(&packet, false).repeat(count);
        let (server, goal) = (server(), Goal::default());
        let peer = runtime.block_on(Peer::connect(&server, &goal))?;
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |b| {
            // All in the runtime: a wake-up from outside of it is a system call.
            b.iter(|| {
                runtime.block_on(async {
                    (0..count).try_for_each(|_| peer.session().outbox().push(&packet, false))?;
                    goal.reached(frames.len()).await;
                    peer.take(&frames)
                })
            });
        });
    }
    Ok(())
}

fn all(c: &mut Criterion) {
    if let Err(error) = push_and_take(c) {
        panic!("{error}");
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
