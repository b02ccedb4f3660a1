//! Rooms of a thousand and of a hundred thousand: joining and leaving, visiting everyone, emitting to everyone.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sockeye::Socket;
use sockeye_benches::{
    Failure, Main, Push, packets,
    peer::{Goal, Peer},
    server,
};
use tokio::runtime::{Builder, Runtime};

fn room(c: &mut Criterion, runtime: &Runtime, members: usize) -> Result<(), Failure> {
    let (server, goal) = (server(), Goal::default());
    let main = server.of::<Main>();
    let mut peers = Vec::with_capacity(members);
    for _ in 0..members {
        let peer = runtime.block_on(Peer::connect(&server, &goal))?;
        main.socket(peer.id()).ok_or("no socket")?.join("room")?;
        peers.push(peer);
    }
    let socket: Socket<Main> = main.socket(peers[members / 2].id()).ok_or("no socket")?;

    let mut group = c.benchmark_group(format!("room of {members}"));
    group.bench_function("leave and join", |b| {
        b.iter(|| {
            socket.leave("room");
            socket.join("room")
        });
    });
    group.throughput(Throughput::Elements(members as u64));
    // Everyone is looked at, and nobody gets it.
    group.bench_function("visit", |b| b.iter(|| main.to("room").except("room").emit().news("hello")));

    // Only the call is measured; what the sessions do with it comes after.
    let text = packets::text(128);
    let frame = packets::frames(&packets::encode(&Push::News(text.clone()), None)?, false);
    group.sample_size(10);
    group.bench_function("emit", |b| {
        b.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            for _ in 0..count {
                runtime.block_on(async {
                    let start = Instant::now();
                    main.to("room").emit().news(&text);
                    spent += start.elapsed();
                    goal.reached(frame.len() * members).await;
                });
                peers.iter().for_each(Peer::clear);
            }
            spent
        });
    });
    Ok(())
}

fn all(c: &mut Criterion) {
    let benches =
        Builder::new_current_thread().enable_all().build().map_err(Failure::from).and_then(|runtime| {
            room(c, &runtime, 1_000)?;
            room(c, &runtime, 100_000)
        });
    if let Err(error) = benches {
        panic!("{error}");
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
