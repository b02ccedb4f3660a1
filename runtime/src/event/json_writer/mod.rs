//! Writing JSON: serde_json's compact form straight into the frame, with bytes taken out and numbers as JavaScript writes them.
//!
//! A serializer of its own because serde_json's goes through `io::Write` byte run by byte run, and has no place for bytes.
//! Nothing here fails except a key that is no text and what the user's `Serialize` makes fail. Knows values, not packets.

mod compound;
mod escape;
mod key;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Write as _};

use bytes::Bytes;
use serde::{Serialize, ser::Error as _};
use serde_json::{Error, Result};

use super::{binary::RAW_VALUE, number, value::NUMBER};
use crate::protocol::socket_io::packet::MAX_ATTACHMENTS;
use compound::{Compound, State};
pub(super) use escape::quoted;

/// The text written so far, and the attachments met on the way.
#[derive(Debug, Default)]
pub(super) struct JsonWriter {
    pub(super) buf: Vec<u8>,
    pub(super) attachments: Vec<Bytes>,
    /// How many attachments there were: past the limit they are counted, not kept.
    pub(super) attachment_count: usize,
}

impl JsonWriter {
    fn compound(&mut self, open: u8) -> Compound<'_> {
        self.buf.push(open);
        Compound { out: self, state: State::First }
    }

    /// An object whose only key is the name of an enum's variant, up to its value.
    fn variant(&mut self, name: &str) {
        self.buf.push(b'{');
        quoted(&mut self.buf, name);
        self.buf.push(b':');
    }
}

macro_rules! integers {
    ($($method:ident: $ty:ty,)*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<()> {
            self.buf.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        }
    )*};
}

impl<'a> serde::Serializer for &'a mut JsonWriter {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<()> {
        match value {
            true => self.buf.extend_from_slice(b"true"),
            false => self.buf.extend_from_slice(b"false"),
        }
        Ok(())
    }

    /// JSON has neither NaN nor infinities; JavaScript writes `null` for them too.
    fn serialize_f32(self, value: f32) -> Result<()> {
        match value.is_finite() {
            true => number::write_f32(&mut self.buf, value).map_err(Error::io),
            false => self.serialize_unit(),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        match value.is_finite() {
            true => number::write_f64(&mut self.buf, value).map_err(Error::io),
            false => self.serialize_unit(),
        }
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        quoted(&mut self.buf, value);
        Ok(())
    }

    /// Bytes travel beside the text; in it stands a placeholder.
    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.buf.extend_from_slice(b"{\"_placeholder\":true,\"num\":");
        self.buf.extend_from_slice(itoa::Buffer::new().format(self.attachment_count).as_bytes());
        self.buf.push(b'}');
        if self.attachment_count < MAX_ATTACHMENTS {
            self.attachments.push(Bytes::copy_from_slice(value));
        }
        self.attachment_count += 1;
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.buf.extend_from_slice(b"null");
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.buf.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>> {
        Ok(self.compound(b'['))
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>> {
        Ok(self.compound(b'['))
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>> {
        Ok(self.compound(b'['))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>> {
        self.variant(variant);
        Ok(self.compound(b'['))
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>> {
        Ok(self.compound(b'{'))
    }

    /// Two structs of serde_json are text that is JSON already: its `RawValue`, and its numbers where some crate turned
    /// `arbitrary_precision` on.
    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'a>> {
        match name {
            RAW_VALUE | NUMBER => Ok(Compound { out: self, state: State::Raw }),
            _ => Ok(self.compound(b'{')),
        }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>> {
        self.variant(variant);
        Ok(self.compound(b'{'))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<()> {
        struct Escaping<'a>(&'a mut Vec<u8>);

        impl fmt::Write for Escaping<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                escape::escaped(self.0, text.as_bytes());
                Ok(())
            }
        }

        self.buf.push(b'"');
        write!(Escaping(&mut self.buf), "{value}").map_err(Error::custom)?;
        self.buf.push(b'"');
        Ok(())
    }
}
