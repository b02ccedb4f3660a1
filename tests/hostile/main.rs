//! What a hostile client may send, over real TCP, and the safe outcome of each. After every case a bystander on the same server still gets its
//! answers, and nothing of the attacker is left in the server's figures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod exhaustion;
mod frames;
mod http;
mod limits;
mod messages;
mod packets;
mod peer;
mod raw;
mod requests;
mod site;
