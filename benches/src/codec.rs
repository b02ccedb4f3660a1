//! Ways of a packet between bytes and types, one operation each: what the instruction counts and the codec's benchmarks repeat.

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use sockeye::{
    event::{ArgReader, Events},
    protocol::{
        socket_io::{
            decoder::{Decoder, DecoderLimits},
            packet::{Packet, PacketKind},
        },
        websocket::{self, Message, Role},
    },
};

use crate::{Failure, Request, packets};

/// A message, of a text and perhaps attachments, that becomes an event.
#[derive(Debug)]
pub struct Decoding {
    decoder: Decoder,
    text: ByteString,
    attachments: Vec<Bytes>,
}

impl Decoding {
    /// Of this event, which clients also send.
    ///
    /// # Errors
    ///
    /// If it cannot be encoded.
    pub fn of(event: &impl Events) -> Result<Self, Failure> {
        let (text, attachments) = packets::message(&packets::encode(event, None)?)?;
        let decoder = Decoder::new(DecoderLimits { max_attachments: 10, max_bytes: 1_000_000 });
        Ok(Self { decoder, text: text.into(), attachments })
    }

    /// From messages to an event with its arguments.
    ///
    /// # Errors
    ///
    /// If it does not decode.
    pub fn event(&mut self) -> Result<Request, Failure> {
        let packet = self.packet()?;
        let PacketKind::Event(payload, _) = &packet.kind else { return Err("no event".into()) };
        let (name, mut args) = ArgReader::event(payload)?;
        let event = Request::decode(&name, &mut args)?.ok_or("an event of another set")?;
        args.finish()?;
        Ok(event)
    }

    /// From messages to a packet, its arguments left as they came.
    ///
    /// # Errors
    ///
    /// If it does not decode.
    pub fn packet(&mut self) -> Result<Packet, Failure> {
        let mut packet = self.decoder.text(self.text.clone())?;
        for attachment in &self.attachments {
            packet = self.decoder.binary(attachment.clone())?;
        }
        Ok(packet.ok_or("a packet without its attachments")?)
    }
}

/// Frames of a client in one buffer, as one read of a socket gives them.
#[derive(Debug)]
pub struct Framing {
    decoder: websocket::Decoder,
    frames: Vec<u8>,
    buffer: BytesMut,
}

impl Framing {
    /// These frames, whole ones.
    #[must_use]
    pub fn of(frames: Vec<u8>) -> Self {
        let buffer = BytesMut::with_capacity(frames.len());
        Self { decoder: websocket::Decoder::new(Role::Server, 1_000_000), frames, buffer }
    }

    /// Takes the messages out of the buffer, filled anew: calls `each` with every one.
    ///
    /// # Errors
    ///
    /// If they break a rule.
    pub fn messages(&mut self, mut each: impl FnMut(Message)) -> Result<(), Failure> {
        self.buffer.extend_from_slice(&self.frames);
        while let Some(message) = self.decoder.decode(&mut self.buffer)? {
            each(message);
        }
        Ok(())
    }
}
