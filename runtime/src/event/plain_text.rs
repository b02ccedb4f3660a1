//! An argument that is a plain string, the usual one: given to its type without a parser in between.

use std::fmt::{self, Display};

use serde::{
    de::{Deserializer, Error, Visitor},
    forward_to_deserialize_any,
};

use super::binary::RAW_VALUE;

/// The inside of a JSON string without escapes.
///
/// Only what asks for a text, or for whatever there is, gets one, and sees what serde_json would show it. All others are sent away
/// to serde_json itself, which knows what to say.
pub(super) struct PlainText<'de>(pub(super) &'de str);

/// Ask serde_json.
#[derive(Debug)]
pub(super) struct NoText;

impl Display for NoText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the type of a text")
    }
}

impl std::error::Error for NoText {}

impl Error for NoText {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! no_text {
    ($($method:ident($($arg:ty),*),)*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $arg,)* _: V) -> Result<V::Value, NoText> {
            Err(NoText)
        }
    )*};
}

impl<'de> Deserializer<'de> for PlainText<'de> {
    type Error = NoText;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoText> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoText> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, NoText> {
        if name == RAW_VALUE {
            return Err(NoText);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! { char str string identifier }

    no_text! {
        deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(), deserialize_i64(),
        deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(),
        deserialize_u128(), deserialize_f32(), deserialize_f64(), deserialize_bytes(), deserialize_byte_buf(),
        deserialize_unit(), deserialize_unit_struct(&'static str), deserialize_seq(), deserialize_tuple(usize),
        deserialize_tuple_struct(&'static str, usize), deserialize_map(),
        deserialize_struct(&'static str, &'static [&'static str]),
        deserialize_enum(&'static str, &'static [&'static str]), deserialize_ignored_any(),
    }
}
