//! TLS of a client, by rustls with ring: which servers are trusted, and who the client is.

use std::{fmt, sync::Arc};

use reqwest::ClientBuilder;
use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier,
    client::WantsClientCert,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::error::{OpenError, OpenErrorKind};

/// Whether `https` and `wss` can be reached.
pub(super) const AVAILABLE: bool = true;

/// TLS of a client: TLS 1.2 and 1.3. By default it trusts what the operating system trusts, and has no certificate of its own.
///
/// `Debug` does not show the key.
#[derive(Default)]
#[must_use]
pub struct ClientTls {
    roots: Vec<CertificateDer<'static>>,
    only_these: bool,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl ClientTls {
    /// What the operating system trusts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificates in this PEM text too: authorities, or a server's own.
    ///
    /// # Errors
    ///
    /// [`OpenErrorKind::Tls`] if there is none in it.
    pub fn root_pem(mut self, pem: &[u8]) -> Result<Self, OpenError> {
        self.roots.extend(certificates(pem)?);
        Ok(self)
    }

    /// Trusts this certificate (DER) too. One that is none is found when the client is built.
    pub fn root_der(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.push(der.into().into());
        self
    }

    /// Trusts only the certificates given here, and not what the operating system trusts.
    pub fn only_these_roots(mut self) -> Self {
        self.only_these = true;
        self
    }

    /// The client's own certificate with its chain, and the key, as PEM texts (which may be the same one): for servers that ask who is there.
    ///
    /// # Errors
    ///
    /// [`OpenErrorKind::Tls`] if there is no certificate or no key in them. Whether they fit is found when the client is built.
    pub fn identity_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, OpenError> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(unusable)?;
        self.identity = Some((certificates(chain)?, key));
        Ok(self)
    }

    /// As [`identity_pem`](Self::identity_pem), in DER; the key is PKCS #8, SEC 1 or PKCS #1.
    ///
    /// # Errors
    ///
    /// [`OpenErrorKind::Tls`] if the key is none of these.
    pub fn identity_der(mut self, chain: Vec<Vec<u8>>, key: Vec<u8>) -> Result<Self, OpenError> {
        let key = PrivateKeyDer::try_from(key).map_err(|error| unusable(Unusable(error)))?;
        self.identity = Some((chain.into_iter().map(Into::into).collect(), key));
        Ok(self)
    }

    /// `wanted`: whether there will be TLS at all.
    pub(super) fn apply(&self, builder: ClientBuilder, wanted: bool) -> Result<ClientBuilder, OpenError> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().map_err(unusable)?;
        // A configuration in any case: without one reqwest would look for a provider of cryptography.
        let config = if self.only_these || !wanted {
            let mut roots = RootCertStore::empty();
            for root in &self.roots {
                roots.add(root.clone()).map_err(unusable)?;
            }
            config.with_root_certificates(roots)
        } else {
            let verifier = Verifier::new_with_extra_roots(self.roots.iter().cloned(), provider);
            verified_by(config, verifier.map_err(unusable)?)
        };
        let mut config = match &self.identity {
            None => config.with_no_client_auth(),
            Some((chain, key)) => {
                config.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(unusable)?
            }
        };
        // WebSocket needs it.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(builder.tls_backend_preconfigured(config))
    }
}

fn verified_by(
    config: ConfigBuilder<ClientConfig, WantsVerifier>,
    verifier: Verifier,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    // Its name notwithstanding: the platform's verifier is what is not ours.
    config.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(unusable)?;
    if found.is_empty() {
        return Err(unusable(Unusable("there is no certificate")));
    }
    Ok(found)
}

fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> OpenError {
    OpenError::caused(OpenErrorKind::Tls, error)
}

#[derive(Debug)]
struct Unusable(&'static str);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unusable {}

impl Clone for ClientTls {
    fn clone(&self) -> Self {
        let identity = self.identity.as_ref().map(|(chain, key)| (chain.clone(), key.clone_key()));
        Self { roots: self.roots.clone(), only_these: self.only_these, identity }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("roots", &self.roots.len())
            .field("only_these", &self.only_these)
            .field("identity", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}
