//! What is wrong with an item although each part of it reads well.

use std::collections::HashMap;

use syn::{GenericArgument, PathArguments, Type, ext::IdentExt};

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
    let mut names: HashMap<&str, &Event> = HashMap::new();
    let mut methods: HashMap<String, &Event> = HashMap::new();
    for event in &set.events {
        name(cx, set.direction, event);
        if let Some(first) = names.get(event.name.as_str()) {
            let message = format!("two events have the name {:?} on the wire", event.name);
            let mut error = syn::Error::new(event.name_span, message);
            error.combine(syn::Error::new(first.name_span, format!("{:?} is first used here", event.name)));
            cx.syn_error(error);
        } else {
            names.insert(&event.name, event);
        }
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
}

fn name(cx: &Ctxt, direction: Direction, event: &Event) {
    let name = event.name.as_str();
    let complaint = match RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        Some((_, why)) => format!("{name:?} is reserved: {why}"),
        None if name.is_empty() => "an event needs a name".to_owned(),
        None if direction == Direction::ServerToServer && RESERVED_BETWEEN_SERVERS.contains(&name) => {
            format!("{name:?} is reserved between servers: on Node.js it would call a server's own listeners")
        }
        None => return,
    };
    cx.syn_error(syn::Error::new(event.name_span, complaint));
}

/// The rules for the type of an argument.
pub(crate) fn argument(cx: &Ctxt, ty: &Type) {
    match ty {
        Type::Reference(reference) => {
            cx.error(
                reference,
                "arguments are owned values: write `String` for `&str`, `Vec<T>` for `&[T]`, `T` for `&T`",
            );
        }
        Type::Ptr(_) | Type::FnPtr(_) | Type::ImplTrait(_) | Type::TraitObject(_) | Type::Never(_) => {
            cx.error(ty, "not a type of the wire: arguments are plain data");
        }
        Type::Slice(_) => cx.error(ty, "arguments are owned values: write `Vec<T>` for `[T]`"),
        Type::Infer(_) => {
            cx.error(ty, "the types of arguments are part of the wire protocol and have to be written")
        }
        Type::Array(array) => argument(cx, &array.elem),
        Type::Group(group) => argument(cx, &group.elem),
        Type::Paren(paren) => argument(cx, &paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| argument(cx, elem)),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return };
            let PathArguments::AngleBracketed(args) = &last.arguments else { return };
            let types: Vec<_> = args
                .args
                .iter()
                .filter_map(|arg| match arg {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
                .collect();
            if last.ident == "Vec" && types.len() == 1 && types.iter().all(|ty| is_named(ty, "u8")) {
                return cx.error(
                    ty,
                    "`Vec<u8>` is sent as a JSON array of numbers; for binary data use `bytes::Bytes`",
                );
            }
            types.into_iter().for_each(|ty| argument(cx, ty));
        }
        _ => {}
    }
}

/// The rules for `ack = …`.
pub(crate) fn acknowledgement(cx: &Ctxt, ty: &Type) {
    if let Type::Path(path) = ty
        && path.path.segments.last().is_some_and(|last| last.ident == "Result")
    {
        return cx.error(
            ty,
            "write what can go wrong apart: `ack = T, error = E`; the handler then returns `Result<T, E>`",
        );
    }
    argument(cx, ty);
}

fn is_named(ty: &Type, name: &str) -> bool {
    match ty {
        Type::Path(path) => path.path.is_ident(name),
        Type::Group(group) => is_named(&group.elem, name),
        _ => false,
    }
}
