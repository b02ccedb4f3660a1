//! From a payload to a frame.

use super::{MAX_CONTROL, OpCode, mask};

/// Appends one frame to `out`. A client gives a fresh, unpredictable mask for each frame; a server gives none.
///
/// Control frames are final, of at most [`MAX_CONTROL`] bytes: what is longer is cut, so that nothing illegal is sent.
pub fn encode(out: &mut Vec<u8>, fin: bool, opcode: OpCode, payload: &[u8], key: Option<[u8; 4]>) {
    debug_assert!(!opcode.is_control() || (fin && payload.len() <= MAX_CONTROL), "an illegal control frame");
    let (fin, payload) = match opcode.is_control() {
        true => (true, payload.get(..MAX_CONTROL).unwrap_or(payload)),
        false => (fin, payload),
    };
    out.reserve(payload.len() + super::header::MAX_HEADER);
    out.push(if fin { 0x80 } else { 0 } | opcode.bits());
    let masked = if key.is_some() { 0x80 } else { 0 };
    match payload.len() {
        len @ 0..=125 => out.push(masked | len as u8),
        len @ 126..=0xffff => {
            out.push(masked | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(masked | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    if let Some(key) = key {
        out.extend_from_slice(&key);
        let start = out.len();
        out.extend_from_slice(payload);
        mask::apply(&mut out[start..], key);
    } else {
        out.extend_from_slice(payload);
    }
}

/// Appends a close frame to `out`; `reason` is cut to the 123 bytes that fit, between characters.
pub fn close_frame(out: &mut Vec<u8>, code: u16, reason: &str, key: Option<[u8; 4]>) {
    let mut payload = Vec::with_capacity(MAX_CONTROL);
    payload.extend_from_slice(&code.to_be_bytes());
    payload.extend_from_slice(&reason.as_bytes()[..reason.floor_char_boundary(MAX_CONTROL - 2)]);
    encode(out, true, OpCode::Close, &payload, key);
}
