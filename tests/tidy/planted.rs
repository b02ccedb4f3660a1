//! The checker itself, on planted violations.

use crate::check::{MAX_LINES, Rule, Sources, check};

const ROOT: &str = "//! Root.
extern crate self as sockeye;
mod id;
pub mod protocol;
pub mod event;
pub mod engine;
pub mod adapter;
pub mod server;
pub mod client;
pub use protocol::{CloseReason, frame::Frame};
pub use server::Socket;
";

/// A crate with all layers, empty but for the files given.
fn planted(files: &[(&str, &str)]) -> Vec<(String, usize, Rule)> {
    let mut sources = Sources::from([("lib.rs".to_owned(), ROOT.to_owned())]);
    for module in ["id", "protocol", "event", "engine", "adapter", "server", "client"] {
        sources.insert(format!("{module}.rs"), "//! Empty.\n".to_owned());
    }
    for (file, body) in files {
        sources.insert((*file).to_owned(), format!("//! Planted.\n{body}"));
    }
    check("sockeye", &sources, true).into_iter().map(|one| (one.file, one.line, one.rule)).collect()
}

fn rules(file: &str, body: &str) -> Vec<Rule> {
    let mut found: Vec<Rule> = planted(&[(file, body)]).into_iter().map(|(_, _, rule)| rule).collect();
    found.dedup();
    found
}

#[test]
fn an_empty_crate_breaks_no_rule() {
    assert_eq!(planted(&[]), []);
}

#[test]
fn an_import_that_goes_up_is_found_in_every_spelling() {
    for body in [
        "use crate::server::Socket;",
        "use crate::{id::SocketId, server::Socket};",
        "use crate::{id::SocketId, server::{self, emit::{Emit, Target as T}}};",
        "pub use crate::server;",
        "use super::server::Socket;",
        "use super::{id, server::Socket};",
        "use self::super::server::Socket;",
        "use sockeye::server::Socket;",
        "use crate::Socket;",
        "use crate::{Frame, Socket as S};",
        "fn f(socket: crate::server::Socket) {}",
        "fn f() -> Vec<Option<super::server::Socket>> { Vec::new() }",
        "fn f() { use crate::server::Socket; }",
        "fn f() { loop { use crate::{id, server::Socket}; } }",
        "fn f() { tracing::debug!(x = crate::server::X); }",
        "impl From<sockeye::Socket> for X {}",
        "mod inner { use super::super::server::Socket; }",
        "mod inner { fn f() { crate::server::f() } }",
        "use crate::server::*;",
    ] {
        assert_eq!(rules("engine.rs", body), [Rule::Layer], "{body}");
    }
}

#[test]
fn an_import_that_goes_down_is_allowed_in_every_spelling() {
    for body in [
        "use crate::protocol::{frame::Frame, packet::*};",
        "use crate::{Frame, CloseReason, id::SocketId};",
        "use super::id::SocketId;",
        "mod inner { use super::Engine; use super::super::protocol::X; }",
        "use self::inner::Thing; mod inner {}",
        "mod inner { fn f() { super::server::of_this_file() } }",
        "pub(crate) fn f() { crate::engine::g(); super::engine::g() }",
        "pub(in crate::engine) fn f() {}",
        "use tokio::net::TcpStream; use ::server::of_another_crate;",
        "/// See [`crate::server::Socket`].\nfn f() {}",
    ] {
        assert_eq!(rules("engine.rs", body), [], "{body}");
    }
}

#[test]
fn a_deeper_file_climbs_no_higher() {
    let found = planted(&[
        ("adapter.rs", "mod rooms;"),
        (
            "adapter/rooms.rs",
            "use super::Adapter;\nuse super::super::engine::outbox::Outbox;\nuse super::super::server::Socket;",
        ),
    ]);
    assert_eq!(found, [("adapter/rooms.rs".to_owned(), 4, Rule::Layer)]);
}

#[test]
fn server_and_client_do_not_know_each_other() {
    assert_eq!(rules("client.rs", "use crate::server::Socket;"), [Rule::Layer]);
    assert_eq!(rules("server.rs", "use crate::client::Manager;"), [Rule::Layer]);
}

#[test]
fn the_whole_root_is_never_taken() {
    for body in [
        "use crate::*;",
        "use super::*;",
        "use sockeye::*;",
        "use crate as root;",
        "use crate::{self as root};",
    ] {
        assert_eq!(rules("engine.rs", body), [Rule::RootGlob], "{body}");
    }
    assert_eq!(rules("engine.rs", "mod inner { use super::*; }"), []);
}

#[test]
fn a_top_level_module_must_have_a_place() {
    let found = planted(&[("lib.rs", &format!("{ROOT}mod helpers;")), ("helpers.rs", "")]);
    assert_eq!(found.iter().map(|one| one.2).collect::<Vec<_>>(), [Rule::Layer]);
}

