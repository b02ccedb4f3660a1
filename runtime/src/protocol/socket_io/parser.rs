//! Which way packets are written.

/// How packets are written. A closed set: a server and all its clients use the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parser {
    /// JSON with binary attachments: the default of every official client.
    #[default]
    Json,
    /// MessagePack, as npm's `socket.io-msgpack-parser` 3 writes it: each packet is one binary message, bytes stand in it where
    /// they are. Clients have to be told: `io(url, { parser: require("socket.io-msgpack-parser") })`.
    ///
    /// Types mean the same as with JSON: structs are objects, keys of maps are texts, a `Date` of JavaScript is its ISO text,
    /// `undefined` is `null`. What differs: there is no limit of ten attachments, since there are none; NaN and the infinities
    /// arrive as they are.
    #[cfg(feature = "msgpack")]
    MessagePack,
}

/// Asked instead of matched on, so that no other code has to know whether the second parser is compiled in.
impl Parser {
    #[cfg(feature = "msgpack")]
    pub(crate) const fn is_msgpack(self) -> bool {
        matches!(self, Self::MessagePack)
    }

    #[cfg(not(feature = "msgpack"))]
    pub(crate) const fn is_msgpack(self) -> bool {
        false
    }
}
