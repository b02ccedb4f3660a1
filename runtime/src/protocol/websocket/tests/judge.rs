//! What our decoder and tungstenite, its judge, make of a stream: for the tests here and for the fuzz target `ws_frames`.

use std::io::{self, Read, Write};

use bytes::BytesMut;
use tungstenite::{
    error::{Error, ProtocolError},
    protocol::{WebSocket, WebSocketConfig},
};

use super::{CloseFrame, Decoder, FrameError, Message, Role};

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In the middle of a message, or between two.
    Open,
    /// With this code.
    Failed(u16),
}

/// A peer that has sent all it will.
struct Stream<'a>(&'a [u8]);

impl Read for Stream<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The messages of a stream, and how it ends.
pub(crate) fn tungstenite(role: Role, max: usize, stream: &[u8]) -> (Vec<Message>, End) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(max))
        .max_frame_size(Some(max))
        .read_buffer_size(1024);
    let role = match role {
        Role::Server => tungstenite::protocol::Role::Server,
        Role::Client => tungstenite::protocol::Role::Client,
    };
    let mut socket = WebSocket::from_raw_socket(Stream(stream), role, Some(config));
    let mut messages = Vec::new();
    loop {
        messages.push(match socket.read() {
            Ok(tungstenite::Message::Text(text)) => Message::Text(text.as_str().into()),
            Ok(tungstenite::Message::Binary(data)) => Message::Binary(data),
            Ok(tungstenite::Message::Ping(data)) => Message::Ping(data),
            Ok(tungstenite::Message::Pong(data)) => Message::Pong(data),
            Ok(tungstenite::Message::Close(frame)) => {
                if frame.as_ref().is_some_and(|frame| frame.reason == "Protocol violation") {
                    return (messages, End::Failed(1002));
                }
                let frame = frame.map(|frame| CloseFrame {
                    code: frame.code.into(),
                    reason: frame.reason.as_str().into(),
                });
                messages.push(Message::Close(frame));
                return (messages, End::Open);
            }
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return (messages, End::Open);
            }
            Err(Error::Protocol(_)) => return (messages, End::Failed(1002)),
            Err(Error::Utf8(_)) => return (messages, End::Failed(1007)),
            Err(Error::Capacity(_)) => return (messages, End::Failed(1009)),
            other => panic!("unexpected: {other:?}"),
        });
    }
}

/// All messages of `stream` and how it ends, given to the decoder in pieces that end at `cuts`.
pub(crate) fn decode(
    role: Role,
    max: usize,
    stream: &[u8],
    cuts: &[usize],
) -> (Vec<Message>, Option<FrameError>) {
    let mut decoder = Decoder::new(role, max);
    let (mut buf, mut messages, mut from) = (BytesMut::new(), Vec::new(), 0);
    for to in cuts.iter().copied().chain([stream.len()]) {
        let mut read = stream[from..to].to_vec();
        let mut piece = &mut read[..];
        // As the transport does: from a buffer of somebody else's, as long as nothing is left over.
        let mut borrowed = !cuts.is_empty() && buf.is_empty();
        if !borrowed {
            buf.extend_from_slice(piece);
        }
        from = to;
        loop {
            let decoded = match borrowed {
                true => decoder.decode_slice(&mut piece),
                false => decoder.decode(&mut buf),
            };
            if std::mem::take(&mut borrowed) {
                buf.extend_from_slice(piece);
            }
            match decoded {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut buf), Err(error), "an error stays");
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}
