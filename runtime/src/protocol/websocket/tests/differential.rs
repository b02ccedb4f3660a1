//! The comparison with tungstenite, on streams that are right, wrong in one way, or noise.
//!
//! Differences that are meant: what is wrong with a header is found before the payload has come; a bad close code is an error,
//! where tungstenite reports a close with code 1002 of its own making; 1014 is a good close code.

use proptest::{prelude::*, sample::Index};

use super::{
    judge::{End, tungstenite},
    *,
};

/// Gives both decoders the stream, ours also in pieces, and checks that they agree. With several faults in a frame they may name
/// different ones: `one_fault` tells whether the codes must agree too.
fn compare(
    role: Role,
    max: usize,
    stream: &[u8],
    cuts: &[Index],
    one_fault: bool,
) -> Result<(), TestCaseError> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.sort_unstable();
    let ours = decode(role, max, stream, &cuts);
    prop_assert_eq!(&ours, &decode(role, max, stream, &[]), "cut at {:?}", cuts);

    let (messages, error) = ours;
    let end = error.map_or(End::Open, |error| End::Failed(error.close_code()));
    let mut theirs = tungstenite(role, max, stream);
    if end != End::Open && theirs.1 == End::Open {
        // Found with the header: let tungstenite have the payload.
        let padded = [stream, &vec![0; max + 200]].concat();
        theirs = tungstenite(role, max, &padded);
    }
    if let Some(Message::Close(Some(CloseFrame { code: 1014, .. }))) = messages.last() {
        theirs.0.extend(messages.last().cloned());
        theirs.1 = End::Open;
    }
    prop_assert_eq!(&messages, &theirs.0);
    if one_fault {
        prop_assert_eq!(end, theirs.1, "{:?}", error);
    } else {
        prop_assert_eq!(end == End::Open, theirs.1 == End::Open, "{:?}", error);
    }
    Ok(())
}

/// A frame that may break any rule.
#[derive(Clone, Debug)]
struct Raw {
    first: u8,
    payload: Vec<u8>,
    masked: bool,
    /// Announced beyond what follows.
    more: u64,
}

impl Raw {
    fn write(&self, out: &mut Vec<u8>, key: [u8; 4]) {
        let masked = if self.masked { 0x80 } else { 0 };
        match self.payload.len() as u64 + self.more {
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
        if self.masked {
            out.extend_from_slice(&key);
        }
        let key = if self.masked { key } else { [0; 4] };
        out.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
    }
}

#[derive(Clone, Debug)]
enum Fault {
    None,
    First(u8),
    Mask,
    NotUtf8,
    LongControl,
    Announce(u64),
    Close(Vec<u8>),
    Repeat,
    Remove,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        2 => any::<u8>().prop_map(Fault::First),
        1 => Just(Fault::Mask),
        1 => Just(Fault::NotUtf8),
        1 => Just(Fault::LongControl),
        1 => prop_oneof![Just(5000u64), Just(1 << 40), Just(u64::MAX / 2)].prop_map(Fault::Announce),
        2 => prop::collection::vec(0u8..0x80, 0..6).prop_map(Fault::Close),
        1 => any::<u16>().prop_map(|code| Fault::Close(code.to_be_bytes().to_vec())),
        1 => Just(Fault::Repeat),
        1 => Just(Fault::Remove),
    ]
}

fn apply(frames: &mut Vec<Raw>, fault: Fault, at: Index) {
    if frames.is_empty() {
        return;
    }
    let at = at.index(frames.len());
    let frame = &mut frames[at];
    match fault {
        Fault::None => {}
        Fault::First(first) => frame.first = first,
        Fault::Mask => frame.masked = !frame.masked,
        Fault::NotUtf8 => frame.payload.extend_from_slice(b"\xff"),
        Fault::LongControl => {
            let payload = vec![b'a'; 126];
            *frame = Raw { first: 0x89, payload, ..frame.clone() };
        }
        Fault::Announce(more) => frame.more = more,
        Fault::Close(payload) => *frame = Raw { first: 0x88, payload, ..frame.clone() },
        Fault::Repeat => frames.insert(at, frames[at].clone()),
        Fault::Remove => drop(frames.remove(at)),
    }
}

