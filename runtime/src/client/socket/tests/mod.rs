//! Sockets over a list, at times of the test's choosing.

mod acks;
mod connecting;
mod model;
mod recovery;
mod retries;
mod room;
mod user_code;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::{Answer, Arities, Arrivals, Connected, EmitFlags, Outgoing, SocketOptions, SocketShared};
use crate::{
    event::{EmitError, EventName, PacketWriter, Parser},
    protocol::{
        frame::Encoded,
        socket_io::packet::{Body, Payload},
    },
};

/// A connection that keeps what is pushed.
struct Wire {
    packets: Mutex<Vec<String>>,
    pending: AtomicUsize,
    limit: usize,
    closed: AtomicBool,
    writable: AtomicBool,
}

impl Wire {
    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            packets: Mutex::default(),
            pending: AtomicUsize::new(0),
            limit,
            closed: AtomicBool::new(false),
            writable: AtomicBool::new(true),
        })
    }

    /// All that waits is written.
    fn written(&self) {
        self.pending.store(0, Ordering::Relaxed);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.packets.lock())
    }
}

fn text(packet: &Encoded) -> String {
    String::from_utf8(packet.head.packet_text().unwrap()[1..].to_vec()).unwrap()
}

impl Outgoing for Wire {
    fn push(&self, packet: &Encoded) -> Result<(), EmitError> {
        let pending = self.pending.load(Ordering::Relaxed);
        if pending > 0 && pending + packet.size() > self.limit && !self.closed.load(Ordering::Relaxed) {
            return Err(EmitError::Full);
        }
        self.push_anyway(packet)
    }

    fn push_anyway(&self, packet: &Encoded) -> Result<(), EmitError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(EmitError::Closed);
        }
        self.pending.fetch_add(packet.size(), Ordering::Relaxed);
        self.packets.lock().push(text(packet));
        Ok(())
    }

    fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    fn pending_bytes(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    fn limit(&self) -> usize {
        self.limit
    }
}

/// A socket, and the time.
struct Bench {
    socket: Arc<SocketShared>,
    now: Instant,
    wake: Arc<Notify>,
}

const SECOND: Duration = Duration::from_secs(1);

impl Bench {
    fn new(options: SocketOptions) -> Self {
        Self::with(options, Arities::unknown())
    }

    fn with(options: SocketOptions, arities: Arities) -> Self {
        let (writer, wake) = (PacketWriter::new("/".into(), Parser::Json), Arc::<Notify>::default());
        let socket = SocketShared::new(writer, arities, options, Arc::clone(&wake));
        Self { socket, now: Instant::now(), wake }
    }

    fn retrying(retries: u32) -> Self {
        Self::new(SocketOptions { retries, ack_timeout: SECOND, ..SocketOptions::default() })
    }

    fn emit_with(&self, name: &str, flags: EmitFlags) -> Result<(), EmitError> {
        self.socket.emit(EventName { plain: name, json: None }, &|_| {}, flags, self.now)
    }

    fn emit(&self, name: &str) {
        self.emit_with(name, EmitFlags::default()).unwrap();
    }

    fn ask_with(&self, name: &str, flags: EmitFlags) -> Result<oneshot::Receiver<Answer>, EmitError> {
        let name = EventName { plain: name, json: None };
        self.socket.emit_with_ack(name, &|_| {}, flags, self.now).map(|(_, receiver)| receiver)
    }

    fn ask(&self, name: &str) -> oneshot::Receiver<Answer> {
        self.ask_with(name, EmitFlags::default()).unwrap()
    }

    fn join_with(&self, wire: &Arc<Wire>, payload: &str) -> Connected {
        assert!(self.socket.connect_packet(None).unwrap().is_some());
        self.accept(wire, payload)
    }

    fn accept(&self, wire: &Arc<Wire>, accepted: &str) -> Connected {
        let sink: Arc<dyn Outgoing> = Arc::clone(wire) as _;
        self.socket.handle_connect(Some(&payload(accepted)), sink, self.now).unwrap()
    }

    /// A connection that takes all.
    fn join(&self) -> Arc<Wire> {
        let wire = Wire::new(usize::MAX);
        self.join_with(&wire, r#"{"sid":"us"}"#);
        wire
    }

    /// Time passes, and what is due is done when it is due.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.socket.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.socket.handle_timeout(self.now);
        }
        self.now = until;
    }

    fn answer(&self, id: u64, value: &str) {
        self.socket.handle_ack(id, payload(&format!("[{value}]")), self.now);
    }

    fn receive(&self, event: &str, id: Option<u64>) -> Arrivals {
        self.socket.handle_event(payload(event), id)
    }

    /// Nothing of what was done is left.
    fn assert_empty(&self) {
        let state = self.socket.locked();
        assert!(state.unsent.is_empty() && state.retries.is_empty() && state.held.is_empty());
        assert_eq!((state.bytes(), state.waiters.len(), state.retries.waiting()), (0, 0, 0));
        assert_eq!((state.next_deadline(), state.wants_room(), state.permits), (None, None, 0));
    }
}

fn payload(text: &str) -> Payload {
    Payload { body: Body::Json(text.to_owned().into()), attachments: Vec::new() }
}

fn body(payload: &Payload) -> &str {
    match &payload.body {
        Body::Json(text) => text,
        Body::MsgPack(_) => panic!("JSON"),
    }
}

/// The outcome of a wait; `None` if it goes on.
fn outcome(receiver: &mut oneshot::Receiver<Answer>) -> Option<Result<String, super::Failure>> {
    match receiver.try_recv() {
        Ok(answer) => Some(answer.map(|payload| body(&payload).to_owned())),
        Err(oneshot::error::TryRecvError::Empty) => None,
        Err(oneshot::error::TryRecvError::Closed) => panic!("a wait without an outcome"),
    }
}
