//! Reading the contract's arguments: who a broadcast is for, and the like.

use sockeye::{
    Broadcast, Socket,
    event::{Namespace, Value},
};

/// A room or a list of rooms.
pub(crate) fn rooms(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(room)) => vec![room.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `{from, to, except, volatile}`, each optional.
pub(crate) fn target<N: Namespace>(socket: &Socket<N>, spec: Option<&Value>) -> Broadcast<N> {
    let get = |key| spec.and_then(|spec| spec.get(key));
    let from_socket = get("from").and_then(Value::as_str) == Some("socket");
    let mut target = if from_socket { socket.broadcast() } else { socket.everyone() };
    let (to, except) = (rooms(get("to")), rooms(get("except")));
    if !to.is_empty() {
        target = target.to(to);
    }
    if !except.is_empty() {
        target = target.except(except);
    }
    if get("volatile").and_then(Value::as_bool) == Some(true) {
        target = target.volatile();
    }
    target
}

/// A whole number that is not negative, however it was written.
pub(crate) fn number(value: Option<&Value>) -> u64 {
    let number = value.and_then(|value| value.as_u64().or_else(|| value.as_f64().map(|float| float as u64)));
    number.unwrap_or_default()
}