#[test]
fn protocol_and_event_name_no_runtime_and_no_clock() {
    for body in [
        "use tokio::sync::Mutex;",
        "use {std::io, http::Request};",
        "fn f(body: hyper::body::Incoming) {}",
        "fn f() { tokio::select! { _ = x => {} } }",
        "fn f() { let now = std::time::Instant::now(); }",
        "fn f() { let now = Instant::now(); }",
        "fn f() { let now = SystemTime::now(); }",
    ] {
        assert_eq!(rules("protocol.rs", body), [Rule::SansIo], "{body}");
        assert_eq!(rules("event.rs", body), [Rule::SansIo], "{body}");
        assert_eq!(rules("engine.rs", body), [], "{body}");
    }
    assert_eq!(
        rules("protocol.rs", "use std::time::Instant; fn f(now: Instant) {} /// `tokio::x`\nfn g() {}"),
        []
    );
}

#[test]
fn what_panics_is_found_inside_macros_too() {
    for body in [
        "fn f() { x.unwrap(); }",
        "fn f() { x\n.expect(\"y\"); }",
        "fn f() { x.unwrap_err() }",
        "fn f() { panic!(\"y\") }",
        "fn f() { todo!() }",
        "fn f() { unimplemented!() }",
        "fn f() { unreachable!() }",
        "fn f() { tokio::select! { _ = x => y.unwrap() } }",
        "macro_rules! m { () => { x.unwrap() } }",
    ] {
        assert_eq!(rules("engine.rs", body), [Rule::Panic], "{body}");
    }
    for body in [
        "fn f() { x.unwrap_or_default(); x.expect(&id); x.unwrap(y) }",
        "/// x.unwrap()\nfn f() { let s = \"panic!()\"; } // x.unwrap()",
        "fn unwrap() {} #[expect(dead_code, reason = \"…\")] fn g() {}",
    ] {
        assert_eq!(rules("engine.rs", body), [], "{body}");
    }
}

#[test]
fn tests_are_left_out() {
    let body = "#[cfg(test)]\nmod tests {\n use super::*;\n use crate::server::Socket;\n fn f() { x.unwrap(); Instant::now(); }\n}\n\
                #[cfg(all(test, feature = \"x\"))] use crate::*;\nimpl X { #[cfg(test)] fn f() { x.unwrap() } }";
    assert_eq!(rules("protocol.rs", body), []);
    assert_eq!(
        planted(&[("engine.rs", "#[cfg(test)]\nmod tests;"), ("engine/tests.rs", "fn f() { x.unwrap() }")]),
        []
    );
    let elsewhere = "#[cfg(test)]\n#[path = \"engine_tests.rs\"]\nmod tests;";
    assert_eq!(planted(&[("engine.rs", elsewhere), ("engine_tests.rs", "fn f() { x.unwrap() }")]), []);
    assert_eq!(rules("protocol.rs", "#[cfg(not(test))]\nfn f() { x.unwrap() }"), [Rule::Panic]);
}

#[test]
fn features_switch_items_only() {
    for body in [
        "fn f() { #[cfg(feature = \"x\")] g(); }",
        "fn f() { if cfg!(feature = \"x\") {} }",
        "impl X { fn f() { let y = { #[cfg(all(unix, feature = \"x\"))] { 1 } }; } }",
        "fn f() { m! { #[cfg(feature = \"x\")] g() } }",
    ] {
        assert_eq!(rules("engine.rs", body), [Rule::FeatureInFunction], "{body}");
    }
    assert_eq!(rules("engine.rs", "#[cfg(feature = \"x\")] fn f() { if cfg!(unix) {} }"), []);
}

#[test]
fn long_files_are_found_and_tests_do_not_count() {
    let long = "// A line.\n".repeat(MAX_LINES);
    assert_eq!(rules("engine.rs", &long), [Rule::Size]);
    assert_eq!(rules("engine.rs", &format!("#[cfg(test)]\nmod tests {{\n{long}}}\n")), []);
}

#[test]
fn a_module_without_words_and_a_file_without_a_module_are_found() {
    let mut sources = Sources::from([("lib.rs".to_owned(), "// Not a doc comment.\nmod id;".to_owned())]);
    sources.insert("id.rs".to_owned(), "//! Id.\nmod gone;".to_owned());
    sources.insert("lost.rs".to_owned(), "//! Lost.".to_owned());
    let found: Vec<_> =
        check("sockeye", &sources, true).into_iter().map(|one| (one.file, one.rule)).collect();
    assert_eq!(
        found,
        [
            ("lib.rs".to_owned(), Rule::ModuleDoc),
            ("id.rs".to_owned(), Rule::Tree),
            ("lost.rs".to_owned(), Rule::Tree)
        ]
    );
}
