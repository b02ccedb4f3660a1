//! Bytes inside JSON: in a packet they are a placeholder, `{"_placeholder":true,"num":0}`, and an attachment beside it.
//!
//! Reading wraps any deserializer, writing is a formatter of serde_json, so that the user's types only have to say "bytes".
//! Used only where a packet has attachments. Knows neither events nor packets.

mod key;
mod placeholder;
mod read;
mod write;

#[cfg(feature = "msgpack")]
pub(crate) use key::KeyDeserializer;
pub(crate) use placeholder::{Attachments, canonical, lone_placeholder};
#[cfg(feature = "msgpack")]
pub(crate) use read::RAW_VALUE;
pub(crate) use read::Wrap;
pub(crate) use write::{BinaryFormatter, Collected};
