//! The contract's handlers: one application for all its namespaces.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use sockeye::{
    CloseReason, PathParam, Room,
    event::{Object, Untyped, Value},
    prelude::*,
    server::{AckSender, FailureAction, Refused, ServerBuilder, UntypedEvent, UntypedHandler},
};

use crate::{
    observe::{Authorize, CatchAll, Slow},
    spec,
};

#[derive(Namespace)]
#[namespace("/", untyped, auth = Value, session = Session, data = Data)]
struct Main;

#[derive(Namespace)]
#[namespace("/auth", untyped, auth = Value, session = Session, data = Data)]
struct Auth;

#[derive(Namespace)]
#[namespace("/slow", untyped, auth = Value, session = Session, data = Data)]
struct SlowNamespace;

#[derive(Namespace)]
#[namespace("/observer", untyped, auth = Value, session = Session, data = Data)]
struct Observer;

/// One for every `/dyn-` and digits.
#[derive(Namespace)]
#[namespace("/dyn-{number}", untyped, auth = Value, session = Session, data = Data)]
struct Dynamic {
    number: Digits,
}

/// Digits, however many: the number is a name here.
struct Digits(String);

impl PathParam for Digits {
    fn parse(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    fn write(&self, path: &mut String) {
        path.push_str(&self.0);
    }
}

/// Socket data: whatever the client sets.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Data(Value);

impl Default for Data {
    fn default() -> Self {
        Self(Value::Object(Object::new()))
    }
}

/// What a socket of the contract holds.
#[derive(Default)]
pub(crate) struct Session {
    auth: Value,
    /// Names of the events so far.
    pub(crate) seen: Mutex<Vec<String>>,
}

/// A namespace of the contract.
pub(crate) trait Contracted:
    Namespace<ClientToServer = Untyped, ServerToClient = Untyped, Auth = Value, Session = Session, Data = Data>
{
}

impl<N> Contracted for N where
    N: Namespace<
            ClientToServer = Untyped,
            ServerToClient = Untyped,
            Auth = Value,
            Session = Session,
            Data = Data,
        >
{
}

struct Contract;

fn tell_observers<N: Contracted>(socket: &Socket<N>, event: &str, more: Option<Value>) {
    if socket.namespace() == Observer::PATH {
        return;
    }
    let mut args = vec![Value::from(socket.namespace()), Value::from(socket.id().as_str())];
    args.extend(more);
    socket.server().of::<Observer>().emit().event(event, args);
}

fn room_list(rooms: &[Room]) -> Value {
    Value::Array(rooms.iter().map(|room| Value::from(room.as_str())).collect())
}

impl<N: Contracted> Lifecycle<N> for Contract {
    async fn connect(&self, handshake: Handshake<Value>) -> Result<Session, ConnectError> {
        Ok(Session { auth: handshake.into_auth(), seen: Mutex::default() })
    }

    async fn connected(&self, socket: Socket<N>) {
        // Who comes back has all that already.
        if N::PATH == Auth::PATH && !socket.recovered() {
            let user = socket.session().auth.get("user").cloned().unwrap_or_default();
            set_data(&socket, "user", user);
            let _ = socket.join("members");
        }
        if N::PATH == Dynamic::PATH {
            socket.emit().event("welcome", (socket.namespace(),));
        }
        tell_observers(&socket, "joined", None);
    }

    async fn disconnected(&self, socket: Socket<N>, reason: CloseReason) {
        tell_observers(&socket, "leaving", Some(room_list(&socket.rooms())));
        tell_observers(&socket, "left", Some(Value::from(reason.as_str())));
    }

