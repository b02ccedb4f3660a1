//! What this side writes and reads, for `tests/interop/parser.test.mjs`, which has npm's parsers do the same.
//!
//! `parser write` prints a line of JSON for each case: its frames, and the JavaScript that makes the same values. `parser read` takes such
//! lines with frames that npm's parsers wrote, and prints for each what is wrong with what they decode to, or `ok`.

mod cases;

use std::{
    collections::HashMap,
    io::{self, BufRead as _, Write as _},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use cases::{Case, Message, PostError, Push, cases};
use serde::{Deserialize, Serialize};
use sockeye::{
    event::{AckShape, ArgReader, Events, Fallible, PacketWriter, Parser, Plain, Reply, ReplyTo},
    protocol::{
        frame::{Encoded, Frame},
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{Packet, PacketKind},
        },
    },
};

/// A packet as it travels.
#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    parser: String,
    namespace: String,
    id: Option<u64>,
    /// Whether it is an answer.
    ack: bool,
    /// The arguments, the event's name before them, as JavaScript.
    js: String,
    exact: bool,
    /// Each a text, or bytes in base64.
    frames: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Text(String),
    Base64(String),
}

/// The answers: what writes one, what reads it back, and the same in JavaScript.
struct Answer {
    name: &'static str,
    js: &'static str,
    write: fn(ReplyTo) -> Reply,
    read: fn(&mut ArgReader<'_>) -> Result<(), String>,
}

fn same<A: AckShape>(args: &mut ArgReader<'_>, expected: Result<A::Value, A::Error>) -> Result<(), String>
where
    A::Value: std::fmt::Debug + PartialEq,
    A::Error: PartialEq,
{
    let found = A::decode(args).map_err(|error| error.to_string())?;
    if found == expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
}

fn answers() -> Vec<Answer> {
    type Posted = Fallible<u64, PostError>;
    fn message() -> Message {
        Message { from: 1, text: None, tags: vec![] }
    }
    const SAMPLE: Bytes = Bytes::from_static(&[1]);
    vec![
        Answer {
            name: "a plain value",
            js: "[true]",
            write: |reply| reply.value(&true),
            read: |args| same::<Plain<bool>>(args, Ok(true)),
        },
        Answer {
            name: "a plain struct",
            js: "[{from: 1, text: null}]",
            write: |reply| reply.value(&message()),
            read: |args| same::<Plain<Message>>(args, Ok(message())),
        },
        Answer {
            name: "plain bytes",
            js: "[Buffer.from([1])]",
            write: |reply| reply.value(&SAMPLE),
            read: |args| same::<Plain<Bytes>>(args, Ok(SAMPLE)),
        },
        Answer {
            name: "a unit",
            js: "[null]",
            write: |reply| reply.value(&()),
            read: |args| same::<Plain<()>>(args, Ok(())),
        },
        Answer { name: "none", js: "[]", write: ReplyTo::none, read: |args| same::<Plain<()>>(args, Ok(())) },
        Answer {
            name: "a value of two outcomes",
            js: "[{ok: true, value: 3}]",
            write: |reply| reply.result(&Ok::<u64, PostError>(3)),
            read: |args| same::<Posted>(args, Ok(3)),
        },
        Answer {
            name: "an error",
            js: r#"[{ok: false, error: {code: "too_long", max: 3}}]"#,
            write: |reply| reply.result(&Err::<u64, _>(PostError::TooLong { max: 3 })),
            read: |args| same::<Posted>(args, Err(PostError::TooLong { max: 3 })),
        },
        Answer {
            name: "an error with bytes",
            js: r#"[{ok: false, error: {code: "rejected", sample: Buffer.from([1])}}]"#,
            write: |reply| reply.result(&Err::<u64, _>(PostError::Rejected { sample: SAMPLE })),
            read: |args| same::<Posted>(args, Err(PostError::Rejected { sample: SAMPLE })),
        },
    ]
}

fn parts(encoded: &Encoded) -> Vec<Part> {
    let base64 = |data: &Bytes| Part::Base64(BASE64_STANDARD.encode(data));
    let head = match (&encoded.head, encoded.head.packet_text()) {
        // Behind the `4` that makes it a message.
        (_, Some(text)) => Part::Text(String::from_utf8_lossy(&text[1..]).into_owned()),
        (Frame::Binary(data), None) => base64(data),
        (Frame::Text { .. }, None) => unreachable!("a text has one"),
    };
    std::iter::once(head).chain(encoded.attachments.iter().flat_map(|list| list.iter()).map(base64)).collect()
}

const PARSERS: [(&str, Parser); 2] = [("json", Parser::Json), ("msgpack", Parser::MessagePack)];

fn write() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    for (parser_name, parser) in PARSERS {
        for (namespace, id) in [("/", None), ("/chat", None), ("/", Some(0)), ("/chat", Some(4_294_967_296))]
        {
            let writer = PacketWriter::new(Arc::from(namespace), parser);
            let mut print = |name: &str, ack, js: &str, exact, encoded: &Encoded| {
                let line = Line {
                    name: name.to_owned(),
                    parser: parser_name.to_owned(),
                    namespace: namespace.to_owned(),
                    id,
                    ack,
                    js: js.to_owned(),
                    exact,
                    frames: parts(encoded),
                };
                serde_json::to_writer(&mut out, &line)
                    .map_err(io::Error::from)
                    .and_then(|()| out.write_all(b"\n"))
            };
            for Case { name, event, js, exact } in cases() {
                let exact = exact.contains(&parser_name);
                let encoded = writer.event(event.name(), id, &|args| event.encode(args))?;
                print(name, false, js, exact, &encoded)?;
            }
            for Answer { name, js, write, .. } in answers().into_iter().filter(|_| id.is_some()) {
                let Reply(encoded) = write(ReplyTo::new(writer.clone(), id));
                print(name, true, js, true, &encoded.ok_or("an answer was not written")?)?;
            }
        }
    }
    Ok(())
}

/// What is wrong with a packet that npm wrote.
fn judge(line: &Line, events: &HashMap<&str, Push>, answers: &HashMap<&str, Answer>) -> Result<(), String> {
    let parser = PARSERS.iter().find(|(name, _)| *name == line.parser).ok_or("no such parser")?.1;
    let mut decoder = Decoder::of(parser, DecoderLimits::default());
    let mut packet = None;
    for part in &line.frames {
        let decoded = match part {
            Part::Text(text) => decoder.text(text.as_str().into()),
            Part::Base64(text) => {
                decoder.binary(BASE64_STANDARD.decode(text).map_err(|error| error.to_string())?.into())
            }
        };
        packet = decoded.map_err(|error| error.to_string())?;
    }
    let Packet { namespace, kind } = packet.ok_or("frames are missing")?;
    if *namespace != line.namespace {
        return Err(format!("namespace {namespace}"));
    }
    match kind {
        PacketKind::Event(payload, id) if !line.ack && id == line.id => {
            let (name, mut args) = ArgReader::event(&payload).map_err(|error| error.to_string())?;
            let found = Push::decode(&name, &mut args).map_err(|error| error.to_string())?;
            let expected = events.get(&*line.name);
            if found.as_ref() == expected {
                Ok(())
            } else {
                Err(format!("{found:?} instead of {expected:?}"))
            }
        }
        PacketKind::Ack(payload, id) if line.ack && Some(id) == line.id => {
            (answers.get(&*line.name).ok_or("no such answer")?.read)(&mut ArgReader::ack(&payload))
        }
        other => Err(format!("another packet: {other:?}")),
    }
}

fn read() -> Result<(), Box<dyn std::error::Error>> {
    let events: HashMap<_, _> = cases().into_iter().map(|case| (case.name, case.event)).collect();
    let answers: HashMap<_, _> = answers().into_iter().map(|answer| (answer.name, answer)).collect();
    for line in io::stdin().lock().lines() {
        let verdict = judge(&serde_json::from_str(&line?)?, &events, &answers);
        println!("{}", verdict.err().unwrap_or_else(|| "ok".to_owned()));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("write") => write(),
        Some("read") => read(),
        _ => Err("usage: parser write|read".into()),
    }
}
