//! The first bytes of a frame.

use super::{FrameError, MAX_CONTROL, OpCode, Role};

/// Most bytes of a header: two, a length of eight, a mask of four.
pub(super) const MAX_HEADER: usize = 14;

/// A frame's header, with the rules that need no state checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: OpCode,
    pub(super) mask: Option<[u8; 4]>,
    /// Bytes of payload.
    pub(super) len: u64,
    /// Bytes of the header itself.
    pub(super) size: usize,
}

/// Reads the header at the front of `buf`; `None` if it is not all there. What its first byte does wrong is found with the
/// first byte.
pub(super) fn read(buf: &[u8], role: Role) -> Result<Option<Header>, FrameError> {
    let Some(&first) = buf.first() else { return Ok(None) };
    if first & 0x70 != 0 {
        return Err(FrameError::ReservedBits);
    }
    let bits = first & 0x0f;
    let opcode = OpCode::from_bits(bits).ok_or(FrameError::UnknownOpcode(bits))?;
    let fin = first & 0x80 != 0;
    if opcode.is_control() && !fin {
        return Err(FrameError::ControlFragmented);
    }

    let Some(&second) = buf.get(1) else { return Ok(None) };
    match (role, second & 0x80 != 0) {
        (Role::Server, false) => return Err(FrameError::Unmasked),
        (Role::Client, true) => return Err(FrameError::Masked),
        _ => {}
    }
    let short = second & 0x7f;
    if opcode.is_control() && usize::from(short) > MAX_CONTROL {
        return Err(FrameError::ControlTooLong);
    }

    let rest = &buf[2..];
    // A length written longer than needed is let through, as all implementations do.
    let (len, rest, size) = match short {
        126 => match rest.split_first_chunk() {
            Some((&len, rest)) => (u64::from(u16::from_be_bytes(len)), rest, 4),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((&len, rest)) => (u64::from_be_bytes(len), rest, 10),
            None => return Ok(None),
        },
        _ => (u64::from(short), rest, 2),
    };
    Ok(match role {
        Role::Client => Some(Header { fin, opcode, mask: None, len, size }),
        Role::Server => {
            rest.first_chunk().map(|&mask| Header { fin, opcode, mask: Some(mask), len, size: size + 4 })
        }
    })
}