    fn refused(&self, socket: &Socket<N>, _: &IncomingEvent, refusal: &Refused) -> FailureAction {
        socket.emit().event("rejected", (refusal.message(),));
        FailureAction::Ignore
    }
}

fn set_data<N: Contracted>(socket: &Socket<N>, key: &str, value: Value) {
    socket.update_data(|Data(data)| {
        if let Value::Object(data) = data {
            data.insert(key, value);
        }
    });
}

/// Answers if the client asked for it.
fn answer(ack: Option<AckSender>, args: impl sockeye::event::UntypedArgs) {
    if let Some(ack) = ack {
        let _ = ack.send(args);
    }
}

fn millis(value: Option<&Value>) -> Duration {
    Duration::from_millis(spec::number(value))
}

/// `{ok: …}` or `{error: "timeout"}`.
fn outcome(answer: Option<Value>) -> Value {
    let entry = match answer {
        Some(answer) => ("ok", answer),
        None => ("error", Value::from("timeout")),
    };
    Value::Object([entry].into_iter().collect())
}

fn handshake<N: Contracted>(socket: &Socket<N>) -> Value {
    let request = socket.handshake();
    let pairs: Vec<_> = request.query_pairs().collect();
    let query: Object = pairs.iter().map(|(key, value)| (&**key, &**value)).collect();
    let headers = request.headers();
    let headers: Object = headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let entries = [
        ("auth", socket.session().auth.clone()),
        ("query", Value::Object(query)),
        ("headers", Value::Object(headers)),
        ("transport", Value::from(socket.transport().as_str())),
    ];
    Value::Object(entries.into_iter().collect())
}

impl<N: Contracted> UntypedHandler<N> for Contract {
    async fn event(&self, socket: Socket<N>, event: UntypedEvent) {
        if N::PATH == Observer::PATH {
            return;
        }
        let UntypedEvent { name, mut args, ack, .. } = event;
        match name.as_str() {
            "echo" => answer(ack, args),
            "echo-event" => socket.emit().event("echoed", args),
            "id" => answer(ack, (socket.id(),)),
            "handshake" => answer(ack, (handshake(&socket),)),
            "slow-ack" => {
                tokio::time::sleep(millis(args.first())).await;
                answer(ack, ("done",));
            }
            "double-ack" => {
                if let Some(ack) = ack {
                    let _ = ack.send((1,));
                    let _ = ack.send((2,));
                }
            }
            "ask" => {
                let payload = args.get(1).cloned().unwrap_or_default();
                let asked =
                    socket.timeout(millis(args.first())).emit().event_with_ack("question", (payload,));
                let got = asked.await.ok().map(|answers| answers.into_iter().next().unwrap_or_default());
                answer(ack, (outcome(got),));
            }
            "burst" => {
                for i in 0..spec::number(args.first()) {
                    if !socket.is_connected() {
                        break;
                    }
                    socket.emit().event("tick", (i,));
                }
            }
            "flood" => flood(&socket, &args),
            "volatile" => {
                let n = spec::number(args.first());
                // No outbox ends this: what is dropped costs nothing but time.
                for i in 0..n.min(MAX_VOLATILE) {
                    socket.volatile().emit().event("vtick", (i,));
                }
                socket.emit().event("vdone", (n,));
            }
            "later" => {
                let wait = millis(args.first());
                let name = args.get(1).and_then(Value::as_str).unwrap_or_default().to_owned();
                let rest = args.split_off(args.len().min(2));
                let target = socket.clone();
                socket.spawn(async move {
                    tokio::time::sleep(wait).await;
                    target.emit().event(&name, rest);
                });
            }
            "volatile-later" => {
                let (wait, target) = (millis(args.first()), socket.clone());
                socket.spawn(async move {
                    tokio::time::sleep(wait).await;
                    target.volatile().emit().event("vlate", ());
                });
            }
            "join" => {
                let _ = socket.join(spec::rooms(args.first()));
                answer(ack, (room_list(&socket.rooms()),));
            }
            "leave" => {
                socket.leave(spec::rooms(args.first()));
                answer(ack, (room_list(&socket.rooms()),));
            }
            "rooms" => answer(ack, (room_list(&socket.rooms()),)),
            "set-data" => {
                let key = args.first().and_then(Value::as_str).unwrap_or_default().to_owned();
                set_data(&socket, &key, args.get(1).cloned().unwrap_or_default());
                answer(ack, ());
            }
            "get-data" => answer(ack, (socket.data(),)),
            "kick" if args.first().and_then(Value::as_bool) == Some(true) => socket.disconnect_connection(),
            "kick" => socket.disconnect(),
            "seen" => {
                let seen = socket.session().seen.lock().clone();
                answer(ack, (seen,));
            }
            "shout" if N::PATH == Dynamic::PATH => {
                socket.server().of::<Dynamic>().emit().event("shouted", args);
            }
            "side" => answer(ack, (Value::Array(Vec::new()),)),
            _ => many(&socket, &name, args, ack).await,
        }
    }
}

fn flood<N: Contracted>(socket: &Socket<N>, args: &[Value]) {
    let size = usize::try_from(spec::number(args.get(1))).unwrap_or_default().min(MAX_BLOB);
    for _ in 0..spec::number(args.first()) {
        if !socket.is_connected() {
            break;
        }
        socket.emit().event("blob", (Value::Binary(Bytes::from(vec![7; size])),));
    }
}

/// A client chooses the size; memory is ours.
const MAX_BLOB: usize = 16 << 20;

/// A client chooses the number; the thread is ours.
const MAX_VOLATILE: u64 = 100_000;

/// The events that concern many sockets.
async fn many<N: Contracted>(socket: &Socket<N>, name: &str, mut args: Vec<Value>, ack: Option<AckSender>) {
    let target = spec::target(socket, args.first());
    match name {
        "broadcast" => {
            let event = args.get(1).and_then(Value::as_str).unwrap_or_default().to_owned();
            let rest = args.split_off(args.len().min(2));
            target.emit().event(&event, rest);
            answer(ack, ());
        }
        "ask-all" => {
            let payload = args.get(2).cloned().unwrap_or_default();
            let asked = target.timeout(millis(args.get(1))).emit().event_with_ack("question", (payload,));
            let answers = asked.collect().await;
            let values = answers.values.into_iter().map(|args| args.into_iter().next().unwrap_or_default());
            let entries =
                [("complete", Value::from(answers.complete)), ("answers", Value::Array(values.collect()))];
            answer(ack, (Value::Object(entries.into_iter().collect()),));
        }
        "fetch" => {
            let mut found = target.fetch_sockets().await;
            found.sort_by(|a, b| a.id.cmp(&b.id));
            let describe = |socket: &sockeye::server::RemoteSocket<N>| {
                let Data(data) = socket.data.clone();
                let entries = [
                    ("id", Value::from(socket.id.as_str())),
                    ("rooms", room_list(&socket.rooms)),
                    ("data", data),
                ];
                Value::Object(entries.into_iter().collect())
            };
            answer(ack, (Value::Array(found.iter().map(describe).collect()),));
        }
        "all-join" => {
            target.join(spec::rooms(args.get(1)));
            answer(ack, ());
        }
        "all-leave" => {
            target.leave(spec::rooms(args.get(1)));
            answer(ack, ());
        }
        "all-kick" => {
            answer(ack, ());
            if args.get(1).and_then(Value::as_bool) == Some(true) {
                target.disconnect_connections();
            } else {
                target.disconnect();
            }
        }
        // Unknown, or never answered: `no-ack`.
        _ => {}
    }
}

/// The contract's server: `options` is what sets the mount apart from the others.
pub(crate) fn server(path: &str, options: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Server {
    let contract = Arc::new(Contract);
    options(Server::builder().path(path))
        .ping_interval(Duration::from_secs(1))
        .ping_timeout(Duration::from_secs(1))
        .connect_timeout(Duration::from_secs(1))
        .upgrade_timeout(Duration::from_secs(1))
        .max_payload(100_000)
        .namespace::<Main>(Arc::clone(&contract))
        .middleware(CatchAll)
        .namespace::<Auth>(Arc::clone(&contract))
        .middleware(Authorize)
        .middleware(CatchAll)
        .namespace::<SlowNamespace>(Arc::clone(&contract))
        .middleware(Slow)
        .middleware(CatchAll)
        .namespace::<Dynamic>(Arc::clone(&contract))
        .middleware(CatchAll)
        .namespace::<Observer>(contract)
        .build()
}
