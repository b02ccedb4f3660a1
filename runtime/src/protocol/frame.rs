//! Messages encoded once and shared by everyone who gets them.
//!
//! A text message stands in its buffer behind the WebSocket header and the Engine.IO type digit, so that a WebSocket
//! transport writes the buffer as it is and a polling transport skips the header. Server frames are not masked, which makes
//! them the same for every recipient.

use std::{mem, sync::Arc};

use bytes::{Buf, Bytes};

/// Room for the longest header of an unmasked WebSocket frame.
pub const MAX_HEADER: usize = 10;

/// Up to here a text that lies in a buffer used again is copied out of it, which costs less than a new buffer.
const MAX_COPIED: usize = 128 * 1024;

/// Writes the header of an unfragmented, unmasked frame of `len` bytes so that it ends just before `end`; returns where it begins.
fn write_header(buf: &mut [u8], end: usize, opcode: u8, len: usize) -> usize {
    let first = 0x80 | opcode;
    match len {
        0..=125 => {
            buf[end - 2..end].copy_from_slice(&[first, len as u8]);
            end - 2
        }
        126..=0xffff => {
            buf[end - 4] = first;
            buf[end - 3] = 126;
            buf[end - 2..end].copy_from_slice(&(len as u16).to_be_bytes());
            end - 4
        }
        _ => {
            buf[end - 10] = first;
            buf[end - 9] = 127;
            buf[end - 8..end].copy_from_slice(&(len as u64).to_be_bytes());
            end - 10
        }
    }
}

/// Writes what stands in front of a text that begins at `start`; returns where the frame begins, and the length of its header.
fn write_text_header(buf: &mut [u8], start: usize) -> (usize, u8) {
    assert!(start > MAX_HEADER, "no room for the frame header");
    buf[start - 1] = b'4';
    let len = buf.len() - start + 1;
    let first = write_header(buf, start - 1, 0x1, len);
    (first, (start - 1 - first) as u8)
}

/// One Engine.IO packet of type MESSAGE, encoded: cloning it copies no payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text message: WebSocket header, `4`, the text.
    Text {
        /// The whole WebSocket frame.
        frame: Bytes,
        /// Where the Engine.IO packet (the `4`) begins.
        head: u8,
    },
    /// A binary message. Its WebSocket header is made by [`Frame::binary_header`], its polling form is `b` and base64.
    Binary(Bytes),
}

impl Frame {
    /// Finishes a text message. `buf[start..]` holds the text; at least [`MAX_HEADER`]` + 1` bytes before `start` are free
    /// and are overwritten.
    ///
    /// # Panics
    ///
    /// If fewer bytes are free.
    #[must_use]
    pub fn finish_text(mut buf: Vec<u8>, start: usize) -> Self {
        let (first, head) = write_text_header(&mut buf, start);
        Self::whole(buf, first, head)
    }

    /// As [`finish_text`](Self::finish_text), in a buffer that is to be used again. The message becomes one allocation of its own
    /// length. A long one is not copied but takes the buffer, and leaves an empty one.
    ///
    /// # Panics
    ///
    /// If fewer bytes are free.
    #[must_use]
    pub fn take_text(buf: &mut Vec<u8>, start: usize) -> Self {
        let (first, head) = write_text_header(buf, start);
        let frame = &buf[first..];
        if frame.len() > MAX_COPIED {
            return Self::whole(mem::take(buf), first, head);
        }
        Self::Text { frame: Bytes::copy_from_slice(frame), head }
    }

    fn whole(buf: Vec<u8>, first: usize, head: u8) -> Self {
        let mut frame = Bytes::from(buf);
        frame.advance(first);
        Self::Text { frame, head }
    }

    /// A text message from a text of its own.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut buf = Vec::with_capacity(MAX_HEADER + 1 + text.len());
        buf.resize(MAX_HEADER + 1, 0);
        buf.extend_from_slice(text.as_bytes());
        Self::finish_text(buf, MAX_HEADER + 1)
    }

    /// The WebSocket header of a binary message of `len` bytes, in the first bytes of the array, and its length.
    #[must_use]
    pub fn binary_header(len: usize) -> ([u8; MAX_HEADER], usize) {
        let mut buf = [0; MAX_HEADER];
        let first = write_header(&mut buf, MAX_HEADER, 0x2, len);
        buf.copy_within(first.., 0);
        (buf, MAX_HEADER - first)
    }

    /// The Engine.IO packet of a text message (`4…`) without its WebSocket header; `None` for a binary one.
    #[must_use]
    pub fn packet_text(&self) -> Option<&[u8]> {
        match self {
            Self::Text { frame, head } => frame.get(usize::from(*head)..),
            Self::Binary(_) => None,
        }
    }

    /// Bytes it counts for in an outbox: about what it takes on the wire.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text { frame, .. } => frame.len(),
            Self::Binary(data) => data.len() + MAX_HEADER,
        }
    }
}

/// One Socket.IO packet, encoded: its frames travel together, nothing may come between them.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The packet itself.
    pub head: Frame,
    /// Its attachments, in order.
    pub attachments: Option<Arc<[Bytes]>>,
    /// Whether compression is worth it, for transports that can.
    pub compress: bool,
}

impl Encoded {
    /// A packet without attachments.
    #[must_use]
    pub fn new(head: Frame) -> Self {
        Self { head, attachments: None, compress: true }
    }

    /// All frames, in order.
    pub fn frames(&self) -> impl Iterator<Item = Frame> + '_ {
        let attachments = self.attachments.as_deref().unwrap_or_default();
        std::iter::once(self.head.clone()).chain(attachments.iter().cloned().map(Frame::Binary))
    }

    /// Bytes it counts for in an outbox.
    #[must_use]
    pub fn size(&self) -> usize {
        let attachments = self.attachments.as_deref().unwrap_or_default();
        self.head.size() + attachments.iter().map(|data| data.len() + MAX_HEADER).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_frame_carries_header_digit_and_text() {
        let Frame::Text { frame, head } = Frame::text("2[\"a\"]") else { panic!("text") };
        assert_eq!(&frame[..], b"\x81\x0742[\"a\"]");
        assert_eq!(head, 2);
    }

    #[test]
    fn long_texts_have_longer_headers() {
        for (len, header) in [(124, 2), (125, 4), (0xfffe, 4), (0xffff, 10)] {
            let frame = Frame::text(&"x".repeat(len));
            assert_eq!(frame.packet_text().map(<[u8]>::len), Some(len + 1));
            assert_eq!(frame.size(), len + 1 + header);
        }
    }

    #[test]
    fn a_buffer_that_is_used_again_is_copied_or_taken() {
        for len in [0, 1, 200, MAX_COPIED - 5, MAX_COPIED - 4, 70_000] {
            let mut buf = vec![b'?'; 40];
            buf.resize(40 + len, b'x');
            let at = buf.as_ptr_range();
            let frame = Frame::take_text(&mut buf, 40);
            assert_eq!(frame, Frame::text(&"x".repeat(len)));
            let Frame::Text { frame, .. } = frame else { panic!("text") };
            assert_eq!(at.contains(&frame.as_ptr()), frame.len() > MAX_COPIED);
            assert_eq!(buf.is_empty(), frame.len() > MAX_COPIED);
        }
    }

    #[test]
    fn binary_headers_begin_at_the_front() {
        assert_eq!(Frame::binary_header(5).0[..2], [0x82, 5]);
        assert_eq!(Frame::binary_header(300).0[..4], [0x82, 126, 1, 44]);
        assert_eq!(Frame::binary_header(70_000).1, 10);
    }
}
