//! The clients of the soak. None of this is the server's code: WebSocket is tungstenite's, HTTP and the packets are read here.

mod attacks;
mod control;
mod deeds;
mod dialect;
mod end;
mod http;
mod life;
mod link;
mod lives;
mod msgpack;
mod packet;
mod polling;
mod socket;

pub(crate) use control::Control;
pub(crate) use dialect::{Dialect, Mount};
pub(crate) use lives::Client;

/// Why a client stops in the middle.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The connection is over.
    Closed(&'static str),
    /// The server did what it must not.
    Wrong(String),
}

pub(crate) type Result<T> = std::result::Result<T, Stop>;

pub(crate) fn wrong<T>(what: impl Into<String>) -> Result<T> {
    Err(Stop::Wrong(what.into()))
}

impl From<std::io::Error> for Stop {
    fn from(_: std::io::Error) -> Self {
        Self::Closed("connection")
    }
}

impl From<tokio_tungstenite::tungstenite::Error> for Stop {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        use tokio_tungstenite::tungstenite::{Error, error::ProtocolError};
        match error {
            // The judge: whatever else it finds wrong with our frames is wrong.
            Error::Protocol(
                ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
            ) => Self::Closed("websocket"),
            Error::Protocol(error) => Self::Wrong(format!("tungstenite: {error}")),
            Error::Utf8(error) => Self::Wrong(format!("tungstenite: {error}")),
            _ => Self::Closed("websocket"),
        }
    }
}

/// How long anything may take before it counts as hanging.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(result) => result,
        Err(_) => wrong(format!("waited in vain for {what}")),
    }
}
