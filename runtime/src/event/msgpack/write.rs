//! Writing: a serializer whose output means what serde_json's does.

use std::fmt::Display;

use rmp::encode;
use serde::{
    Serialize,
    ser::{
        Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use serde_json::{Error, Result};

use crate::{
    event::{Value, binary::RAW_VALUE, number::as_integer, value::NUMBER},
    protocol::socket_io::msgpack::{Token, Tokens},
};

/// Writes a value behind what is there.
pub(in crate::event) fn write<T: Serialize + ?Sized>(buf: &mut Vec<u8>, value: &T) -> Result<()> {
    value.serialize(Serializer(buf))
}

/// Writing to memory does not fail; the compiler cannot know.
fn done<T, E: Display>(written: std::result::Result<T, E>) -> Result<()> {
    written.map(drop).map_err(Error::custom)
}

/// A length as the format has it.
fn length(len: usize) -> Result<u32> {
    u32::try_from(len).map_err(|_| Error::custom("longer than messagepack can be"))
}

/// The token that begins at `at`: what has been written just now.
fn written(buf: &[u8], at: usize) -> Option<Token<'_>> {
    Tokens::new(buf.get(at..)?).next()
}

fn text(buf: &mut Vec<u8>, text: &str) -> Result<()> {
    length(text.len())?;
    done(encode::write_str(buf, text))
}

struct Serializer<'a>(&'a mut Vec<u8>);

impl<'a> Serializer<'a> {
    fn nested(self, shape: Shape, len: Option<usize>) -> Result<Nested<'a>> {
        let at = self.0.len();
        let mut nested = Nested { buf: self.0, shape, at, head: 0, announced: len, count: 0 };
        if let Some(len) = len {
            shape.begin(nested.buf, len)?;
            nested.head = nested.buf.len() - at;
        }
        Ok(nested)
    }

    /// An object whose only key is the name of an enum's variant.
    fn variant(&mut self, name: &'static str) -> Result<()> {
        Shape::Map.begin(self.0, 1)?;
        text(self.0, name)
    }
}

macro_rules! plain {
    ($($method:ident($ty:ty) => $write:path as $as:ty;)*) => {$(
        fn $method(self, value: $ty) -> Result<()> {
            done($write(self.0, <$as>::from(value)))
        }
    )*};
}

