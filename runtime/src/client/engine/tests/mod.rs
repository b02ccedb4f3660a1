//! Tests of the engine: against scripted peers with paused time, against our own server over real sockets, against npm's.

mod closing;
mod heartbeat;
mod hostile;
#[cfg(feature = "engine")]
mod npm;
mod opening;
#[cfg(feature = "engine")]
mod ours;
mod peer;
#[cfg(all(feature = "engine", feature = "rustls"))]
mod secure;
mod upgrade;
mod web;
