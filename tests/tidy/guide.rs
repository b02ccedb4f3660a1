//! The guide from JavaScript: each line of Rust in its tables is compiled, nothing of JavaScript's server is left out, and no method of
//! ours.

use std::{fs, path::Path};

use crate::readme::{compiled, squeezed};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default()
}

fn guide() -> String {
    read("runtime/docs/from-javascript.md")
}

/// What a Socket.IO 4.8 server has.
const JAVASCRIPT: &[(&str, &str)] = &[
    (
        "Server",
        "attach listen attachApp bind of close path adapter connectTimeout serveClient engine httpServer sockets",
    ),
    (
        "Namespace",
        "name sockets adapter use to in except emit send write compress volatile local timeout serverSideEmit \
         serverSideEmitWithAck fetchSockets socketsJoin socketsLeave disconnectSockets allSockets connection connect \
         new_namespace emitWithAck",
    ),
    (
        "Socket",
        "id recovered handshake headers time address xdomain secure issued url query auth data connected disconnected rooms \
         conn client request nsp emit emitWithAck send write join leave to in except broadcast local compress volatile timeout \
         disconnect use on once off onAny prependAny offAny listenersAny onAnyOutgoing prependAnyOutgoing offAnyOutgoing \
         listenersAnyOutgoing disconnecting error",
    ),
    (
        "io.engine",
        "use generateId clientsCount handleRequest handleUpgrade onWebTransportSession connection connection_error \
         initial_headers headers flush drain",
    ),
    (
        "socket.conn",
        "transport protocol remoteAddress upgrading upgrade packet packetCreate data drain heartbeat close",
    ),
    (
        "Adapter",
        "init close serverCount addAll del delAll broadcast broadcastWithAck sockets socketRooms fetchSockets addSockets \
         delSockets disconnectSockets serverSideEmit persistSession restoreSession create-room delete-room join-room leave-room",
    ),
    (
        "reserved names",
        "connect connect_error disconnect disconnecting newListener removeListener connection new_namespace",
    ),
    ("recovery", "maxDisconnectionDuration skipMiddlewares pid offset"),
];

/// The first cells of all tables, and all code in the text: where JavaScript's names stand.
fn names(guide: &str) -> Vec<&str> {
    let text = guide.lines().filter(|line| !line.is_empty());
    let code = text.flat_map(|line| {
        let shown = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()).unwrap_or(line);
        shown.split('`').skip(1).step_by(2)
    });
    code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')).collect()
}

#[test]
fn each_rust_line_of_the_guides_tables_is_compiled() {
    let guide = guide();
    let programs = compiled(&guide);
    let mut rows = 0;
    for row in guide.lines().filter(|line| line.starts_with("| ")) {
        // Tables of three columns compare words. A cell that begins with words says why there is no line.
        let [_, cell] = row.split(" | ").collect::<Vec<_>>()[..] else { continue };
        let Some(line) = cell.strip_prefix('`').and_then(|cell| cell.split('`').next()) else { continue };
        assert!(programs.contains(&squeezed(line)), "not in the program at the end: {line}");
        rows += 1;
    }
    assert!(rows >= 100, "{rows} rows were found");
}

#[test]
fn the_guide_leaves_out_nothing_of_javascripts_server() {
    let guide = guide();
    let names = names(&guide);
    for (of, members) in JAVASCRIPT {
        for member in members.split_whitespace() {
            assert!(names.contains(&member), "`{member}` of {of} is not in runtime/docs/from-javascript.md");
        }
    }
}

#[test]
fn every_method_of_server_broadcast_and_socket_is_in_the_guide() {
    let guide = guide();
    for file in ["mod", "broadcast", "socket", "serve", "service"] {
        let source = read(&format!("runtime/src/server/{file}.rs"));
        let methods = source.lines().filter_map(|line| line.strip_prefix("    pub ")?.split_once("fn "));
        for method in methods.filter_map(|(_, rest)| rest.split(['(', '<']).next()) {
            let found = guide.match_indices(method).any(|(at, _)| {
                let before = guide[..at].chars().next_back();
                let after = guide[at + method.len()..].chars().next();
                before.is_some_and(|c| !c.is_alphanumeric() && c != '_')
                    && after.is_some_and(|c| !c.is_alphanumeric() && c != '_')
            });
            assert!(found, "`{method}` of server/{file}.rs is not in runtime/docs/from-javascript.md");
        }
    }
}

#[test]
fn every_reason_of_a_close_is_in_the_guide() {
    let guide = guide();
    let source = read("runtime/src/protocol/close.rs");
    let reasons = source.split("pub enum CloseReason {").nth(1).and_then(|rest| rest.split('}').next());
    let reasons: Vec<_> = reasons
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','))
        .filter(|line| !line.starts_with("//"))
        .collect();
    assert!(reasons.len() >= 10, "{reasons:?}");
    for reason in reasons {
        assert!(guide.contains(&format!("| `CloseReason::{reason}` |")), "`{reason}`");
    }
}
