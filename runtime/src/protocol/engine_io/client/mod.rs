//! The client's side of a session: what the server's handshake says, and when the server is taken for dead.
//!
//! Knows no transports.

mod deadline;
mod opened;

pub use deadline::PingDeadline;
pub use opened::{Opened, OpenedError};
