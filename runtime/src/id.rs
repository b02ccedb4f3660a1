//! The two kinds of identity: the secret one of a session, and the public one of a socket.
//!
//! Open to every layer. Neither is derived from the other: whoever knows a [`SocketId`] (every peer in a chat does)
//! must not be able to speak as that socket's session. Clients of Socket.IO 1 and 2, where a server allows them, know no better.

use std::{borrow::Borrow, fmt, sync::Arc};

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// Random bytes behind an id: 120 bits, which base64 turns into 20 characters without padding, as JavaScript's are.
const RANDOM_BYTES: usize = 15;

fn random_text() -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketId(Arc<str>);

impl SocketId {
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

impl From<&str> for SocketId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for SocketId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SocketId({})", self.0)
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
}
