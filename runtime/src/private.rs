//! All that generated code may name. Not a public interface: it changes with every release, together with the derives.

pub use std::{
    borrow::Cow,
    boxed::Box,
    clone::Clone,
    convert::From,
    future::{Future, ready},
    marker::{Send, Sync},
    ops::FnMut,
    option::Option,
    primitive::{bool, str, usize},
    result::Result,
    string::String,
    sync::Arc,
};

#[cfg(feature = "client")]
pub use crate::client::Client;
pub use crate::event::{
    Admits, ArgCodec, ArgDef, ArgReader, ArgWriter, ClientToServer, DecodeError, Dispatch, Dispatched,
    EmitArg, EmitTarget, EmitValue, Emits, EmittableOn, ErrorBeside, EventArg, EventDef, EventName, Events,
    Fallible, GuardRefusal, Guarded, Handled, HandledBy, HasDefault, Namespace, NamespaceAuth, NamespaceData,
    NamespaceSession, NoEvents, PathParam, Plain, Receives, ReceivesFromNodes, ReceivesFromServer, Refused,
    Reply, ReplyTo, ServerToClient, ServerToServer, Shared, Untyped, escape, match_path, no_guard, proof,
    read_coded, read_coded_or, unescape, write_coded,
};
#[cfg(feature = "server")]
pub use crate::{
    adapter::{Room, RoomName, is_room, room},
    server::{Broadcast, ConnectError, DefaultSession, FromSocket, Handshake, Lifecycle, Socket},
};
pub use serde::{Deserializer, Serializer};
// For the enum that a trait becomes.
#[cfg(feature = "macros")]
pub use sockeye_macros::{ClientToServer, ServerToClient, ServerToServer};

use std::marker::PhantomData;

use crate::event::EventError;

/// Stands for an argument in the code that is written for an item with mistakes in it.
pub trait Anything {}

impl<T: ?Sized> Anything for T {}

/// A question that has been asked, in a constant.
#[derive(Debug)]
pub struct Checked<const IT: bool>;

/// `Way` is `E`, once the question has been asked.
pub trait Goes<E> {
    type Way;
}

// Whatever the answer: a constant in error makes a type in error, of which the compiler says no more.
impl<E, const IT: bool> Goes<E> for Checked<IT> {
    type Way = E;
}

/// Arguments do not decode, and nothing can be said to the sender.
#[cold]
pub fn failed(error: DecodeError) -> Dispatched {
    Dispatched::Failed { error, answer: None }
}

/// The error type of an event, asked whether it can be made from a [`DecodeError`].
#[derive(Debug)]
pub struct Refusal<E>(PhantomData<E>);

impl<E> Refusal<E> {
    #[allow(clippy::new_without_default, reason = "named by generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// It can: it is the answer. Method look-up prefers this, as it needs one reference less.
pub trait FromDecodeError {
    fn failed(&self, error: DecodeError, reply: ReplyTo) -> Dispatched;
}

impl<E: From<DecodeError> + EventError> FromDecodeError for Refusal<E> {
    #[cold]
    fn failed(&self, error: DecodeError, reply: ReplyTo) -> Dispatched {
        let answer = reply.is_wanted().then(|| reply.result::<(), E>(&Err(E::from(error.clone()))));
        Dispatched::Failed { error, answer }
    }
}

/// It cannot.
pub trait NotFromDecodeError {
    fn failed(&self, error: DecodeError, reply: ReplyTo) -> Dispatched;
}

impl<E> NotFromDecodeError for &Refusal<E> {
    #[cold]
    fn failed(&self, error: DecodeError, _: ReplyTo) -> Dispatched {
        failed(error)
    }
}

/// The guard of a set without guards.
pub async fn ready_guard<G>() -> Result<G, Refused> {
    no_guard()
}

/// A guard refuses, and nothing can be said to the sender.
#[cold]
pub fn refused(refusal: Refused) -> Box<GuardRefusal> {
    Box::new(GuardRefusal { refusal, answer: None })
}

/// As [`FromDecodeError`]: the error type can be made from a [`Refused`].
pub trait FromRefused {
    fn refused(&self, refusal: Refused, reply: ReplyTo) -> Box<GuardRefusal>;
}

impl<E: From<Refused> + EventError> FromRefused for Refusal<E> {
    #[cold]
    fn refused(&self, refusal: Refused, reply: ReplyTo) -> Box<GuardRefusal> {
        let answer = reply.is_wanted().then(|| reply.result::<(), E>(&Err(E::from(refusal.clone()))));
        Box::new(GuardRefusal { refusal, answer })
    }
}

/// It cannot.
pub trait NotFromRefused {
    fn refused(&self, refusal: Refused, reply: ReplyTo) -> Box<GuardRefusal>;
}

impl<E> NotFromRefused for &Refusal<E> {
    #[cold]
    fn refused(&self, refusal: Refused, _: ReplyTo) -> Box<GuardRefusal> {
        refused(refusal)
    }
}

/// Fails to compile if an event of `set` has a name or alias of one in the `others`.
pub const fn assert_distinct(set: &[EventDef], others: &[&[EventDef]]) {
    let mut at = 0;
    while at < others.len() {
        assert_disjoint(set, others[at]);
        at += 1;
    }
}

const fn assert_disjoint(left: &[EventDef], right: &[EventDef]) {
    let mut l = 0;
    while l < left.len() {
        let mut r = 0;
        while r < right.len() {
            let (mut at, names) = (0, left[l].aliases.len() + 1);
            while at < names {
                let name = name_at(&left[l], at);
                if is_called(&right[r], name) {
                    panic!("{}", Clash::new(name).as_str());
                }
                at += 1;
            }
            r += 1;
        }
        l += 1;
    }
}

/// The name, then the aliases.
const fn name_at(event: &EventDef, at: usize) -> &'static str {
    if at == 0 { event.name } else { event.aliases[at - 1] }
}

const fn is_called(event: &EventDef, name: &str) -> bool {
    let mut at = 0;
    while at <= event.aliases.len() {
        if same(name_at(event, at), name) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A message that can be put together at compile time.
struct Clash {
    text: [u8; 256],
    len: usize,
}

impl Clash {
    const fn new(name: &str) -> Self {
        let mut this = Self { text: [0; 256], len: 0 };
        this.push("two event sets of this namespace have an event named \"");
        this.push(name);
        this.push("\"");
        this
    }

    const fn push(&mut self, part: &str) {
        let part = part.as_bytes();
        let mut at = 0;
        while at < part.len() && self.len < self.text.len() {
            self.text[self.len] = part[at];
            self.len += 1;
            at += 1;
        }
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.text.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "two event sets of this namespace have an event of the same name",
        }
    }
}
