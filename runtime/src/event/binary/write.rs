//! Writing: bytes become placeholders.

use std::io;

use bytes::Bytes;
use serde_json::ser::Formatter;

use crate::{event::number, protocol::socket_io::packet::MAX_ATTACHMENTS};

/// The attachments met so far.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) list: Vec<Bytes>,
    /// How many there were: past the limit they are counted, not kept.
    pub(crate) count: usize,
}

/// serde_json's compact form, with bytes taken out and numbers as JavaScript writes them.
#[derive(Debug)]
pub(crate) struct BinaryFormatter<'a>(pub(crate) &'a mut Collected);

impl Formatter for BinaryFormatter<'_> {
    fn write_byte_array<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: &[u8]) -> io::Result<()> {
        let Self(collected) = self;
        write!(writer, "{{\"_placeholder\":true,\"num\":{}}}", collected.count)?;
        if collected.count < MAX_ATTACHMENTS {
            collected.list.push(Bytes::copy_from_slice(value));
        }
        collected.count += 1;
        Ok(())
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        number::write_f32(writer, value)
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        number::write_f64(writer, value)
    }
}
