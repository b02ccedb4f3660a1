//! The MessagePack parser: any message is a packet or an error; arguments are read, written again, and are the same.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sockeye::{
    Parser, Value,
    event::{ArgReader, PacketWriter, read_payload},
    protocol::{
        frame::{Encoded, Frame},
        socket_io::{
            decoder::Decoder,
            packet::{Packet, PacketKind, Payload},
        },
    },
};

fn decode(data: Bytes) -> Option<Packet> {
    Decoder::of(Parser::MessagePack, Default::default()).binary(data).ok().flatten()
}

fn written(encoded: &Encoded) -> Packet {
    let Frame::Binary(data) = &encoded.head else { panic!("a text") };
    decode(data.clone()).expect("we wrote it")
}

fuzz_target!(|data: &[u8]| {
    let Some(packet) = decode(Bytes::copy_from_slice(data)) else { return };
    let writer = PacketWriter::new(packet.namespace[..].into(), Parser::MessagePack);
    match packet.kind {
        PacketKind::Event(payload, _) => {
            let (name, mut args) = ArgReader::event(&payload).expect("an event has a name");
            // A number for a name is written out, and nine bytes may be a number of three hundred digits.
            assert!(name.len() <= data.len() * 3 + 320);
            drop(args.finish());
            answer(&writer, &payload, true);
        }
        PacketKind::Ack(payload, _) => answer(&writer, &payload, false),
        PacketKind::Connect(Some(payload)) => {
            let Ok(value) = read_payload::<Value>(&payload) else { return };
            let Ok(encoded) = writer.connect(Some(&value)) else { return };
            let PacketKind::Connect(Some(payload)) = written(&encoded).kind else { panic!("a connect") };
            assert_eq!(as_json(&[read_payload::<Value>(&payload).expect("we wrote it")]), as_json(&[value]));
        }
        PacketKind::Connect(None) | PacketKind::Disconnect | PacketKind::ConnectError(_) => {}
    }
});

fn answer(writer: &PacketWriter, payload: &Payload, is_event: bool) {
    let values = if is_event {
        ArgReader::event(payload).expect("an event has a name").1.rest()
    } else {
        ArgReader::ack(payload).rest()
    };
    let Ok(values) = values else { return };
    let encoded =
        writer.ack(7, &|args| values.iter().for_each(|value| args.arg(value))).expect("plain values");
    let PacketKind::Ack(payload, 7) = written(&encoded).kind else { panic!("an answer") };
    assert_eq!(as_json(&ArgReader::ack(&payload).rest().expect("we wrote it")), as_json(&values));
}

/// Written as JSON, where 1 and 1.0 are the same number, as in JavaScript.
fn as_json(values: &[Value]) -> String {
    let writer = PacketWriter::new("/".into(), Parser::Json);
    format!("{:?}", writer.ack(0, &|args| values.iter().for_each(|value| args.arg(value))))
}
