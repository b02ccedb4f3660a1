//! Taking up a session where it was left.

use serde_json::value::RawValue;

use super::*;
use crate::event::{ArgDef, EventDef};

const EVENTS: &[EventDef] = &[
    EventDef::new("none", "none", &[], false),
    EventDef::new("two", "two", &[ArgDef::new("a"), ArgDef::new("b")], false).with_aliases(&["zwei"]),
];

fn typed() -> Bench {
    Bench::with(SocketOptions::default(), Arities::of(|tell| EVENTS.iter().for_each(tell)))
}

/// What would be sent to come back, with this `auth`.
fn claim(bench: &Bench, auth: Option<&str>) -> String {
    bench.socket.handle_closed();
    let auth = auth.map(|text| RawValue::from_string(text.to_owned()).unwrap());
    text(&bench.socket.connect_packet(auth.as_deref()).unwrap().unwrap())
}

const FIRST: &str = r#"{"sid":"a","pid":"p"}"#;

#[test]
fn an_offset_stands_right_behind_the_arguments() {
    for (event, id, expected) in [
        (r#"["none","o"]"#, None, Some("o")),
        (r#"["none"]"#, None, None),
        (r#"["two","x","y"]"#, None, None),
        (r#"["two",{"x":[1]},null,"o"]"#, None, Some("o")),
        (r#"["zwei",1,2,"o","p"]"#, None, Some("o")),
        // One with an acknowledgement has none, whatever stands there.
        (r#"["two",1,2,"o"]"#, Some(3), None),
        (r#"["two",1,2,3]"#, None, None),
        (r#"["two","x"]"#, None, None),
        (r#"["unknown","x"]"#, None, None),
        (r#"["two",1,}"#, None, None),
    ] {
        let bench = typed();
        bench.join_with(&Wire::new(100), FIRST);
        let events = bench.receive(event, id);
        assert_eq!((events.len(), body(&events[0].payload)), (1, event));
        let offset = expected.map(|offset| format!(r#","offset":"{offset}""#)).unwrap_or_default();
        assert_eq!(claim(&bench, None), format!(r#"0{{"pid":"p"{offset}}}"#), "{event}");
    }
}

#[test]
fn of_untyped_events_the_last_text_is_the_offset() {
    let bench = Bench::new(SocketOptions::default());
    bench.join_with(&Wire::new(100), FIRST);
    for event in [r#"["a",1,"o1"]"#, r#"["b","x","o2"]"#, r#"["c",3]"#] {
        assert_eq!(bench.receive(event, None).len(), 1);
    }
    assert_eq!(claim(&bench, None), r#"0{"pid":"p","offset":"o2"}"#);
}

#[test]
fn what_the_user_sends_stands_beside_it_and_wins() {
    let bench = typed();
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    let first = bench.socket.connect_packet(Some(&raw(r#"{"token":"t","n":1.50}"#))).unwrap().unwrap();
    assert_eq!(text(&first), r#"0{"token":"t","n":1.50}"#);
    bench.accept(&Wire::new(100), FIRST);
    let _ = bench.receive(r#"["none","o"]"#, None);
    assert_eq!(claim(&bench, Some(r#"{"a":[1]}"#)), r#"0{"pid":"p","offset":"o","a":[1]}"#);
    assert_eq!(claim(&bench, Some(r#"{"pid":7}"#)), r#"0{"offset":"o","pid":7}"#);
    assert_eq!(claim(&bench, Some("null")), r#"0{"pid":"p","offset":"o"}"#);
    bench.socket.handle_closed();
    for wrong in ["7", "[]", "\"x\""] {
        assert!(bench.socket.connect_packet(Some(&raw(wrong))).is_err());
    }
    assert!(bench.socket.connect_packet(None).unwrap().is_some(), "what failed has asked nothing");
}

#[test]
fn without_a_session_nothing_is_kept() {
    let bench = typed();
    bench.join_with(&Wire::new(100), r#"{"sid":"a"}"#);
    let _ = bench.receive(r#"["none","o"]"#, None);
    assert_eq!(claim(&bench, None), "0");
}

#[test]
fn the_same_session_is_recovered_and_another_begins_anew() {
    let bench = typed();
    assert!(!bench.join_with(&Wire::new(100), FIRST).recovered);
    let _ = bench.receive(r#"["none","o"]"#, None);
    bench.socket.handle_closed();
    assert!(bench.join_with(&Wire::new(100), FIRST).recovered);
    assert_eq!(claim(&bench, None), r#"0{"pid":"p","offset":"o"}"#);
    assert!(!bench.accept(&Wire::new(100), r#"{"sid":"b","pid":"q"}"#).recovered);
    assert_eq!(claim(&bench, None), r#"0{"pid":"q"}"#);
    assert!(!bench.accept(&Wire::new(100), r#"{"sid":"b","pid":null}"#).recovered);
    assert_eq!(claim(&bench, None), "0");
}

#[test]
fn missed_events_come_first_and_in_order() {
    let bench = typed();
    bench.join_with(&Wire::new(100), FIRST);
    bench.socket.handle_closed();
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    for event in [r#"["none","o1"]"#, r#"["two",1,2,"o2"]"#] {
        assert_eq!(bench.receive(event, None).len(), 0);
    }
    let connected = bench.accept(&Wire::new(100), FIRST);
    let events: Vec<_> = connected.events.iter().map(|event| body(&event.payload)).collect();
    assert_eq!((connected.recovered, &*events), (true, &[r#"["none","o1"]"#, r#"["two",1,2,"o2"]"#][..]));
    assert_eq!(claim(&bench, None), r#"0{"pid":"p","offset":"o2"}"#);
}

#[test]
fn what_is_not_held_is_handled_early_and_in_order() {
    let bench = Bench::new(SocketOptions { held_bytes: 1000, ..SocketOptions::default() });
    assert!(bench.socket.connect_packet(None).unwrap().is_some());
    let mut events = Vec::new();
    for i in 0..50 {
        events.extend(bench.receive(&format!(r#"["e",{i}]"#), None));
    }
    assert!(events.len() >= 40, "{}", events.len());
    events.extend(bench.accept(&Wire::new(100), FIRST).events);
    let events: Vec<_> = events.iter().map(|event| body(&event.payload).to_owned()).collect();
    assert_eq!(events, (0..50).map(|i| format!(r#"["e",{i}]"#)).collect::<Vec<_>>());
    bench.assert_empty();
}
