//! The layers of the runtime: which top-level module may name which.

/// A top-level module and how high it stands. It may name itself and what stands strictly below it; two modules of one height
/// do not know each other.
const HEIGHTS: &[(&str, u8)] = &[
    ("id", 0),
    ("protocol", 1),
    ("event", 2),
    ("schema", 3),
    ("engine", 3),
    ("adapter", 4),
    ("server", 5),
    ("client", 5),
    ("testing", 6),
    ("fuzzing", 6),
    // What users and generated code see; nothing in the runtime is written against it.
    ("prelude", 9),
    ("derives", 9),
    ("private", 9),
    ("__private", 9),
];

/// Modules in which no runtime, no HTTP and no clock may be named.
pub(crate) const SANS_IO: &[&str] = &["id", "protocol", "event"];

/// Modules for users' tests, which fail by panicking.
pub(crate) const FOR_TESTS: &[&str] = &["testing"];

/// Crates that a sans-IO module may not name.
pub(crate) const IO_CRATES: &[&str] = &[
    "tokio",
    "tokio_util",
    "tokio_tungstenite",
    "http",
    "http_body",
    "http_body_util",
    "hyper",
    "hyper_util",
    "axum",
    "tower",
];

pub(crate) fn height(module: &str) -> Option<u8> {
    HEIGHTS.iter().find(|(name, _)| *name == module).map(|(_, height)| *height)
}

/// Whether code in module `from` may name module `to`.
pub(crate) fn may_name(from: &str, to: &str) -> bool {
    from == to || matches!((height(from), height(to)), (Some(from), Some(to)) if to < from)
}
