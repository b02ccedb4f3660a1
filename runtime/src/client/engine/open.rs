//! How a session opens: the handshake over the first transport that does.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use super::{
    dial::Dialer,
    driver::{Beginning, Driver, Line},
    error::{Closed, OpenError, OpenErrorKind},
    inbox::Inbox,
    options::{EngineOptions, Transport},
    outbox::Outbox,
    polling::Polling,
    requests::Requests,
    session::{Control, Session},
    wake::Wake,
};
use crate::protocol::{
    close::CloseReason,
    engine_io::{
        Packet,
        client::{Opened, PingDeadline},
        payload::PayloadReader,
    },
};

/// Opens a session, whose task is spawned on the current tokio runtime.
///
/// # Errors
///
/// Why the last of the transports that were tried did not open.
///
/// # Cancel safety
///
/// Dropping the future gives up: a session that the server has already made ends there by its heartbeat.
pub(crate) async fn open(options: Arc<EngineOptions>, dialer: Arc<dyn Dialer>) -> Result<Session, OpenError> {
    let limit = options.open_timeout;
    let opening = async {
        let mut failure = OpenError::new(OpenErrorKind::NoTransport);
        for transport in options.order() {
            let requests = Requests::new(Arc::clone(&options), Arc::clone(&dialer));
            match begin(&requests, transport).await {
                Ok((opened, line)) => return Ok(start(requests, opened, line)),
                Err(error) => {
                    tracing::debug!(transport = transport.as_str(), %error, "a transport did not open");
                    failure = error;
                }
            }
        }
        Err(failure)
    };
    timeout(limit, opening).await.map_err(|_| OpenError::new(OpenErrorKind::Timeout))?
}

/// The handshake over one transport.
async fn begin(requests: &Requests, transport: Transport) -> Result<(Opened, Beginning), OpenError> {
    let (first, beginning) = match transport {
        Transport::Polling => {
            let body = requests.get().await?;
            let mut unread = PayloadReader::new(body, usize::MAX)?;
            let first = unread.next().transpose()?;
            (first, Beginning { line: Line::Polling(Polling::default()), unread: Some(unread) })
        }
        Transport::WebSocket => {
            let mut websocket = requests.websocket().await?;
            let first = websocket.packet().await.map_err(not_opened)?;
            (Some(first), Beginning { line: Line::WebSocket(websocket), unread: None })
        }
    };
    match first {
        Some(Packet::Open(data)) => Ok((Opened::from_json(&data)?, beginning)),
        _ => Err(OpenError::new(OpenErrorKind::Protocol)),
    }
}

fn not_opened(closed: Closed) -> OpenError {
    let kind = match closed.reason {
        CloseReason::TransportClose => OpenErrorKind::Io,
        _ => OpenErrorKind::Protocol,
    };
    OpenError::caused(kind, closed)
}

fn start(requests: Requests, opened: Opened, beginning: Beginning) -> Session {
    let options = Arc::clone(&requests.options);
    let ping = PingDeadline::new(Instant::now().into_std(), opened.ping_interval, opened.ping_timeout);
    let requests = requests.of_session(opened.session.clone(), ping.allowed());
    let wake = Arc::<Wake>::default();
    let control = Arc::<Control>::default();
    let inbox = Inbox::new(options.inbox_limit, Arc::clone(&wake));
    let outbox = Outbox::new(options.outbox_limit, Arc::clone(&wake));
    let driver = Driver::new(
        requests,
        &opened,
        ping,
        beginning,
        (Arc::clone(&control), Arc::clone(&inbox), Arc::clone(&outbox), Arc::clone(&wake)),
    );
    tracing::debug!(session = ?opened.session, transport = ?driver.transport(), "a session opened");
    Session { control, inbox, outbox, wake, task: Some(tokio::spawn(driver.run())) }
}
