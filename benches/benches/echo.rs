//! A message there and back in memory: the production path but for the kernel.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sockeye::testing::TestClient;
use sockeye_benches::{
    Failure, Main, Push, Request, packets,
    peer::{Goal, Peer},
    server,
};
use tokio::runtime::{Builder, Runtime};

fn raw(c: &mut Criterion, runtime: &Runtime) -> Result<(), Failure> {
    let mut group = c.benchmark_group("echo, frames prepared");
    for (name, bytes, window) in [("128 B", 128, 1), ("128 B, 16 at once", 128, 16), ("64 KB", 65_536, 1)] {
        let packet = packets::encode(&Push::Echo(packets::text(bytes)), None)?;
        let request = packets::frames(&packet, true).repeat(window);
        let answer = packets::frames(&packet, false).repeat(window);
        let (server, goal) = (server(), Goal::default());
        let peer = runtime.block_on(Peer::connect(&server, &goal))?;
        group.throughput(Throughput::Elements(window as u64));
        group.bench_function(name, |b| {
            // All in the runtime: a wake-up from outside of it is a system call.
            b.iter(|| {
                runtime.block_on(async {
                    peer.send(&request);
                    goal.reached(answer.len()).await;
                    peer.take(&answer)
                })
            });
        });
    }
    Ok(())
}

fn tested(c: &mut Criterion, runtime: &Runtime) -> Result<(), Failure> {
    let mut group = c.benchmark_group("by `testing::TestClient`, 128 B");
    let (server, text) = (server(), packets::text(128));
    let mut client = runtime.block_on(TestClient::<Main>::connect(&server, ()))?;
    group.bench_function("echo", |b| {
        b.iter(|| {
            runtime.block_on(async {
                client.emit::<Request>().echo(&text);
                client.next().await
            })
        });
    });
    group.bench_function("acknowledged event", |b| {
        b.iter(|| runtime.block_on(async { client.emit::<Request>().ack(&text).await }));
    });
    Ok(())
}

fn all(c: &mut Criterion) {
    let benches =
        Builder::new_current_thread().enable_all().build().map_err(Failure::from).and_then(|runtime| {
            raw(c, &runtime)?;
            tested(c, &runtime)
        });
    if let Err(error) = benches {
        panic!("{error}");
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
