//! A bare WebSocket, made of the same code as the transport: for those who want to speak something else beside Engine.IO.

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Message,
    io::Io,
    transport::{
        farewell::Farewell,
        websocket::{ReadError, Stream},
    },
    upgrade::{AcceptError, switch},
};
use crate::protocol::{
    frame::{Frame, MAX_HEADER},
    websocket::{self, FrameError, OpCode},
};

/// How long a peer may take to close after the close frame.
const LINGER: Duration = Duration::from_secs(5);

/// The server's end of a WebSocket.
///
/// Pings are answered while [`recv`](Self::recv) or [`send`](Self::send) runs.
///
/// ```
/// # use http::Request; use sockeye::engine::WebSocket;
/// async fn echo<B>(mut request: Request<B>) {
///     // Messages of up to 64 MiB.
///     let Ok((response, websocket)) = WebSocket::accept(&mut request, 64 << 20) else { return };
///     tokio::spawn(async move {
///         let mut websocket = websocket.await?;
///         while let Some(message) = websocket.recv().await? {
///             websocket.send(message).await?;
///         }
///         Ok::<_, sockeye::engine::WebSocketError>(())
///     });
///     // … and `response` goes to the client.
/// }
/// ```
pub struct WebSocket {
    /// None once it is closed.
    stream: Option<Box<Stream>>,
}

/// Why a WebSocket ended otherwise than by a close.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The HTTP connection did not become a WebSocket.
    Upgrade(hyper::Error),
    /// The peer broke the rules, and was told so in a close frame.
    Frame(FrameError),
    /// The stream failed.
    Io(io::Error),
    /// It is closed.
    Closed,
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upgrade(_) => "the connection was not upgraded",
            Self::Frame(_) => "the peer broke the rules of the framing",
            Self::Io(_) => "the stream failed",
            Self::Closed => "the websocket is closed",
        })
    }
}

impl Error for WebSocketError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Upgrade(error) => Some(error),
            Self::Frame(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Closed => None,
        }
    }
}

impl WebSocket {
    /// Accepts a request that asks for a WebSocket, of which messages may have `max_message` bytes. The response goes to the client;
    /// the future gives the WebSocket when it has gone out.
    ///
    /// # Errors
    ///
    /// If the request is no handshake, or did not come from hyper; [`AcceptError::response`] is the answer.
    pub fn accept<B>(
        request: &mut Request<B>,
        max_message: usize,
    ) -> Result<(Response<Full<Bytes>>, Accepting), AcceptError> {
        let (response, upgrade) = switch(request)?;
        Ok((response, Accepting { upgrade, max_message }))
    }

    /// Over a stream on which the handshake is done. Messages may have `max_message` bytes.
    pub fn new<I>(io: I, max_message: usize) -> Self
    where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self { stream: Some(Box::new(Stream::new(Io::new(io), &[], max_message))) }
    }

    /// The next message; `None` when the peer has closed, which has been answered then.
    ///
    /// # Errors
    ///
    /// [`WebSocketError::Frame`] if the peer broke the rules, [`WebSocketError::Io`] if the stream failed or ended without a
    /// close. There is nothing to receive afterwards.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub async fn recv(&mut self) -> Result<Option<Message>, WebSocketError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        let message = std::future::poll_fn(|cx| {
            let message = stream.poll_message(cx);
            if message.is_pending() {
                if stream.wire.out.is_empty() {
                    stream.queue_pongs();
                }
                if let Poll::Ready(Err(error)) = stream.poll_flush(cx) {
                    return Poll::Ready(Err(ReadError::Io(error)));
                }
            }
            message
        });
        let error = match message.await {
            Ok(websocket::Message::Text(text)) => return Ok(Some(Message::Text(text))),
            Ok(websocket::Message::Binary(data)) => return Ok(Some(Message::Binary(data))),
            Ok(websocket::Message::Close(frame)) => {
                self.close(frame.map_or(1000, |frame| frame.code)).await;
                return Ok(None);
            }
            Ok(websocket::Message::Ping(_) | websocket::Message::Pong(_)) => return Ok(None),
            Err(ReadError::Frame(error)) => {
                self.close(error.close_code()).await;
                WebSocketError::Frame(error)
            }
            Err(ReadError::Eof) => WebSocketError::Io(io::ErrorKind::UnexpectedEof.into()),
            Err(ReadError::Io(error)) => WebSocketError::Io(error),
        };
        self.stream = None;
        Err(error)
    }

    /// Sends a message, and waits until the stream has taken it.
    ///
    /// # Errors
    ///
    /// [`WebSocketError::Closed`] after a close, [`WebSocketError::Io`] if the stream fails.
    ///
    /// # Cancel safety
    ///
    /// A message whose sending is dropped half-way is sent by the next call.
    pub async fn send(&mut self, message: Message) -> Result<(), WebSocketError> {
        let stream = self.stream.as_mut().ok_or(WebSocketError::Closed)?;
        stream.queue_pongs();
        match message {
            Message::Text(text) => {
                let mut frame = Vec::with_capacity(text.len() + MAX_HEADER);
                websocket::encode(&mut frame, true, OpCode::Text, text.as_bytes(), None);
                stream.wire.out.push_bytes(frame.into());
            }
            Message::Binary(data) => stream.wire.out.push(Frame::Binary(data)),
        }
        let sent = std::future::poll_fn(|cx| stream.poll_flush(cx)).await;
        sent.map_err(WebSocketError::Io)
    }

    /// Closes with this code (RFC 6455 section 7.4; 1000 is the usual one), and waits up to 5 s for the peer to do so too. What was sent
    /// before still arrives. A WebSocket that is closed already is left alone.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, so is the stream.
    pub async fn close(&mut self, code: u16) {
        if let Some(stream) = self.stream.take() {
            Farewell::new(*stream, code, LINGER).await;
        }
    }
}

/// The promise of a [`WebSocket`]: ready when the response has gone out.
#[derive(Debug)]
#[must_use = "without it the websocket is dropped"]
pub struct Accepting {
    upgrade: OnUpgrade,
    max_message: usize,
}

impl Future for Accepting {
    type Output = Result<WebSocket, WebSocketError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let upgraded = ready!(Pin::new(&mut self.upgrade).poll(cx)).map_err(WebSocketError::Upgrade)?;
        let (io, early) = Io::from_upgraded(upgraded);
        let stream = Stream::new(io, &early, self.max_message);
        Poll::Ready(Ok(WebSocket { stream: Some(Box::new(stream)) }))
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("open", &self.stream.is_some()).finish_non_exhaustive()
    }
}
