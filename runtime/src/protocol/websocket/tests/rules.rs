//! Frames as RFC 6455 prints them, and every rule broken once.

use bytes::BytesMut;

use super::*;

fn server(stream: &[u8]) -> (Vec<Message>, Option<FrameError>) {
    decode(Role::Client, 1000, stream, &[])
}

fn error(stream: &[u8]) -> Option<FrameError> {
    server(stream).1
}

#[test]
fn the_examples_of_the_standard_are_read() {
    let hello = Message::Text("Hello".into());
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(decode(Role::Server, 1000, masked, &[]), (vec![hello.clone()], None));
    assert_eq!(server(b"\x81\x05Hello"), (vec![hello.clone()], None));
    assert_eq!(server(b"\x01\x03Hel\x80\x02lo"), (vec![hello.clone()], None));
    assert_eq!(server(b"\x89\x05Hello"), (vec![Message::Ping("Hello".into())], None));
    assert_eq!(server(b"\x8a\x00"), (vec![Message::Pong(Bytes::new())], None));
    let long = [b"\x82\x7e\x01\x00".as_slice(), &[7; 256]].concat();
    assert_eq!(server(&long), (vec![Message::Binary(vec![7; 256].into())], None));
    let longer = [b"\x82\x7f\0\0\0\0\0\x01\0\0".as_slice(), &[7; 65536]].concat();
    assert_eq!(
        decode(Role::Client, 65536, &longer, &[]),
        (vec![Message::Binary(vec![7; 65536].into())], None)
    );
}

#[test]
fn a_control_frame_may_come_between_fragments() {
    let messages = vec![Message::Ping("?".into()), Message::Text("Hello".into())];
    assert_eq!(server(b"\x01\x03Hel\x89\x01?\x80\x02lo"), (messages, None));
}

#[test]
fn a_character_may_be_cut_by_a_fragment() {
    assert_eq!(server(b"\x01\x01\xf0\x00\x02\x9f\x8e\x80\x01\x89"), (vec![Message::Text("🎉".into())], None));
    assert_eq!(error(b"\x01\x01\xf0\x80\x00"), Some(FrameError::InvalidUtf8));
    assert_eq!(error(b"\x01\x01\xf0\x80\x02\x9f\x8e"), Some(FrameError::InvalidUtf8));
}

#[test]
fn a_text_that_is_not_utf8_fails_with_its_fragment() {
    assert_eq!(error(b"\x81\x02\xc3\x28"), Some(FrameError::InvalidUtf8));
    assert_eq!(error(b"\x01\x02\xc3\x28"), Some(FrameError::InvalidUtf8));
    assert_eq!(error(b"\x01\x03\xed\xa0\x80"), Some(FrameError::InvalidUtf8), "a half of a surrogate pair");
    assert_eq!(error(b"\x02\x02\xc3\x28"), None, "binary");
}

#[test]
fn what_a_first_byte_does_wrong_is_found_with_it() {
    for bits in [0xc1, 0xa1, 0x91] {
        assert_eq!(error(&[bits]), Some(FrameError::ReservedBits));
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        assert_eq!(error(&[0x80 | opcode]), Some(FrameError::UnknownOpcode(opcode)));
    }
    for opcode in [8, 9, 10] {
        assert_eq!(error(&[opcode]), Some(FrameError::ControlFragmented));
    }
}

#[test]
fn clients_mask_and_servers_do_not() {
    assert_eq!(decode(Role::Server, 1000, b"\x81\x05Hello", &[]).1, Some(FrameError::Unmasked));
    assert_eq!(decode(Role::Client, 1000, b"\x81\x85", &[]).1, Some(FrameError::Masked));
}

#[test]
fn control_frames_are_short() {
    assert_eq!(error(b"\x89\x7e"), Some(FrameError::ControlTooLong));
    assert_eq!(error(b"\x88\x7f"), Some(FrameError::ControlTooLong));
    // They are so short that the limit on messages does not concern them.
    assert_eq!(decode(Role::Client, 0, b"\x89\x01?", &[]).0, [Message::Ping("?".into())]);
}

#[test]
fn fragments_follow_each_other() {
    assert_eq!(error(b"\x80\x01a"), Some(FrameError::UnexpectedContinuation));
    assert_eq!(error(b"\x01\x01a\x81\x01b"), Some(FrameError::ExpectedContinuation));
    assert_eq!(error(b"\x01\x01a\x80\x01b\x00\x00"), Some(FrameError::UnexpectedContinuation));
}

#[test]
fn a_close_has_no_code_or_one_that_may_be_sent() {
    let close = |code: u16, reason: &[u8]| {
        let len = 2 + reason.len() as u8;
        server(&[&[0x88, len], &code.to_be_bytes()[..], reason].concat())
    };
    assert_eq!(server(b"\x88\x00"), (vec![Message::Close(None)], None));
    assert_eq!(error(b"\x88\x01\x03"), Some(FrameError::ShortClose));
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        let frame = CloseFrame { code, reason: "bye".into() };
        assert_eq!(close(code, b"bye"), (vec![Message::Close(Some(frame))], None));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        assert_eq!(close(code, b"bye").1, Some(FrameError::CloseCode(code)));
    }
    assert_eq!(close(1000, b"\xff").1, Some(FrameError::InvalidUtf8));
}

