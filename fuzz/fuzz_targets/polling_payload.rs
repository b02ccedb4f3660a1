//! Bodies of polling in both revisions: bounded in packets, and what is read is written and read again as the same.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use sockeye::protocol::engine_io::{Dialect, Packet, PacketError};

#[derive(Arbitrary, Debug)]
struct Input {
    v4: bool,
    bytes: bool,
    base64: bool,
    max: u8,
    body: Vec<u8>,
}

fuzz_target!(|input: Input| {
    let Input { v4, bytes, base64, max, body } = input;
    let (dialect, max) = (if v4 { Dialect::V4 } else { Dialect::V3 { base64 } }, usize::from(max));
    let Ok(reader) = dialect.read_payload(body.into(), bytes, max) else { return };
    let read: Vec<Result<Packet, PacketError>> = reader.collect();
    assert!(read.len() <= max + 1, "one error at most behind the packets");
    let errors = read.iter().filter(|packet| packet.is_err()).count();
    assert!(errors == 0 || (errors == 1 && read.last().is_some_and(Result::is_err)));
    let packets: Vec<Packet> = read.into_iter().flatten().collect();
    assert!(packets.len() <= max);
    if packets.is_empty() {
        return;
    }
    let mut writer = dialect.write_payload(0);
    for packet in &packets {
        writer.packet(packet);
    }
    let payload = writer.finish();
    assert!(!payload.binary || (!v4 && !base64));
    let body = Bytes::clone(&payload.body);
    let again = dialect.read_payload(body, payload.binary, packets.len()).expect("we wrote it");
    assert_eq!(again.collect::<Result<Vec<_>, _>>().as_ref(), Ok(&packets));
});
