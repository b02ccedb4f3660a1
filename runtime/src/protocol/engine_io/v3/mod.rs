//! Engine.IO v3, as far as it differs from v4: what clients of Socket.IO 1 and 2 speak.
//!
//! Nothing outside [`dialect`](super::dialect) names this module: a session has one dialect from its handshake to its end, and asks
//! that.
//!
//! - [`packet`]: binary messages have a type, in front of their bytes or of their base64.
//! - [`payload`]: packets are preceded by their lengths, as text or as bytes.
//! - [`heartbeat`]: the client pings, the server answers.

pub(super) mod heartbeat;
pub(super) mod packet;
pub(super) mod payload;
