//! What a server does with HTTP beside its sessions: who may come in, what headers the answers carry, how they are
//! packed, and the client's files.
//!
//! Knows requests and answers. Knows no session but the id in a cookie, and nothing of what sessions speak.

mod address;
mod client_files;
mod compression;
mod cookie;
mod cors;
mod front;
mod hooks;

pub use address::ClientAddress;
pub use client_files::ClientFiles;
#[cfg(fuzzing)]
pub(crate) use compression::accepted_encoding;
pub use cookie::{Cookie, SameSite};
pub use cors::Cors;
pub(crate) use front::{Front, NotPacked};
pub use hooks::{Forbidden, Hooks};
