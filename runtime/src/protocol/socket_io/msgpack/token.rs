//! One value after the other, as they stand in the bytes.

use rmp::Marker;

/// A value, or the beginning of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Nil,
    Bool(bool),
    /// A whole number that is not negative.
    Uint(u64),
    /// A negative one.
    Int(i64),
    Float(f64),
    /// A text, not yet known to be UTF-8.
    Str(&'a [u8]),
    /// Bytes; notepack's typed arrays too.
    Bin(&'a [u8]),
    /// So many values follow.
    Array(usize),
    /// So many pairs of values follow.
    Map(usize),
    /// What is of a kind of its own, but no typed array.
    Ext(i8, &'a [u8]),
}

impl Token<'_> {
    /// Whether it is what JavaScript calls `null` or `undefined`.
    pub(crate) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nil | Self::Ext(0, [_]))
    }
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The next token; `None` if the bytes end within it, or are of no format.
    pub(crate) fn next(&mut self) -> Option<Token<'a>> {
        Some(match Marker::from_u8(u8::from_be_bytes(self.array()?)) {
            Marker::Null => Token::Nil,
            Marker::False => Token::Bool(false),
            Marker::True => Token::Bool(true),
            Marker::FixPos(value) => Token::Uint(value.into()),
            Marker::U8 => Token::Uint(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Token::Uint(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Token::Uint(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Token::Uint(u64::from_be_bytes(self.array()?)),
            Marker::FixNeg(value) => signed(value.into()),
            Marker::I8 => signed(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => signed(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => signed(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Token::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Token::Float(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(len) => Token::Str(self.take(len.into())?),
            Marker::Str8 => Token::Str(self.with_length::<1>()?),
            Marker::Str16 => Token::Str(self.with_length::<2>()?),
            Marker::Str32 => Token::Str(self.with_length::<4>()?),
            Marker::Bin8 => Token::Bin(self.with_length::<1>()?),
            Marker::Bin16 => Token::Bin(self.with_length::<2>()?),
            Marker::Bin32 => Token::Bin(self.with_length::<4>()?),
            Marker::FixArray(len) => Token::Array(len.into()),
            Marker::Array16 => Token::Array(self.length::<2>()?),
            Marker::Array32 => Token::Array(self.length::<4>()?),
            Marker::FixMap(len) => Token::Map(len.into()),
            Marker::Map16 => Token::Map(self.length::<2>()?),
            Marker::Map32 => Token::Map(self.length::<4>()?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.long_extension::<1>()?,
            Marker::Ext16 => self.long_extension::<2>()?,
            Marker::Ext32 => self.long_extension::<4>()?,
            Marker::Reserved => return None,
        })
    }

    /// Passes over a whole value. Does not recurse, and stops as soon as more is announced than can follow.
    pub(crate) fn skip(&mut self) -> Option<()> {
        let mut due: usize = 1;
        while due > 0 {
            due = match self.next()? {
                Token::Array(len) => (due - 1).checked_add(len)?,
                Token::Map(len) => (due - 1).checked_add(len.checked_mul(2)?)?,
                _ => due - 1,
            };
            // Each value takes a byte at least.
            if due > self.rest.len() {
                return None;
            }
        }
        Some(())
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    /// A length of `N` bytes.
    fn length<const N: usize>(&mut self) -> Option<usize> {
        Some(self.take(N)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    }

    fn with_length<const N: usize>(&mut self) -> Option<&'a [u8]> {
        let len = self.length::<N>()?;
        self.take(len)
    }

    fn extension(&mut self, len: usize) -> Option<Token<'a>> {
        let kind = i8::from_be_bytes(self.array()?);
        Some(Token::Ext(kind, self.take(len)?))
    }

    fn long_extension<const N: usize>(&mut self) -> Option<Token<'a>> {
        let len = self.length::<N>()?;
        // notepack tells typed arrays from `undefined` and `Date`, which are of the same kind, by the format alone.
        Some(match self.extension(len)? {
            Token::Ext(0, data) => Token::Bin(data),
            other => other,
        })
    }
}

fn signed<'a>(value: i64) -> Token<'a> {
    u64::try_from(value).map_or(Token::Int(value), Token::Uint)
}
