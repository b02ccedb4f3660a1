//! Engine.IO packets of both revisions: what is read can be written, and is read again as the same.
#![no_main]

use bytes::Bytes;
use bytestring::ByteString;
use libfuzzer_sys::fuzz_target;
use sockeye::protocol::{
    engine_io::{Dialect, Message, Packet},
    websocket::{Decoder, Role},
};

fuzz_target!(|data: &[u8]| {
    for dialect in [Dialect::V4, Dialect::V3 { base64: false }, Dialect::V3 { base64: true }] {
        if let Ok(text) = ByteString::try_from(data)
            && let Ok(packet) = dialect.read_text(&text)
        {
            again(dialect, &packet);
        }
        if let Ok(packet) = dialect.read_binary(Bytes::copy_from_slice(data)) {
            again(dialect, &packet);
        }
    }
});

fn again(dialect: Dialect, packet: &Packet) {
    match packet {
        Packet::Message(Message::Binary(data)) => {
            let (head, data) = dialect.binary_frame(data.clone());
            let mut frame = [head.as_slice(), &data].concat().as_slice().into();
            let message = Decoder::new(Role::Client, usize::MAX).decode(&mut frame);
            let read = match message {
                Ok(Some(sockeye::protocol::websocket::Message::Binary(data))) => dialect.read_binary(data),
                Ok(Some(sockeye::protocol::websocket::Message::Text(text))) => dialect.read_text(&text),
                other => panic!("not a message: {other:?}"),
            };
            assert_eq!(read.as_ref(), Ok(packet));
            assert!(frame.is_empty());
        }
        packet => {
            let mut text = Vec::new();
            packet.encode(&mut text);
            let text = ByteString::try_from(text).expect("a text packet is text");
            assert_eq!(dialect.read_text(&text).as_ref(), Ok(packet));
        }
    }
}
