//! From arguments to an encoded packet.
//!
//! The body is serialized where it will lie in the final frame, behind room for the head; the head is written in front of
//! it when the number of attachments is known.

use std::{error::Error, fmt, sync::Arc};

use serde::Serialize;

use super::{
    EventName, is_reserved,
    json_writer::{JsonWriter, quoted},
    msgpack, scratch,
};
use crate::protocol::{
    frame::Encoded,
    socket_io::{
        Parser,
        encoder::{self, Head},
        packet::MAX_ATTACHMENTS,
    },
};

/// Room for a small body in MessagePack: most events fit without growing.
const FIRST_BODY: usize = 128;

/// Takes the arguments of one event or answer.
///
/// The first argument that cannot be serialized makes the packet an error; those after it are not looked at.
#[derive(Debug)]
pub struct ArgWriter {
    parser: Parser,
    /// What is written, also with MessagePack, which has no use for its attachments.
    out: JsonWriter,
    /// Where the array begins; with MessagePack its first element.
    start: usize,
    count: usize,
    failed: Option<(usize, serde_json::Error)>,
}

impl ArgWriter {
    fn new(parser: Parser, room: usize) -> Self {
        let buf = if parser.is_msgpack() {
            let mut buf = Vec::with_capacity(room + FIRST_BODY);
            buf.resize(room, 0);
            buf
        } else {
            let mut buf = scratch::take(room);
            buf.push(b'[');
            buf
        };
        let out = JsonWriter { buf, ..JsonWriter::default() };
        Self { parser, out, start: room, count: 0, failed: None }
    }

    /// Writes the next argument.
    pub fn arg<T: Serialize + ?Sized>(&mut self, value: &T) {
        if !self.next() {
            return;
        }
        let written = if self.parser.is_msgpack() {
            msgpack::write(&mut self.out.buf, value)
        } else {
            value.serialize(&mut self.out)
        };
        if let Err(error) = written {
            self.fail(error);
        }
    }

    /// Writes the comma before an argument; whether it is wanted.
    fn next(&mut self) -> bool {
        if self.failed.is_some() {
            return false;
        }
        if !self.parser.is_msgpack() && self.out.buf.len() > self.start + 1 {
            self.out.buf.push(b',');
        }
        self.count += 1;
        true
    }

    #[cold]
    fn fail(&mut self, error: serde_json::Error) {
        self.failed = Some((self.count - 1, error));
    }

    fn name(&mut self, name: EventName<'_>) -> Result<(), EncodeError> {
        match name.json {
            None if is_reserved(name.plain) => return Err(EncodeError::ReservedName(name.plain.to_owned())),
            // Names known at compile time were checked then.
            _ if self.parser.is_msgpack() => {
                msgpack::write(&mut self.out.buf, name.plain).map_err(EncodeError::Payload)?;
            }
            Some(json) => self.out.buf.extend_from_slice(json.as_bytes()),
            None => quoted(&mut self.out.buf, name.plain),
        }
        Ok(())
    }

    fn finish(mut self, head: Head, namespace: &str, id: Option<u64>) -> Result<Encoded, EncodeError> {
        if let Some((argument, error)) = self.failed {
            return Err(EncodeError::Argument { index: argument, source: error });
        }
        if self.parser.is_msgpack() {
            let elements = self.count + usize::from(head == Head::Event);
            return Ok(msgpack::finish(self.out.buf, head, msgpack::Data::Elements(elements), namespace, id));
        }
        let count = self.out.attachment_count;
        if count > MAX_ATTACHMENTS {
            return Err(EncodeError::TooManyAttachments { count });
        }
        self.out.buf.push(b']');
        let encoded =
            encoder::finish(&mut self.out.buf, self.start, head, namespace, id, self.out.attachments)
                .map_err(|_| EncodeError::TooManyAttachments { count });
        scratch::give_back(self.out.buf);
        encoded
    }
}

/// Writes packets of one namespace. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PacketWriter {
    pub(crate) namespace: Arc<str>,
    pub(crate) parser: Parser,
}

impl PacketWriter {
    /// A writer for the namespace with this path.
    #[must_use]
    pub fn new(namespace: Arc<str>, parser: Parser) -> Self {
        Self { namespace, parser }
    }

    /// The path of its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// An event; with an id it asks for an answer.
    ///
    /// # Errors
    ///
    /// If an argument cannot be serialized, if there are more attachments than a packet may have, or if a name that was not
    /// known at compile time is [reserved](is_reserved).
    pub fn event(
        &self,
        name: EventName<'_>,
        ack_id: Option<u64>,
        write: &dyn Fn(&mut ArgWriter),
    ) -> Result<Encoded, EncodeError> {
        let mut writer = ArgWriter::new(self.parser, self.room());
        writer.name(name)?;
        write(&mut writer);
        writer.finish(Head::Event, &self.namespace, ack_id)
    }

