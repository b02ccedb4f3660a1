//! Our WebSocket decoder against tungstenite's, the stream whole and in pieces; and what we encode is decoded.
//!
//! Differences that are meant: what is wrong with a header is found before the payload has come; a bad close code is an error,
//! where tungstenite reports a close with code 1002 of its own making; 1014 is a good close code; the limit is for messages, where
//! tungstenite's is for control frames too.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sockeye::protocol::websocket::{
    CloseFrame, Decoder, FrameError, MAX_CONTROL, Message, OpCode, Role, encode,
};

#[path = "../../runtime/src/protocol/websocket/tests/judge.rs"]
mod judge;

#[derive(Arbitrary, Debug)]
struct Input {
    server: bool,
    max: u16,
    cuts: Vec<u16>,
    stream: Stream,
}

#[derive(Arbitrary, Debug)]
enum Stream {
    Noise(Vec<u8>),
    Frames(Vec<Raw>),
    Good(Vec<(u8, bool, Vec<u8>)>),
}

/// A frame that may break any rule.
#[derive(Arbitrary, Debug)]
struct Raw {
    first: u8,
    mask: Option<[u8; 4]>,
    payload: Vec<u8>,
    /// Announced beyond what follows.
    more: Option<u64>,
}

impl Raw {
    fn write(&self, out: &mut Vec<u8>) {
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        match (self.payload.len() as u64).saturating_add(self.more.unwrap_or(0)) {
            len @ 0..=125 => out.extend_from_slice(&[self.first, masked | len as u8]),
            len @ 126..=0xffff => {
                out.extend_from_slice(&[self.first, masked | 126]);
                out.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                out.extend_from_slice(&[self.first, masked | 127]);
                out.extend_from_slice(&len.to_be_bytes());
            }
        }
        out.extend_from_slice(&self.mask.unwrap_or_default()[..if self.mask.is_some() { 4 } else { 0 }]);
        let key = self.mask.unwrap_or_default();
        out.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
    }
}

fuzz_target!(|input: Input| {
    let Input { server, max, cuts, stream } = input;
    let (role, max) = (if server { Role::Server } else { Role::Client }, usize::from(max).max(MAX_CONTROL));
    let mut bytes = Vec::new();
    match stream {
        Stream::Noise(noise) => bytes = noise,
        Stream::Frames(frames) => frames.iter().for_each(|frame| frame.write(&mut bytes)),
        Stream::Good(frames) => {
            for (kind, fin, payload) in frames {
                let kinds = [OpCode::Continuation, OpCode::Text, OpCode::Binary, OpCode::Ping, OpCode::Pong];
                let kind = kinds[usize::from(kind) % kinds.len()];
                let payload =
                    if kind.is_control() { &payload[..payload.len().min(125)] } else { &payload[..] };
                encode(&mut bytes, fin || kind.is_control(), kind, payload, server.then_some([1, 2, 3, 4]));
            }
        }
    }
    let (messages, error) = judge::decode(role, max, &bytes, &[]);
    for message in &messages {
        let len = match message {
            Message::Text(text) => text.len(),
            Message::Binary(data) => data.len(),
            _ => 0,
        };
        assert!(len <= max, "a message over the limit");
    }
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let in_pieces = judge::decode(role, max, &bytes, &cuts);
    assert_eq!((&messages, error), (&in_pieces.0, in_pieces.1), "cut at {cuts:?}");
    if error == Some(FrameError::TooManyFragments) {
        return;
    }
    let failed = error.is_some();
    let mut theirs = judged(role, max, &bytes);
    if error == Some(FrameError::ControlTooLong) {
        // The long form of a length is refused in a control frame, even of a short one.
        assert!(theirs.0.starts_with(&messages));
        return;
    }
    if failed && !theirs.1 {
        // Found with the header: let tungstenite have the payload.
        theirs = judged(role, max, &[&bytes[..], &vec![0; max + 200]].concat());
    }
    if let Some(Message::Close(Some(CloseFrame { code: 1014, .. }))) = messages.last() {
        theirs.0.extend(messages.last().cloned());
        theirs.1 = false;
    }
    assert_eq!(messages, theirs.0);
    assert_eq!(failed, theirs.1, "{error:?}");
});

/// What tungstenite makes of it: the messages, and whether the stream breaks a rule.
fn judged(role: Role, max: usize, stream: &[u8]) -> (Vec<Message>, bool) {
    let (messages, end) = judge::tungstenite(role, max, stream);
    (messages, end != judge::End::Open)
}
