//! Where only a text may stand: the key of an object, and JSON that is written already.

use std::fmt::Display;

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible},
};
use serde_json::{Error, Result};

use super::JsonWriter;

/// Writes a text; as a key also a number or a `bool`, in quotes.
pub(super) struct TextWriter<'a> {
    pub(super) out: &'a mut JsonWriter,
    /// Whether the text is JSON itself.
    pub(super) raw: bool,
}

#[cold]
fn no_text<T>() -> Result<T> {
    Err(Error::custom("key must be a string"))
}

#[cold]
fn not_finite() -> Result<()> {
    Err(Error::custom("float key must be finite (got NaN or +/-inf)"))
}

impl TextWriter<'_> {
    fn in_quotes(self, write: impl FnOnce(&mut JsonWriter) -> Result<()>) -> Result<()> {
        self.out.buf.push(b'"');
        write(self.out)?;
        self.out.buf.push(b'"');
        Ok(())
    }
}

macro_rules! in_quotes {
    ($($method:ident: $ty:ty,)*) => {$(
        fn $method(self, value: $ty) -> Result<()> {
            self.in_quotes(|out| out.$method(value))
        }
    )*};
}

macro_rules! no_text {
    ($($method:ident($($arg:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $arg),*) -> Result<$ok> {
            no_text()
        }
    )*};
}

impl Serializer for TextWriter<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        if self.raw {
            self.out.buf.extend_from_slice(value.as_bytes());
            return Ok(());
        }
        self.out.serialize_str(value)
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<()> {
        self.out.collect_str(value)
    }

    in_quotes! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128,
    }

    fn serialize_f32(self, value: f32) -> Result<()> {
        if !value.is_finite() {
            return not_finite();
        }
        self.in_quotes(|out| out.serialize_f32(value))
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        if !value.is_finite() {
            return not_finite();
        }
        self.in_quotes(|out| out.serialize_f64(value))
    }

    no_text! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        no_text()
    }
}
