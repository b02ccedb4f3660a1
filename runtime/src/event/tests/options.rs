//! What the options of events and arguments mean: what is read, what is written, what is an error.

use std::{
    future::Future,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::*;
use crate::event::{DecodeError, DecodeErrorKind, Dispatch, Dispatched, Events, Refused, Reply, ReplyTo};

/// As in `dispatch`, with guards.
mod layer {
    pub(crate) mod __private {
        pub(crate) use super::super::super::dispatch::layer::__private::*;

        pub(crate) trait FromSocket<N>: Sized + Send + 'static {
            fn from_socket(
                socket: &Socket<N>,
            ) -> impl Future<Output = Result<Self, crate::event::Refused>> + Send;
        }
    }
}

use layer::__private::{FromSocket, Socket};

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// A type that serde cannot read or write.
#[derive(Clone, Debug, PartialEq)]
struct Opaque(u64);

mod opaque {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Opaque;

    pub(super) fn serialize<S: Serializer>(value: &Opaque, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Opaque, D::Error> {
        u64::deserialize(deserializer).map(Opaque)
    }
}

fn ten() -> u32 {
    10
}

#[derive(crate::ClientToServer, Debug, PartialEq)]
#[events(crate = self::layer)]
enum Request {
    #[event("post", aliases("say", "chat \"message\""), ack = u8)]
    Post(String),
    History {
        room: String,
        #[arg(default = ten)]
        count: u32,
        #[arg(default)]
        from: u64,
    },
    #[event(deny_extra)]
    Exact(u8, Option<u8>),
    #[event(deny_extra)]
    Nothing,
    Wait {
        #[arg(with = millis)]
        time: Duration,
        #[arg(with = self::opaque, default = fallback)]
        what: Opaque,
    },
    Numbers(#[arg(array)] Vec<u8>, #[arg(array)] Option<Vec<u8>>),
    Nullable(#[arg(nullable)] Option<u8>, u8),
    #[event(optional)]
    Left(String),
    #[event(optional, ack = Vec<u8x>)]
    LeftWithAnswer,
    #[event(optional, ack = u32, error = String)]
    LeftWithError,
    #[event(guard = Operator)]
    Kick(u8),
    #[event(guard = Operator, ack = u8, error = Why)]
    Ban {
        guard: u8,
    },
}

#[allow(non_camel_case_types)]
type u8x = u16;

fn fallback() -> Opaque {
    Opaque(0)
}

#[derive(crate::ClientToServer, Debug, PartialEq)]
#[events(deny_extra, crate = self::layer)]
enum Strict {
    One(u8),
    #[event(deny_extra)]
    None,
}

#[derive(crate::Namespace)]
#[namespace("/options", client_to_server = [Request, Strict], crate = self::layer)]
struct Options;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Why(String);

impl From<Refused> for Why {
    fn from(refusal: Refused) -> Self {
        Self(refusal.message().to_owned())
    }
}

#[derive(Debug)]
struct Operator(&'static str);

/// Whom the guard lets through: there is nothing in a socket here.
static LET_IN: Mutex<bool> = Mutex::new(true);

impl FromSocket<Options> for Operator {
    async fn from_socket(_: &Socket<Options>) -> Result<Self, Refused> {
        if *LET_IN.lock().unwrap() { Ok(Self("root")) } else { Err(Refused::new("not you")) }
    }
}

#[derive(Default)]
struct App(Mutex<Vec<String>>);

impl App {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
}

impl RequestHandler<Options> for App {
    async fn post(&self, _: Socket<Options>, text: String) -> u8 {
        self.note(text);
        1
    }

    async fn history(&self, _: Socket<Options>, room: String, count: u32, from: u64) {
        self.note(format!("{room} {count} {from}"));
    }

    async fn exact(&self, _: Socket<Options>, _: u8, _: Option<u8>) {}

    async fn nothing(&self, _: Socket<Options>) {}

    async fn wait(&self, _: Socket<Options>, time: Duration, what: Opaque) {
        self.note(format!("{time:?} {what:?}"));
    }

    async fn numbers(&self, _: Socket<Options>, some: Vec<u8>, others: Option<Vec<u8>>) {
        self.note(format!("{some:?} {others:?}"));
    }

    async fn nullable(&self, _: Socket<Options>, _: Option<u8>, _: u8) {}

    async fn kick(&self, _: Socket<Options>, by: Operator, whom: u8) {
        self.note(format!("{} kicks {whom}", by.0));
    }

    async fn ban(&self, _: Socket<Options>, _: Operator, whom: u8) -> Result<u8, Why> {
        Ok(whom)
    }
}

fn decode<E: Events>(json: &str) -> Result<E, DecodeError> {
    let payload = payload(json, &[]);
    let (name, mut args) = ArgReader::event(&payload).unwrap();
    E::decode(&name, &mut args).map(Option::unwrap)
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("not ready"),
    }
}

fn text(Reply(reply): Reply) -> Option<String> {
    reply.map(|encoded| wire(&encoded).0)
}

/// The answer, or why it was refused with the answer that its error makes of it.
fn dispatched(app: &Arc<App>, json: &str) -> Result<Option<String>, (String, Option<String>)> {
    let payload = payload(json, &[]);
    let (name, mut args) = ArgReader::event(&payload).unwrap();
    let reply = ReplyTo::new(writer("/"), Some(7));
    match <Request as Dispatch<Socket<Options>, App>>::dispatch(app, Socket::new(), &name, &mut args, reply) {
        Dispatched::Handler { future, .. } => Ok(text(now(future))),
        Dispatched::Guarded { future, .. } => {
            now(future).map(text).map_err(|why| (why.refusal.to_string(), why.answer.and_then(text)))
        }
        Dispatched::Failed { error, .. } => Err((error.to_string(), None)),
        Dispatched::Unknown => Err(("unknown".to_owned(), None)),
    }
}

#[test]
fn an_alias_is_received_and_never_emitted() {
    let app = Arc::new(App::default());
    for json in [r#"["post","hi"]"#, r#"["say","hi"]"#, r#"["chat \"message\"","hi"]"#] {
        assert_eq!(decode::<Request>(json).unwrap(), Request::Post("hi".into()));
        assert_eq!(dispatched(&app, json), Ok(Some("37[1]".to_owned())));
    }
    assert_eq!(*app.0.lock().unwrap(), ["hi", "hi", "hi"]);
    assert_eq!(Request::EVENTS[0].aliases, ["say", "chat \"message\""]);
    assert_eq!(Request::EVENTS[1].aliases, [""; 0]);

    let sent = Sent::default();
    <Request as crate::event::Emits>::emitter(&sent).post("hi");
    assert_eq!(sent.last(), r#"27["post","hi"]"#);
    assert_eq!(Request::Post("hi".into()).name().plain, "post");
    // An error names the event as it came.
    assert!(decode::<Request>(r#"["say",1]"#).unwrap_err().to_string().contains("`say`"));
}

#[test]
fn a_default_stands_for_an_argument_that_is_missing_and_for_nothing_else() {
    let history = |room: &str, count, from| Request::History { room: room.into(), count, from };
    assert_eq!(decode::<Request>(r#"["history","x"]"#).unwrap(), history("x", 10, 0));
    assert_eq!(decode::<Request>(r#"["history","x",3]"#).unwrap(), history("x", 3, 0));
    assert_eq!(decode::<Request>(r#"["history","x",3,4]"#).unwrap(), history("x", 3, 4));
    let error = decode::<Request>(r#"["history","x",null]"#).unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (DecodeErrorKind::Invalid, Some("count")));
    let error = decode::<Request>(r#"["history"]"#).unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (DecodeErrorKind::Missing, Some("room")));
    let app = Arc::new(App::default());
    assert_eq!(dispatched(&app, r#"["history","x"]"#), Ok(Some("37[]".to_owned())));
    assert_eq!(*app.0.lock().unwrap(), ["x 10 0"]);
}

#[test]
fn with_reads_and_writes_by_the_module_both_ways() {
    let wait = |what| Request::Wait { time: Duration::from_millis(1500), what: Opaque(what) };
    assert_eq!(decode::<Request>(r#"["wait",1500,2]"#).unwrap(), wait(2));
    assert_eq!(decode::<Request>(r#"["wait",1500]"#).unwrap(), wait(0));
    let error = decode::<Request>(r#"["wait","long"]"#).unwrap_err();
    let expected = "argument 1 `time` of `wait`: invalid type: string \"long\", expected u64";
    assert_eq!(error.to_string(), expected);
    assert_eq!(decode::<Request>(r#"["wait"]"#).unwrap_err().kind(), DecodeErrorKind::Missing);

    let sent = Sent::default();
    let what = &Opaque(5);
    <Request as crate::event::Emits>::emitter(&sent).wait(Duration::from_secs(1), what);
    assert_eq!(sent.last(), r#"2["wait",1000,5]"#);
    let event = wait(9);
    let encoded = writer("/").event(event.name(), None, &|args| event.encode(args)).unwrap();
    assert_eq!(wire(&encoded).0, r#"2["wait",1500,9]"#);
    let app = Arc::new(App::default());
    dispatched(&app, r#"["wait",7]"#).unwrap();
    assert_eq!(*app.0.lock().unwrap(), ["7ms Opaque(0)"]);
}

#[test]
fn an_array_is_numbers_and_a_nullable_has_to_be_there() {
    let numbers = Request::Numbers(vec![1, 255], Some(vec![2]));
    assert_eq!(decode::<Request>(r#"["numbers",[1,255],[2]]"#).unwrap(), numbers);
    let sent = Sent::default();
    <Request as crate::event::Emits>::emitter(&sent).numbers(&[1u8, 255][..], None);
    assert_eq!(sent.last(), r#"2["numbers",[1,255],null]"#);

    assert_eq!(decode::<Request>(r#"["nullable",null,2]"#).unwrap(), Request::Nullable(None, 2));
    assert_eq!(decode::<Request>(r#"["nullable",1,2]"#).unwrap(), Request::Nullable(Some(1), 2));
    assert_eq!(decode::<Request>(r#"["nullable",1]"#).unwrap_err().argument_index(), Some(1));
    let none = decode::<Request>(r#"["nullable"]"#).unwrap_err();
    assert_eq!((none.kind(), none.argument_index()), (DecodeErrorKind::Missing, Some(0)));
}

#[test]
fn extra_arguments_are_passed_over_unless_denied() {
    assert_eq!(decode::<Request>(r#"["post","hi",1,[2]]"#).unwrap(), Request::Post("hi".into()));
    assert_eq!(decode::<Request>(r#"["exact",1]"#).unwrap(), Request::Exact(1, None));
    assert_eq!(decode::<Request>(r#"["exact",1,2]"#).unwrap(), Request::Exact(1, Some(2)));
    let error = decode::<Request>(r#"["exact",1,2,3]"#).unwrap_err();
    assert_eq!((error.kind(), error.event()), (DecodeErrorKind::Extra, Some("exact")));
    assert_eq!(error.argument_index(), None);
    assert_eq!(error.to_string(), "`exact`: 2 arguments expected, but there are more");
    let error = decode::<Request>(r#"["nothing",null]"#).unwrap_err();
    assert_eq!(error.to_string(), "`nothing`: no arguments expected, but there are some");
    // What is not JSON at all is worse than extra.
    assert_eq!(decode::<Request>(r#"["exact",1,2,x]"#).unwrap_err().kind(), DecodeErrorKind::Malformed);

    let app = Arc::new(App::default());
    assert!(dispatched(&app, r#"["exact",1,2,3]"#).unwrap_err().0.contains("but there are more"));
    let error = decode::<Strict>(r#"["one",1,2]"#).unwrap_err();
    assert_eq!(error.to_string(), "`one`: 1 argument expected, but there are more");
    assert_eq!(decode::<Strict>(r#"["none",1]"#).unwrap_err().kind(), DecodeErrorKind::Extra);
}

#[test]
fn an_offset_is_not_an_extra_argument() {
    let decode = |json: &str, offset| {
        let payload = payload(json, &[]);
        let (name, args) = ArgReader::event(&payload).unwrap();
        Request::decode(&name, &mut args.with_offset(offset))
            .map_err(|error| (error.kind(), error.to_string()))
    };
    for (json, event) in
        [(r#"["exact",1,2,"o"]"#, Request::Exact(1, Some(2))), (r#"["nothing","o"]"#, Request::Nothing)]
    {
        assert_eq!(decode(json, true).unwrap().unwrap(), event);
        assert_eq!(decode(json, false).unwrap_err().0, DecodeErrorKind::Extra);
    }
    for json in [r#"["exact",1,2,3]"#, r#"["exact",1,2,"o",3]"#, r#"["exact",1,2,"o","p"]"#] {
        let (kind, text) = decode(json, true).unwrap_err();
        assert_eq!(kind, DecodeErrorKind::Extra);
        assert_eq!(text, "`exact`: 2 arguments expected, but there are more");
    }
    for json in [r#"["exact",1,2,x]"#, r#"["exact",1,2,"o]"#, r#"["exact",1,2,"o",x]"#] {
        assert_eq!(decode(json, true).unwrap_err().0, DecodeErrorKind::Malformed, "{json}");
    }
}

#[test]
fn an_optional_event_is_answered_with_its_default() {
    let app = Arc::new(App::default());
    assert_eq!(dispatched(&app, r#"["left","x"]"#), Ok(Some("37[]".to_owned())));
    assert_eq!(dispatched(&app, r#"["leftWithAnswer"]"#), Ok(Some("37[[]]".to_owned())));
    let expected = r#"37[{"ok":true,"value":0}]"#;
    assert_eq!(dispatched(&app, r#"["leftWithError"]"#), Ok(Some(expected.to_owned())));
    // Its arguments are read all the same.
    assert!(dispatched(&app, r#"["left",1]"#).is_err());
}

#[test]
fn a_guard_stands_between_the_arguments_and_the_handler() {
    let app = Arc::new(App::default());
    *LET_IN.lock().unwrap() = true;
    assert_eq!(dispatched(&app, r#"["kick",3]"#), Ok(Some("37[]".to_owned())));
    assert_eq!(dispatched(&app, r#"["ban",3]"#), Ok(Some(r#"37[{"ok":true,"value":3}]"#.to_owned())));
    *LET_IN.lock().unwrap() = false;
    assert_eq!(dispatched(&app, r#"["kick",3]"#), Err(("not you".to_owned(), None)));
    let answer = r#"37[{"ok":false,"error":"not you"}]"#;
    assert_eq!(dispatched(&app, r#"["ban",3]"#), Err(("not you".to_owned(), Some(answer.to_owned()))));
    assert!(dispatched(&app, r#"["kick","x"]"#).unwrap_err().0.contains("`kick`"));
    assert_eq!(*app.0.lock().unwrap(), ["root kicks 3"]);
}
