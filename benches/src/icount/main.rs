//! Does one thing a given number of times, under a counter of instructions: `icount MEASURE COUNT`. See `benches/gate`.
//!
//! One thread, a fixed order, no clock that matters: two runs of one length execute the same instructions but for a few in a
//! thousand, and the difference between two lengths is what one more costs.

mod http;
mod tcp;

use std::hint::black_box;

use sockeye::event::Events;
use sockeye_benches::{
    Failure, Main, Push, Request,
    codec::{Decoding, Framing},
    packets,
    peer::{Goal, Peer},
    server,
};

/// Who hears a broadcast.
const AUDIENCE: usize = 100;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (measure, count) = match arguments.as_slice() {
        [measure, count] => (*measure, count.parse()?),
        ["client", measure, count, server, lifeline] => {
            return tcp::client(measure, count.parse()?, server, lifeline);
        }
        _ => return Err("usage: icount MEASURE COUNT".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match measure {
        "echo" => runtime.block_on(echo(count, 1)),
        "echo-16" => runtime.block_on(echo(count, 16)),
        "ack" => runtime.block_on(ack(count)),
        "fan-out" => runtime.block_on(fan_out(count)),
        "fan-out-ack" => runtime.block_on(fan_out_ack(count)),
        "echo-tcp" | "fan-out-tcp" | "poll-tcp" | "connect-tcp" => {
            runtime.block_on(tcp::serve(measure, count))
        }
        "decode" => decode(count, 128),
        "decode-1k" => decode(count, 1024),
        "encode" => encode(count, 128),
        "encode-1k" => encode(count, 1024),
        "decode-binary" => decode_binary(count),
        "frame" => frame(count),
        other => Err(format!("no measure is called {other}").into()),
    }
}

/// Echoes of 128 bytes, `window` at once: from the bytes that came to the bytes that go.
async fn echo(count: usize, window: usize) -> Result<(), Failure> {
    let packet = packets::encode(&Push::Echo(packets::text(128)), None)?;
    let request = packets::frames(&packet, true).repeat(window);
    let answer = packets::frames(&packet, false).repeat(window);
    converse(count / window, &request, &answer).await
}

/// Acknowledged events of 128 bytes.
async fn ack(count: usize) -> Result<(), Failure> {
    let text = packets::text(128);
    let request = packets::encode(&Request::Ack(text.clone()), Some(7))?;
    let answer = packets::writer().ack(7, &|args| args.arg(&text))?;
    converse(count, &packets::frames(&request, true), &packets::frames(&answer, false)).await
}

async fn converse(count: usize, request: &[u8], answer: &[u8]) -> Result<(), Failure> {
    let (server, goal) = (server(), Goal::default());
    let peer = Peer::connect(&server, &goal).await?;
    for _ in 0..count {
        peer.send(request);
        goal.reached(answer.len()).await;
        peer.take(answer)?;
    }
    Ok(())
}

/// Deliveries of 128 bytes: one broadcast to a hundred, and the next when all have it.
async fn fan_out(deliveries: usize) -> Result<(), Failure> {
    let (server, goal) = (server(), Goal::default());
    let mut peers = Vec::new();
    for _ in 0..AUDIENCE {
        peers.push(Peer::connect(&server, &goal).await?);
    }
    let text = packets::text(128);
    let frame = packets::frames(&packets::encode(&Push::News(text.clone()), None)?, false);
    for _ in 0..deliveries / AUDIENCE {
        server.of::<Main>().emit().news(&text);
        goal.reached(frame.len() * AUDIENCE).await;
        for peer in &peers {
            peer.take(&frame)?;
        }
    }
    Ok(())
}

/// The same, and each is to answer: nobody does, for reading answers is another matter.
async fn fan_out_ack(deliveries: usize) -> Result<(), Failure> {
    let (server, goal) = (server(), Goal::default());
    let mut peers = Vec::new();
    for _ in 0..AUDIENCE {
        peers.push(Peer::connect(&server, &goal).await?);
    }
    let text = packets::text(128);
    for id in (0..).take(deliveries / AUDIENCE) {
        let frame = packets::frames(&packets::encode(&Push::Ask(text.clone()), Some(id))?, false);
        let answers = server.of::<Main>().emit().ask(&text);
        goal.reached(frame.len() * AUDIENCE).await;
        for peer in &peers {
            peer.take(&frame)?;
        }
        drop(answers);
    }
    Ok(())
}

/// A message's text into an event of a struct.
fn decode(count: usize, bytes: usize) -> Result<(), Failure> {
    events(count, &Push::Post(packets::post(bytes)))
}

/// An event of a struct into a frame.
fn encode(count: usize, bytes: usize) -> Result<(), Failure> {
    let (writer, event) = (packets::writer(), Push::Post(packets::post(bytes)));
    for _ in 0..count {
        let event = black_box(&event);
        drop(black_box(writer.event(event.name(), None, &|args| event.encode(args))?));
    }
    Ok(())
}

/// A message's text and two attachments into an event.
fn decode_binary(count: usize) -> Result<(), Failure> {
    events(count, &packets::upload())
}

fn events(count: usize, event: &Push) -> Result<(), Failure> {
    let mut decoding = Decoding::of(event)?;
    for _ in 0..count {
        drop(black_box(decoding.event()?));
    }
    Ok(())
}

/// A frame of a client into a message, with 16 in the buffer.
fn frame(count: usize) -> Result<(), Failure> {
    const AT_ONCE: usize = 16;
    let packet = packets::encode(&Push::Echo(packets::text(128)), None)?;
    let mut framing = Framing::of(packets::frames(&packet, true).repeat(AT_ONCE));
    for _ in 0..count / AT_ONCE {
        framing.messages(|message| drop(black_box(message)))?;
    }
    Ok(())
}
