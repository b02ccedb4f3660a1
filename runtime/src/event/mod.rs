//! L1: the typed layer. What the derives target: events, namespaces, and how a typed event becomes a packet and back.
//!
//! Knows packets, not sockets: a handler's context, a target and an answer are type parameters here, filled in by the layers
//! above. It names no runtime, so that the typed layer can be used and tested anywhere.

mod ack;
mod args;
mod binary;
mod codec;
mod decode_error;
#[cfg(feature = "macros")]
pub(crate) mod derives;
mod dispatch;
mod emit;
mod error;
mod events;
mod guard;
mod json;
mod json_writer;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(not(feature = "msgpack"))]
#[path = "msgpack_off.rs"]
mod msgpack;
mod namespace;
mod number;
mod panic;
mod pattern;
mod plain_text;
mod scratch;
mod sets;
#[cfg(test)]
#[cfg(feature = "macros")]
mod tests;
mod untyped;
mod value;
mod writer;

pub use crate::protocol::socket_io::Parser;
#[cfg_attr(
    not(any(feature = "server", feature = "client")),
    allow(unused_imports, reason = "called by servers and clients")
)]
pub(crate) use ack::decode_answer;
pub use ack::{AckShape, AckTypes, AllArgs, Fallible, Plain};
pub use args::{ArgReader, read_payload};
#[doc(hidden)]
pub use codec::{ArgCodec, EmitValue, HasDefault, read_coded, read_coded_or, write_coded};
#[cfg_attr(not(feature = "server"), allow(unused_imports, reason = "called by the server"))]
pub(crate) use decode_error::in_short;
pub use decode_error::{DecodeError, DecodeErrorKind};
pub use dispatch::{BoxFuture, Dispatch, Dispatched, Handled, HandledBy, HandlesAll, Reply, ReplyTo, Shared};
pub use emit::{EmitArg, EmitTarget, EventName};
pub use error::{AckError, EmitError};
pub use events::{
    ArgDef, ClientToServer, Emits, EmittableOn, ErrorBeside, EventArg, EventDef, EventError, Events, OneSet,
    ServerToClient, ServerToServer,
};
#[doc(hidden)]
pub use guard::{Admits, Guarded, no_guard, proof};
pub use guard::{GuardRefusal, Refused};
pub use namespace::{
    EmittableToNodes, Namespace, NamespaceAuth, NamespaceData, NamespaceSession, Receives, ReceivesFromNodes,
    ReceivesFromServer,
};
pub use panic::Panic;
#[cfg_attr(
    not(any(feature = "server", feature = "client")),
    allow(unused_imports, reason = "called by servers and clients")
)]
pub(crate) use panic::{catch, guarded};
pub use pattern::{PathParam, escape, match_path, unescape};
pub use sets::{NoEmitter, NoEvents};
pub use untyped::{Untyped, UntypedArgs, UntypedEmitter, is_reserved};
pub use value::{Object, Value};
pub use writer::{ArgWriter, EncodeError, PacketWriter};