/// The frames of one message: its bytes in fragments, control frames between them.
fn message(masked: bool) -> impl Strategy<Value = Vec<Raw>> {
    let data = prop_oneof![
        "[a-zé🎉]{0,200}".prop_map(|text| (0x1, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|data| (0x2, data)),
    ];
    let control = (prop_oneof![Just(0x89u8), Just(0x8a)], prop::collection::vec(any::<u8>(), 0..=125));
    let cuts = prop_oneof![Just(Vec::new()), prop::collection::vec(any::<Index>(), 0..4)];
    (data, cuts, prop::option::of((control, any::<Index>()))).prop_map(
        move |((opcode, data), cuts, control)| {
            let raw = |first, payload: &[u8]| Raw { first, payload: payload.to_vec(), masked, more: 0 };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut from, mut frames) = (0, Vec::new());
            for to in cuts.into_iter().chain([data.len()]) {
                frames.push(raw(if frames.is_empty() { opcode } else { 0 }, &data[from..to]));
                from = to;
            }
            if let Some(last) = frames.last_mut() {
                last.first |= 0x80;
            }
            if let Some(((first, payload), at)) = control {
                frames.insert(at.index(frames.len() + 1), raw(first, &payload));
            }
            frames
        },
    )
}

fn frames() -> impl Strategy<Value = (Role, Vec<Raw>)> {
    prop_oneof![Just(Role::Server), Just(Role::Client)].prop_flat_map(|role| {
        let messages = prop::collection::vec(message(role == Role::Server), 0..5);
        (Just(role), messages.prop_map(|messages| messages.concat()))
    })
}

fn write(frames: &[Raw], key: [u8; 4]) -> Vec<u8> {
    let mut stream = Vec::new();
    for frame in frames {
        frame.write(&mut stream, key);
    }
    stream
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..8)
}

proptest! {
    #[test]
    fn streams_with_at_most_one_fault_are_read_alike(
        (role, mut frames) in frames(), fault in fault(), at: Index, key: [u8; 4], cuts in cuts(), max in 125usize..1000,
    ) {
        apply(&mut frames, fault.clone(), at);
        // A first byte of its own is a fault in several ways: reserved bits on a frame over the limit, say.
        let one_fault = max >= 800 && !matches!(fault, Fault::First(_) | Fault::Announce(_));
        compare(role, max, &write(&frames, key), &cuts, one_fault)?;
    }

    #[test]
    fn streams_with_noise_are_read_alike(
        (role, frames) in frames(), key: [u8; 4], noise in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6), cuts in cuts(),
        end: Index,
    ) {
        let mut stream = write(&frames, key);
        for (at, byte) in noise {
            if !stream.is_empty() {
                let at = at.index(stream.len());
                stream[at] = byte;
            }
        }
        stream.truncate(end.index(2 * stream.len() + 1));
        compare(role, 500, &stream, &cuts, false)?;
    }

    #[test]
    fn any_bytes_are_read_alike(
        server: bool, stream in prop::collection::vec(prop_oneof![any::<u8>(), 0x80u8..0x8b, 0u8..4], 0..200), cuts in cuts(),
    ) {
        compare(if server { Role::Server } else { Role::Client }, 500, &stream, &cuts, false)?;
    }

    #[test]
    fn what_is_encoded_is_decoded(
        server: bool, text: String, data: Vec<u8>, ping in prop::collection::vec(any::<u8>(), 0..=125), long in 0usize..70_000,
        key: [u8; 4], reason in ".{0,30}",
    ) {
        let (role, key) = if server { (Role::Server, Some(key)) } else { (Role::Client, None) };
        let mut stream = Vec::new();
        encode(&mut stream, true, OpCode::Text, text.as_bytes(), key);
        encode(&mut stream, false, OpCode::Binary, &data, key);
        encode(&mut stream, true, OpCode::Ping, &ping, key);
        encode(&mut stream, true, OpCode::Continuation, &vec![7; long], key);
        encode(&mut stream, true, OpCode::Pong, &ping, key);
        close_frame(&mut stream, 4321, &reason, key);
        let mut expected = vec![
            Message::Text(text.into()),
            Message::Ping(ping.clone().into()),
            Message::Binary([data, vec![7; long]].concat().into()),
            Message::Pong(ping.into()),
        ];
        if reason.len() <= 123 {
            expected.push(Message::Close(Some(CloseFrame { code: 4321, reason: reason.into() })));
            prop_assert_eq!(decode(role, 100_000, &stream, &[]), (expected, None));
        }
        compare(role, 100_000, &stream, &[], true)?;
    }
}