#[test]
fn nothing_comes_after_a_close() {
    assert_eq!(server(b"\x88\x00\x81\x05Hello\xff\xff"), (vec![Message::Close(None)], None));
    let mut decoder = Decoder::new(Role::Client, 1000);
    let mut buf = BytesMut::from(&b"\x88\x00more"[..]);
    assert_eq!(decoder.decode(&mut buf), Ok(Some(Message::Close(None))));
    assert_eq!(decoder.decode(&mut buf), Ok(None));
    assert!(buf.is_empty());
}

#[test]
fn a_message_over_the_limit_is_refused_with_its_header() {
    let too_long = |len| Some(FrameError::TooLong { len, max: 1000 });
    assert_eq!(error(b"\x82\x7e\x03\xe8"), None);
    assert_eq!(error(b"\x82\x7e\x03\xe9"), too_long(1001));
    assert_eq!(error(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), too_long(u64::MAX));
    assert_eq!(error(b"\x82\x7f\x80\0\0\0\0\0\0\0"), too_long(1 << 63));
    let fragments = [b"\x02\x7e\x03\xe7".as_slice(), &[7; 999], b"\x00\x01\x07"].concat();
    assert_eq!(error(&fragments), None);
    assert_eq!(error(&[&fragments[..], b"\x80\x01"].concat()), too_long(1001));
    assert_eq!(
        error(&[&fragments[..], b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff"].concat()),
        too_long(u64::MAX)
    );
}

#[test]
fn a_header_alone_reserves_little() {
    let mut decoder = Decoder::new(Role::Client, usize::MAX);
    let mut buf = BytesMut::from(&b"\x82\x7f\x00\x00\x00\x7f\xff\xff\xff\xff"[..]);
    assert_eq!(decoder.decode(&mut buf), Ok(None));
    assert!((65_536..70_000).contains(&buf.capacity()), "{}", buf.capacity());
    // What has come doubles the room.
    buf.extend_from_slice(&[0; 200_000]);
    assert_eq!(decoder.decode(&mut buf), Ok(None));
    assert!((400_000..900_000).contains(&buf.capacity()), "{}", buf.capacity());
}

#[test]
fn lengths_longer_than_needed_are_let_through() {
    assert_eq!(server(b"\x81\x7e\x00\x02hi\x81\x7f\0\0\0\0\0\0\0\x02hi").0.len(), 2);
}

#[test]
fn tiny_fragments_cost_their_bytes_and_empty_ones_are_counted() {
    let mut stream = b"\x02\x01a".to_vec();
    for _ in 0..998 {
        stream.extend_from_slice(b"\x00\x01a");
    }
    stream.extend_from_slice(b"\x80\x01a");
    assert_eq!(server(&stream), (vec![Message::Binary(vec![b'a'; 1000].into())], None));

    let empty = |count: u16| [b"\x02\x01a".to_vec(), [0, 0].repeat(count.into())].concat();
    assert_eq!(error(&empty(MAX_EMPTY_FRAGMENTS)), None);
    assert_eq!(error(&empty(MAX_EMPTY_FRAGMENTS + 1)), Some(FrameError::TooManyFragments));
}

#[test]
fn payloads_are_slices_of_the_buffer() {
    let mut buf = BytesMut::from(&b"\x82\x05Hello"[..]);
    let at = buf[2..].as_ptr();
    let Ok(Some(Message::Binary(data))) = Decoder::new(Role::Client, 9).decode(&mut buf) else {
        panic!("binary")
    };
    assert_eq!(data.as_ptr(), at);
}

#[test]
fn every_error_has_its_code() {
    for (error, code) in [
        (FrameError::ReservedBits, 1002),
        (FrameError::CloseCode(1005), 1002),
        (FrameError::InvalidUtf8, 1007),
        (FrameError::TooManyFragments, 1008),
        (FrameError::TooLong { len: 2, max: 1 }, 1009),
    ] {
        assert_eq!(error.close_code(), code);
        assert!(is_close_code(code));
    }
}

#[test]
fn headers_are_as_short_as_they_can_be() {
    for (len, header) in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10)] {
        for key in [None, Some([1, 2, 3, 4])] {
            let mut out = Vec::new();
            encode(&mut out, true, OpCode::Binary, &vec![7; len], key);
            assert_eq!(out.len(), len + header + key.map_or(0, |_| 4));
        }
    }
}

#[test]
fn the_reason_of_a_close_is_cut_between_characters() {
    let mut out = Vec::new();
    close_frame(&mut out, 1000, &"é".repeat(100), None);
    let frame = CloseFrame { code: 1000, reason: "é".repeat(61).into() };
    assert_eq!(server(&out), (vec![Message::Close(Some(frame))], None));
}
