//! The JSON parser: messages of a connection, texts and attachments in any order. A packet is bounded, its event has a name, and
//! written again it is the same.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sockeye::protocol::{
    frame::Frame,
    socket_io::{
        decoder::{Decoder, DecoderLimits},
        encoder::{self, Head},
        packet::{Body, Packet, PacketKind, Payload, RESERVED_EVENTS},
    },
};

#[derive(Arbitrary, Debug)]
enum Sent<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    max_attachments: u8,
    max_bytes: u16,
    sent: Vec<Sent<'a>>,
}

fuzz_target!(|input: Input<'_>| {
    let max_attachments = usize::from(input.max_attachments % 11);
    let limits = DecoderLimits { max_attachments, max_bytes: input.max_bytes.into() };
    let mut decoder = Decoder::new(limits);
    for sent in input.sent {
        let was_pending = decoder.is_pending();
        let (is_text, result) = match sent {
            Sent::Text(text) => (true, decoder.text(text.into())),
            Sent::Binary(data) => (false, decoder.binary(Bytes::copy_from_slice(data))),
        };
        let Ok(packet) = result else { return };
        assert_eq!(decoder.is_pending(), packet.is_none());
        assert_eq!(was_pending, !is_text, "attachments come when they are due");
        if let Some(packet) = packet {
            check(&packet, limits);
        }
    }
});

fn check(packet: &Packet, limits: DecoderLimits) {
    assert!(packet.namespace.starts_with('/') && !packet.namespace.contains(','));
    let (head, id, payload) = match &packet.kind {
        PacketKind::Connect(payload) => (Head::Connect, None, payload.as_ref()),
        PacketKind::Disconnect => (Head::Disconnect, None, None),
        PacketKind::Event(payload, id) => {
            let (name, _) = payload.event_name().expect("an event has a name");
            assert!(!RESERVED_EVENTS.contains(&&*name));
            (Head::Event, *id, Some(payload))
        }
        PacketKind::Ack(payload, id) => (Head::Ack, Some(*id), Some(payload)),
        PacketKind::ConnectError(payload) => (Head::ConnectError, None, payload.as_ref()),
    };
    let (body, attachments) = match payload {
        Some(Payload { body: Body::Json(body), attachments }) => (&**body, attachments.clone()),
        Some(Payload { body: Body::MsgPack(_), .. }) => panic!("the other parser's"),
        None => ("", Vec::new()),
    };
    let size = payload.map_or(0, Payload::size);
    assert!(size <= limits.max_bytes && attachments.len() <= limits.max_attachments);

    let start = encoder::reserve(&packet.namespace);
    let mut buf = vec![0; start];
    buf.extend_from_slice(body.as_bytes());
    let encoded = encoder::finish(&mut buf, start, head, &packet.namespace, id, attachments).expect("it came so");
    let mut decoder = Decoder::new(DecoderLimits { max_bytes: usize::MAX, ..limits });
    let mut again = None;
    for frame in encoded.frames() {
        assert!(again.is_none());
        again = match &frame {
            Frame::Text { .. } => {
                let text = frame.packet_text().and_then(|text| text.get(1..)).expect("behind the digit");
                decoder.text(std::str::from_utf8(text).expect("a text").into())
            }
            Frame::Binary(data) => decoder.binary(data.clone()),
        }
        .expect("we wrote it");
    }
    assert_eq!(again.as_ref(), Some(packet));
}
