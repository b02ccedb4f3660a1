//! What the tests of the framing share.

mod differential;
mod judge;
mod rules;

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
