//! L3: rooms and targets. Who gets a broadcast, and its way into their outboxes.
//!
//! Knows outboxes, never sockets: what sits in a room is a [`Member`], which the server implements. The in-memory adapter is
//! here; those that reach other nodes stand on the same words: [`Target`], [`Room`], an encoded packet.

mod local;
mod log;
mod nodes;
mod room;
mod rooms;
mod target;

pub(crate) use local::{Delivery, Local, Recipient};
pub(crate) use log::{Log, Offset};
pub(crate) use nodes::{Asked, Gathering, Link, Question};
pub use room::{IntoRooms, Room, RoomName, is_room, room};
pub use rooms::JoinError;
pub(crate) use rooms::{Member, Memberships};
pub(crate) use target::Target;
