//! Reading: a deserializer that answers as serde_json's does.

use std::borrow::Cow;

use serde::{
    de::{
        Deserialize, DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::{BorrowedStrDeserializer, MapDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Result};

use super::date::{Extension, extension};
use crate::{
    event::{
        Value,
        binary::{KeyDeserializer, RAW_VALUE},
    },
    protocol::socket_io::msgpack::{Token, Tokens},
};

/// How deep values may lie in each other: what serde_json allows.
const MAX_DEPTH: u8 = 128;

/// Reads one value after the other.
pub(super) struct Deserializer<'de> {
    tokens: Tokens<'de>,
    /// Levels that may still be entered.
    depth: u8,
}

impl<'de> Deserializer<'de> {
    pub(super) const fn new(tokens: Tokens<'de>) -> Self {
        Self { tokens, depth: MAX_DEPTH }
    }

    fn token(&mut self) -> Result<Token<'de>> {
        self.tokens.next().ok_or_else(|| Error::custom("the messagepack is cut off"))
    }

    /// The next token, which is left where it is.
    fn peek(&self) -> Option<Token<'de>> {
        let mut tokens = self.tokens;
        tokens.next()
    }

    /// Lets `visit` read the elements of an array or map, of which none may be left.
    fn nested<T>(
        &mut self,
        len: usize,
        visit: impl FnOnce(&mut Elements<'_, 'de>) -> Result<T>,
    ) -> Result<T> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Error::custom("recursion limit exceeded"))?;
        let mut elements = Elements { reader: self, left: len };
        let value = visit(&mut elements)?;
        let left = elements.left;
        self.depth += 1;
        match left {
            0 => Ok(value),
            left => Err(Error::invalid_length(len, &format!("{} elements", len - left).as_str())),
        }
    }

    /// A key as text, which is what JavaScript makes of any.
    fn key(&mut self) -> Result<Cow<'de, str>> {
        Ok(match self.token()? {
            Token::Str(text) => utf8(text)?.into(),
            Token::Uint(number) => number.to_string().into(),
            Token::Int(number) => number.to_string().into(),
            Token::Float(number) => number.to_string().into(),
            Token::Bool(value) => if value { "true" } else { "false" }.into(),
            _ => return Err(Error::custom("a key must be a text")),
        })
    }
}

fn utf8(text: &[u8]) -> Result<&str> {
    std::str::from_utf8(text).map_err(|_| Error::custom("a text is not utf-8"))
}

impl<'de> serde::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::Nil => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Uint(value) => visitor.visit_u64(value),
            Token::Int(value) => visitor.visit_i64(value),
            Token::Float(value) => visitor.visit_f64(value),
            Token::Str(text) => visitor.visit_borrowed_str(utf8(text)?),
            Token::Bin(data) => visitor.visit_borrowed_bytes(data),
            Token::Array(len) => self.nested(len, |elements| visitor.visit_seq(elements)),
            Token::Map(len) => self.nested(len, |elements| visitor.visit_map(elements)),
            Token::Ext(kind, data) => match extension(kind, data) {
                Extension::Nothing => visitor.visit_unit(),
                Extension::Date(text) => visitor.visit_string(text),
                Extension::Unknown => Err(Error::custom(format!("an unknown extension, {kind}"))),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.peek().is_some_and(|token| token.is_nothing()) {
            self.token()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == RAW_VALUE {
            let json = serde_json::to_string(&Value::deserialize(self)?)?;
            return visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, json))));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.token()? {
            Token::Str(text) => visitor.visit_enum(BorrowedStrDeserializer::new(utf8(text)?)),
            Token::Map(1) => self.nested(1, |elements| visitor.visit_enum(elements)),
            _ => Err(Error::custom("expected a text or an object with one key")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.tokens.skip().ok_or_else(|| Error::custom("the messagepack is cut off"))?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// What is inside an array or map.
struct Elements<'a, 'de> {
    reader: &'a mut Deserializer<'de>,
    left: usize,
}

impl Elements<'_, '_> {
    /// Each takes a byte at least, so this is no more than what has come.
    fn hint(&self) -> Option<usize> {
        Some(self.left.min(self.reader.tokens.rest.len()))
    }

    fn take(&mut self) -> bool {
        let any = self.left > 0;
        self.left -= usize::from(any);
        any
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.take() {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.take() {
            return Ok(None);
        }
        let key = self.reader.key()?;
        seed.deserialize(KeyDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> EnumAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        self.take();
        let key = self.reader.key()?;
        Ok((seed.deserialize(KeyDeserializer::new(key))?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        <()>::deserialize(&mut *self.reader)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(&mut *self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        serde::Deserializer::deserialize_tuple(&mut *self.reader, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        serde::Deserializer::deserialize_struct(&mut *self.reader, "", fields, visitor)
    }
}
