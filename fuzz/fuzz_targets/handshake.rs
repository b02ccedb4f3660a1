//! The query of a request and the two bodies of script polling: nothing of a peer gets where it could be code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockeye::protocol::engine_io::{
    Dialect,
    dialect::Payload,
    handshake::{ErrorCode, Query},
    jsonp,
};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let query = Query::parse(&text);
    assert!(query.pairs.len() <= text.len());
    assert_ne!(query.session.as_deref(), Some(""));
    let last = |name: &str| query.pairs.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value);
    assert_eq!(last("EIO"), query.revision.as_ref());
    assert_eq!(last("transport"), query.transport.as_ref());
    assert_eq!(last("j"), query.jsonp.as_ref());
    let dialect = Dialect::of(&query, true).expect("both revisions are allowed");
    assert_eq!(dialect.revision() == 4, query.is_v4());
    assert_eq!(Dialect::of(&query, false).is_some(), query.is_v4());

    let json = ErrorCode::Forbidden.to_json(Some(&text));
    let error: serde_json::Value = serde_json::from_str(&json).expect("an error is JSON");
    assert_eq!(error["message"], *text);

    let script = jsonp::script(&text, &Payload { body: data.to_vec().into(), binary: false });
    let (index, literal) =
        script.strip_prefix("___eio[").and_then(|rest| rest.split_once("](")).expect("a call");
    assert!(index.bytes().all(|byte| byte.is_ascii_digit()));
    let literal = literal.strip_suffix(");").expect("a call");
    assert!(!literal.contains(['\n', '\r', '\u{2028}', '\u{2029}']), "a line end within a literal");
    assert_eq!(serde_json::from_str::<String>(literal).expect("a literal"), text);

    let form: String = form_urlencoded::Serializer::new(String::new()).append_pair("d", &text).finish();
    let read = jsonp::form_payload(form.as_bytes()).expect("the field is there");
    assert!(read.len() <= text.len());
    if !text.contains('\\') {
        assert_eq!(read, text);
    }
    if let Some(read) = jsonp::form_payload(data) {
        assert!(read.len() <= data.len() * 3, "a byte that is no text becomes three");
    }
});
