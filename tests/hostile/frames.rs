//! WebSocket frames that break RFC 6455, and those that only look like it. What Autobahn's sections 1 to 7 judge is here too, on a session.

use crate::{
    raw::{Raw, UPGRADE, frame, header, request, text},
    site::{Attacker, MAX_PAYLOAD, Site},
};

/// What is sent behind CONNECT, and the code with which the server must close.
type Case = (String, Vec<u8>, u16);

fn unmasked(first: u8, payload: &str) -> Vec<u8> {
    let mut frame = vec![first, payload.len() as u8];
    frame.extend_from_slice(payload.as_bytes());
    frame
}

/// A header whose length is written in 64 bits.
fn long(first: u8, len: u64) -> Vec<u8> {
    let mut header = vec![first, 0x80 | 127];
    header.extend_from_slice(&len.to_be_bytes());
    header.extend_from_slice(&[0; 4]);
    header
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, code| cases.push((name.to_owned(), bytes, code));
    for bits in 1..8_u8 {
        add(&format!("reserved bits {bits}"), frame(0x81 | bits << 4, "42"), 1002);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        add(&format!("operation {opcode}"), frame(0x80 | opcode, ""), 1002);
    }
    add("a text without mask", unmasked(0x81, "42"), 1002);
    add("a ping without mask", unmasked(0x89, ""), 1002);
    add("a ping in parts", frame(0x09, "x"), 1002);
    add("a close in parts", frame(0x08, ""), 1002);
    add("a ping of 126 bytes", frame(0x89, [0; 126]), 1002);
    add("a close of 126 bytes", frame(0x88, [b'a'; 126]), 1002);
    add("a ping of 2^63 bytes", long(0x89, 1 << 63), 1002);
    add("a continuation of nothing", frame(0x80, "x"), 1002);
    add("a continuation of a whole message", [text("3"), frame(0x80, "x")].concat(), 1002);
    add("a text within a text", [frame(0x01, "4"), text("3")].concat(), 1002);
    add("bytes within a text", [frame(0x01, "4"), frame(0x82, "x")].concat(), 1002);
    add("a length of 2^64 - 1", long(0x82, u64::MAX), 1009);
    add("a length of 2^63", long(0x81, 1 << 63), 1009);
    add("a length of 100 MB", long(0x82, 100_000_000), 1009);
    add(
        "one byte over the limit",
        header(0x82, MAX_PAYLOAD as u64 + 1).into_iter().chain([0; 4]).collect(),
        1009,
    );
    let parts = [frame(0x02, vec![0; 60_000]), frame(0x00, vec![0; 60_000])].concat();
    add("over the limit in parts", parts, 1009);
    let overflow = [frame(0x02, "x"), long(0x00, u64::MAX)].concat();
    add("parts whose sum overflows", overflow, 1009);
    for (name, bytes) in [
        ("a bad byte", &b"\xff"[..]),
        ("a lone continuation byte", b"4\x80"),
        ("an overlong slash", b"4\xc0\xaf"),
        ("half of a surrogate pair", b"4\xed\xa0\x80"),
        ("beyond the last character", b"4\xf4\x90\x80\x80"),
        ("a character that is cut off", b"4\xe2\x82"),
    ] {
        add(&format!("UTF-8: {name}"), frame(0x81, bytes), 1007);
    }
    let split = [frame(0x01, b"4\xe2\x82"), frame(0x80, b"\x28")].concat();
    add("UTF-8: broken over two parts", split, 1007);
    // The message is not over, and never will be: the fault shows in its first part.
    add("UTF-8: broken in the first part", frame(0x01, b"4\xff"), 1007);
    add("a close of one byte", frame(0x88, "x"), 1002);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535_u16] {
        add(&format!("close code {code}"), frame(0x88, code.to_be_bytes()), 1002);
    }
    add("a reason that is no UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007);
    for code in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999_u16] {
        add(&format!("close code {code}, as it may be"), frame(0x88, code.to_be_bytes()), code);
    }
    let empty = [frame(0x01, ""), frame(0x00, "").repeat(1024)].concat();
    add("a thousand empty parts", empty, 1008);
    let tiny = [frame(0x02, ""), frame(0x00, "").repeat(10), frame(0x00, "x").repeat(5000)].concat();
    add("a flood of tiny parts", tiny, 1008);
    // The session's side closes for what is no packet, in good order.
    add("an empty text", text(""), 1000);
    add("bytes that no packet announced", frame(0x82, "x"), 1000);
    add("no bytes at all that no packet announced", frame(0x82, ""), 1000);
    add("a packet type of the engine that does not exist", text("9"), 1000);
    add("a text that begins as base64 does on polling", text("bAAAA"), 1000);
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_break_the_rules_close_their_session_with_the_right_code() {
    let site = Site::with(|io| io.max_fragments(3000)).await;
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, bytes, code) in cases {
        let mut attacker = Attacker::joined(site.addr).await;
        attacker.raw.send(bytes).await;
        let closed = tokio::time::timeout(std::time::Duration::from_secs(3), attacker.close_code()).await;
        if closed != Ok(code) {
            wrong.push(format!("{name}: {closed:?}, not {code}"));
        }
        drop(attacker);
        site.is_unharmed(&name).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let refusals = site.io.stats().refusals;
    assert!(refusals.frames >= 30 && refusals.fragments == 2 && refusals.payloads >= 5, "{refusals:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_only_odd_are_taken() {
    let site = Site::new().await;
    let bytewise = text(r#"423["echo"]"#);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a pong that nobody asked for", frame(0x8a, "x")),
        ("100,000 pongs", frame(0x8a, "").repeat(100_000)),
        ("20,000 pings", frame(0x89, "0123456789").repeat(20_000)),
        ("a ping of 125 bytes", frame(0x89, [0; 125])),
        ("a length that is written too long", [long(0x81, 11), br#"423["echo"]"#.to_vec()].concat()),
        ("a text in parts of one byte", bytewise_parts(r#"423["echo"]"#)),
        (
            "pings between the parts",
            [frame(0x01, "42"), frame(0x89, ""), frame(0x80, r#"["nobody"]"#)].concat(),
        ),
        ("a character over two parts", [frame(0x01, b"42[\"\xc3"), frame(0x80, b"\xa4\"]")].concat()),
        ("empty parts", [frame(0x01, ""), frame(0x00, ""), frame(0x80, r#"42["nobody"]"#)].concat()),
        ("a whole mask", masked(r#"42["nobody"]"#)),
        ("a noop", text("6")),
        ("an upgrade where there is none", text("5")),
        ("an open from a client", text("0{}")),
        ("a payload of polling, which is a pong here", text("3\u{1e}3")),
        ("10,000 noops", text("6").repeat(10_000)),
        ("nothing odd", bytewise),
    ];
    for (name, bytes) in cases {
        let mut attacker = Attacker::joined(site.addr).await;
        attacker.raw.send(bytes).await;
        assert!(attacker.lives().await, "{name}");
        drop(attacker);
        site.is_unharmed(name).await;
    }
    // Each byte by itself.
    let mut attacker = Attacker::joined(site.addr).await;
    for byte in text(r#"423["echo"]"#) {
        attacker.raw.send([byte]).await;
    }
    assert_eq!(attacker.text().await.unwrap(), "433[]");
    drop(attacker);
    site.is_unharmed("byte by byte").await;
}

fn bytewise_parts(message: &str) -> Vec<u8> {
    let last = message.len() - 1;
    let parts = message.bytes().enumerate().map(|(index, byte)| {
        let first = if index == 0 {
            0x01
        } else if index == last {
            0x80
        } else {
            0x00
        };
        frame(first, [byte])
    });
    parts.collect::<Vec<_>>().concat()
}

fn masked(message: &str) -> Vec<u8> {
    let mask = [0xff, 0x00, 0xaa, 0x55];
    let mut frame = header(0x81, message.len() as u64);
    frame.extend_from_slice(&mask);
    frame.extend(message.bytes().enumerate().map(|(index, byte)| byte ^ mask[index % 4]));
    frame
}

/// What comes with the request itself is read by HTTP's side first, and must not be lost, nor do harm there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_right_behind_the_request_are_read_after_the_upgrade() {
    let site = Site::new().await;
    let upgrade = request("GET /socket.io/?EIO=4&transport=websocket", UPGRADE).into_bytes();
    for (name, frames, code) in [
        ("reserved bits", frame(0xf1, "40"), 1002),
        ("a length of 2^63", long(0x81, 1 << 63), 1009),
        ("bad UTF-8", frame(0x81, b"\xff"), 1007),
        ("a second request", upgrade.clone(), 1002),
    ] {
        let mut raw = Raw::connect(site.addr).await;
        raw.send([upgrade.clone(), frames].concat()).await;
        assert_eq!(raw.response().await.unwrap().status, 101, "{name}");
        assert_eq!(Attacker { raw }.close_code().await, code, "{name}");
        site.is_unharmed(name).await;
    }
    let mut raw = Raw::connect(site.addr).await;
    raw.send([upgrade, text("40"), text(r#"421["echo",1]"#)].concat()).await;
    assert_eq!(raw.response().await.unwrap().status, 101);
    let mut attacker = Attacker { raw };
    assert!(attacker.text().await.unwrap().starts_with("0{"));
    assert!(attacker.text().await.unwrap().starts_with("40{"));
    assert_eq!(attacker.text().await.unwrap(), "431[1]");
    drop(attacker);
    site.is_unharmed("frames behind the request").await;
}
