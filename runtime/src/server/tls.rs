//! The server on a listener of its own that speaks TLS.

use super::Bound;
use crate::engine::Tls;

impl Bound {
    /// Speaks TLS with those who connect, by rustls: `https` and `wss`. Takes a [`Tls`], or a configuration of one's own,
    /// `Arc<rustls::ServerConfig>`.
    ///
    /// ```no_run
    /// # use sockeye::prelude::*;
    /// use sockeye::engine::Tls;
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let io = Server::builder().build();
    /// let bound = io.bind("0.0.0.0:443").await?.tls(Tls::from_pem_files("cert.pem", "key.pem")?);
    /// bound.serve_with_shutdown(std::future::pending()).await;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn tls(mut self, tls: impl Into<Tls>) -> Self {
        self.listener = self.listener.tls(tls);
        self
    }
}
