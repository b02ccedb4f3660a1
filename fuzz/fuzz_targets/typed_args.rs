//! Any arguments, read through a derived enum: an event or an error; an event is written and read again as the same.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sockeye::{
    Parser,
    event::{ArgReader, Events},
    protocol::socket_io::packet::{Body, Payload},
};

#[path = "../shapes.rs"]
mod shapes;
use shapes::{Shape, encode, payload};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    event: u8,
    arguments: Arguments<'a>,
}

#[derive(Arbitrary, Debug)]
enum Arguments<'a> {
    /// With attachments.
    Json(&'a str, Vec<&'a [u8]>),
    /// So many, it says.
    MsgPack(u8, &'a [u8]),
    /// A whole body.
    Raw(&'a [u8]),
}

fuzz_target!(|input: Input<'_>| {
    let name = Shape::EVENTS[usize::from(input.event) % Shape::EVENTS.len()].name;
    let (parser, payload) = match input.arguments {
        Arguments::Json(arguments, attachments) => {
            let name = serde_json::to_string(name).expect("a text");
            let body = Body::Json(format!("[{name},{arguments}]").into());
            let attachments = attachments.into_iter().take(10).map(Bytes::copy_from_slice).collect();
            (Parser::Json, Payload { body, attachments })
        }
        Arguments::MsgPack(count, arguments) => {
            let mut body = vec![0x90 | (count % 15 + 1), 0xa0 | name.len() as u8];
            body.extend_from_slice(name.as_bytes());
            body.extend_from_slice(arguments);
            (Parser::MessagePack, Payload { body: Body::MsgPack(body.into()), attachments: Vec::new() })
        }
        Arguments::Raw(body) => {
            let body = Body::MsgPack(Bytes::copy_from_slice(body));
            (Parser::MessagePack, Payload { body, attachments: Vec::new() })
        }
    };
    let Ok((name, mut args)) = ArgReader::event(&payload) else { return };
    drop(ArgReader::event(&payload).map(|(_, mut args)| args.rest()));
    let Ok(Some(event)) = Shape::decode(&name, &mut args) else { return };
    let Some(encoded) = encode(parser, &event) else { return };
    let again = self::payload(parser, &encoded);
    let (name, mut args) = ArgReader::event(&again).expect("we wrote it");
    assert_eq!(Shape::decode(&name, &mut args).expect("we wrote it"), Some(event));
});
