//! The client's end of the in-memory transport: frames and packets, no types.

use std::{collections::HashMap, sync::Arc};

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::{mpsc, oneshot},
};

use crate::protocol::{
    frame::{Encoded, Frame},
    socket_io::{
        Parser,
        decoder::{Decoder, DecoderLimits},
        packet::{PacketKind, Payload},
    },
    websocket::{self, Message, OpCode, Role},
};

/// Bytes that the in-memory stream holds each way, as a socket's buffers do.
pub(super) const STREAM_BUFFER: usize = 64 * 1024;

/// Any key will do: nobody listens.
const MASK: [u8; 4] = [0x5a, 0x01, 0xfe, 0x33];

/// What the test side is told.
pub(super) enum Received {
    Connected(Payload),
    Refused(Option<Payload>),
    Event(Payload, Option<u64>),
    Disconnected,
}

/// What the test side asks for.
pub(super) enum Command {
    Send(Encoded),
    /// Ends the transport without a word.
    Cut,
}

pub(super) type Acks = Arc<Mutex<HashMap<u64, oneshot::Sender<Payload>>>>;

/// Runs one client until either side ends it. Owned by its `TestClient`: it ends when that is dropped.
pub(super) async fn run(
    io: DuplexStream,
    parser: Parser,
    mut commands: mpsc::UnboundedReceiver<Command>,
    received: mpsc::UnboundedSender<Received>,
    acks: Acks,
) {
    let mut frames = websocket::Decoder::new(Role::Client, usize::MAX);
    let mut packets = Decoder::of(parser, DecoderLimits { max_attachments: 10, max_bytes: usize::MAX });
    let (mut reader, mut writer) = tokio::io::split(io);
    let mut input = BytesMut::new();
    // What is being written, and what comes after it.
    let (mut writing, mut out) = (Bytes::new(), Vec::new());
    let mut ending = false;
    'connected: loop {
        if writing.is_empty() {
            writing = std::mem::take(&mut out).into();
        }
        if ending && writing.is_empty() {
            break;
        }
        // Reads first: a client that only writes would be closed as too slow for the answers.
        tokio::select! {
            biased;
            read = reader.read_buf(&mut input) => if !matches!(read, Ok(1..)) { break },
            written = writer.write_buf(&mut writing), if !writing.is_empty() => if !matches!(written, Ok(1..)) { break },
            command = commands.recv(), if !ending && out.len() < STREAM_BUFFER => match command {
                Some(Command::Send(packet)) => packet.frames().for_each(|frame| write(&mut out, &frame)),
                // What was sent before goes out before.
                Some(Command::Cut) => ending = true,
                None => {
                    websocket::close_frame(&mut out, 1000, "", Some(MASK));
                    ending = true;
                }
            },
        }
        loop {
            let message = match frames.decode(&mut input) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(_) => break 'connected,
            };
            let packet = match message {
                Message::Text(text) if text.starts_with('2') => {
                    websocket::encode(&mut out, true, OpCode::Text, b"3", Some(MASK));
                    continue;
                }
                Message::Text(text) if text.starts_with('4') => {
                    packets.text(ByteString::from(text.get(1..).unwrap_or_default()))
                }
                Message::Binary(data) => packets.binary(data),
                Message::Close(_) => break 'connected,
                _ => continue,
            };
            let Ok(packet) = packet else { break 'connected };
            let Some(packet) = packet else { continue };
            let news = match packet.kind {
                PacketKind::Connect(Some(payload)) => Received::Connected(payload),
                PacketKind::ConnectError(payload) => Received::Refused(payload),
                PacketKind::Event(payload, id) => Received::Event(payload, id),
                PacketKind::Ack(payload, id) => {
                    let waiter = acks.lock().remove(&id);
                    if let Some(waiter) = waiter {
                        let _ = waiter.send(payload);
                    }
                    continue;
                }
                PacketKind::Disconnect => Received::Disconnected,
                PacketKind::Connect(None) => continue,
            };
            let _ = received.send(news);
        }
    }
    // Whoever waits for an answer learns that none will come.
    acks.lock().clear();
}

fn write(out: &mut Vec<u8>, frame: &Frame) {
    match frame {
        Frame::Text { .. } => {
            let text = frame.packet_text().unwrap_or_default();
            websocket::encode(out, true, OpCode::Text, text, Some(MASK));
        }
        Frame::Binary(data) => websocket::encode(out, true, OpCode::Binary, data, Some(MASK)),
    }
}