    /// The answer to the event with this id.
    ///
    /// # Errors
    ///
    /// If an argument cannot be serialized, or there are more attachments than a packet may have.
    pub fn ack(&self, id: u64, write: &dyn Fn(&mut ArgWriter)) -> Result<Encoded, EncodeError> {
        let mut writer = ArgWriter::new(self.parser, self.room());
        write(&mut writer);
        writer.finish(Head::Ack, &self.namespace, Some(id))
    }

    /// "You have joined", or from a client: "let me join". The payload, if any, must serialize as an object.
    ///
    /// # Errors
    ///
    /// If the payload cannot be serialized.
    pub fn connect<T: Serialize + ?Sized>(&self, payload: Option<&T>) -> Result<Encoded, EncodeError> {
        self.object(Head::Connect, payload)
    }

    /// "You cannot join": what `connect_error` gets in JavaScript, an `Error` with this message and, if there is any, `data`.
    ///
    /// # Errors
    ///
    /// If `data` cannot be serialized.
    pub fn connect_error<T: Serialize + ?Sized>(
        &self,
        message: &str,
        data: Option<&T>,
    ) -> Result<Encoded, EncodeError> {
        #[derive(Serialize)]
        struct Refusal<'a, T: ?Sized> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a T>,
        }

        self.object(Head::ConnectError, Some(&Refusal { message, data }))
    }

    /// "You cannot join", to a client of protocol 4, which gets this value as it is.
    ///
    /// # Errors
    ///
    /// If it cannot be serialized.
    pub fn error<T: Serialize + ?Sized>(&self, error: &T) -> Result<Encoded, EncodeError> {
        self.object(Head::ConnectError, Some(error))
    }

    /// "You have left", or from a client: "I leave".
    ///
    /// # Errors
    ///
    /// None today; the signature is that of its siblings.
    pub fn disconnect(&self) -> Result<Encoded, EncodeError> {
        self.object::<()>(Head::Disconnect, None)
    }

    /// A packet whose payload is no array. JavaScript's default parser looks for bytes only in events and answers, so none are taken out.
    fn object<T: Serialize + ?Sized>(&self, head: Head, payload: Option<&T>) -> Result<Encoded, EncodeError> {
        let room = self.room();
        let mut buf = vec![0; room];
        if self.parser.is_msgpack() {
            let data = match payload {
                Some(payload) => {
                    msgpack::write(&mut buf, payload).map_err(EncodeError::Payload)?;
                    msgpack::Data::Value
                }
                None => msgpack::Data::None,
            };
            return Ok(msgpack::finish(buf, head, data, &self.namespace, None));
        }
        if let Some(payload) = payload {
            serde_json::to_writer(&mut buf, payload).map_err(EncodeError::Payload)?;
        }
        encoder::finish(&mut buf, room, head, &self.namespace, None, Vec::new())
            .map_err(|_| EncodeError::TooManyAttachments { count: 0 })
    }

    fn room(&self) -> usize {
        if self.parser.is_msgpack() { msgpack::RESERVE } else { encoder::reserve(&self.namespace) }
    }
}

/// Why a packet cannot be written. The mistake is always on this side.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// An argument's `Serialize` failed: it has a map whose keys are no strings, or a `Serialize` of its own that errs.
    Argument {
        /// Which one, from 0.
        index: usize,
        /// What went wrong, in serde_json's error whatever the parser.
        source: serde_json::Error,
    },
    /// The payload of a packet that is no event, or its name, cannot be serialized.
    Payload(serde_json::Error),
    /// The arguments hold more attachments than the official parsers take (10).
    TooManyAttachments {
        /// How many they hold.
        count: usize,
    },
    /// A name given at run time that belongs to the protocol.
    ReservedName(String),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { index, .. } => write!(f, "argument {} cannot be serialized", index + 1),
            Self::Payload(_) => f.write_str("the payload cannot be serialized"),
            Self::TooManyAttachments { count } => {
                write!(f, "{count} attachments in one packet, at most {MAX_ATTACHMENTS} are possible")
            }
            Self::ReservedName(name) => write!(f, "`{name}` is a reserved event name"),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Argument { source, .. } | Self::Payload(source) => Some(source),
            Self::TooManyAttachments { .. } | Self::ReservedName(_) => None,
        }
    }
}
