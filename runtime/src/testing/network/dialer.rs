//! Real clients over the network: HTTP as over a port, in memory.

use std::{future::Future, io, sync::Arc};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{
        CONNECTION, CONTENT_TYPE, HOST, HeaderValue, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server, service::service_fn, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tower_service::Service;

use super::{
    Direction, Network,
    conduit::{Cut, Way},
};
use crate::{
    client::{
        ClientBuilder, Dialer, Dialing, HttpAnswer, HttpRequest, ManagerBuilder, OpenError, OpenErrorKind,
        WebSocketRequest,
    },
    event::Namespace,
    protocol::engine_io::{Packet, payload::PayloadReader},
    server::Server,
    testing::wire::STREAM_BUFFER,
};

/// Most bytes that are read of an answer which refuses a WebSocket.
const MAX_REFUSAL: usize = 16 * 1024;

impl<N: Namespace> ClientBuilder<N> {
    /// Connects over a network in memory to the server behind it, by HTTP and WebSocket as over a port. The URL's host is a name and no more;
    /// options of proxies, TLS and cookies are of no meaning.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use sockeye::prelude::*;
    /// use sockeye::{client::Client, testing::Network};
    /// # #[derive(ClientToServer)]
    /// # enum Ask { #[event(ack = u32)] Double(u32) }
    /// # #[derive(ServerToClient)]
    /// # enum Push { News(String) }
    /// # #[derive(Namespace)]
    /// # #[namespace("/", client_to_server = Ask, server_to_client = Push)]
    /// # struct Maths;
    /// # struct App;
    /// # impl Lifecycle<Maths> for App {
    /// #     async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> { Ok(()) }
    /// # }
    /// # impl AskHandler<Maths> for App {
    /// #     async fn double(&self, _: Socket<Maths>, n: u32) -> u32 { 2 * n }
    /// # }
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    /// # runtime.block_on(async {
    /// let io = Server::builder().namespace::<Maths>(App).build();
    /// let network = Network::new(&io);
    /// let client = Client::<Maths>::builder("http://server").over(&network).pull().unwrap();
    /// client.connected().await.unwrap();
    ///
    /// network.cut();
    /// // Written down while there is no connection, and sent with the next one.
    /// assert_eq!(client.emit().double(21).await.unwrap(), 42);
    /// # });
    /// ```
    pub fn over(self, network: &Network) -> Self {
        self.dialer(Arc::new(network.clone()))
    }
}

impl ManagerBuilder {
    /// As [`ClientBuilder::over`].
    pub fn over(self, network: &Network) -> Self {
        self.dialer(Arc::new(network.clone()))
    }
}

impl Dialer for Network {
    fn request(&self, request: HttpRequest) -> Dialing<HttpAnswer> {
        let opened = self.open();
        let server = self.current();
        Box::pin(async move {
            let way = opened.map_err(|_| io_error(io::ErrorKind::ConnectionRefused))?;
            let mut builder =
                Request::builder().uri(target(&request.url)).header(HOST, authority(&request.url));
            if request.body.is_some() {
                builder = builder
                    .method("POST")
                    .header(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
            }
            let body = request.body.unwrap_or_default();
            let sent = messages(&body);
            let asked = finish(builder, request.headers, body)?;
            let exchange = exchange(server, asked, async move |answer| {
                let status = answer.status();
                Ok(HttpAnswer { status, body: read(answer, request.max_answer).await? })
            });
            let answering = by(way, sent, exchange, |answer| messages(&answer.body));
            Ok(answering.await?.0)
        })
    }

    fn websocket(&self, request: WebSocketRequest) -> Dialing<Box<dyn crate::client::Stream>> {
        let opened = self.open();
        let server = self.current();
        Box::pin(async move {
            let way = opened.map_err(|_| io_error(io::ErrorKind::ConnectionRefused))?;
            let builder = Request::builder()
                .uri(target(&request.url))
                .header(HOST, authority(&request.url))
                .header(CONNECTION, HeaderValue::from_static("Upgrade"))
                .header(UPGRADE, HeaderValue::from_static("websocket"))
                .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
                .header(SEC_WEBSOCKET_KEY, tungstenite::handshake::client::generate_key());
            let asked = finish(builder, request.headers, Bytes::new())?;
            let exchange = exchange(server, asked, switched);
            let (upgraded, way) = by(way, 0, exchange, |_| 0).await?;
            Ok(Box::new(way.join(TokioIo::new(upgraded))) as Box<dyn crate::client::Stream>)
        })
    }
}

/// Makes a request on its way there and back.
///
/// In a task of its own: the server learns that the client has given up as it learns everything else, not while the network is frozen.
/// It ends with the request, with the client's patience, or with the network.
async fn by<T: Send + 'static>(
    mut way: Way,
    sent: u64,
    exchange: impl Future<Output = Result<T, OpenError>> + Send + 'static,
    received: impl FnOnce(&T) -> u64 + Send + 'static,
) -> Result<(T, Way), OpenError> {
    let (mut asker, asking) = oneshot::channel();
    let mut patience = way.same();
    tokio::spawn(async move {
        let mut cut = way.same();
        let travelling = async {
            way.travel(Direction::ToServer, sent).await?;
            let answer = exchange.await;
            way.travel(Direction::ToClient, answer.as_ref().map_or(0, received)).await?;
            answer.map(|answer| (answer, way))
        };
        let answer = tokio::select! {
            biased;
            () = cut.cut() => Err(Cut.into()),
            answer = travelling => answer,
            () = async { asker.closed().await; let _ = patience.clear().await; } => return,
        };
        let _ = asker.send(answer);
    });
    // The task is dropped, if the runtime ends.
    asking.await.unwrap_or_else(|_| Err(Cut.into()))
}

/// One request over a connection of its own. Ends when both sides are done with it, or have changed over to WebSocket.
async fn exchange<T>(
    server: Server,
    request: Request<Full<Bytes>>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let (near, far) = tokio::io::duplex(STREAM_BUFFER);
    let service = server.service();
    let serving = server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(far), service_fn(move |request| service.clone().call(request)))
        .with_upgrades();
    let (mut sender, client) =
        hyper::client::conn::http1::handshake(TokioIo::new(near)).await.map_err(failed)?;
    let asking = async {
        let answer = sender.send_request(request).await;
        // The connection ends with this answer.
        drop(sender);
        read(answer.map_err(failed)?).await
    };
    // What goes wrong with one of the sides, the answer says.
    let (answer, _, _) = tokio::join!(asking, client.with_upgrades(), serving);
    answer
}

