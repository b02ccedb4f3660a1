//! Between bytes and types: packets, frames, polling payloads.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sockeye::{
    event::Events,
    protocol::{
        engine_io::payload::{PayloadReader, PayloadWriter},
        frame::Frame,
    },
};
use sockeye_benches::{
    Failure, Push, Request,
    codec::{Decoding, Framing},
    packets,
};

/// Packets in a polling payload.
const PACKETS: usize = 16;

fn decode(c: &mut Criterion) -> Result<(), Failure> {
    let mut group = c.benchmark_group("decode");
    for (name, event) in events() {
        let mut decoding = Decoding::of(&event)?;
        group.bench_function(name, |b| b.iter(|| decoding.event()));
    }
    let mut ack = Decoding::of(&Request::Ack(packets::text(128)))?;
    group.bench_function("head only, 128 B", |b| b.iter(|| ack.packet()));
    Ok(())
}

fn encode(c: &mut Criterion) -> Result<(), Failure> {
    let mut group = c.benchmark_group("encode");
    let writer = packets::writer();
    for (name, event) in events() {
        group.bench_function(name, |b| {
            b.iter(|| writer.event(black_box(&event).name(), None, &|args| event.encode(args)));
        });
    }
    let answer = packets::text(128);
    group.bench_function("answer, 128 B", |b| b.iter(|| writer.ack(7, &|args| args.arg(black_box(&answer)))));
    Ok(())
}

fn events() -> [(&'static str, Push); 3] {
    [
        ("struct, 128 B", Push::Post(packets::post(128))),
        ("struct, 1 KB", Push::Post(packets::post(1024))),
        ("two attachments", packets::upload()),
    ]
}

fn websocket(c: &mut Criterion) -> Result<(), Failure> {
    let mut group = c.benchmark_group("WebSocket frames");
    for (name, bytes, count) in [("128 B", 128, 1), ("128 B, 16 in a read", 128, 16), ("64 KB", 65_536, 1)] {
        let packet = packets::encode(&Push::Echo(packets::text(bytes)), None)?;
        let mut framing = Framing::of(packets::frames(&packet, true).repeat(count));
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |b| {
            b.iter(|| framing.messages(|message| drop(black_box(message))));
        });
    }
    Ok(())
}

fn polling(c: &mut Criterion) -> Result<(), Failure> {
    let mut group = c.benchmark_group("polling payload of 16 packets");
    group.throughput(Throughput::Elements(PACKETS as u64));
    let frame: Frame = packets::encode(&Push::Echo(packets::text(128)), None)?.head;
    let join = || {
        let mut payload = PayloadWriter::with_capacity(PACKETS * 160);
        (0..PACKETS).for_each(|_| payload.frame(black_box(&frame)));
        payload.finish()
    };
    let body: Bytes = join();
    group.bench_function("join", |b| b.iter(join));
    group.bench_function("split", |b| {
        b.iter(|| {
            PayloadReader::new(body.clone(), PACKETS).map(|packets| packets.filter(Result::is_ok).count())
        });
    });
    Ok(())
}

fn all(c: &mut Criterion) {
    for bench in [decode, encode, websocket, polling] {
        if let Err(error) = bench(c) {
            panic!("{error}");
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
