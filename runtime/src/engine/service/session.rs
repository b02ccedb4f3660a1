//! The requests of a session that polls: told to its task, and answered when that has an answer.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use bytes::{Bytes, BytesMut};
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Refusal};
use crate::{
    engine::{
        handle::Shared,
        registry::Found,
        transport::polling::{Body, Command, Posted, Reply},
    },
    id::SessionId,
    protocol::engine_io::{handshake::ErrorCode, jsonp},
};

/// A request of a session that polls.
pub(super) struct Asking<B> {
    pub(super) session: mpsc::Sender<Command>,
    pub(super) id: SessionId,
    pub(super) script: Option<String>,
    pub(super) post: Option<Post<B>>,
}

impl<B> Asking<B>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
{
    pub(super) async fn answer(self, shared: &Shared) -> Result<Answer, Refusal> {
        let Self { session, id, script, post } = self;
        let reply = match post {
            None => poll(session).await,
            Some(post) => post.answer(session).await,
        };
        match reply {
            Some(reply) => Ok(super::answer(reply, script.as_deref())?),
            // Between the look-up and the answer the session has ended or changed its transport.
            None if matches!(shared.registry.find(id.as_str()), Found::WebSocket) => {
                Err(ErrorCode::BadRequest.into())
            }
            None => Err(ErrorCode::UnknownSession.into()),
        }
    }
}

/// A GET of a session. `None` if the session is gone.
async fn poll(session: mpsc::Sender<Command>) -> Option<Reply> {
    let (reply, answer) = oneshot::channel();
    send(session, Command::Get { reply }).await?;
    answer.await.ok()
}

/// Tells a session's task of a request. `None` if the session is gone.
async fn send(session: mpsc::Sender<Command>, command: Command) -> Option<()> {
    match session.try_send(command) {
        Ok(()) => Some(()),
        Err(mpsc::error::TrySendError::Full(command)) => Box::pin(session.send(command)).await.ok(),
        Err(mpsc::error::TrySendError::Closed(_)) => None,
    }
}

/// A POST of a session.
pub(super) struct Post<B> {
    pub(super) body: B,
    pub(super) limit: usize,
    pub(super) binary: bool,
    /// It is a form, of a client that polls by script tags.
    pub(super) form: bool,
}

/// The session is told of a POST even if that is dropped before: its body was cut off then.
struct Untold {
    session: Option<mpsc::Sender<Command>>,
    binary: bool,
}

impl Drop for Untold {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            let (reply, _) = oneshot::channel();
            let (_, cut_off) = oneshot::channel();
            let command = Command::Post { body: Posted::Coming(cut_off), binary: self.binary, reply };
            // A session with more requests than fit is not waited for.
            let _ = session.try_send(command);
        }
    }
}

impl<B: http_body::Body<Data = Bytes>> Post<B> {
    /// `None` if the session is gone.
    async fn answer(self, session: mpsc::Sender<Command>) -> Option<Reply> {
        let Self { body, limit, binary, form } = self;
        let mut untold = Untold { session: Some(session), binary };
        let mut reading = pin!(read_body(body, limit));
        let complete = |body| match body {
            Body::Complete(body) if form => {
                Body::Complete(jsonp::form_payload(&body).unwrap_or_default().into())
            }
            body => body,
        };
        // Most bodies come with their heads, and the HTTP server hands them over when it is asked, a turn later. The session's task
        // then has one thing to look at instead of two.
        let mut asked = false;
        let early = poll_fn(|cx| match reading.as_mut().poll(cx) {
            Poll::Pending if !std::mem::replace(&mut asked, true) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(body) => Poll::Ready(Some(body)),
        });
        let early = early.await;
        let session = untold.session.take()?;
        let (reply, mut answer) = oneshot::channel();
        if let Some(Some(body)) = early {
            send(session, Command::Post { body: Posted::Here(complete(body)), binary, reply }).await?;
            return answer.await.ok();
        }
        let (body, coming) = oneshot::channel();
        send(session, Command::Post { body: Posted::Coming(coming), binary, reply }).await?;
        if early.is_some() {
            drop(body);
            return answer.await.ok();
        }
        tokio::select! {
            biased;
            // Not accepted, or the session ends, while the body is still coming: its heartbeat is the deadline of a slow one.
            answer = &mut answer => return answer.ok(),
            read = reading => match read {
                Some(read) => drop(body.send(complete(read))),
                None => drop(body),
            },
        }
        answer.await.ok()
    }
}

/// Reads a body, at most `limit` bytes of it. `None` if it was cut off.
async fn read_body<B: http_body::Body<Data = Bytes>>(body: B, limit: usize) -> Option<Body> {
    let mut body = pin!(body);
    if body.size_hint().lower() > limit as u64 {
        return Some(Body::TooLarge);
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if data.len() > limit - first.len() - rest.len() {
            return Some(Body::TooLarge);
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    if rest.is_empty() {
        return Some(Body::Complete(first));
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Some(Body::Complete(whole.freeze()))
}
