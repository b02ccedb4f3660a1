//! Arrays and objects, element by element.

use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use serde_json::{Error, Result};

use super::{JsonWriter, key::TextWriter, quoted};

/// An array or object that is being written.
pub(in crate::event) struct Compound<'a> {
    pub(super) out: &'a mut JsonWriter,
    pub(super) state: State,
}

/// What has been written of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its bracket.
    First,
    /// An element.
    Rest,
    /// Nothing, and no bracket either: its only field is the text.
    Raw,
}

impl Compound<'_> {
    #[inline]
    fn comma(&mut self) {
        if self.state == State::First {
            self.state = State::Rest;
        } else {
            self.out.buf.push(b',');
        }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.comma();
        value.serialize(&mut *self.out)
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        if self.state == State::Raw {
            return value.serialize(TextWriter { out: self.out, raw: true });
        }
        self.comma();
        quoted(&mut self.out.buf, name);
        self.out.buf.push(b':');
        value.serialize(&mut *self.out)
    }

    #[inline]
    fn close<const N: usize>(self, brackets: &[u8; N]) -> Result<()> {
        if self.state != State::Raw {
            self.out.buf.extend_from_slice(brackets);
        }
        Ok(())
    }
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.comma();
        key.serialize(TextWriter { out: self.out, raw: false })
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.out.buf.push(b':');
        value.serialize(&mut *self.out)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.close(b"}")
    }
}

macro_rules! compounds {
    ($($trait:ident: $method:ident($($name:ident)?) => $write:ident, $close:literal;)*) => {$(
        impl $trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<()> {
                self.$write($($name,)? value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.close($close)
            }
        }
    )*};
}

compounds! {
    SerializeSeq: serialize_element() => element, b"]";
    SerializeTuple: serialize_element() => element, b"]";
    SerializeTupleStruct: serialize_field() => element, b"]";
    SerializeTupleVariant: serialize_field() => element, b"]}";
    SerializeStruct: serialize_field(name) => field, b"}";
    SerializeStructVariant: serialize_field(name) => field, b"}}";
}
