//! Reading: placeholders become bytes, at any depth.
//!
//! [`Wrap`] goes around a deserializer and around everything that one hands out. Where a visitor asks for bytes, or for
//! whatever there is (as `flatten`, `untagged` and internal tags do), an object's first key is looked at: a placeholder's
//! gives the visitor the attachment, any other is replayed.

use std::{borrow::Cow, fmt};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::{
    key::KeyDeserializer,
    placeholder::{Attachments, MARK},
};

/// The name under which serde_json asks itself for raw text; what gives it must see its own visitor.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A deserializer, seed or access of serde that knows of attachments.
pub(crate) struct Wrap<'a, T> {
    inner: T,
    attachments: &'a Attachments<'a>,
}

impl<'a, T> Wrap<'a, T> {
    pub(crate) fn new(inner: T, attachments: &'a Attachments<'a>) -> Self {
        Self { inner, attachments }
    }

    fn visitor<V>(attachments: &'a Attachments<'a>, inner: V) -> WrapVisitor<'a, V> {
        WrapVisitor { inner, attachments, peek: false }
    }

    fn peeking<V>(attachments: &'a Attachments<'a>, inner: V) -> WrapVisitor<'a, V> {
        // Without attachments a placeholder is an object like any other.
        WrapVisitor { inner, attachments, peek: !attachments.is_empty() }
    }
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $ty:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $ty,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($arg,)* Self::visitor(self.attachments, visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Wrap<'_, D> {
    type Error = D::Error;

    forward! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_char() deserialize_str() deserialize_string() deserialize_option()
        deserialize_unit() deserialize_unit_struct(name: &'static str) deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier() deserialize_ignored_any()
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Self::peeking(self.attachments, visitor))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Self::peeking(self.attachments, visitor))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Self::peeking(self.attachments, visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name == RAW_VALUE {
            return self.inner.deserialize_newtype_struct(name, visitor);
        }
        self.inner.deserialize_newtype_struct(name, Self::visitor(self.attachments, visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Wrap<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Wrap::new(deserializer, self.attachments))
    }
}

struct WrapVisitor<'a, V> {
    inner: V,
    attachments: &'a Attachments<'a>,
    /// Whether an object may turn out to be a placeholder.
    peek: bool,
}

macro_rules! visit {
    ($($method:ident: $ty:ty,)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WrapVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128, visit_u8: u8,
        visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_f64: f64, visit_char: char,
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Wrap::new(deserializer, self.attachments))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Wrap::new(deserializer, self.attachments))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Wrap::new(seq, self.attachments))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Wrap::new(data, self.attachments))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        if !self.peek {
            return match self.attachments.is_empty() {
                true => self.inner.visit_map(Wrap::new(map, self.attachments)),
                false => self.inner.visit_map(Fields::new(map, self.attachments)),
            };
        }
        let (first, value) = match map.next_key::<Key<'de>>()? {
            Some(Key(key)) if key == MARK => {
                let mark = map.next_value::<serde_json::Value>()?;
                if mark == serde_json::Value::Bool(true) {
                    let num =
                        number_of_placeholder(&mut map).inspect_err(|_| self.attachments.set_broken())?;
                    let data = self.attachments.take(num).map_err(Error::custom)?;
                    return self.inner.visit_byte_buf(data.to_vec());
                }
                // As in JavaScript: any other mark makes it an object of the user's.
                (First::Key(key), Some(mark))
            }
            Some(Key(key)) => (First::Key(key), None),
            None => (First::Empty, None),
        };
        let rest = Fields { peeked: true, ..Fields::new(map, self.attachments) };
        self.inner.visit_map(Replay { first, value, rest })
    }
}

/// Reads the rest of an object whose mark is `true`. As in JavaScript the last `num` holds, and other keys mean nothing.
fn number_of_placeholder<'de, A: MapAccess<'de>>(map: &mut A) -> Result<u64, A::Error> {
    let mut num = None;
    while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
        match &*key {
            "num" => num = Some(map.next_value::<u64>()?),
            // It would have to undo the first.
            MARK => return Err(A::Error::custom("two marks on the placeholder of an attachment")),
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    num.ok_or_else(|| A::Error::custom("the placeholder of an attachment has no number"))
}

/// A key of an object, borrowed where it can be.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// An object whose first key has been read.
struct Replay<'a, 'de, A> {
    first: First<'de>,
    /// The first key's value, if that has been read too.
    value: Option<serde_json::Value>,
    rest: Fields<'a, A>,
}

enum First<'de> {
    Key(Cow<'de, str>),
    Empty,
    Replayed,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Replay<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match std::mem::replace(&mut self.first, First::Replayed) {
            First::Key(key) => seed.deserialize(KeyDeserializer::new(key)).map(Some),
            First::Empty => {
                self.first = First::Empty;
                Ok(None)
            }
            First::Replayed => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(Wrap::new(value, self.rest.attachments)).map_err(Error::custom),
            None => self.rest.next_value_seed(seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.rest.size_hint().map(|len| len + usize::from(matches!(self.first, First::Key(_))))
    }
}

/// An object that was not taken for a placeholder, in a packet with attachments. If its mark comes late, or twice, then in JavaScript it
/// is one; whoever handed it on as an object would make it one for the next who reads it, with a number that the sender has chosen.
struct Fields<'a, A> {
    inner: A,
    attachments: &'a Attachments<'a>,
    /// The key that has just been read is the mark.
    marked: bool,
    /// The object might have been a placeholder; no client writes one like this.
    peeked: bool,
}

impl<'a, A> Fields<'a, A> {
    fn new(inner: A, attachments: &'a Attachments<'a>) -> Self {
        Self { inner, attachments, marked: false, peeked: false }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(Key(key)) = self.inner.next_key()? else { return Ok(None) };
        self.marked = key == MARK;
        seed.deserialize(KeyDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        if !std::mem::take(&mut self.marked) {
            return self.inner.next_value_seed(Wrap::new(seed, self.attachments));
        }
        let mark = self.inner.next_value::<serde_json::Value>()?;
        if mark == serde_json::Value::Bool(true) {
            if self.peeked {
                self.attachments.set_broken();
            }
            return Err(Error::custom("the placeholder of an attachment where an object is wanted"));
        }
        seed.deserialize(Wrap::new(mark, self.attachments)).map_err(Error::custom)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Wrap<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(Wrap::new(seed, self.attachments))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Wrap<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Wrap::new(seed, self.attachments))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Wrap<'a, A> {
    type Error = A::Error;
    type Variant = Wrap<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, Wrap::new(variant, self.attachments)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Wrap<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(Wrap::new(seed, self.attachments))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Self::visitor(self.attachments, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, Self::visitor(self.attachments, visitor))
    }
}
