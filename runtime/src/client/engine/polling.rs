//! The polling transport: never more than one GET and one POST under way. Knows no session.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::{
    error::Closed,
    outbox::Outbox,
    requests::{Answering, Requests},
};
use crate::protocol::{
    engine_io::{Packet, payload::PayloadWriter},
    frame::Frame,
};

/// Most bytes of a POST to a server that does not say what it takes.
const MAX_BODY: usize = 1_000_000;

/// One session's requests.
#[derive(Default)]
pub(super) struct Polling {
    get: Option<Answering>,
    post: Option<Answering>,
}

impl Polling {
    /// Whether a GET is under way.
    pub(super) fn is_getting(&self) -> bool {
        self.get.is_some()
    }

    /// Whether a POST is.
    pub(super) fn is_posting(&self) -> bool {
        self.post.is_some()
    }

    pub(super) fn get(&mut self, requests: &Requests) {
        self.get.get_or_insert_with(|| requests.get());
    }

    pub(super) fn post(&mut self, requests: &Requests, body: Bytes) {
        self.post.get_or_insert_with(|| requests.post(body));
    }

    /// The body of the answer to the GET; pending if there is none under way.
    pub(super) fn poll_get(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Closed>> {
        poll(&mut self.get, cx)
    }

    /// The end of the POST; pending if there is none under way.
    pub(super) fn poll_post(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        poll(&mut self.post, cx).map_ok(drop)
    }
}

fn poll(request: &mut Option<Answering>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Closed>> {
    let Some(answer) = request else { return Poll::Pending };
    let answer = std::task::ready!(answer.as_mut().poll(cx));
    *request = None;
    Poll::Ready(answer.map_err(Closed::failed))
}

/// The body of the next POST: `first` packets, then what waits as far as the server's limit allows, at least one. `None` if there is nothing.
pub(super) fn next_body(
    outbox: &Outbox,
    first: impl IntoIterator<Item = Packet>,
    max_payload: Option<usize>,
) -> Option<Bytes> {
    let mut payload = PayloadWriter::default();
    let mut left = max_payload.unwrap_or(MAX_BODY);
    for packet in first {
        // A digit and a separator: those packets carry nothing.
        left = left.saturating_sub(2);
        payload.packet(&packet);
    }
    loop {
        let alone = payload.is_empty();
        let frame = outbox.take_if(|frame| alone || body_size(frame) <= left);
        let Some(frame) = frame else { break };
        left = left.saturating_sub(body_size(&frame) + 1);
        payload.frame(&frame);
    }
    (!payload.is_empty()).then(|| payload.finish())
}

/// Bytes that a frame takes in a body.
fn body_size(frame: &Frame) -> usize {
    match frame {
        Frame::Binary(data) => 1 + data.len().div_ceil(3) * 4,
        text => text.packet_text().map_or(0, <[u8]>::len),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::protocol::frame::Encoded;

    fn bodies(max: Option<usize>, frames: &[Frame]) -> Vec<Bytes> {
        let outbox = Outbox::new(usize::MAX, Arc::default());
        for frame in frames {
            outbox.push(&Encoded::new(frame.clone())).unwrap();
        }
        std::iter::from_fn(|| next_body(&outbox, [], max)).collect()
    }

    #[test]
    fn bodies_are_as_long_as_the_server_allows_and_hold_at_least_one_packet() {
        let frames = [
            Frame::text("a"),
            Frame::text("b"),
            Frame::text("c"),
            Frame::text("a long one"),
            Frame::Binary(Bytes::from_static(b"1234")),
            Frame::text("d"),
        ];
        assert_eq!(bodies(Some(5), &frames), ["4a\x1e4b", "4c", "4a long one", "bMTIzNA==", "4d"]);
        assert_eq!(bodies(Some(12), &frames), ["4a\x1e4b\x1e4c", "4a long one", "bMTIzNA==\x1e4d"]);
        assert_eq!(bodies(None, &frames).len(), 1);
        assert_eq!(bodies(None, &[]).len(), 0);
        for max in 1..40 {
            for body in bodies(Some(max), &frames[..3]) {
                assert!(body.len() <= max.max(2), "{body:?} for {max}");
            }
        }
    }
}
