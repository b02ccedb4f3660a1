//! TLS: own roots, client certificates, and servers that are not trusted.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use super::ours::{Serving, connected, numbered, text};
use crate::{
    client::engine::{
        Address, ClientTls, EngineOptions, HttpDialer, HttpOptions, OpenError, OpenErrorKind, Proxy,
        Transport, open,
    },
    engine::{Config, Tls},
};

const CERTIFICATE: &[u8] = include_bytes!("../../../../../tests/tls/cert.pem");
const KEY: &[u8] = include_bytes!("../../../../../tests/tls/key.pem");

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that wants to know who the client is, if `client_certificate`.
async fn serving(client_certificate: bool) -> (Serving, Address) {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = if client_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let config = config.with_single_cert(vec![certificate], key).unwrap();
    let serving = Serving::start(Config::default(), |bound| bound.tls(Tls::new(Arc::new(config)))).await;
    let address = Address::new(&serving.url.replace("http", "wss"), "/socket.io", true, &[]).unwrap();
    (serving, address)
}

fn dialer(tls: ClientTls, address: &Address) -> Result<Arc<HttpDialer>, OpenError> {
    let options = HttpOptions { proxy: Proxy::Off, tls, ..HttpOptions::default() };
    HttpDialer::new(&options, address).map(Arc::new)
}

fn trusting() -> ClientTls {
    ClientTls::new().only_these_roots().root_pem(CERTIFICATE).unwrap()
}

async fn refused(address: &Address, tls: ClientTls) {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = EngineOptions { transports: vec![transport], ..EngineOptions::new(address.clone()) };
        let opening = open(Arc::new(options), dialer(tls.clone(), address).unwrap());
        let error = timeout(PATIENCE, opening).await.unwrap().unwrap_err();
        assert_eq!(*error.kind(), OpenErrorKind::Io);
    }
}

#[tokio::test]
async fn a_session_polls_and_upgrades_over_tls() {
    let (serving, address) = serving(false).await;
    let der = CertificateDer::from_pem_slice(CERTIFICATE).unwrap().to_vec();
    for tls in [trusting(), ClientTls::new().only_these_roots().root_der(der)] {
        let dialer = dialer(tls, &address).unwrap();
        let mut session = connected(EngineOptions::new(address.clone()), dialer).await;
        assert_eq!(text(&mut session).await, "hello nobody");
        while session.transport() == Transport::Polling {
            numbered(&mut session, 100).await;
        }
        numbered(&mut session, 100).await;
        session.close(PATIENCE).await;
    }
    // Of the operating system's roots none has made the certificate. There need be none at all.
    if let Ok(dialer) = dialer(ClientTls::new(), &address) {
        let opening = open(Arc::new(EngineOptions::new(address.clone())), dialer);
        assert_eq!(*timeout(PATIENCE, opening).await.unwrap().unwrap_err().kind(), OpenErrorKind::Io);
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_server_that_asks_who_is_there_is_shown_the_clients_certificate() {
    let (serving, address) = serving(true).await;
    refused(&address, trusting()).await;
    let tls = trusting().identity_pem(CERTIFICATE, KEY).unwrap();
    assert!(!format!("{tls:?}").contains("PRIVATE"));
    for transport in [Transport::Polling, Transport::WebSocket] {
        let options = EngineOptions { transports: vec![transport], ..EngineOptions::new(address.clone()) };
        let mut session = connected(options, dialer(tls.clone(), &address).unwrap()).await;
        assert_eq!(text(&mut session).await, "hello nobody");
        session.close(PATIENCE).await;
    }
    serving.stop().await;
}

#[test]
fn what_is_no_certificate_or_key_is_refused() {
    let unusable =
        |tls: Result<ClientTls, OpenError>| assert_eq!(*tls.unwrap_err().kind(), OpenErrorKind::Tls);
    unusable(ClientTls::new().root_pem(b"hello"));
    unusable(ClientTls::new().identity_pem(CERTIFICATE, CERTIFICATE));
    unusable(ClientTls::new().identity_pem(KEY, KEY));
    unusable(ClientTls::new().identity_der(Vec::new(), b"hello".to_vec()));
    let address = Address::new("https://server", "/", true, &[]).unwrap();
    let made = dialer(ClientTls::new().only_these_roots().root_der(*b"hello"), &address);
    assert_eq!(*made.unwrap_err().kind(), OpenErrorKind::Tls);
}
