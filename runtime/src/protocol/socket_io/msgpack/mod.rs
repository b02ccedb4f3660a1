//! The MessagePack parser: the layout of npm's `socket.io-msgpack-parser` 3.
//!
//! A packet is one binary message, a map with `type` (0 to 4), `nsp` and, where there are any, `data` and `id`; other keys
//! are passed over (JavaScript's client sends its `options` along). A whole message is checked when it comes, so that what is
//! behind a [`Payload`](super::packet::Payload) is well-formed. Nothing is copied, and a declared length reserves nothing.
//!
//! The dialect is notepack's: `undefined` is a fixed extension 0 of one byte, a `Date` one of eight (milliseconds); any typed
//! array but Node's `Buffer` is an extension 0 with a length.

mod head;
mod packet;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use head::{Data, RESERVE, finish};
pub(super) use packet::packet;
pub(crate) use packet::{elements, name};
pub(crate) use token::{Token, Tokens};