impl<'a> serde::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Nested<'a>;
    type SerializeTuple = Nested<'a>;
    type SerializeTupleStruct = Nested<'a>;
    type SerializeTupleVariant = Nested<'a>;
    type SerializeMap = Nested<'a>;
    type SerializeStruct = Nested<'a>;
    type SerializeStructVariant = Nested<'a>;

    plain! {
        serialize_bool(bool) => encode::write_bool as bool;
        serialize_i8(i8) => encode::write_sint as i64;
        serialize_i16(i16) => encode::write_sint as i64;
        serialize_i32(i32) => encode::write_sint as i64;
        serialize_i64(i64) => encode::write_sint as i64;
        serialize_u8(u8) => encode::write_uint as u64;
        serialize_u16(u16) => encode::write_uint as u64;
        serialize_u32(u32) => encode::write_uint as u64;
        serialize_u64(u64) => encode::write_uint as u64;
    }

    /// JavaScript knows one kind of numbers; so does what it writes.
    fn serialize_f32(self, value: f32) -> Result<()> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        match as_integer(value) {
            Some(value) => self.serialize_i64(value),
            None => done(encode::write_f64(self.0, value)),
        }
    }

    /// What 64 bits do not hold is the nearest float, which is what JavaScript reads from JSON.
    fn serialize_i128(self, value: i128) -> Result<()> {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => self.serialize_i64(value),
            (_, Ok(value)) => self.serialize_u64(value),
            _ => self.serialize_f64(value as f64),
        }
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        match u64::try_from(value) {
            Ok(value) => self.serialize_u64(value),
            Err(_) => self.serialize_f64(value as f64),
        }
    }

    fn serialize_char(self, value: char) -> Result<()> {
        text(self.0, value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<()> {
        text(self.0, value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        length(value.len())?;
        done(encode::write_bin(self.0, value))
    }

    fn serialize_none(self) -> Result<()> {
        done(encode::write_nil(self.0))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        done(encode::write_nil(self.0))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        text(self.0, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Nested<'a>> {
        self.nested(Shape::Array, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Nested<'a>> {
        self.nested(Shape::Array, Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Nested<'a>> {
        self.nested(Shape::Array, Some(len))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Nested<'a>> {
        self.variant(variant)?;
        self.nested(Shape::Array, Some(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Nested<'a>> {
        self.nested(Shape::Map, len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Nested<'a>> {
        match name {
            RAW_VALUE => self.nested(Shape::Json, None),
            NUMBER => self.nested(Shape::Number, None),
            _ => self.nested(Shape::Map, Some(len)),
        }
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Nested<'a>> {
        self.variant(variant)?;
        self.nested(Shape::Map, Some(len))
    }
}

#[derive(Clone, Copy)]
enum Shape {
    Array,
    Map,
    /// serde_json's raw text: what it stands for is written instead.
    Json,
    /// serde_json's number, where some crate turns its `arbitrary_precision` on: the digits as a text.
    Number,
}

impl Shape {
    fn begin(self, buf: &mut Vec<u8>, len: usize) -> Result<()> {
        let len = length(len)?;
        match self {
            Self::Array => done(encode::write_array_len(buf, len)),
            Self::Map => done(encode::write_map_len(buf, len)),
            Self::Json | Self::Number => Ok(()),
        }
    }
}

/// An array or object that is being written.
struct Nested<'a> {
    buf: &'a mut Vec<u8>,
    shape: Shape,
    /// Where it begins, and how long its head is.
    at: usize,
    head: usize,
    announced: Option<usize>,
    count: usize,
}

impl Nested<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(Serializer(self.buf))
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.count += 1;
        self.value(value)
    }

    /// A key as serde_json writes it: a text, also for a number or `bool`.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.count += 1;
        let at = self.buf.len();
        self.value(key)?;
        let key = match written(self.buf, at) {
            Some(Token::Str(_)) => return Ok(()),
            Some(Token::Uint(number)) => number.to_string(),
            Some(Token::Int(number)) => number.to_string(),
            Some(Token::Float(number)) => number.to_string(),
            Some(Token::Bool(value)) => value.to_string(),
            _ => return Err(Error::custom("key must be a string")),
        };
        self.buf.truncate(at);
        text(self.buf, &key)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.count += 1;
        if matches!(self.shape, Shape::Map) {
            text(self.buf, name)?;
        }
        self.value(value)
    }

    fn finish(self) -> Result<()> {
        match self.shape {
            Shape::Json => self.json(),
            Shape::Number => self.number(),
            Shape::Array | Shape::Map if self.announced == Some(self.count) => Ok(()),
            Shape::Array | Shape::Map => {
                // The length was not known, or was not what `Serialize` said.
                let mut head = Vec::with_capacity(5);
                self.shape.begin(&mut head, self.count)?;
                self.buf.splice(self.at..self.at + self.head, head);
                Ok(())
            }
        }
    }

    /// Takes back the text that stands where the value belongs.
    fn take_text(&mut self) -> Result<String> {
        let text = match written(self.buf, self.at) {
            Some(Token::Str(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => return Err(Error::custom("not the text that was expected")),
        };
        self.buf.truncate(self.at);
        Ok(text)
    }

    #[cold]
    fn json(mut self) -> Result<()> {
        let value: Value = serde_json::from_str(&self.take_text()?)?;
        write(self.buf, &value)
    }

    #[cold]
    fn number(mut self) -> Result<()> {
        let digits = self.take_text()?;
        if let Ok(number) = digits.parse::<u64>() {
            return write(self.buf, &number);
        }
        match digits.parse::<i64>() {
            Ok(number) => write(self.buf, &number),
            Err(_) => write(self.buf, &digits.parse::<f64>().map_err(Error::custom)?),
        }
    }
}

impl SerializeMap for Nested<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

macro_rules! fields {
    ($($trait:ident: $method:ident($($name:ident)?) => $write:ident;)*) => {$(
        impl $trait for Nested<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<()> {
                self.$write($($name,)? value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}

fields! {
    SerializeSeq: serialize_element() => element;
    SerializeTuple: serialize_element() => element;
    SerializeTupleStruct: serialize_field() => element;
    SerializeTupleVariant: serialize_field() => element;
    SerializeStruct: serialize_field(name) => field;
    SerializeStructVariant: serialize_field(name) => field;
}
