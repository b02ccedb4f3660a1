//! The requests of one server, and later of one session: which URL, which headers, how long they may take, and what an answer means.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use tokio::time::timeout;

use super::{
    dial::{Dialer, HttpRequest, WebSocketRequest},
    error::{OpenError, OpenErrorKind},
    options::{EngineOptions, Transport},
    websocket::WebSocket,
};
use crate::id::SessionId;

/// The body of an answer to come.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Bytes, OpenError>> + Send>>;

/// Makes requests.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) options: Arc<EngineOptions>,
    dialer: Arc<dyn Dialer>,
    session: Option<SessionId>,
    /// How long a POST may take where no option says it.
    post_timeout: Option<Duration>,
}

impl Requests {
    pub(super) fn new(options: Arc<EngineOptions>, dialer: Arc<dyn Dialer>) -> Self {
        Self { options, dialer, session: None, post_timeout: None }
    }

    /// Those of a session that has opened.
    pub(super) fn of_session(self, session: SessionId, post_timeout: Duration) -> Self {
        Self { session: Some(session), post_timeout: Some(post_timeout), ..self }
    }

    /// Asks for what the server sends.
    pub(super) fn get(&self) -> Answering {
        self.send(None, self.options.request_timeout)
    }

    /// Sends a payload.
    pub(super) fn post(&self, body: Bytes) -> Answering {
        self.send(Some(body), self.options.request_timeout.or(self.post_timeout))
    }

    fn send(&self, body: Option<Bytes>, limit: Option<Duration>) -> Answering {
        let request = HttpRequest {
            url: self.options.address.of_request(&self.options, Transport::Polling, self.session.as_ref()),
            headers: self.options.headers.clone(),
            body,
            max_answer: self.options.max_message,
        };
        let answer = self.dialer.request(request);
        Box::pin(async move {
            let answer = match limit {
                None => answer.await?,
                Some(limit) => {
                    timeout(limit, answer).await.map_err(|_| OpenError::new(OpenErrorKind::Timeout))??
                }
            };
            match answer.status {
                StatusCode::OK => Ok(answer.body),
                status => Err(OpenError::refused(status, &answer.body)),
            }
        })
    }

    /// Opens a WebSocket.
    pub(super) fn websocket(&self) -> impl Future<Output = Result<Box<WebSocket>, OpenError>> + Send + use<> {
        let request = WebSocketRequest {
            url: self.options.address.of_request(&self.options, Transport::WebSocket, self.session.as_ref()),
            headers: self.options.headers.clone(),
        };
        let stream = self.dialer.websocket(request);
        let (max_message, base64) = (self.options.max_message, self.options.force_base64);
        async move { Ok(Box::new(WebSocket::new(stream.await?, max_message, base64).await)) }
    }
}
