//! What stands between HTTP and the sessions: what is answered before a session is looked for, and what is done to an
//! answer before it goes out.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};

use super::{client_files::FileName, compression::Encoding, cors::CorsAnswer};
use crate::{engine::Config, protocol::engine_io::handshake::ErrorCode};

type Answer = Response<Full<Bytes>>;

/// Marks an answer that whoever emitted its messages did not want packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotPacked;

/// What is kept of a request while it is answered.
pub(crate) struct Front {
    config: Arc<Config>,
    cors: Option<Box<CorsAnswer>>,
    is_preflight: bool,
    file: Option<Box<(FileName, HeaderMap)>>,
    /// How the answer may be packed.
    encoding: Option<Encoding>,
    head: Option<Box<Request<()>>>,
}

impl Front {
    pub(crate) fn new<B>(config: &Arc<Config>, request: &Request<B>) -> Self {
        let (method, headers) = (request.method(), request.headers());
        let cors = config.cors.as_ref().map(|cors| Box::new(cors.answer(method, headers)));
        let reads = method == Method::GET || method == Method::HEAD;
        let name = || FileName::find(request.uri().path().strip_prefix(&config.path)?);
        let file = config.client_files.as_ref().filter(|_| reads).and_then(|_| name());
        Self {
            is_preflight: cors.is_some() && method == Method::OPTIONS,
            cors,
            file: file.map(|name| Box::new((name, headers.clone()))),
            encoding: config.http_compression.filter(|_| reads).and_then(|_| Encoding::accepted(headers)),
            head: config.hooks.head_of(request).map(Box::new),
            config: Arc::clone(config),
        }
    }

    /// Whether it is answered without a session.
    pub(crate) fn intercepts(&self) -> bool {
        self.is_preflight || self.file.is_some() || self.cors.as_ref().is_some_and(|cors| cors.is_refused)
    }

    /// Answers what no session is needed for. `None` if it is the sessions' affair.
    pub(crate) async fn intercept(&self) -> Option<Result<Answer, ErrorCode>> {
        if self.cors.as_ref().is_some_and(|cors| cors.is_refused) {
            return Some(Err(ErrorCode::Forbidden));
        }
        if self.is_preflight {
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            return Some(Ok(answer));
        }
        let (files, (name, headers)) = (self.config.client_files.as_ref()?, self.file.as_deref()?);
        Some(Ok(files.answer(*name, headers).await))
    }

    /// Whether an answer is to be packed: a polling one that is long enough, unless whoever emitted said that it is not worth it.
    pub(crate) fn packs(&self, answer: &Answer) -> bool {
        self.encoding.is_some()
            && self.config.http_compression.is_some_and(|threshold| {
                answer.body().size_hint().lower() >= threshold.max(1) as u64
                    && answer.status() == StatusCode::OK
                    && answer.extensions().get::<NotPacked>().is_none()
            })
    }

    /// Packs such an answer.
    pub(crate) async fn pack(&self, answer: Answer) -> Answer {
        let Some(encoding) = self.encoding else { return answer };
        let (mut parts, body) = answer.into_parts();
        let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes);
        let body = match encoding.pack(plain.clone()).await {
            Some(packed) => {
                let name = HeaderValue::from_static(encoding.name());
                parts.headers.insert(header::CONTENT_ENCODING, name);
                packed
            }
            None => plain,
        };
        Response::from_parts(parts, Full::new(body))
    }

    /// Adds the headers that every answer has; `opens` says whether this one opens a session.
    pub(crate) fn add_headers(self, answer: &mut Answer, opens: bool) {
        let headers = answer.headers_mut();
        // Appended, since an answer may vary by more than its origin.
        for (name, value) in self.cors.iter().flat_map(|cors| &cors.headers) {
            headers.append(name, value.clone());
        }
        if let Some(head) = &self.head {
            self.config.hooks.add_headers(headers, head, opens);
        }
    }
}
