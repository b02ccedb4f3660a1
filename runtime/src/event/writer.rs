//! From arguments to an encoded packet.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::protocol::frame::Encoded;

/// How payloads are written. A closed set: every node and client of a server uses the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parser {
    /// JSON with binary attachments: the default of every official client.
    #[default]
    Json,
}

/// Writes packets of one namespace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PacketWriter {
    pub(crate) namespace: Arc<str>,
    pub(crate) parser: Parser,
}
