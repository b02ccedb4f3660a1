//! The buffer that packets are written in, one a thread: it has grown already, and a packet then takes one allocation of its own
//! length.

use std::cell::Cell;

/// Room for most events, to begin with.
const FIRST: usize = 1024;

/// Most bytes kept for the next packet. Above what is copied out of it, so that only what went wrong is dropped for its size.
const MAX_KEPT: usize = 256 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The buffer, with `room` bytes in it that hold whatever they held. A packet that is written while another one is (by somebody's
/// `Serialize`) gets a new one.
pub(super) fn take(room: usize) -> Vec<u8> {
    let mut buf = SCRATCH.try_with(Cell::take).unwrap_or_default();
    if buf.len() > room {
        buf.truncate(room);
    } else {
        buf.reserve(FIRST);
        buf.resize(room, 0);
    }
    buf
}

/// Keeps it for the next packet.
pub(super) fn give_back(buf: Vec<u8>) {
    if buf.capacity() <= MAX_KEPT {
        // A thread that is ending keeps nothing.
        let _ = SCRATCH.try_with(|scratch| scratch.set(buf));
    }
}
