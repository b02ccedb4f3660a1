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
        let mut read = stream[from..to].to_vec();
        let mut piece = &mut read[..];
        // As the transport does: from a buffer of somebody else's, as long as nothing is left over.
        let mut borrowed = !cuts.is_empty() && buf.is_empty();
        if !borrowed {
            buf.extend_from_slice(piece);
        }
        from = to;
        loop {
            let decoded = match borrowed {
                true => decoder.decode_slice(&mut piece),
                false => decoder.decode(&mut buf),
            };
            if std::mem::take(&mut borrowed) {
                buf.extend_from_slice(piece);
            }
            match decoded {
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
