//! TLS on a listener of the server's own, by rustls. Knows the handshake; what is spoken over the stream it does not.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};
/// The rustls that [`Tls`] takes configurations of.
pub use tokio_rustls::rustls;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    },
    server::TlsStream,
};

use super::{
    Bound,
    io::{Io, OverTcp},
    serve::{Accepted, Handshake},
};

/// How long a handshake may take where nothing else is said.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Handshakes at once where nothing else is said.
const MAX_HANDSHAKES: usize = 1024;

/// TLS for a listener: certificates, and what a handshake may cost. Clients are offered HTTP/1.1 only, which WebSocket needs.
///
/// ```no_run
/// # use sockeye::prelude::*;
/// use sockeye::engine::Tls;
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let io = Server::builder().build();
/// let tls = Tls::from_pem_files("cert.pem", "key.pem")?;
/// io.bind("0.0.0.0:3000").await?.tls(tls).serve_with_shutdown(std::future::pending()).await;
/// # Ok(()) }
/// ```
///
/// Whoever wants more than that, client certificates or certificates that change while the server runs, makes a configuration with rustls:
/// `tls(Arc<rustls::ServerConfig>)`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Tls {
    config: Arc<ServerConfig>,
    handshake_timeout: Duration,
    max_handshakes: usize,
}

impl Tls {
    /// With a configuration of one's own; its protocols (ALPN) are replaced by `http/1.1`.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        let mut config = Arc::unwrap_or_clone(config);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            config: Arc::new(config),
            handshake_timeout: HANDSHAKE_TIMEOUT,
            max_handshakes: MAX_HANDSHAKES,
        }
    }

    /// With a chain of certificates and the key of the first, each from a PEM file. TLS 1.2 and 1.3, no client certificates. Reads the files
    /// at once, blocking.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, has no certificate or key, or the two do not fit.
    pub fn from_pem_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsConfigError> {
        let (certificates, key) = (certificates.as_ref(), key.as_ref());
        let at = |path: &Path| {
            let path = path.to_owned();
            |error| TlsConfigError::Pem(path, error)
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
            .and_then(Iterator::collect)
            .map_err(at(certificates))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(at(key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsConfigError::Rejected)?;
        Ok(Self::new(Arc::new(config)))
    }

    /// How long a handshake may take, from the connection's being accepted; then it is closed. Default 10 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Most handshakes at once; a connection past them is closed. Default 1024.
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.max_handshakes = handshakes.clamp(1, Semaphore::MAX_PERMITS);
        self
    }
}

impl From<Arc<ServerConfig>> for Tls {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self::new(config)
    }
}

/// Certificates or their key cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A file cannot be read or does not hold what it should.
    Pem(PathBuf, pem::Error),
    /// rustls does not take them.
    Rejected(rustls::Error),
}

impl fmt::Display for TlsConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(path, _) => write!(f, "{} cannot be used", path.display()),
            Self::Rejected(_) => f.write_str("the certificates and the key are not accepted"),
        }
    }
}

impl Error for TlsConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Pem(_, error) => Some(error),
            Self::Rejected(error) => Some(error),
        }
    }
}

impl Bound {
    /// Speaks TLS with those who connect. Handshakes run beside each other and keep nobody waiting.
    #[must_use]
    pub fn tls(self, tls: impl Into<Tls>) -> Self {
        let Tls { config, handshake_timeout, max_handshakes } = tls.into();
        let slots = Semaphore::new(max_handshakes);
        self.with_handshake(Arc::new(Acceptor {
            tls: TlsAcceptor::from(config),
            timeout: handshake_timeout,
            slots,
        }))
    }
}

struct Acceptor {
    tls: TlsAcceptor,
    timeout: Duration,
    slots: Semaphore,
}

impl Handshake for Acceptor {
    fn accept(&self, stream: TcpStream) -> Accepted<'_> {
        Box::pin(async move {
            // Those that wait for a slot would be as many as an attacker likes.
            let _slot = self.slots.try_acquire().map_err(|_| io::Error::other("too many handshakes"))?;
            match timeout(self.timeout, self.tls.accept(stream)).await {
                Ok(accepted) => Ok(Io::Tls(Box::new(Secured(accepted?)))),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

/// A stream whose TCP stream can be looked at.
struct Secured(TlsStream<TcpStream>);

impl OverTcp for Secured {
    fn tcp(&self) -> &TcpStream {
        self.0.get_ref().0
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
