//! The browser client's files, from a folder: fixed names, so that no request can name anything else.

use std::{
    fmt, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use tokio::sync::OnceCell;

use super::compression::Encoding;

/// The files that npm's `socket.io` has in `client-dist`.
const NAMES: [&str; 8] = [
    "socket.io.js",
    "socket.io.js.map",
    "socket.io.min.js",
    "socket.io.min.js.map",
    "socket.io.msgpack.min.js",
    "socket.io.msgpack.min.js.map",
    "socket.io.esm.min.js",
    "socket.io.esm.min.js.map",
];

/// `serveClient`: a folder with the browser client's files, such as `node_modules/socket.io-client/dist`, of which the known names are
/// served below the server's path: `/socket.io/socket.io.js`, `.min.js`, `.msgpack.min.js`, `.esm.min.js`, and their maps.
///
/// A file is read when it is first asked for, and kept; it is not looked at again. One that is not there is 404.
#[derive(Clone)]
pub struct ClientFiles {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    files: [OnceCell<File>; NAMES.len()],
}

struct File {
    etag: HeaderValue,
    plain: Bytes,
    gzip: Option<Bytes>,
}

/// One of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileName(usize);

impl FileName {
    /// The file that this path below the server's means.
    pub(crate) fn find(path: &str) -> Option<Self> {
        NAMES.iter().position(|name| *name == path).map(Self)
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(if NAMES[self.0].ends_with(".map") {
            "application/json; charset=utf-8"
        } else {
            "application/javascript; charset=utf-8"
        })
    }
}

impl ClientFiles {
    /// Of this folder; nothing is read yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { shared: Arc::new(Shared { folder: folder.into(), files: Default::default() }) }
    }

    /// Answers a GET or a HEAD.
    pub(crate) async fn answer(&self, name: FileName, request: &HeaderMap) -> Response<Full<Bytes>> {
        let file = match self.file(name).await {
            Ok(file) => file,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, file = NAMES[name.0], "a file of the client cannot be read");
                }
                let mut answer = Response::new(Full::default());
                *answer.status_mut() = StatusCode::NOT_FOUND;
                return answer;
            }
        };
        let mut answer = Response::new(Full::default());
        let is_known = is_known(request, &file.etag);
        let gzip = file.gzip.as_ref().filter(|_| Encoding::accepted(request) == Some(Encoding::Gzip));
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=0"));
        headers.insert(header::ETAG, file.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
        if is_known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            return answer;
        }
        headers.insert(header::CONTENT_TYPE, name.content_type());
        if gzip.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(Encoding::Gzip.name()));
        }
        *answer.body_mut() = Full::new(gzip.unwrap_or(&file.plain).clone());
        answer
    }

    /// The file, read now if it was not before. Failures are not remembered.
    async fn file(&self, name: FileName) -> io::Result<&File> {
        let read = || async {
            let path = self.shared.folder.join(NAMES[name.0]);
            tokio::task::spawn_blocking(move || File::read(&path)).await.map_err(io::Error::other)?
        };
        self.shared.files[name.0].get_or_try_init(read).await
    }
}

impl File {
    fn read(path: &Path) -> io::Result<Self> {
        let plain = Bytes::from(fs::read(path)?);
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        // Weak: the packed answer has other bytes and means the same.
        let etag = format!("W/\"{:x}-{:016x}\"", plain.len(), hasher.finish());
        let etag = HeaderValue::try_from(etag).map_err(io::Error::other)?;
        Ok(Self { etag, gzip: Encoding::Gzip.pack_now(&plain), plain })
    }
}

/// Whether the client has what the tag stands for.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(ours) = etag.to_str().map(opaque) else { return false };
    request.get_all(header::IF_NONE_MATCH).iter().any(|tags| {
        tags.to_str().is_ok_and(|tags| tags.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == ours))
    })
}

impl fmt::Debug for ClientFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFiles").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_known_names_are_files() {
        for name in NAMES {
            assert!(FileName::find(name).is_some(), "{name}");
        }
        for other in
            ["", "/socket.io.js", "../socket.io.js", "socket.io.js/", "socket%2Eio.js", "x.js", "socket.io"]
        {
            assert_eq!(FileName::find(other), None, "{other}");
        }
    }

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        let known = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            is_known(&headers, &HeaderValue::from_static("W/\"1-a\""))
        };
        assert!(known("W/\"1-a\"") && known("\"1-a\"") && known("\"x\", W/\"1-a\"") && known("*"));
        assert!(!known("\"1-b\"") && !known("1-a") && !known(""));
        assert!(!is_known(&HeaderMap::new(), &HeaderValue::from_static("W/\"1-a\"")));
    }
}
