//! What the servers of these tests understand, whoever wrote them: our own, npm's and Python's have the same handlers.

use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

/// Bytes at two depths: three attachments.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(crate) struct Parcel {
    pub(crate) label: String,
    pub(crate) blobs: Vec<Bytes>,
    pub(crate) inner: Inner,
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(crate) struct Inner {
    pub(crate) blob: Bytes,
}

/// What the server knows of a client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Who {
    /// The `turn` of the `auth` that the client came with.
    pub(crate) turn: u32,
    /// The transport now.
    pub(crate) transport: String,
}

#[derive(ClientToServer)]
pub(crate) enum Request {
    #[event("echo", ack = Parcel)]
    Echo(Parcel),
    /// Written down, and that is all.
    #[event("note")]
    Note(u32),
    /// Written down, and sent back.
    #[event("record", ack = u32)]
    Record(u32),
    /// What was written down for this name.
    #[event("notes", ack = Vec<u32>)]
    Notes,
    /// Never answered.
    #[event("silence", ack = ())]
    Silence,
    /// The server asks back, and answers with what it was told and one more.
    #[event("ask", ack = u32)]
    Ask(u32),
    /// The server nudges back.
    #[event("nudge")]
    Nudge,
    #[event("ticks")]
    Ticks(u32),
    #[event("post")]
    Post(Parcel),
    /// The server puts the client out: of the namespace, or closes the connection.
    #[event("kick")]
    Kick { close: bool },
    #[event("who", ack = Who)]
    Who,
    /// To everybody.
    #[event("tell")]
    Tell { number: u32, text: String },
}

#[derive(Debug, ServerToClient, PartialEq)]
pub(crate) enum Push {
    #[event("question", ack = u32)]
    Question(u32),
    #[event("nudged")]
    Nudged,
    #[event("tick")]
    Tick(u32),
    #[event("parcel")]
    Parcel(Parcel),
    /// Has a text at its end, which is no offset.
    #[event("told")]
    Told { number: u32, text: String },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    /// `nobody` is refused.
    pub(crate) name: String,
    pub(crate) turn: u32,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = Request, server_to_client = Push, auth = Token, session = Token)]
pub(crate) struct Abroad;
