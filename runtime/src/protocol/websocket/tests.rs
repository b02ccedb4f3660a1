//! Frames as RFC 6455 prints them, every rule broken once, and the comparison with tungstenite.

use bytes::BytesMut;

use super::*;

/// All messages of `stream` and how it ends, given to the decoder in pieces that end at `cuts`.
fn decode(role: Role, max: usize, stream: &[u8], cuts: &[usize]) -> (Vec<Message>, Option<FrameError>) {
    let mut decoder = Decoder::new(role, max);
    let (mut buf, mut messages, mut from) = (BytesMut::new(), Vec::new(), 0);
    for to in cuts.iter().copied().chain([stream.len()]) {
        buf.extend_from_slice(&stream[from..to]);
        from = to;
        loop {
            match decoder.decode(&mut buf) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut buf), Err(error), "an error stays");
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}

#[test]
fn the_examples_of_the_standard_are_read() {
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(decode(Role::Server, 100, &masked, &[]), (vec![Message::Text("Hello".into())], None));
    let fragmented = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    assert_eq!(decode(Role::Client, 100, &fragmented, &[]), (vec![Message::Text("Hello".into())], None));
}
