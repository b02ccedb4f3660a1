//! Where messages begin in a stream of WebSocket frames. Looks at heads, and changes nothing.

use bytes::{Buf, Bytes, BytesMut};

const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// Bytes that travel together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    /// An Engine.IO message begins with them.
    pub(super) message: bool,
}

/// Takes a stream apart: no piece holds bytes of two frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Bytes of the frame that are still to come.
    left: u64,
}

impl Frames {
    /// The next piece, which is taken out of `input`; `None` if it takes more bytes.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Option<Piece> {
        let mut message = false;
        if self.left == 0 {
            (self.left, message) = head(input)?;
        }
        if input.is_empty() {
            return None;
        }
        let here = usize::try_from(self.left).map_or(input.len(), |left| left.min(input.len()));
        self.left -= here as u64;
        Some(Piece { bytes: input.split_to(here).freeze(), message })
    }
}

/// The length of a frame, its head included, and whether a message of Engine.IO's begins with it: a text that begins with `4`, or bytes.
fn head(input: &[u8]) -> Option<(u64, bool)> {
    let mut rest = input;
    let opcode = rest.try_get_u8().ok()? & 0x0f;
    let second = rest.try_get_u8().ok()?;
    let length = match second & 0x7f {
        126 => u64::from(rest.try_get_u16().ok()?),
        127 => rest.try_get_u64().ok()?,
        short => u64::from(short),
    };
    let mask = if second & 0x80 == 0 { 0 } else { rest.try_get_u32().ok()?.to_be_bytes()[0] };
    let first = match length {
        0 => None,
        _ => Some(rest.first()? ^ mask),
    };
    let whole = length.saturating_add((input.len() - rest.len()) as u64);
    Some((whole, opcode == BINARY || opcode == TEXT && first == Some(b'4')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::websocket::{self, OpCode};

    fn pieces(stream: &[u8], step: usize) -> Vec<(Vec<u8>, bool)> {
        let (mut frames, mut input, mut pieces) = (Frames::default(), BytesMut::new(), Vec::new());
        for part in stream.chunks(step) {
            input.extend_from_slice(part);
            while let Some(piece) = frames.next(&mut input) {
                pieces.push((piece.bytes.to_vec(), piece.message));
            }
        }
        assert!(input.is_empty());
        pieces
    }

    #[test]
    fn messages_are_found_wherever_the_stream_is_cut_and_heartbeats_are_none() {
        for mask in [None, Some([0x34, 9, 8, 7])] {
            let mut stream = Vec::new();
            let long = [b'4'; 70_000];
            for (opcode, payload, message) in [
                (OpCode::Text, &b"2probe"[..], false),
                (OpCode::Text, b"42[\"a\"]", true),
                (OpCode::Ping, b"4", false),
                (OpCode::Text, b"", false),
                (OpCode::Binary, b"", true),
                (OpCode::Binary, &long[..300], true),
                (OpCode::Text, &long, true),
                (OpCode::Text, b"3", false),
            ] {
                let mut frame = Vec::new();
                websocket::encode(&mut frame, true, opcode, payload, mask);
                assert_eq!(pieces(&frame, usize::MAX), [(frame.clone(), message)]);
                stream.extend(frame);
            }
            for step in [1, 2, 3, 7, 1000, usize::MAX] {
                let pieces = pieces(&stream, step);
                assert_eq!(pieces.iter().filter(|(_, message)| *message).count(), 4, "by {step}");
                assert_eq!(pieces.into_iter().flat_map(|(bytes, _)| bytes).collect::<Vec<_>>(), stream);
            }
        }
    }
}
