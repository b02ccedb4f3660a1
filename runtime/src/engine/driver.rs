//! The task of a session: reads, lets the application work, writes. One small future, polled by hand.
//!
//! It does what the state machine in [`session`](crate::protocol::engine_io::session) says, and knows neither HTTP nor how
//! sessions are opened.

mod end;
mod flush;
mod watch;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use watch::Stall;

use super::{
    Config, Connection, Outbox, TransportKind,
    registry::Registration,
    transport::{
        farewell::Farewell,
        polling::{Input, Polling, Reply},
        websocket::{ReadError, Reader, Stream},
    },
};
use crate::protocol::{
    close::CloseReason,
    engine_io::{
        Dialect, Packet, PacketError,
        dialect::Payload,
        handshake::ErrorCode,
        session::{Event, Session},
    },
    websocket,
};

/// Inputs taken before other tasks get their turn.
const BUDGET: usize = 64;

/// A WebSocket text frame with the packet `3probe`.
const PROBE_PONG_FRAME: &[u8] = b"\x81\x063probe";

/// JavaScript's `ws` closes without a code here; a client treats both alike.
const NORMAL_CLOSE: u16 = 1000;

enum Transport {
    Polling(Box<Polling>),
    /// Its other half is in the outbox.
    WebSocket(Box<Reader>),
    /// The session has ended; the stream is being closed.
    Farewell(Box<Farewell>),
    Gone,
}

/// A session's task.
pub(crate) struct Driver {
    session: Session,
    connection: Box<dyn Connection>,
    outbox: Arc<Outbox>,
    transport: Transport,
    config: Arc<Config>,
    timer: Pin<Box<Sleep>>,
    /// The timer has been polled since it was set.
    armed: bool,
    /// What the peer speaks.
    dialect: Dialect,
    /// The heartbeat is to be written.
    heartbeat: bool,
    /// The last write left something behind.
    blocked: bool,
    /// The time, as of the last look at the clock.
    now: Instant,
    /// [`Connection::closed`] has been called; it has until then to finish.
    grace: Option<Instant>,
    /// The application has finished after the close.
    finished: bool,
    /// With which code a WebSocket is closed in the end.
    close_code: Option<u16>,
    /// The peer takes nothing of what is written.
    stall: Option<Box<Stall>>,
    /// While the transport is not read: when it is looked at next whether the peer is there.
    look_at: Option<Instant>,
    registration: Registration,
}

impl Driver {
    /// For a session that polls.
    pub(crate) fn polling(
        polling: Polling,
        connection: Box<dyn Connection>,
        outbox: Arc<Outbox>,
        config: Arc<Config>,
        registration: Registration,
    ) -> Self {
        outbox.set_writable(false);
        let dialect = polling.dialect;
        let session = Session::polling(Instant::now().into_std(), registration.timing(), dialect);
        Self::new(
            session,
            dialect,
            Transport::Polling(Box::new(polling)),
            connection,
            outbox,
            config,
            registration,
        )
    }

    /// For a session on WebSocket. The OPEN packet must be in the stream's queue.
    pub(crate) fn websocket(
        stream: Stream,
        connection: Box<dyn Connection>,
        outbox: Arc<Outbox>,
        config: Arc<Config>,
        registration: Registration,
    ) -> Self {
        outbox.set_transport(TransportKind::WebSocket);
        let dialect = stream.wire.out.dialect;
        let session = Session::websocket(Instant::now().into_std(), registration.timing(), dialect);
        outbox.set_wire(stream.wire);
        let transport = Transport::WebSocket(Box::new(stream.reader));
        Self::new(session, dialect, transport, connection, outbox, config, registration)
    }

    fn new(
        session: Session,
        dialect: Dialect,
        transport: Transport,
        connection: Box<dyn Connection>,
        outbox: Arc<Outbox>,
        config: Arc<Config>,
        registration: Registration,
    ) -> Self {
        registration.metrics.opened(outbox.transport());
        Self {
            timer: Box::pin(sleep_until(Instant::now() + config.ping_interval)),
            armed: false,
            session,
            connection,
            outbox,
            transport,
            config,
            dialect,
            heartbeat: false,
            blocked: false,
            now: Instant::now(),
            grace: None,
            finished: false,
            close_code: Some(NORMAL_CLOSE),
            stall: None,
            look_at: None,
            registration,
        }
    }

