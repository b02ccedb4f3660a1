//! A session as its owner sees it: what comes in, where to send, and the end.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{task::JoinHandle, time::Instant};

use super::{error::Closed, inbox::Inbox, options::Transport, outbox::Outbox, wake::Wake};
use crate::protocol::engine_io::Message;

/// What the owner and the session's task tell each other.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// The owner wants the end, at the latest then.
    close: Mutex<Option<Instant>>,
    /// Which transport the session is on.
    websocket: AtomicBool,
}

impl Control {
    pub(super) fn wanted_close(&self) -> Option<Instant> {
        *self.close.lock()
    }

    pub(super) fn set_transport(&self, transport: Transport) {
        self.websocket.store(transport == Transport::WebSocket, Ordering::Relaxed);
    }
}

/// One Engine.IO session, whose task answers heartbeats, changes the transport and writes what is in the outbox, whether or not somebody
/// receives.
///
/// Dropping it ends the connection at once, without a word; [`close`](Self::close) ends it in order.
pub(crate) struct Session {
    pub(super) control: Arc<Control>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) wake: Arc<Wake>,
    /// None once it is closing.
    pub(super) task: Option<JoinHandle<()>>,
}

impl Session {
    /// The next message. Messages that came before the end are given before the end, which is then given each time.
    ///
    /// While nobody receives and the inbox is full, the transport is not read, and the server's heartbeat not answered.
    ///
    /// # Errors
    ///
    /// How the session ended.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub(crate) async fn recv(&mut self) -> Result<Message, Closed> {
        std::future::poll_fn(|cx| self.inbox.poll_recv(cx)).await
    }

    /// Where to send.
    pub(crate) fn outbox(&self) -> Arc<Outbox> {
        Arc::clone(&self.outbox)
    }

    /// The transport it is on now: an upgrade changes it, once.
    pub(crate) fn transport(&self) -> Transport {
        match self.control.websocket.load(Ordering::Relaxed) {
            true => Transport::WebSocket,
            false => Transport::Polling,
        }
    }

    /// Ends the session in order: what is in the outbox is sent, then the server is told. Takes at most `within`, after which the connection is
    /// dropped. Packets pushed from now on are refused, and messages that still come are passed over.
    ///
    /// # Cancel safety
    ///
    /// The session ends in the same way if the future is dropped, only nobody waits for it; but it has to be polled once.
    pub(crate) async fn close(mut self, within: Duration) {
        self.outbox.close();
        *self.control.close.lock() = Some(Instant::now() + within);
        self.wake.wake();
        if let Some(task) = self.task.take() {
            // It does not panic, and nobody else ends it.
            let _ = task.await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("transport", &self.transport())
            .field("outbox", &self.outbox)
            .finish_non_exhaustive()
    }
}
