//! Stands in for the MessagePack parser where it is not compiled in: nobody can ask for it, and no packet is one.

use bytes::Bytes;

use super::{PacketError, packet::Packet};

pub(super) fn packet(_: &Bytes, _: usize) -> Result<Packet, PacketError> {
    Err(PacketError::UnexpectedBinary)
}
