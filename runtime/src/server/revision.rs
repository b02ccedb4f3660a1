//! The revision of the Socket.IO protocol that a client speaks: 5, or 4 of the clients 1.x and 2.x. Chosen once for a connection, from
//! the dialect of its session.
//!
//! Events, answers and disconnects are the same text in both, so that a broadcast is one packet for all. What differs is how a
//! namespace is joined, and that is all here.

use bytestring::ByteString;
use serde_json::value::RawValue;

use super::ConnectError;
use crate::{
    engine::{Dialect, HandshakeRequest, Session},
    event::{EncodeError, PacketWriter},
    id::SocketId,
    protocol::{
        frame::Encoded,
        socket_io::packet::{Body, Packet, PacketKind, Payload},
    },
};

/// Parameters of Engine.IO's own, which are not for the application.
const ENGINE_PARAMETERS: [&str; 6] = ["EIO", "transport", "sid", "t", "j", "b64"];

/// The revision of a connection's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    /// On Engine.IO v4.
    Five,
    /// On Engine.IO v3.
    Four,
}

impl Revision {
    pub(super) fn of(dialect: Dialect) -> Self {
        if dialect.revision() == 3 { Self::Four } else { Self::Five }
    }

    /// The namespace that the client is in without asking, and what stands for its `auth` there: the query of its handshake.
    pub(super) fn joined_unasked(self, request: &HandshakeRequest) -> Option<(&'static str, Payload)> {
        match self {
            Self::Five => None,
            Self::Four => {
                let pairs: Vec<_> = request.query_pairs().collect();
                let pairs = pairs.iter().map(|(name, value)| (&**name, &**value));
                Some(("/", object(pairs.filter(|(name, _)| !ENGINE_PARAMETERS.contains(name)))))
            }
        }
    }

    /// A packet as it is meant: in revision 4 a namespace may have a query, which is its client's `auth`.
    pub(super) fn incoming(self, mut packet: Packet) -> Packet {
        if self == Self::Five {
            return packet;
        }
        let (path, query) = match packet.namespace.split_once('?') {
            Some((path, query)) => (packet.namespace.slice_ref(path), query),
            None => (packet.namespace.clone(), ""),
        };
        if let PacketKind::Connect(auth) = &mut packet.kind {
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            *auth = Some(object(pairs.iter().map(|(name, value)| (&**name, &**value))));
        }
        packet.namespace = path;
        packet
    }

    /// The id of a socket in this namespace. In revision 4 the client is not told of it: it takes its session's.
    pub(super) fn socket_id(self, session: &Session, namespace: &str) -> Result<SocketId, getrandom::Error> {
        let session = session.id().as_str();
        match self {
            Self::Five => SocketId::generate(),
            Self::Four if namespace == "/" => Ok(SocketId::of_session(session)),
            Self::Four => Ok(SocketId::of_session(&format!("{namespace}#{session}"))),
        }
    }

    /// "You have joined", and where recovery is on the secret with which to come back.
    pub(super) fn connected(
        self,
        writer: &PacketWriter,
        id: &SocketId,
        pid: Option<&str>,
    ) -> Result<Encoded, EncodeError> {
        #[derive(serde::Serialize)]
        struct Connected<'a> {
            sid: &'a SocketId,
            #[serde(skip_serializing_if = "Option::is_none")]
            pid: Option<&'a str>,
        }
        match self {
            Self::Five => writer.connect(Some(&Connected { sid: id, pid })),
            Self::Four => writer.connect::<()>(None),
        }
    }

    /// "You may not join." In revision 4 the data or, where there is none, the message is all that the client gets.
    pub(super) fn refusal(self, writer: &PacketWriter, error: &ConnectError) -> Result<Encoded, EncodeError> {
        match (self, error.data().filter(|data| is_truthy(data))) {
            (Self::Five, _) => writer.connect_error(error.message(), error.data()),
            (Self::Four, Some(data)) => writer.error(data),
            (Self::Four, None) => writer.error(error.message()),
        }
    }
}

/// What counts as data in JavaScript's `data || message`.
fn is_truthy(data: &RawValue) -> bool {
    !matches!(data.get(), "null" | "false" | "0" | "\"\"")
}

/// A query as the JSON of an object; of a parameter that is given twice the last one counts.
fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Payload {
    let object: serde_json::Map<_, _> = pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let body = Body::Json(ByteString::from(serde_json::Value::Object(object).to_string()));
    Payload { body, attachments: Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{engine::Outbox, event::Parser, id::SessionId};

    fn text(packet: &Encoded) -> String {
        String::from_utf8(packet.head.packet_text().unwrap().to_vec()).unwrap()
    }

    fn connect(namespace: &str) -> Packet {
        Packet { namespace: namespace.into(), kind: PacketKind::Connect(None) }
    }

    fn auth(packet: &Packet) -> &str {
        let PacketKind::Connect(Some(Payload { body: Body::Json(text), .. })) = &packet.kind else {
            panic!("an auth")
        };
        text
    }

    #[test]
    fn in_revision_4_the_query_of_a_namespace_is_the_auth() {
        let packet = Revision::Four.incoming(connect("/admin?token=a%20b&n=1&n=2"));
        assert_eq!((&*packet.namespace, auth(&packet)), ("/admin", r#"{"n":"2","token":"a b"}"#));
        let packet = Revision::Four.incoming(connect("/admin"));
        assert_eq!((&*packet.namespace, auth(&packet)), ("/admin", "{}"));
        let packet = connect("/nope?x=1");
        assert_eq!(Revision::Five.incoming(packet.clone()), packet);
    }

    #[test]
    fn in_revision_4_the_root_is_joined_with_the_query_of_the_handshake() {
        let request = HandshakeRequest::new("/?EIO=3&transport=polling&b64=1&t=x&token=abc");
        let (path, Payload { body, .. }) = Revision::Four.joined_unasked(&request).unwrap();
        assert_eq!((path, body), ("/", Body::Json(r#"{"token":"abc"}"#.into())));
        assert!(Revision::Five.joined_unasked(&request).is_none());
    }

    #[test]
    fn in_revision_4_a_socket_has_the_id_that_its_client_computes() {
        let session = Session::new(SessionId::from("abc"), Arc::new(Outbox::new(0)));
        assert_eq!(Revision::Four.socket_id(&session, "/").unwrap().as_str(), "abc");
        assert_eq!(Revision::Four.socket_id(&session, "/admin").unwrap().as_str(), "/admin#abc");
        assert!(!Revision::Five.socket_id(&session, "/admin").unwrap().as_str().contains("abc"));
    }

    #[test]
    fn heads_are_those_of_the_revision() {
        let writer = PacketWriter::new("/a".into(), Parser::Json);
        let id = SocketId::from("x");
        assert_eq!(text(&Revision::Five.connected(&writer, &id, None).unwrap()), r#"40/a,{"sid":"x"}"#);
        assert_eq!(text(&Revision::Four.connected(&writer, &id, None).unwrap()), "40/a,");
        let refusal = |error: &ConnectError| text(&Revision::Four.refusal(&writer, error).unwrap());
        let error = ConnectError::new("no");
        assert_eq!(refusal(&error), r#"44/a,"no""#);
        assert_eq!(refusal(&error.clone().with_data(&())), r#"44/a,"no""#);
        assert_eq!(refusal(&error.clone().with_data(&[1])), "44/a,[1]");
        assert_eq!(text(&Revision::Five.refusal(&writer, &error).unwrap()), r#"44/a,{"message":"no"}"#);
    }
}
