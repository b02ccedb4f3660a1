//! The server as a tower service and layer: requests under its path are its own, the rest goes to the service behind it.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

use super::Server;
use crate::event::BoxFuture;

impl Server {
    /// A tower layer: puts the server in front of any tower service, an axum `Router` among them.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// let io = Server::builder().build();
    /// let app: axum::Router = axum::Router::new().layer(io.layer());
    /// ```
    #[must_use]
    pub fn layer(&self) -> SockeyeLayer {
        SockeyeLayer { server: self.clone() }
    }

    /// A tower service of its own; what is not under its path gets 404.
    #[must_use]
    pub fn service(&self) -> SockeyeService<NotFound> {
        SockeyeService { server: self.clone(), inner: NotFound }
    }
}

/// Puts a [`Server`] in front of a service; made by [`Server::layer`].
#[derive(Clone, Debug)]
pub struct SockeyeLayer {
    server: Server,
}

impl<S> Layer<S> for SockeyeLayer {
    type Service = SockeyeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SockeyeService { server: self.server.clone(), inner }
    }
}

/// A [`Server`] in front of a service.
#[derive(Clone, Debug)]
pub struct SockeyeService<S> {
    server: Server,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for SockeyeService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    R: 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let engine = self.server.engine();
        if engine.matches(request.uri().path()) {
            // Not in a block of its own, which would hold the response's future twice.
            Box::pin(engine.handle(request).map(|response| Ok(response.map(ResponseBody::Own))))
        } else {
            let response = self.inner.call(request);
            Box::pin(async move { Ok(response.await?.map(ResponseBody::Inner)) })
        }
    }
}

/// The body of a response: the server's own, or that of the service behind it.
#[derive(Debug)]
pub enum ResponseBody<B> {
    /// The server's own.
    Own(Full<Bytes>),
    /// The inner service's.
    Inner(B),
}

impl<B: Body<Data = Bytes> + Unpin> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Own(body) => Pin::new(body).poll_frame(cx).map_err(|never: Infallible| match never {}),
            Self::Inner(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(body) => body.is_end_stream(),
            Self::Inner(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(body) => body.size_hint(),
            Self::Inner(body) => body.size_hint(),
        }
    }
}

/// Answers 404 to everything.
#[derive(Clone, Copy, Debug)]
pub struct NotFound;

impl<B> Service<Request<B>> for NotFound {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = NotFoundFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        NotFoundFuture
    }
}

/// The answer of [`NotFound`].
pub struct NotFoundFuture;

impl Future for NotFoundFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        Poll::Ready(Ok(response))
    }
}

impl fmt::Debug for NotFoundFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotFoundFuture")
    }
}
