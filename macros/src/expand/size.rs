//! A ratchet on how much the derives write: rustc takes its time for each token, and a large application has hundreds of events.

use proc_macro2::{TokenStream, TokenTree};

use super::events;
use crate::{model::Direction, side::Sides};

fn count(tokens: TokenStream) -> usize {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => 2 + count(group.stream()),
        _ => 1,
    });
    tokens.sum()
}

/// Tokens for one more event of this kind.
fn added(sides: Sides, direction: Direction, event: &str) -> usize {
    let size = |variants: &str| {
        let item = format!("enum Request {{ First, {variants} }}");
        let item = syn::parse_str(&item).unwrap_or_else(|error| panic!("{item}: {error}"));
        count(events(sides, direction, &item))
    };
    size(&format!("{event},")) - size("")
}

/// What is written for an event. Less is always welcome: lower the figure then. More is a price that every application pays, so say
/// in the change what it buys; `cargo run -p sockeye-ui-tests --example cost` says what it costs.
#[test]
fn an_event_costs_no_more_than_it_did() {
    use Direction::{ClientToServer, ServerToClient};
    for (sides, direction, event, most) in [
        (Sides::SERVER, ClientToServer, "Second", 504),
        (Sides::SERVER, ClientToServer, "Second(String, u64)", 859),
        (
            Sides::SERVER,
            ClientToServer,
            "#[event(ack = Vec<u64>, error = Refusal)] Second { room: Room, text: String }",
            1054,
        ),
        (Sides::SERVER, ServerToClient, "Second", 152),
        (Sides::SERVER, ServerToClient, "Second(String, u64)", 367),
        (Sides::BOTH, ServerToClient, "Second", 504),
        (Sides::BOTH, ServerToClient, "Second(String, u64)", 859),
        (Sides::CLIENT, ClientToServer, "Second(String, u64)", 367),
    ] {
        let tokens = added(sides, direction, event);
        assert!(tokens <= most, "`{event}` makes {tokens} tokens, not {most}: {sides:?}, {direction:?}");
        assert!(
            tokens + tokens / 10 >= most,
            "`{event}` makes only {tokens} tokens: lower the figure of {most} ({sides:?}, {direction:?})"
        );
    }
}
