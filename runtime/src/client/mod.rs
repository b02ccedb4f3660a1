//! L4: the client. Connects to any Socket.IO server, and speaks from the same enums as ours.
//!
//! Never names the server: what both need lies below, in `event` and `protocol`.

mod handle;

pub use handle::Client;
