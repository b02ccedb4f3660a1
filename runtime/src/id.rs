//! The two kinds of identity: the secret one of a session, and the public one of a socket.
//!
//! Open to every layer. Neither is derived from the other: whoever knows a [`SocketId`] (every peer in a chat does)
//! must not be able to speak as that socket's session. Clients of Socket.IO 1 and 2, where a server allows them, know no better.

use std::{
    borrow::{Borrow, Cow},
    cell::RefCell,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// Random bytes behind an id: 120 bits, which base64 turns into 20 characters without padding, as JavaScript's are.
const RANDOM_BYTES: usize = 15;

/// For how many ids the operating system is asked at once.
const AT_ONCE: usize = 64;

/// Random bytes of the operating system that no id has had yet; those that one has had are wiped.
struct Pool {
    bytes: [u8; RANDOM_BYTES * AT_ONCE],
    left: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; RANDOM_BYTES * AT_ONCE], left: 0 }) };
}

impl Pool {
    fn take(&mut self) -> Result<[u8; RANDOM_BYTES], getrandom::Error> {
        if self.left == 0 {
            getrandom::fill(&mut self.bytes)?;
            self.left = AT_ONCE;
        }
        self.left -= 1;
        let mut bytes = [0; RANDOM_BYTES];
        let at = self.left * RANDOM_BYTES;
        // Zeros take the place of what is taken.
        bytes.swap_with_slice(&mut self.bytes[at..at + RANDOM_BYTES]);
        Ok(bytes)
    }
}

fn random_text() -> Result<String, getrandom::Error> {
    let bytes = POOL.with_borrow_mut(Pool::take)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// The secret name of an Engine.IO session (`sid` in the handshake): whoever has it can read and write the session.
///
/// `Debug` shows only the first four characters, and there is no `Display`: it belongs on the wire, not into a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Arc<str>);

impl SessionId {
    /// A new id, from the operating system's generator.
    ///
    /// # Errors
    ///
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self(random_text()?.into()))
    }

    /// The id as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SessionId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for SessionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({}…)", self.0.get(..4).unwrap_or_default())
    }
}

/// The public name of a socket, the same as `socket.id` in JavaScript: also the name of the room that holds this socket alone.
///
/// That of a client of Socket.IO 1 or 2 holds its session's id, which is a secret; `Debug` shows only the first four characters of that.
#[derive(Clone, Deserialize)]
#[serde(from = "Arc<str>")]
pub struct SocketId {
    text: Arc<str>,
    /// It says the session's id.
    secret: bool,
}

impl SocketId {
    /// A new id, from the operating system's generator.
    ///
    /// # Errors
    ///
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self::from(random_text()?.as_str()))
    }

    /// That of a socket whose client knows it by its session: `session` stands at the end of it.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "called by the server"))]
    pub(crate) fn of_session(text: &str) -> Self {
        Self { text: text.into(), secret: true }
    }

    /// The id as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its text, which is not copied.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "called by the server"))]
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// What of it may stand in a log.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        if !self.secret {
            return Cow::Borrowed(&self.text);
        }
        let session = self.text.rfind('#').map_or(0, |end| end + 1);
        let shown = self.text.get(..session + 4).or_else(|| self.text.get(..session));
        Cow::Owned(format!("{}…", shown.unwrap_or_default()))
    }
}

impl From<Arc<str>> for SocketId {
    fn from(text: Arc<str>) -> Self {
        Self { text, secret: false }
    }
}

impl From<&str> for SocketId {
    fn from(text: &str) -> Self {
        Arc::<str>::from(text).into()
    }
}

impl Serialize for SocketId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl PartialEq for SocketId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SocketId {}

impl Hash for SocketId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for SocketId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SocketId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Borrow<str> for SocketId {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SocketId({})", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_twenty_characters_and_differ() {
        let (a, b) = (SocketId::generate().unwrap(), SocketId::generate().unwrap());
        assert_eq!(a.as_str().len(), 20);
        assert_ne!(a, b);
    }

    #[test]
    fn a_session_id_is_not_in_its_debug_text() {
        let id = SessionId::generate().unwrap();
        assert!(!format!("{id:?}").contains(id.as_str()));
    }

    #[test]
    fn of_an_id_that_is_a_sessions_little_is_shown() {
        for (text, shown) in [("abcdefgh", "abcd…"), ("/admin#abcdefgh", "/admin#abcd…"), ("/a#é", "/a#…")]
        {
            let id = SocketId::of_session(text);
            assert_eq!(id.shown(), shown);
            assert_eq!(format!("{id:?}"), format!("SocketId({shown})"));
            assert_eq!((id.to_string().as_str(), &id), (text, &SocketId::from(text)));
        }
        assert_eq!(format!("{:?}", SocketId::from("abcdefgh")), "SocketId(abcdefgh)");
    }
}
