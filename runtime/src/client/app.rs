//! What the user has given for one socket, with its types: from an event to the handler that the derive wrote.
//!
//! Everything generic of the client's path from packet to handler is here, so that the rest is compiled once.

use std::sync::{Arc, Weak};

use super::{
    Client,
    handle::Handle,
    handlers::{App, AuthResult, Step},
    lifecycle::{ErasedLifecycle, Notice},
    member::Member,
    socket::Incoming,
};
use crate::event::{
    ArgReader, BoxFuture, DecodeError, DecodeErrorKind, Dispatched, Namespace, Panic, Reply, ReplyTo,
};

/// Finds the handler of an event.
pub(crate) type DispatchFn<N> =
    Box<dyn Fn(Client<N>, &str, &mut ArgReader<'_>, ReplyTo) -> Dispatched + Send + Sync>;

/// Asks the user for `auth`.
pub(crate) type AuthFn = Box<dyn Fn() -> BoxFuture<'static, AuthResult> + Send + Sync>;

/// The application of one socket.
pub(crate) struct Typed<N: Namespace> {
    pub(crate) member: Arc<Member>,
    /// Does not keep the client alive: it ends when nobody else holds it.
    pub(crate) handle: Weak<Handle>,
    pub(crate) lifecycle: Arc<dyn ErasedLifecycle<N>>,
    /// `None` if events are pulled.
    pub(crate) dispatch: Option<DispatchFn<N>>,
    pub(crate) auth: Option<AuthFn>,
}

impl<N: Namespace> Typed<N> {
    fn client(&self, generation: u64) -> Option<Client<N>> {
        Some(Client::of(self.handle.upgrade()?, generation))
    }

    fn failed(&self, client: &Client<N>, error: &DecodeError, answer: Option<Reply>) -> Step {
        if error.kind() == DecodeErrorKind::Malformed {
            return Step::Malformed;
        }
        self.lifecycle.decode_failed(client, error);
        Step::Done(answer.unwrap_or_default())
    }
}

impl<N: Namespace> App for Typed<N> {
    fn event(&self, event: &Incoming) -> Option<Step> {
        let dispatch = self.dispatch.as_ref()?;
        let client = self.client(event.generation)?;
        let (name, mut args) = match ArgReader::event(&event.payload) {
            Ok((name, args)) => (name, args.with_offset(event.has_offset)),
            Err(error) => return Some(self.failed(&client, &error, None)),
        };
        let reply = ReplyTo::new(self.member.socket.writer().clone(), event.id);
        Some(match dispatch(client.clone(), &name, &mut args, reply) {
            Dispatched::Handler { event, future } => Step::Run(event.method, future),
            Dispatched::Guarded { event, future } => {
                // Sets that servers send have no guards; if one had, its refusal would be nobody's.
                let future = async move {
                    match future.await {
                        Ok(reply) => reply,
                        Err(why) => why.answer.unwrap_or_default(),
                    }
                };
                Step::Run(event.method, Box::pin(future))
            }
            Dispatched::Failed { error, answer } => self.failed(&client, &error, answer),
            Dispatched::Unknown if !event.payload.is_well_formed() => Step::Malformed,
            Dispatched::Unknown => {
                self.lifecycle.unknown_event(&client, &name, args.rest().unwrap_or_default());
                Step::Done(Reply(None))
            }
        })
    }

    fn notice(&self, notice: Notice) -> Option<BoxFuture<'static, ()>> {
        Some(self.lifecycle.notice(self.client(0)?, notice))
    }

    fn auth(&self) -> Option<BoxFuture<'static, AuthResult>> {
        self.auth.as_ref().map(|auth| auth())
    }

    fn panicked(&self, panic: &Panic) {
        if let Some(client) = self.client(0) {
            self.lifecycle.panicked(&client, panic);
        }
    }

    fn answer(&self, generation: u64, reply: Reply) {
        self.member.socket.answer(generation, reply);
    }

    fn authenticated(&self, ticket: u64, auth: AuthResult) {
        self.member.authenticated(ticket, auth);
    }

    fn malformed(&self, generation: u64) {
        self.member.malformed(generation);
    }
}
