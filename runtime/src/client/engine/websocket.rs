//! The WebSocket transport: packets in frames, by tungstenite. Knows no session.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytestring::ByteString;
use futures_util::{Sink, Stream as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tungstenite::{
    Error as WsError, Message as WsMessage, Utf8Bytes,
    protocol::{Role, WebSocketConfig},
};

use super::{dial::Stream, error::Closed};
use crate::protocol::{
    close::CloseReason,
    engine_io::{Message, Packet, payload::PayloadWriter},
    frame::Frame,
};

/// Read at once: filled with zeros by each connection, so not much.
const READ_BUFFER: usize = 8 * 1024;

/// Gathered before it is written, where more is to come.
const WRITE_BUFFER: usize = 32 * 1024;

/// A stream that counts what it has taken, which tells a slow peer from one that takes nothing.
struct Counted {
    io: Box<dyn Stream>,
    written: u64,
}

/// Packets over a WebSocket.
pub(super) struct WebSocket {
    frames: WebSocketStream<Counted>,
    /// Binary messages go as base64.
    base64: bool,
}

impl WebSocket {
    /// Over a stream on which the opening handshake is done.
    pub(super) async fn new(io: Box<dyn Stream>, max_message: usize, base64: bool) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(max_message))
            .max_frame_size(Some(max_message));
        let io = Counted { io, written: 0 };
        Self { frames: WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await, base64 }
    }

    /// The next packet; an error is the end.
    pub(super) fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<Result<Packet, Closed>> {
        let mut closing = false;
        loop {
            let next = match Pin::new(&mut self.frames).poll_next(cx) {
                Poll::Pending if !closing => return Poll::Pending,
                // The answer to the close could not be written at once: then it is not.
                Poll::Pending | Poll::Ready(None) => {
                    return Poll::Ready(Err(Closed::new(CloseReason::TransportClose)));
                }
                Poll::Ready(Some(next)) => next,
            };
            let packet = match next {
                Ok(WsMessage::Text(text)) => match ByteString::try_from(bytes::Bytes::from(text)) {
                    Ok(text) => Packet::from_text(&text).map_err(Closed::failed),
                    Err(error) => Err(Closed::failed(error)),
                },
                Ok(WsMessage::Binary(data)) => Ok(Packet::from_binary(data)),
                Ok(WsMessage::Close(_)) => {
                    // Reading on writes the answer.
                    closing = true;
                    continue;
                }
                Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_)) => continue,
                Err(error) => Err(ended(error)),
            };
            return Poll::Ready(packet);
        }
    }

    /// Waits for the next packet. Cancel safe.
    pub(super) async fn packet(&mut self) -> Result<Packet, Closed> {
        std::future::poll_fn(|cx| self.poll_packet(cx)).await
    }

    /// Writes what `next` gives until it gives nothing more and all is written.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut() -> Option<Outgoing>,
    ) -> Poll<Result<(), Closed>> {
        loop {
            ready!(Pin::new(&mut self.frames).poll_ready(cx)).map_err(ended)?;
            let Some(outgoing) = next() else { break };
            let message = outgoing.message(self.base64)?;
            Pin::new(&mut self.frames).start_send(message).map_err(ended)?;
        }
        Pin::new(&mut self.frames).poll_flush(cx).map_err(ended)
    }

    /// Sends one packet of the session's own.
    pub(super) async fn send(&mut self, packet: Packet) -> Result<(), Closed> {
        let mut packet = Some(packet);
        std::future::poll_fn(|cx| self.poll_send(cx, || packet.take().map(Outgoing::Packet))).await
    }

    /// Sends a close frame, and is ready when the server has closed too.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if Pin::new(&mut self.frames).poll_close(cx).is_pending() {
            return Poll::Pending;
        }
        while let Some(Ok(_)) = ready!(Pin::new(&mut self.frames).poll_next(cx)) {}
        Poll::Ready(())
    }

    /// Bytes that the stream has taken so far.
    pub(super) fn written(&self) -> u64 {
        self.frames.get_ref().written
    }
}

/// Something to be written.
pub(super) enum Outgoing {
    Packet(Packet),
    Frame(Frame),
}

impl Outgoing {
    fn message(self, base64: bool) -> Result<WsMessage, Closed> {
        let text = match self {
            Self::Frame(Frame::Binary(data)) | Self::Packet(Packet::Message(Message::Binary(data)))
                if !base64 =>
            {
                return Ok(WsMessage::Binary(data));
            }
            // The frame in the buffer is a server's, without a mask: only what is in it is wanted.
            Self::Frame(Frame::Text { frame, head }) => frame.slice(usize::from(head)..),
            Self::Frame(frame) => {
                let mut payload = PayloadWriter::default();
                payload.frame(&frame);
                payload.finish()
            }
            Self::Packet(packet) => {
                let mut text = Vec::new();
                packet.encode(&mut text);
                text.into()
            }
        };
        Utf8Bytes::try_from(text).map(WsMessage::Text).map_err(Closed::failed)
    }
}

/// JavaScript's words: a connection that breaks is a `transport close`; frames that break the rules are a `transport error`.
fn ended(error: WsError) -> Closed {
    use tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
    match error {
        WsError::ConnectionClosed | WsError::AlreadyClosed => Closed::new(CloseReason::TransportClose),
        WsError::Protocol(ResetWithoutClosingHandshake) | WsError::Io(_) | WsError::Tls(_) => {
            Closed::caused(CloseReason::TransportClose, error)
        }
        error => Closed::failed(error),
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut *self.io).poll_write(cx, buf))?;
        self.written += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_shutdown(cx)
    }
}
