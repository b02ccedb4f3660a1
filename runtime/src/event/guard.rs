//! Proofs in front of a handler, `#[event(guard = T)]`, and why one was not given.
//!
//! What a guard is made from is the server's to say (`FromSocket`); here are the traits by which generated code asks a namespace for
//! the guards of an enum. That they can all be made is checked where the namespace is declared, once: `Admits` promises it to
//! everybody else.

use std::{any::Any, borrow::Cow, error::Error, fmt, future::Future};

use serde::Serialize;

use super::{Namespace, Reply};

/// Why a middleware or a guard refused an event. Serializes as `{"message":…}`, with `"data"` if there is any, which is what a refused
/// client gets on connecting.
///
/// ```
/// use sockeye::event::Refused;
/// let refusal = Refused::new("too long").with_data(serde_json::json!({ "max": 10_000 }));
/// assert_eq!(serde_json::to_string(&refusal).unwrap(), r#"{"message":"too long","data":{"max":10000}}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<serde_json::Value>,
}

impl Refused {
    /// A refusal with a message.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds something for a program to read.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<serde_json::Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// What [`with_data`](Self::with_data) added.
    #[must_use]
    pub fn data(&self) -> Option<&serde_json::Value> {
        self.data.as_ref()
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Refused {}

/// An event that its guard refused.
#[derive(Debug)]
pub struct GuardRefusal {
    /// Why.
    pub refusal: Refused,
    /// The answer that the event's error type makes of it, if it can be made from a [`Refused`].
    pub answer: Option<Reply>,
}

/// A set of events from clients whose guards can all be made from the context `C` (a socket). For generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no events that a client sends",
    label = "not a set of client-to-server events",
    note = "`client_to_server` takes an enum that derives `ClientToServer`; did you swap the two directions?"
)]
pub trait Guarded<C>: Sized {
    /// Makes the guard of the event at this position. `G` is its type, and nothing else: see [`proof`].
    fn guard<G: 'static>(context: &C, event: usize) -> impl Future<Output = Result<G, Refused>> + Send;
}

/// Namespace `Self` admits the events `E` to the context `C`: their guards exist. For generated code.
#[doc(hidden)]
pub trait Admits<E, C>: Namespace {
    /// Always `E`, said in a way that code which is generic over namespaces can rely on.
    type Guarded: Guarded<C>;
}

/// A guard as the type that the dispatch of its event asks for. The two are the same type, but only the compiler's dispatch knows;
/// should they ever differ, the event is refused.
#[doc(hidden)]
pub fn proof<T: 'static, G: 'static>(made: Result<T, Refused>) -> Result<G, Refused> {
    let mut made = made.map(Some)?;
    match (&mut made as &mut dyn Any).downcast_mut::<Option<G>>().and_then(Option::take) {
        Some(guard) => Ok(guard),
        None => no_guard(),
    }
}

/// The guard of an event that has none.
#[doc(hidden)]
#[cold]
pub fn no_guard<G>() -> Result<G, Refused> {
    Err(Refused::new("the event has no guard"))
}
