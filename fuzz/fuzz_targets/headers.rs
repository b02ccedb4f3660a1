//! The headers that the server reads itself: `Accept-Encoding` and `Origin`.
#![no_main]

use arbitrary::Arbitrary;
use http::{HeaderMap, HeaderValue, Method, header};
use libfuzzer_sys::fuzz_target;
use sockeye::{engine::Cors, fuzzing};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    encodings: Vec<&'a [u8]>,
    origin: Option<&'a [u8]>,
    preflight: bool,
    credentials: bool,
}

fuzz_target!(|input: Input<'_>| {
    let mut request = HeaderMap::new();
    for value in &input.encodings {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.append(header::ACCEPT_ENCODING, value);
        }
    }
    if let Some(name) = fuzzing::encoding(&request) {
        let named = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let named = named.collect::<Vec<_>>().join(",").to_ascii_lowercase();
        assert!(named.contains(name) || named.contains('*'), "{name} was not asked for");
    }

    let origin = input.origin.and_then(|origin| HeaderValue::from_bytes(origin).ok());
    request.extend(origin.clone().map(|origin| (header::ORIGIN, origin)));
    let method = if input.preflight { Method::OPTIONS } else { Method::GET };
    let good = "http://good.example";
    let listed = Cors::origins([good]).credentials(input.credentials).refuse_other_origins();
    let (headers, is_refused) = fuzzing::cors(&listed, &method, &request);
    let is_good = origin.as_ref().is_none_or(|origin| origin == good);
    assert_eq!(is_refused, !is_good);
    if let Some(allowed) = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        assert_eq!(allowed, good, "another origin is let in");
    }
    let matching = Cors::matching(|origin| origin.ends_with(".good.example")).refuse_other_origins();
    let (headers, is_refused) = fuzzing::cors(&matching, &method, &request);
    if let (Some(allowed), Some(origin)) = (headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), &origin) {
        assert_eq!((allowed, is_refused), (origin, false));
        assert!(origin.as_bytes().ends_with(b".good.example"));
    }
});
