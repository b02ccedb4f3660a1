//! What the benchmarks share: a server of ordinary typed code, clients that cost next to nothing, and messages of known sizes.
//!
//! Measures the library from outside, by its public interface; nothing here knows its modules' insides.

pub mod codec;
mod events;
pub mod packets;
pub mod peer;

pub use events::{App, Main, Post, Push, PushEmitter, Request, server};

/// Why a benchmark cannot go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
