//! MessagePack under the typed layer: what serde has to say to it and what it has to say to serde.
//!
//! It reads and writes types as serde_json does (human-readable, structs and maps with texts for keys), so that events mean
//! the same with either parser; bytes stand where they are. What notepack, which JavaScript uses, has beyond that is read:
//! `undefined` as `null`, a `Date` as the text that JSON makes of it, typed arrays as bytes. Knows values, not packets. Errors
//! are serde_json's type, which both parsers share.

mod date;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{any::Any, borrow::Cow};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{args::Fault, decode_error::path_in_short};
pub(super) use crate::protocol::socket_io::msgpack::{Data, RESERVE, finish};
use crate::protocol::socket_io::{
    PacketError,
    msgpack::{self, Token, Tokens},
};
use read::Deserializer;
pub(super) use write::write;

/// Reads a whole value.
pub(super) fn read<T: DeserializeOwned>(data: &Bytes) -> serde_json::Result<T> {
    T::deserialize(&mut Deserializer::new(Tokens::new(data)))
}

/// The arguments of an event or answer that have not been read.
#[derive(Debug)]
pub(super) struct Args<'a> {
    body: &'a Bytes,
    left: usize,
    tokens: Tokens<'a>,
}

impl<'a> Args<'a> {
    /// The name of an event, and its arguments.
    pub(super) fn event(body: &'a Bytes) -> Result<(Cow<'a, str>, Self), PacketError> {
        let (name, (left, tokens)) = msgpack::name(body)?;
        Ok((name, Self { body, left, tokens }))
    }

    /// The arguments of an answer.
    pub(super) fn ack(body: &'a Bytes) -> Option<Self> {
        let (left, tokens) = msgpack::elements(body)?;
        Some(Self { body, left, tokens })
    }

    pub(super) fn more(&self) -> bool {
        self.left > 0
    }

    /// The next argument; `None` if there is none.
    pub(super) fn next<T: DeserializeOwned + 'static>(&mut self) -> Option<Result<T, Fault>> {
        self.left = self.left.checked_sub(1)?;
        let start = self.tokens;
        if self.tokens.skip().is_none() {
            // The decoder has checked it, but a payload can also be made by hand.
            self.left = 0;
            return Some(Err(Fault::Malformed));
        }
        if let Some(whole) = self.whole_bytes::<T>(start) {
            return Some(Ok(whole));
        }
        Some(T::deserialize(&mut Deserializer::new(start)).map_err(|error| fault::<T>(start, &error)))
    }

    /// An argument that is nothing but bytes is the usual case, and the only one where the message itself can be shared instead
    /// of copied. It is where it is most of the message: a few bytes shall not keep a long one.
    fn whole_bytes<T: 'static>(&self, mut tokens: Tokens<'a>) -> Option<T> {
        let mut whole: Option<T> = None;
        let slot = (&mut whole as &mut dyn Any).downcast_mut::<Option<Bytes>>()?;
        match tokens.next()? {
            Token::Bin(data) if data.len() > self.body.len() / 2 => {
                *slot = Some(self.body.slice_ref(data));
            }
            _ => return None,
        }
        whole
    }
}

/// Decodes once more to find the path: only failures pay for it.
#[cold]
fn fault<T: DeserializeOwned>(tokens: Tokens<'_>, error: &serde_json::Error) -> Fault {
    let again = serde_path_to_error::deserialize::<_, T>(&mut Deserializer::new(tokens));
    let path = again.err().map(|error| path_in_short(error.path())).unwrap_or_default();
    Fault::Invalid { reason: error.to_string(), path }
}
