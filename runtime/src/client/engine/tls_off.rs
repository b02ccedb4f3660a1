//! Where the feature `rustls` is off: no TLS.

use reqwest::ClientBuilder;

use super::error::OpenError;

/// Whether `https` and `wss` can be reached.
pub(super) const AVAILABLE: bool = false;

/// Nothing to choose.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientTls;

impl ClientTls {
    pub(super) fn apply(&self, builder: ClientBuilder, _: bool) -> Result<ClientBuilder, OpenError> {
        Ok(builder)
    }
}
