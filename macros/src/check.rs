//! What is wrong with an item although each part of it reads well.

mod types;

use std::collections::HashMap;

use proc_macro2::Span;
use syn::ext::IdentExt;

pub(crate) use types::{acknowledgement, argument, field, guard, order};

use crate::{
    ctxt::Ctxt,
    model::{Direction, Event, EventSet},
};

/// Names that belong to the protocol: socket.io-parser refuses them, and so does everyone else.
const RESERVED: [(&str, &str); 6] = [
    ("connect", "it is Socket.IO's own event for a socket that has connected"),
    ("connect_error", "it is Socket.IO's own event for a socket that was refused"),
    ("disconnect", "it is Socket.IO's own event for a socket that has disconnected"),
    ("disconnecting", "it is Socket.IO's own event for a socket that is about to leave its rooms"),
    ("newListener", "Node.js's EventEmitter emits it"),
    ("removeListener", "Node.js's EventEmitter emits it"),
];

/// Names that would call the listeners of a Node.js server's own events.
const RESERVED_BETWEEN_SERVERS: [&str; 2] = ["connection", "new_namespace"];

/// The rules for a whole set.
pub(crate) fn events(cx: &Ctxt, set: &EventSet) {
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut methods: HashMap<String, &Event> = HashMap::new();
    for event in &set.events {
        name(cx, set.direction, &event.name, event.name_span);
        let clash = format!("two events have the name {:?} on the wire", event.name);
        distinct(cx, &mut names, &event.name, event.name_span, clash);
        options(cx, set.direction, event);
        let method = event.method.unraw().to_string();
        match methods.get(&method) {
            Some(first) if event.method != "unnamed" => {
                let message =
                    format!("`{}` and `{}` both become the method `{method}`", first.ident, event.ident);
                cx.error(&event.ident, message);
            }
            _ => {
                methods.insert(method, event);
            }
        }
    }
    // After all names, so that it is the alias that is one too many.
    for event in &set.events {
        for alias in &event.aliases {
            let (text, span) = (alias.value(), alias.span());
            if text == event.name {
                let message = format!(
                    "{text:?} is the event's name; an alias is another one that it is received under"
                );
                cx.error(alias, message);
                continue;
            }
            name(cx, set.direction, &text, span);
            let clash = format!("the alias {text:?} is taken: an event is received under that name");
            distinct(cx, &mut names, &text, span, clash);
        }
    }
}

/// A name, or an alias, that none before had.
fn distinct(cx: &Ctxt, names: &mut HashMap<String, Span>, name: &str, span: Span, clash: String) {
    let Some(first) = names.get(name) else {
        names.insert(name.to_owned(), span);
        return;
    };
    let mut error = syn::Error::new(span, clash);
    error.combine(syn::Error::new(*first, format!("{name:?} is first used here")));
    cx.syn_error(error);
}

/// Options that are about the handlers of one direction.
fn options(cx: &Ctxt, direction: Direction, event: &Event) {
    if let Some(guard) = &event.guard
        && direction != Direction::ClientToServer
    {
        cx.error(
            &guard.word,
            "only an event that a client sends can have a guard: it is made from the client's socket",
        );
    }
}

fn name(cx: &Ctxt, direction: Direction, name: &str, span: Span) {
    let complaint = match RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        Some((_, why)) => format!("{name:?} is reserved: {why}"),
        None if name.is_empty() => "an event needs a name".to_owned(),
        None if direction == Direction::ServerToServer && RESERVED_BETWEEN_SERVERS.contains(&name) => {
            format!("{name:?} is reserved between servers: on Node.js it would call a server's own listeners")
        }
        None => return,
    };
    cx.syn_error(syn::Error::new(span, complaint));
}
