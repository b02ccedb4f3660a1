//! Bytes inside JSON: in a packet they are a placeholder, `{"_placeholder":true,"num":0}`, and an attachment beside it.
//!
//! Reading wraps any deserializer, so that the user's types only have to say "bytes"; writing is next door, in `json_writer`.
//! Used only where a packet has attachments. Knows neither events nor packets.

mod key;
mod placeholder;
mod read;

#[cfg(feature = "msgpack")]
pub(crate) use key::KeyDeserializer;
pub(crate) use placeholder::{Attachments, canonical, lone_placeholder};
pub(crate) use read::{RAW_VALUE, Wrap};
