//! What can happen between two steps of the manager's task.

use bytestring::ByteString;

use super::*;
use crate::{
    client::{
        socket::{Arities, Outgoing, SocketOptions},
        test_wire::Wire,
    },
    event::{PacketWriter, Parser},
    protocol::socket_io::packet::{Body, Payload},
};

#[test]
fn who_leaves_just_before_connect_is_sent_leaves_once_it_is_answered() {
    let wake = Arc::<Notify>::default();
    let writer = PacketWriter::new("/".into(), Parser::Json);
    let socket = SocketShared::new(writer, Arities::unknown(), SocketOptions::default(), Arc::clone(&wake));
    let inbox = Arc::new(Inbox::new(1000, true, Arc::clone(&wake)));
    let source = AuthSource::Value(None);
    let member = Member::new("/".into(), socket, inbox, source, Reconnection::default(), wake);
    member.connect();
    let now = Instant::now();
    assert!(matches!(member.step(now, Duration::from_secs(20)), Todo::Join(None)));
    member.disconnect();
    assert!(member.socket.connect_packet(None).unwrap().is_some());

    let wire = Arc::<Wire>::default();
    let body = Body::Json(ByteString::from_static(r#"{"sid":"s"}"#));
    let payload = Payload { body, attachments: Vec::new() };
    let sink: Arc<dyn Outgoing> = Arc::clone(&wire) as _;
    member.socket.handle_connect(Some(&payload), sink, now.into_std()).unwrap();
    assert!(!member.joined(false));
    assert_eq!(*wire.0.lock(), ["41"]);
    assert!(member.socket.id().is_none());
    member.connect();
    assert!(matches!(member.step(now, Duration::from_secs(20)), Todo::Join(None)));
    assert!(member.socket.connect_packet(None).unwrap().is_some(), "it is taken for joined");
}
