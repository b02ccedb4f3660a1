//! A connection for tests, which keeps what is pushed.

use parking_lot::Mutex;

use super::socket::Outgoing;
use crate::{event::EmitError, protocol::frame::Encoded};

/// A connection without end.
#[derive(Default)]
pub(super) struct Wire(pub(super) Mutex<Vec<String>>);

impl Outgoing for Wire {
    fn push(&self, packet: &Encoded) -> Result<(), EmitError> {
        self.push_anyway(packet)
    }

    fn push_anyway(&self, packet: &Encoded) -> Result<(), EmitError> {
        let text = packet.head.packet_text().unwrap_or_default();
        self.0.lock().push(String::from_utf8_lossy(text).into_owned());
        Ok(())
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn pending_bytes(&self) -> usize {
        0
    }

    fn limit(&self) -> usize {
        usize::MAX
    }
}
