//! Connection state recovery, from the client's side: who we were, and what we had last.
//!
//! A server that keeps sessions gives a secret id with its CONNECT, and an offset behind the arguments of its events. Both are sent when
//! we join again, beside what the user sends.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::RawValue;

use crate::{
    event::{ArgReader, EventDef},
    protocol::socket_io::packet::Payload,
};

/// The longest session id or offset that is kept and sent back. Those of the known servers have some tens of bytes.
const LONGEST: usize = 1024;

/// How many arguments each event has: the offset stands behind them.
pub(crate) struct Arities(Option<HashMap<&'static str, usize>>);

impl Arities {
    /// Of the events that `each` tells of, also under their other names.
    pub(crate) fn of(each: impl FnOnce(&mut dyn FnMut(&'static EventDef))) -> Self {
        let mut arities = HashMap::new();
        each(&mut |event| {
            for name in std::iter::once(&event.name).chain(event.aliases) {
                arities.insert(*name, event.args.len());
            }
        });
        Self(Some(arities))
    }

    /// Nothing is known of the events: a text at their end is taken for an offset, as in JavaScript.
    pub(crate) fn unknown() -> Self {
        Self(None)
    }

    /// The offset of an event. `None` if it has none, or if it is not known where it would stand.
    pub(super) fn offset(&self, payload: &Payload) -> Option<String> {
        let (name, mut args) = ArgReader::event(payload).ok()?;
        let offset = match &self.0 {
            Some(arities) => {
                for _ in 0..*arities.get(&*name)? {
                    args.optional::<IgnoredAny>("argument").ok()??;
                }
                args.optional::<String>("offset").ok()??
            }
            None => args.rest().ok()?.pop()?.as_str()?.to_owned(),
        };
        (offset.len() <= LONGEST).then_some(offset)
    }
}

impl fmt::Debug for Arities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arities").field(&self.0.as_ref().map(HashMap::len)).finish()
    }
}

/// The session that could be taken up. Its id is a secret, so there is no `Debug`.
#[derive(Default)]
pub(super) struct Recovery {
    pid: Option<String>,
    offset: Option<String>,
}

impl Recovery {
    /// The server said which session this is; whether it is the one that we had. An offset is of use in its own session only.
    pub(super) fn joined(&mut self, pid: Option<String>) -> bool {
        let pid = pid.filter(|pid| pid.len() <= LONGEST);
        let recovered = pid.is_some() && pid == self.pid;
        if !recovered {
            *self = Self { pid, offset: None };
        }
        recovered
    }

    pub(super) fn is_possible(&self) -> bool {
        self.pid.is_some()
    }

    pub(super) fn received(&mut self, offset: Option<String>) {
        if self.pid.is_some() && offset.is_some() {
            self.offset = offset;
        }
    }

    /// The id and the offset.
    pub(super) fn claim(&self) -> Option<(String, Option<String>)> {
        self.pid.clone().map(|pid| (pid, self.offset.clone()))
    }
}

/// What a CONNECT carries: `{"pid":…,"offset":…}` and the user's keys, which win.
pub(super) struct JoinPayload<'a> {
    pub(super) claim: Option<(String, Option<String>)>,
    pub(super) auth: Option<&'a RawValue>,
}

impl JoinPayload<'_> {
    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.claim.is_none() && self.auth.is_none_or(|auth| auth.get() == "null")
    }
}

impl Serialize for JoinPayload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let auth = match self.auth.map(RawValue::get) {
            None | Some("null") => Entries::default(),
            Some(text) => serde_json::from_str(text).map_err(serde::ser::Error::custom)?,
        };
        let (pid, offset) = match &self.claim {
            Some((pid, offset)) => (Some(pid), offset.as_ref()),
            None => (None, None),
        };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in [("pid", pid), ("offset", offset)] {
            if let Some(value) = value
                && !auth.0.iter().any(|(name, _)| name == key)
            {
                map.serialize_entry(key, value)?;
            }
        }
        for (name, value) in &auth.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The entries of an object, in order.
#[derive(Default)]
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object: what else a server cannot take as `auth`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    entries.push((name, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Read)
    }
}
