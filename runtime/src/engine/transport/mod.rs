//! How packets get in and out of a session: what [`driver`](super::driver) reads from and writes to.
//!
//! Transports know frames and requests; what a packet means to the session they do not.

pub(crate) mod farewell;
pub(crate) mod polling;
pub(crate) mod websocket;
pub(crate) mod wire;
pub(crate) mod write;
