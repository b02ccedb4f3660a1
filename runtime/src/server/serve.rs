//! The server on a listener of its own.

use std::{error::Error, fmt, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::ToSocketAddrs,
    sync::Notify,
    time::{sleep, timeout},
};

use super::Server;
use crate::engine::{self, Cores};

/// How long a shutdown may take where nothing else is said.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(10);

/// How long the last answers may then take to be written: a peer that does not read one would keep its connection as long as a session
/// whose peer does not read lives.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The server cannot serve.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not to be had.
    Bind(io::Error),
    /// The threads of [`per_core`](super::ServerBuilder::per_core) cannot be started.
    Threads(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(_) => f.write_str("the address cannot be bound"),
            Self::Threads(_) => f.write_str("the threads of the server cannot be started"),
        }
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind(error) | Self::Threads(error) => Some(error),
        }
    }
}

impl Server {
    /// Binds an address and serves for ever. HTTP/1.1 with WebSocket; paths that are not the server's get 404.
    ///
    /// # Errors
    ///
    /// If the address is not to be had.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, nothing more is accepted; open sessions go on until [`shutdown`](Self::shutdown).
    pub async fn serve(&self, addr: impl ToSocketAddrs) -> Result<(), ServeError> {
        self.bind(addr).await?.serve_with_shutdown(std::future::pending()).await;
        Ok(())
    }

    /// Binds an address; connections wait in the kernel until [`Bound::serve_with_shutdown`]. Port 0 lets the system choose one, which
    /// [`Bound::local_addr`] tells.
    ///
    /// # Errors
    ///
    /// If the address is not to be had.
    ///
    /// # Cancel safety
    ///
    /// Yes.
    pub async fn bind(&self, addr: impl ToSocketAddrs) -> Result<Bound, ServeError> {
        let listener = engine::bind(addr).await.map_err(ServeError::Bind)?;
        let listener = listener.configure(self.engine().config()).counted_by(self.engine());
        Ok(Bound { listener: listener.on_cores(self.cores()?), server: self.clone() })
    }

    /// The threads for connections, if it shall have any.
    fn cores(&self) -> Result<Option<Arc<Cores>>, ServeError> {
        let Some(count) = self.0.hub.limits.per_core else { return Ok(None) };
        let cores = &self.0.cores;
        if cores.get().is_none() {
            // Of two who bind at once one throws its threads away.
            let _ = cores.set(Arc::new(Cores::start(count).map_err(ServeError::Threads)?));
        }
        Ok(cores.get().cloned())
    }
}

/// A server that has its address and does not serve yet.
#[derive(Debug)]
pub struct Bound {
    pub(super) listener: engine::Bound,
    server: Server,
}

impl Bound {
    /// The address, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    ///
    /// If the operating system does not know.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `signal` is ready, then shuts the server down as [`Server::shutdown`] does, within 10 s. When all sessions have ended, answers
    /// that are being written have 1 s more; who has not read its own by then is cut off.
    ///
    /// ```
    /// # use sockeye::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let io = Server::builder().build();
    /// let bound = io.bind("127.0.0.1:0").await?;
    /// println!("listening on {}", bound.local_addr()?);
    /// # let interrupted = async {};
    /// bound.serve_with_shutdown(interrupted).await; // tokio::signal::ctrl_c(), for example
    /// # Ok(()) }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As [`Server::serve`].
    pub async fn serve_with_shutdown(self, signal: impl Future<Output = ()>) {
        let (signalled, ended) = (Notify::new(), Notify::new());
        let signal = async {
            signal.await;
            signalled.notify_one();
        };
        let service = self.server.service();
        let deadline = async {
            let last = async {
                ended.notified().await;
                sleep(LAST_ANSWERS).await;
            };
            let _ = timeout(SHUTDOWN_DEADLINE, last).await;
        };
        let serving = self.listener.serve_until(service, signal, deadline);
        let closing = async {
            signalled.notified().await;
            self.server.shutdown(SHUTDOWN_DEADLINE).await;
            ended.notify_one();
        };
        tokio::join!(serving, closing);
    }
}
