//! A set of events with every way that serde has of nesting things.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::{
    Parser,
    event::{Events, PacketWriter},
    protocol::{
        frame::{Encoded, Frame},
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{MAX_ATTACHMENTS, Packet, PacketKind, Payload},
        },
    },
};

#[derive(sockeye::ClientToServer, Arbitrary, Clone, Debug, PartialEq)]
pub enum Shape {
    Nothing,
    #[event("chat message")]
    Text(String, Option<i64>),
    #[event("weird \"name\"\n")]
    // In MessagePack, as in JavaScript, what is beyond 64 bits is a float.
    Numbers(u64, i8, i64, bool, char),
    Data(#[arbitrary(with = data)] Bytes),
    Mixed {
        name: String,
        image: Image,
        more: Vec<Image>,
    },
    Maps(#[arbitrary(with = map)] BTreeMap<String, u8>, BTreeMap<u8, Option<Image>>),
    Flat(Flat),
    Tagged(Vec<Internal>, Adjacent),
    Either(Vec<Untagged>),
    External(External, ((), Option<Vec<External>>)),
    #[event(ack = bool)]
    Asked(Option<Image>),
}

/// The attachments of a JSON packet are limited: lists of bytes are short.
fn data(input: &mut Unstructured<'_>) -> arbitrary::Result<Bytes> {
    Vec::<u8>::arbitrary(input).map(Bytes::from)
}

fn map(input: &mut Unstructured<'_>) -> arbitrary::Result<BTreeMap<String, u8>> {
    let mut map = BTreeMap::<String, u8>::arbitrary(input)?;
    // What means bytes to the protocol cannot mean itself.
    map.remove("_placeholder");
    Ok(map)
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    kind: String,
    #[arbitrary(with = data)]
    data: Bytes,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flat {
    id: u8,
    #[serde(flatten)]
    image: Image,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    note: Option<String>,
    #[serde(default)]
    list: Vec<u16>,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Internal {
    Image(Image),
    Named {
        size: u8,
        #[arbitrary(with = data)]
        data: Bytes,
    },
    Unit,
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Image(Image),
    Data(#[arbitrary(with = data)] Bytes),
    Pair(i32, String),
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    // No text beside bytes: what asks for the one takes the other, in serde.
    Number(u64),
    Data(#[arbitrary(with = data)] Bytes),
    Image(Image),
    Other(#[arbitrary(with = map)] BTreeMap<String, u8>),
}

#[derive(Arbitrary, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum External {
    Unit,
    Data(#[arbitrary(with = data)] Bytes),
    Two(u8, String),
    Named { image: Option<Image> },
}

/// Writes an event; `None` if it has more attachments than a packet may have.
pub fn encode(parser: Parser, event: &Shape) -> Option<Encoded> {
    PacketWriter::new("/shapes".into(), parser).event(event.name(), None, &|args| event.encode(args)).ok()
}

/// The payload of a packet that we wrote.
pub fn payload(parser: Parser, encoded: &Encoded) -> Payload {
    let limits = DecoderLimits { max_bytes: usize::MAX, max_attachments: MAX_ATTACHMENTS };
    let mut decoder = Decoder::of(parser, limits);
    let mut packet = None;
    for frame in encoded.frames() {
        assert!(packet.is_none());
        packet = match &frame {
            Frame::Text { .. } => {
                let text = frame.packet_text().and_then(|text| text.get(1..)).expect("behind the digit");
                decoder.text(std::str::from_utf8(text).expect("a text").into())
            }
            Frame::Binary(data) => decoder.binary(data.clone()),
        }
        .expect("we wrote it");
    }
    let Some(Packet { kind: PacketKind::Event(payload, None), .. }) = packet else { panic!("an event") };
    payload
}
