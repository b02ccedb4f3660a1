//! What is in front of the contract's handlers: the catch-all listener, the packet middleware, the connection middlewares.

use std::{future::Future, time::Duration};

use serde::Serialize;
use sockeye::{
    ConnectError, Handshake, IncomingEvent, Middleware, Socket,
    event::{Namespace, Value},
    server::Refused,
};

use crate::contract::{Contracted, Session};

/// Notes the names of all events, then refuses `blocked`.
pub(crate) struct CatchAll;

impl<N: Contracted> Middleware<N> for CatchAll {
    fn event(
        &self,
        socket: &Socket<N>,
        event: &IncomingEvent,
    ) -> impl Future<Output = Result<(), Refused>> + Send {
        let Session { seen, .. } = socket.session();
        let name = event.name().into_owned();
        let blocked = name == "blocked";
        {
            let mut seen = seen.lock();
            // A client decides how many events it sends; what is kept of them is bounded.
            if seen.len() < MAX_SEEN {
                seen.push(name);
            }
        }
        std::future::ready(if blocked { Err(Refused::new("blocked")) } else { Ok(()) })
    }
}

const MAX_SEEN: usize = 10_000;

/// `/auth`: the token must be right.
pub(crate) struct Authorize;

#[derive(Serialize)]
struct Hint {
    code: &'static str,
    retry: u32,
}

impl<N: Namespace<Auth = Value>> Middleware<N> for Authorize {
    async fn connect(&self, handshake: &mut Handshake<Value>) -> Result<(), ConnectError> {
        if handshake.auth().get("token").and_then(Value::as_str) == Some("letmein") {
            return Ok(());
        }
        Err(ConnectError::new("not authorized").with_data(&Hint { code: "E_AUTH", retry: 10 }))
    }
}

/// `/slow`: takes its time.
pub(crate) struct Slow;

impl<N: Namespace<Auth = Value>> Middleware<N> for Slow {
    async fn connect(&self, _: &mut Handshake<Value>) -> Result<(), ConnectError> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    }
}
