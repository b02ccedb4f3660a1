//! Socket.IO packets that break the protocol, or look as if they did: each on WebSocket and on polling.

use std::time::Duration;

use crate::{
    raw::{frame, text},
    site::{Attacker, MAX_PAYLOAD, Poller, Site},
};

/// What the server does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Closes the session.
    Closes,
    /// Drops it, and goes on.
    Lives,
    /// Sends this.
    Answers(&'static str),
}
use Outcome::{Answers, Closes, Lives};

enum Message {
    Text(String),
    Bytes(Vec<u8>),
}

/// How long an outcome may take to come.
const PATIENCE: Duration = Duration::from_secs(4);

/// A name, whether `/` is joined first, what is sent, and what becomes of it.
type Case = (String, bool, Vec<Message>, Outcome);

fn texts(texts: &[&str]) -> Vec<Message> {
    texts.iter().map(|text| Message::Text((*text).to_owned())).collect()
}

/// A binary packet with so many attachments.
fn binary(text: &str, attachments: usize) -> Vec<Message> {
    let bytes = (0..attachments).map(|index| Message::Bytes(vec![index as u8; 3]));
    std::iter::once(Message::Text(text.to_owned())).chain(bytes).collect()
}

fn placeholders(count: usize) -> String {
    let all: Vec<_> = (0..count).map(|num| format!(r#"{{"_placeholder":true,"num":{num}}}"#)).collect();
    all.join(",")
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut add =
        |name: &str, messages: Vec<Message>, outcome| cases.push((name.to_owned(), true, messages, outcome));
    for packet in [
        "47",
        "48",
        "49",
        "4:",
        "4a",
        "4-1",
        "4",
        "9",
        "x",
        "42",
        "42{}",
        r#"42{"0":"echo"}"#,
        r#"42"echo""#,
        "42null",
        "42[",
        "42]",
        r#"42["echo""#,
        r#"42["echo"]]"#,
        r#"42["echo"]x"#,
        "42[undefined]",
        "42[]",
        "42[{}]",
        "42[null]",
        "42[true]",
        r#"42[["echo"]]"#,
        r#"42[{"toString":"echo"}]"#,
        r#"42["connect"]"#,
        r#"42["connect_error"]"#,
        r#"42["disconnect"]"#,
        r#"42["disconnecting"]"#,
        r#"42["newListener"]"#,
        r#"42["removeListener"]"#,
        r#"42["\u0063onnect"]"#,
        "43",
        "43[]",
        "431",
        "431{}",
        r#"43-1[]"#,
        "43x[]",
        "4399999999999999999999999[]",
        r#"4299999999999999999999999["echo"]"#,
        r#"42-1["echo"]"#,
        r#"421.5["echo"]"#,
        r#"420x1["echo"]"#,
        "40",
        "40{}",
        "40,",
        "401",
        "40 1",
        "40[]",
        "40null",
        r#"40"x""#,
        r#"44{"message":"x"}"#,
        "44",
        "41[]",
        r#"41{"a":1}"#,
        "41x",
        r#"42/other,["echo"]"#,
        r#"42/other["echo"]"#,
        "41/other,",
        "43/other,1[]",
        r#"45["echo"]"#,
        r#"450-["echo"]"#,
        r#"45-1-["echo"]"#,
        r#"451.5-["echo"]"#,
        r#"45+1-["echo"]"#,
        r#"4511-["echo"]"#,
        r#"451000000000000-["echo"]"#,
        r#"45999999999999999999999-["echo"]"#,
        r#"451["echo"]"#,
        "461-[]",
        "2",
        "2probe",
        "1",
    ] {
        add(&format!("`{packet}`"), texts(&[packet]), Closes);
    }
    for packet in [
        r#"42["error","x"]"#,
        r#"42["error"]"#,
        r#"42["__proto__"]"#,
        r#"42["constructor"]"#,
        r#"42["toString"]"#,
        r#"42["hasOwnProperty"]"#,
        r#"42["connection"]"#,
        r#"42["message"]"#,
        r#"42[""]"#,
        r#"42["\u0000"]"#,
        r#"42["\ud800"]"#,
        "42[1]",
        "42[-0]",
        r#"42["nobody"]"#,
        "43999[]",
        r#"430["x"]"#,
        r#"4318446744073709551615["x"]"#,
        r#"42 ["nobody"]"#,
        r#"42["nobody" ]"#,
        r#"42/,["nobody"]"#,
        "6",
        "5",
        r#"42["panic"]"#,
        r#"42["panic later"]"#,
        r#"42["hang"]"#,
    ] {
        add(&format!("`{packet}`"), texts(&[packet]), Lives);
    }
    for (packet, answer) in [
        (r#"421["echo",{"__proto__":{"admin":true}}]"#, r#"431[{"__proto__":{"admin":true}}]"#),
        (r#"421["echo",{"a":1,"a":2}]"#, r#"431[{"a":2}]"#),
        (r#"421["echo",18446744073709551615]"#, "431[18446744073709551615]"),
        (r#"421["echo",18446744073709551616]"#, "431[1"),
        // As JavaScript writes it.
        (r#"421["echo",-0]"#, "431[0]"),
        (r#"421["echo","\ud800"]"#, "431["),
        (r#"421["echo",1e999]"#, "431["),
        (r#"421["echo",{"_placeholder":true,"num":0}]"#, "431["),
        (r#"4218446744073709551615["echo",1]"#, "4318446744073709551615[1]"),
        (r#"420000000007["echo",1]"#, "437[1]"),
        ("40/nowhere,", r#"44/nowhere,{"message":"Invalid namespace"}"#),
        ("40/nowhere", r#"44/nowhere,{"message":"Invalid namespace"}"#),
        ("40/dyn-1", r#"40/dyn-1,{"sid":"#),
        ("40/dyn-4294967296,", r#"44/dyn-4294967296,{"message":"Invalid namespace"}"#),
        ("40/dyn--1,", r#"44/dyn--1,{"message":"Invalid namespace"}"#),
        ("40/dyn-1?token=x,", r#"44/dyn-1?token=x,{"message":"Invalid namespace"}"#),
        ("40/__proto__,", r#"44/__proto__,{"message":"Invalid namespace"}"#),
        ("40/../,", r#"44/../,{"message":"Invalid namespace"}"#),
    ] {
        add(&format!("`{packet}`"), texts(&[packet]), Answers(answer));
    }
    let one = |num: &str| format!(r#"451-1["echo",{{"_placeholder":true,"num":{num}}}]"#);
    for num in ["0.5", "-1", "1", "99", "1e9", r#""0""#, r#""splice""#, "null", "[0]", "{}", "true"] {
        add(&format!("a placeholder of number {num}"), binary(&one(num), 1), Closes);
    }
    add("a placeholder without a number", binary(r#"451-1["echo",{"_placeholder":true}]"#, 1), Closes);
    add("a placeholder", binary(&one("0"), 1), Answers(r#"461-1[{"_placeholder":true,"num":0}]"#));
    let twice = r#"451-1["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#;
    add("one attachment in two places", binary(twice, 1), Answers("431["));
    add("an attachment that nothing names", binary(r#"451-1["echo"]"#, 1), Answers("431[]"));
    let unmarked = r#"451-1["echo",{"_placeholder":"true","num":7}]"#;
    let plain = r#"431[{"_placeholder":"true","num":7}]"#;
    add("what only looks like a placeholder", binary(unmarked, 1), Answers(plain));
    add(
        "ten attachments",
        binary(&format!(r#"4510-1["echo",{}]"#, placeholders(10)), 10),
        Answers("4610-1["),
    );
    add("eleven attachments", binary(&format!(r#"4511-1["echo",{}]"#, placeholders(11)), 11), Closes);
    // 2⁶⁴ + 1 and 2³² + 1: one, where a number wraps.
    for count in ["18446744073709551617", "4294967297"] {
        for kind in ["45", "46"] {
            let wraps = format!(r#"{kind}{count}-1["echo",{}]"#, placeholders(1));
            add(&format!("`{kind}` with {count} attachments"), binary(&wraps, 1), Closes);
        }
    }
    add(
        "two headers, then the attachments of both",
        {
            let mut both = texts(&[&one("0")]);
            both.extend(binary(&one("0"), 2));
            both
        },
        Closes,
    );
    add("an attachment without header", vec![Message::Bytes(vec![1])], Closes);
    add("one attachment too many", binary(r#"451-["nobody"]"#, 2), Closes);
    add("a text instead of an attachment", texts(&[&one("0"), r#"42["nobody"]"#]), Closes);
    add("a CONNECT instead of an attachment", texts(&[&one("0"), "40/dyn-1,"]), Closes);
    add("a DISCONNECT instead of an attachment", texts(&[&one("0"), "41"]), Closes);
    add("a binary answer to nothing", binary(r#"461-77[{"_placeholder":true,"num":0}]"#, 1), Lives);
    add("a forged binary answer", binary(r#"461-0[{"_placeholder":true,"num":5}]"#, 1), Lives);
    add("a reserved name with an attachment", binary(r#"451-["disconnect"]"#, 1), Closes);
    add("an attachment that never comes, and goes on with a ping's answer", texts(&[&one("0"), "3"]), Lives);
    for (name, nested) in [
        ("lists", format!(r#"421["echo",{}{}]"#, "[".repeat(10_000), "]".repeat(10_000))),
        ("objects", format!(r#"421["echo",{}1{}]"#, r#"{"a":"#.repeat(10_000), "}".repeat(10_000))),
    ] {
        add(&format!("10,000 nested {name}"), texts(&[&nested]), Answers("431["));
    }
    let open = format!(r#"42["nobody",{}]"#, "[".repeat(90_000));
    add("90,000 lists that do not end", texts(&[&open]), Closes);
    let auth = format!(r#"40/dyn-1,{}1{}"#, r#"{"a":"#.repeat(5000), "}".repeat(5000));
    add("auth that is nested deeply", texts(&[&auth]), Answers("40/dyn-1,"));
    let name = format!(r#"421["{}"]"#, "n".repeat(90_000));
    add("a name of 90,000 characters", texts(&[&name]), Answers("431[]"));
    let namespace = format!("40/{},", "n".repeat(90_000));
    add("a namespace of 90,000 characters", texts(&[&namespace]), Answers("44/nnn"));
    let digits = format!(r#"42{}["echo"]"#, "9".repeat(90_000));
    add("an id of 90,000 digits", texts(&[&digits]), Closes);
    let number = format!(r#"421["echo",{}]"#, "9".repeat(90_000));
    add("a number of 90,000 digits", texts(&[&number]), Answers("431["));
    let escapes = format!(r#"421["{}"]"#, r"\u0041".repeat(15_000));
    add("a name of 15,000 escapes", texts(&[&escapes]), Answers("431[]"));
    // Where JavaScript's server errs.
    add("DISCONNECT and CONNECT at once", texts(&["41", "40"]), Answers(r#"40{"sid":"#));
    add(
        "a namespace left and joined five times",
        texts(&["41", "40", "41", "40", "41", "40", "41", "40", "41", "40"]),
        Answers("40{"),
    );
    add("DISCONNECT twice", texts(&["41", "41"]), Closes);
    add("an event behind DISCONNECT", texts(&["41", r#"42["echo"]"#]), Closes);
    add("an answer behind DISCONNECT", texts(&["41", "430[]"]), Closes);

    let mut unjoined =
        |name: &str, messages: Vec<Message>, outcome| cases.push((name.to_owned(), false, messages, outcome));
    unjoined("an event before CONNECT", texts(&[r#"42["echo"]"#]), Closes);
    unjoined("an answer before CONNECT", texts(&["430[]"]), Closes);
    unjoined("DISCONNECT before CONNECT", texts(&["41"]), Closes);
    unjoined("a binary event before CONNECT", binary(r#"451-["echo"]"#, 1), Closes);
    unjoined("two CONNECTs at once", texts(&["40", "40"]), Closes);
    unjoined("two CONNECTs at once, of another namespace", texts(&["40/dyn-1,", "40/dyn-1,"]), Closes);
    unjoined("CONNECT with an event right behind it", texts(&["40", r#"421["echo",1]"#]), Answers("431[1]"));
    unjoined("CONNECT and DISCONNECT at once", texts(&["40", "41", "40/dyn-1,"]), Answers("40/dyn-1,{"));
    let auth = |size: usize| format!(r#"40{{"token":"{}"}}"#, "x".repeat(size));
    unjoined("auth of 90 KB", texts(&[&auth(90_000)]), Answers("40{"));
    for (name, path) in [("connect", "44/panics-connect,"), ("connected", "40/panics-connected,{")] {
        unjoined(&format!("a panic in {name}"), texts(&[&format!("40/panics-{name},")]), Answers(path));
    }
    for name in ["disconnected", "drop", "event"] {
        let path = format!("/panics-{name},");
        let messages =
            [format!("40{path}"), format!(r#"42{path}["x"]"#), format!("41{path}"), "40/dyn-1,".to_owned()];
        unjoined(&format!("a panic in {name}"), messages.map(Message::Text).into(), Answers("40/dyn-1,{"));
    }
    cases
}

async fn on_websocket(site: &Site, (name, joined, messages, outcome): &Case) -> Result<(), String> {
    let mut attacker =
        if *joined { Attacker::joined(site.addr).await } else { Attacker::open(site.addr).await };
    let frames = messages.iter().flat_map(|message| match message {
        Message::Text(message) => text(message),
        Message::Bytes(bytes) => frame(0x82, bytes),
    });
    attacker.raw.send(frames.collect::<Vec<_>>()).await;
    match outcome {
        Closes => while attacker.text().await.is_some() {},
        Lives if name.contains("never comes") => {}
        Lives if attacker.lives().await => {}
        Lives => return Err("closed".to_owned()),
        Answers(answer) => loop {
            let text = attacker.text().await.ok_or("closed")?;
            if text.starts_with(answer) {
                break;
            }
        },
    }
    Ok(())
}

async fn on_polling(site: &Site, (name, joined, messages, outcome): &Case) -> Result<(), String> {
    let mut poller = if *joined { Poller::joined(site.addr).await } else { Poller::open(site.addr).await };
    let packets: Vec<_> = messages
        .iter()
        .map(|message| match message {
            Message::Text(text) => text.clone(),
            Message::Bytes(bytes) => format!("b{}", if bytes == &[1] { "AQ==" } else { "AQID" }),
        })
        .collect();
    poller.post(packets.join("\x1e")).await;
    match outcome {
        Closes => while poller.get().await.is_some() {},
        Lives if name.contains("never comes") => {}
        Lives if poller.lives().await => {}
        Lives => return Err("closed".to_owned()),
        Answers(answer) => loop {
            let payload = poller.get().await.ok_or("closed")?;
            if payload.split('\x1e').any(|packet| packet.starts_with(answer)) {
                break;
            }
        },
    }
    poller.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_cost_at_most_the_session_that_sent_them_on_websocket() {
    let site = Site::with(|io| io.close_grace(std::time::Duration::from_millis(10))).await;
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        match tokio::time::timeout(PATIENCE, on_websocket(&site, case)).await {
            Ok(Ok(())) => {}
            Ok(Err(got)) => wrong.push(format!("{}: {got}, not {:?}", case.0, case.3)),
            Err(_) => wrong.push(format!("{}: nothing, not {:?}", case.0, case.3)),
        }
        site.is_unharmed(&case.0).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_cost_at_most_the_session_that_sent_them_on_polling() {
    let site = Site::with(|io| io.close_grace(std::time::Duration::from_millis(10))).await;
    let mut wrong = Vec::new();
    for case in &cases() {
        match tokio::time::timeout(PATIENCE, on_polling(&site, case)).await {
            Ok(Ok(())) => {}
            Ok(Err(got)) => wrong.push(format!("{}: {got}, not {:?}", case.0, case.3)),
            Err(_) => wrong.push(format!("{}: nothing, not {:?}", case.0, case.3)),
        }
        site.is_unharmed(&case.0).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a polling body may hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payloads_cost_at_most_the_session_that_sent_them() {
    let site = Site::new().await;
    let separators = "\x1e".repeat(MAX_PAYLOAD);
    let digits = "1".repeat(MAX_PAYLOAD - 1);
    let many = "6\x1e".repeat(MAX_PAYLOAD / 2 - 1) + "6";
    let cases: Vec<(&str, Vec<u8>, u16, bool)> = vec![
        ("no packets", b"".to_vec(), 200, false),
        ("one separator", b"\x1e".to_vec(), 200, false),
        ("100,000 separators", separators.into(), 200, false),
        ("digits only", digits.into(), 200, false),
        ("the framing of revision 3", b"2:40".to_vec(), 200, false),
        ("a length of revision 3 that never ends", b"99999999999999999999:4".to_vec(), 200, false),
        ("a packet type that does not exist", b"8".to_vec(), 200, false),
        ("bytes that are no base64", b"b!!!!".to_vec(), 200, false),
        ("base64 that is cut off", b"bAAA".to_vec(), 200, false),
        ("base64 with stray bits", b"bAB==".to_vec(), 200, false),
        ("base64 of a URL", b"b_-__".to_vec(), 200, false),
        ("a separator at the end", b"6\x1e".to_vec(), 200, false),
        ("a separator in front", b"\x1e6".to_vec(), 200, false),
        ("bad UTF-8", b"42[\"\xff\"]".to_vec(), 200, false),
        ("half a character", b"42[\"\xe2\x82".to_vec(), 200, false),
        ("50,000 packets", many.into(), 200, true),
        ("one byte over the limit", vec![b'6'; MAX_PAYLOAD + 1], 413, true),
        ("auth of 1 MB", format!("40/dyn-1,{{\"a\":\"{}\"}}", "x".repeat(1_000_000)).into(), 413, true),
    ];
    for (name, body, status, lives) in cases {
        let mut poller = Poller::joined(site.addr).await;
        let answered = poller.post(body).await;
        // A body over the limit is not read to its end: the connection may be reset before the answer is.
        assert!(answered == status || (status == 413 && answered == 0), "{name}: {answered}");
        if lives {
            assert!(poller.lives().await, "{name}");
        } else {
            while poller.get().await.is_some() {}
        }
        poller.close().await;
        site.is_unharmed(name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_namespaces_are_not_made() {
    let site = Site::new().await;
    for (path, joins) in [("nowhere", 0), ("dyn", 32)] {
        let mut attacker = Attacker::open(site.addr).await;
        let connects = (0..10_000).flat_map(|index| text(&format!("40/{path}-{index},"))).collect::<Vec<_>>();
        let (sending, mut joined, mut answers) = (attacker.raw.send(connects), 0, 0);
        sending.await;
        // An attacker who does not read them in time is closed for what waits for it.
        while answers < 10_000 {
            let Some(text) = attacker.text().await else { break };
            joined += usize::from(text.starts_with("40/"));
            answers += 1;
        }
        assert!(joined <= joins, "{joined} of {path}");
        assert!(site.io.stats().namespaces <= 1 + joins);
        drop(attacker);
        site.is_unharmed(path).await;
    }
    assert!(site.io.stats().refusals.namespaces > 9000 || site.io.stats().refusals.outboxes > 0);
}