    fn poll_session(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.outbox.unregister();
        let mut budget = BUDGET;
        loop {
            let was_open = self.session.is_open();
            self.now = Instant::now();
            self.session.handle_timeout(self.now.into_std());
            if self.stall.as_ref().is_some_and(|stall| self.now >= stall.until) {
                self.session.fail(CloseReason::PingTimeout);
            }
            self.handle_events();
            let drained = self.read(cx, &mut budget);
            self.handle_close_request();
            self.outbox.take_nudge();
            self.poll_connection(cx);
            self.flush(cx);
            self.handle_events();
            self.handle_close_request();
            if was_open && !self.session.is_open() {
                // What has just been closed is to be flushed, and the application to be driven on.
                continue;
            }
            if self.poll_farewell(cx).is_ready() && self.finished {
                return Poll::Ready(());
            }
            // Against a peer that does not read either, the deadline goes on: both sides could wait for ever.
            self.look_at = None;
            let gone = !drained && self.session.is_open() && self.is_gone();
            self.session.handle_reading(self.now.into_std(), drained || self.blocked || gone);
            if budget == 0 {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            // Reading stopped because the application was not ready, and now it is: nothing else would wake this task.
            let resume = !drained && self.session.is_open() && self.connection.is_ready();
            if !resume && self.poll_timer(cx).is_pending() && self.may_sleep(cx) {
                return Poll::Pending;
            }
        }
    }

    /// Registers with the outbox, unless something was pushed, or a close or a look asked for, while nobody was.
    fn may_sleep(&self, cx: &Context<'_>) -> bool {
        let writable = match &self.transport {
            Transport::Polling(polling) => polling.has_get(),
            Transport::WebSocket(_) => !self.blocked,
            Transport::Farewell(_) | Transport::Gone => false,
        };
        self.outbox.register(cx.waker(), writable, self.session.is_open())
    }

    /// Whoever has a handle to the session may close it; so may the outbox, when it overflows.
    fn handle_close_request(&mut self) {
        if self.session.is_open()
            && let Some(reason) = self.outbox.closing()
        {
            self.session.close(self.now.into_std(), reason);
            self.handle_events();
        }
        if self.session.is_closing() && self.outbox.is_hurried() {
            self.session.hurry();
            self.handle_events();
        }
    }

    /// Takes in what there is. `true` if it stopped because there was nothing more.
    fn read(&mut self, cx: &mut Context<'_>, budget: &mut usize) -> bool {
        while *budget > 0 {
            // A session that is closing takes no messages; it only looks out for the peer's end.
            let ready = match self.session.is_open() {
                true => self.connection.is_ready(),
                false => !self.session.has_left(),
            };
            let progress = match &mut self.transport {
                Transport::Polling(polling) => match polling.poll_input(cx, ready) {
                    Poll::Ready(input) => self.handle_input(input),
                    Poll::Pending => return ready || !polling.is_held(),
                },
                Transport::WebSocket(_) if !ready => return false,
                Transport::WebSocket(reader) => match reader.poll_message(cx) {
                    Poll::Ready(message) => self.handle_message(message),
                    Poll::Pending => return true,
                },
                Transport::Farewell(_) | Transport::Gone => return true,
            };
            *budget -= 1;
            // Only what changes the session's state has events; messages have none.
            if progress == Progress::Changed {
                self.handle_events();
            }
            // Nothing more is taken from a peer that the application has closed for what it just sent.
            if self.outbox.is_closing() {
                self.handle_close_request();
            }
        }
        true
    }

    fn handle_message(&mut self, message: Result<websocket::Message, ReadError>) -> Progress {
        let packet = match message {
            Ok(websocket::Message::Text(text)) => self.dialect.read_text(&text),
            Ok(websocket::Message::Binary(data)) => self.dialect.read_binary(data),
            Ok(websocket::Message::Close(frame)) => {
                self.close_code = Some(frame.map_or(NORMAL_CLOSE, |frame| frame.code));
                self.session.fail(CloseReason::TransportClose);
                return Progress::Changed;
            }
            Ok(websocket::Message::Ping(_) | websocket::Message::Pong(_)) => return Progress::Same,
            Err(ReadError::Frame(error)) => {
                tracing::debug!(session = ?self.registration.id(), %error, "the peer broke the framing");
                self.registration.refusals().frame(error);
                self.close_code = Some(error.close_code());
                self.session.fail(CloseReason::TransportError);
                return Progress::Changed;
            }
            Err(ReadError::Eof | ReadError::Io(_)) => {
                self.close_code = None;
                self.session.fail(CloseReason::TransportClose);
                return Progress::Changed;
            }
        };
        self.handle_packet(packet)
    }

    fn handle_packet(&mut self, packet: Result<Packet, PacketError>) -> Progress {
        match packet {
            Ok(packet) => match self.session.handle_packet(self.now.into_std(), packet) {
                Some(message) => {
                    self.registration.metrics.received(message.size());
                    self.connection.message(message);
                    Progress::Same
                }
                None => Progress::Changed,
            },
            Err(error) => {
                tracing::debug!(session = ?self.registration.id(), %error, "the peer sent an invalid packet");
                self.registration.refusals().packets.add();
                self.session.fail(CloseReason::ParseError);
                Progress::Changed
            }
        }
    }

    fn handle_input(&mut self, input: Input) -> Progress {
        let Transport::Polling(polling) = &mut self.transport else { return Progress::Same };
        self.now = Instant::now();
        let now = self.now.into_std();
        // A request may come after a deadline for which the timer has not fired yet.
        self.session.handle_timeout(now);
        match input {
            Input::Packet(Err(error)) => {
                // As JavaScript does: the body was taken in, what it held ends the session.
                polling.answer_post(Reply::Ok);
                return self.handle_packet(Err(error));
            }
            Input::Packet(packet) => return self.handle_packet(packet),
            Input::Get(reply) => match self.session.handle_get() {
                Ok(()) => {
                    polling.set_get(reply);
                    self.outbox.set_writable(true);
                }
                Err(error) => drop(reply.send(Reply::Refused(error))),
            },
            Input::GetCancelled => self.session.handle_get_cancelled(),
            Input::Post { body, binary, reply } => match self.session.handle_post() {
                Ok(()) => polling.set_post(body, binary, reply),
                Err(error) => drop(reply.send(Reply::Refused(error))),
            },
            Input::PostDone(reply) => {
                polling.answer_post(reply);
                self.session.handle_post_answered();
            }
            Input::PostCutOff | Input::Violation => self.session.fail(CloseReason::TransportError),
            Input::Probe(stream) => {
                if self.session.handle_probe_opened(now) {
                    polling.probe = Some(stream);
                } else {
                    self.dismiss(*stream, NORMAL_CLOSE);
                }
            }
            Input::ProbePacket(packet) => self.session.handle_probe_packet(now, &packet),
            Input::ProbeClosed => self.session.handle_probe_closed(),
            Input::ProbeBroken(error) => {
                self.registration.refusals().frame(error);
                if let Some(probe) = polling.probe.take() {
                    self.dismiss(*probe, error.close_code());
                }
                self.session.handle_probe_closed();
            }
        }
        Progress::Changed
    }

    fn handle_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match (event, &mut self.transport) {
                (Event::Heartbeat, _) => self.heartbeat = true,
                (Event::ProbePong, Transport::Polling(polling)) => {
                    if let Some(probe) = &mut polling.probe {
                        probe.wire.out.push_bytes(Bytes::from_static(PROBE_PONG_FRAME));
                    }
                }
                (Event::Noop, Transport::Polling(polling)) if polling.has_get() => {
                    self.answer_get(self.dialect.payload_of(&Packet::Noop), false);
                }
                (Event::Upgraded, _) => self.upgrade(),
                (Event::ProbeFailed, Transport::Polling(polling)) => {
                    if self.session.is_open() {
                        self.registration.refusals().upgrades.add();
                    }
                    if let Some(probe) = polling.probe.take() {
                        self.dismiss(*probe, NORMAL_CLOSE);
                    }
                }
                (Event::Closed(reason), _) => {
                    self.outbox.close(reason);
                    self.registration.closed();
                    self.registration.refusals().closed(reason);
                    self.registration.metrics.closed(reason);
                    tracing::debug!(target: "sockeye::connection", %reason, "the session is closed");
                    self.grace = Some(self.now + self.config.close_grace);
                    self.connection.closed(reason);
                }
                (Event::Ended, _) => self.end(),
                _ => {}
            }
        }
    }

    fn answer_get(&mut self, payload: Payload, compress: bool) {
        let Transport::Polling(polling) = &mut self.transport else { return };
        self.outbox.set_writable(false);
        if polling.answer_get(payload, compress) {
            self.session.handle_get_answered();
        } else {
            self.session.handle_get_cancelled();
        }
    }

    /// Changes over to the WebSocket that was probing.
    fn upgrade(&mut self) {
        let Transport::Polling(mut polling) = std::mem::replace(&mut self.transport, Transport::Gone) else {
            return;
        };
        let Some(stream) = polling.probe.take() else {
            return self.session.fail(CloseReason::TransportError);
        };
        // First, so that who finds the requests' channel closed sees why.
        self.registration.upgraded();
        polling.end(self.dialect.payload_of(&Packet::Noop), ErrorCode::BadRequest);
        self.dialect = stream.wire.out.dialect;
        self.outbox.set_wire(stream.wire);
        self.transport = Transport::WebSocket(Box::new(stream.reader));
        self.outbox.set_transport(TransportKind::WebSocket);
        self.outbox.set_writable(true);
        tracing::Span::current().record("transport", TransportKind::WebSocket.as_str());
    }
}

/// Whether an input may have given the state machine something to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Same,
    Changed,
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let session = AssertUnwindSafe(|| this.poll_session(cx));
        catch_unwind(session).unwrap_or_else(|_| {
            tracing::error!(session = ?this.registration.id(), "the application panicked; the session is dropped");
            this.transport = Transport::Gone;
            this.tell_closed(CloseReason::TransportError);
            Poll::Ready(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::transport::wire::Wire;

    /// What every idle connection costs; the task itself is a multiple of 136, and little is left to the next.
    #[test]
    fn what_every_connection_keeps_is_small() {
        let sizes = [size_of::<Driver>(), size_of::<Reader>(), size_of::<Outbox>(), size_of::<Wire>()];
        if !cfg!(feature = "metrics") {
            assert!(sizes.iter().zip([280, 136, 176, 80]).all(|(size, most)| *size <= most), "{sizes:?}");
        }
    }
}