async fn switched(answer: Response<Incoming>) -> Result<Upgraded, OpenError> {
    let status = answer.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let body = read(answer, MAX_REFUSAL).await.unwrap_or_default();
        return Err(OpenError::refused(status, &body));
    }
    hyper::upgrade::on(answer).await.map_err(failed)
}

async fn read(answer: Response<Incoming>, max: usize) -> Result<Bytes, OpenError> {
    let body = Limited::new(answer.into_body(), max).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| {
        let too_large = error.is::<http_body_util::LengthLimitError>();
        OpenError::new(if too_large { OpenErrorKind::TooLarge } else { OpenErrorKind::Io })
    })
}

/// Messages in a payload of packets.
fn messages(body: &Bytes) -> u64 {
    let packets = PayloadReader::new(body.clone(), usize::MAX).into_iter().flatten();
    packets.filter(|packet| matches!(packet, Ok(Packet::Message(_)))).count() as u64
}

fn finish(
    builder: http::request::Builder,
    headers: http::HeaderMap,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, OpenError> {
    let mut request =
        builder.body(Full::new(body)).map_err(|error| OpenError::caused(OpenErrorKind::Address, error))?;
    request.headers_mut().extend(headers);
    Ok(request)
}

/// What stands behind the method.
fn target(url: &reqwest::Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

fn authority(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn io_error(kind: io::ErrorKind) -> OpenError {
    OpenError::caused(OpenErrorKind::Io, io::Error::from(kind))
}

fn failed(error: hyper::Error) -> OpenError {
    OpenError::caused(OpenErrorKind::Io, error)
}

impl From<Cut> for OpenError {
    fn from(_: Cut) -> Self {
        io_error(io::ErrorKind::ConnectionReset)
    }
}
