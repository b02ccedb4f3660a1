//! Socket.IO v5: packets on top of Engine.IO messages.
//!
//! Knows nothing of sessions, handlers or types of the user: an event's arguments stay the text they came as.

pub mod packet;
