//! The spans of an event and of a broadcast. Made only where somebody listens at `debug`; what they cost otherwise is one comparison.
//!
//! Of what clients send they show the name of an event, cut short and with nothing in it that could break a line; never its arguments.

use std::fmt::{self, Write};

use tracing::{Span, field::Empty};

use super::{EventOutcome, IncomingEvent, core::SocketCore};
use crate::{adapter::Target, event::EventName, protocol::frame::Encoded};

/// Characters of an event's name that a log shows.
const MAX_SHOWN: usize = 64;

/// An event from a client, until its handler has ended.
pub(super) fn event(socket: &SocketCore, event: &IncomingEvent) -> Span {
    tracing::debug_span!(
        target: "sockeye::event",
        "event",
        namespace = %socket.namespace.path,
        socket = %socket.id.shown(),
        event = %Shown(&event.name()),
        ack = event.ack_id,
        outcome = Empty,
    )
}

/// A broadcast, while it is queued.
pub(super) fn broadcast(namespace: &str, target: &Target, event: EventName<'_>, packet: &Encoded) -> Span {
    tracing::debug_span!(
        target: "sockeye::broadcast",
        "broadcast",
        namespace,
        event = %Shown(event.plain),
        rooms = target.rooms.len(),
        except = target.except.len(),
        volatile = target.volatile,
        bytes = packet.size(),
        recipients = Empty,
    )
}

/// Says what became of an event.
pub(super) fn ended(span: &Span, outcome: EventOutcome) {
    // A disabled span would look for the field all the same.
    if !span.is_disabled() {
        span.record("outcome", outcome.as_str());
    }
}

/// A name that somebody else has chosen.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_SHOWN) {
            match character {
                '"' | '\'' => f.write_char(character)?,
                _ => write!(f, "{}", character.escape_debug())?,
            }
        }
        if characters.next().is_some() { f.write_char('…') } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_no_line_and_end_somewhere() {
        assert_eq!(Shown("it's \"chat\" é").to_string(), "it's \"chat\" é");
        assert_eq!(Shown("a\nERROR \u{1b}[31m").to_string(), "a\\nERROR \\u{1b}[31m");
        assert_eq!(Shown(&"x".repeat(1000)).to_string(), format!("{}…", "x".repeat(64)));
    }
}
