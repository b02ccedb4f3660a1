//! Events that the server sent, handled by a client: compiled without a server, too.

use std::{
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{
    client::Client,
    event::{Dispatched, HandlesAll, Reply, ReplyTo, Shared},
};

/// Stands for this crate, as in `dispatch`: a client of its own.
mod layer {
    pub(crate) mod __private {
        pub(crate) use crate::__private::*;

        /// A context that can do nothing.
        #[derive(Debug)]
        pub(crate) struct Client<N>(std::marker::PhantomData<fn() -> N>);

        impl<N> Client<N> {
            pub(crate) const fn new() -> Self {
                Self(std::marker::PhantomData)
            }
        }

        impl<N> Clone for Client<N> {
            fn clone(&self) -> Self {
                Self::new()
            }
        }
    }
}

use layer::__private::Client as Idle;

/// What a server sends.
#[derive(crate::ServerToClient)]
#[events(rename_all = "kebab-case", crate = self::layer)]
enum News {
    /// A message.
    #[event("chat message", aliases("say"))]
    Message { from: String, client: Bytes },
    #[event(ack = bool)]
    StillThere,
    #[event(ack = u64, error = PostError)]
    Check(Vec<u64>),
    #[event(optional)]
    Typing(u64),
    #[event(optional, ack = u64, error = PostError)]
    Vote,
}

#[derive(crate::ServerToClient)]
#[events(crate = self::layer)]
enum Moves {
    Moved(u8),
}

#[derive(crate::Namespace)]
#[namespace("/news", server_to_client = [News, Moves], crate = self::layer)]
struct Feed;

#[derive(Default)]
struct Bot(Mutex<Vec<String>>);

impl Bot {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
}

impl NewsHandler<Feed> for Bot {
    async fn message(&self, _: Idle<Feed>, from: String, data: Bytes) {
        self.note(format!("{from}: {}", data.len()));
    }

    async fn still_there(&self, _: Idle<Feed>) -> bool {
        true
    }

    async fn check(&self, _: Idle<Feed>, numbers: Vec<u64>) -> Result<u64, PostError> {
        match numbers.len() {
            0 => Err(PostError::TooLong { max: 0 }),
            _ => Ok(numbers.iter().sum()),
        }
    }
}

impl MovesHandler<Feed> for Bot {
    async fn moved(&self, _: Idle<Feed>, place: u8) {
        self.note(format!("to {place}"));
    }
}

type Both = (News, Moves);

fn dispatch<H: HandlesAll<Feed, Both, Idle<Feed>> + Shared>(
    bot: &Arc<H>,
    payload: &Payload,
    id: Option<u64>,
) -> Dispatched {
    let (name, mut args) = ArgReader::event(payload).unwrap();
    H::dispatch(bot, Idle::new(), &name, &mut args, ReplyTo::new(writer("/news"), id))
}

fn answer<H: HandlesAll<Feed, Both, Idle<Feed>> + Shared>(
    bot: &Arc<H>,
    payload: &Payload,
    id: Option<u64>,
) -> Option<String> {
    let Dispatched::Handler { future, .. } = dispatch(bot, payload, id) else { panic!("no handler") };
    let Poll::Ready(Reply(reply)) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("not ready")
    };
    reply.map(|encoded| wire(&encoded).0)
}

#[test]
fn events_of_several_enums_reach_their_handlers_and_results_are_answers() {
    let bot = Arc::new(Bot::default());
    let run = |json: &str, id| answer(&bot, &payload(json, &[]), id);
    let message = payload(r#"["chat message","ada",{"_placeholder":true,"num":0}]"#, &[b"123"]);
    assert_eq!(answer(&bot, &message, None), None);
    let old = payload(r#"["say","bob",{"_placeholder":true,"num":0}]"#, &[b"1"]);
    assert_eq!(answer(&bot, &old, Some(1)).as_deref(), Some("3/news,1[]"));
    assert_eq!(run(r#"["moved",4]"#, None), None);
    assert_eq!(run(r#"["still-there"]"#, Some(2)).as_deref(), Some("3/news,2[true]"));
    assert_eq!(run(r#"["check",[1,2]]"#, Some(3)).as_deref(), Some(r#"3/news,3[{"ok":true,"value":3}]"#));
    assert_eq!(
        run(r#"["check",[]]"#, Some(4)).as_deref(),
        Some(r#"3/news,4[{"ok":false,"error":{"code":"too_long","max":0}}]"#)
    );
    assert_eq!(*bot.0.lock().unwrap(), ["ada: 3", "bob: 1", "to 4"]);
    assert!(matches!(dispatch(&bot, &payload(r#"["nothing"]"#, &[]), None), Dispatched::Unknown));
}

#[test]
fn what_is_left_out_is_answered_with_defaults() {
    // An `Arc` forwards to what is written, and to defaults.
    let bot = Arc::new(Arc::new(Bot::default()));
    let run = |json: &str, id| answer(&bot, &payload(json, &[]), id);
    assert_eq!(run(r#"["typing",7]"#, None), None);
    assert_eq!(run(r#"["vote"]"#, Some(5)).as_deref(), Some(r#"3/news,5[{"ok":true,"value":0}]"#));
    assert_eq!(run(r#"["moved",1]"#, Some(6)).as_deref(), Some("3/news,6[]"));
    assert_eq!(*bot.0.lock().unwrap(), ["to 1"]);
}

#[test]
fn arguments_that_do_not_decode_reach_no_handler() {
    let bot = Arc::new(Bot::default());
    let failed = |json: &str| match dispatch(&bot, &payload(json, &[]), Some(3)) {
        Dispatched::Failed { error, answer } => {
            (error.to_string(), answer.and_then(|Reply(reply)| reply).map(|encoded| wire(&encoded).0))
        }
        other => panic!("{other:?}"),
    };
    let (error, answer) = failed(r#"["moved",256]"#);
    assert!(error.starts_with("argument 1 `arg0` of `moved`: "), "{error}");
    assert_eq!(answer, None);
    // `PostError` can be made from a `DecodeError`, so it is the answer.
    let (error, answer) = failed(r#"["check"]"#);
    let why = serde_json::to_string(&error).unwrap();
    assert_eq!(
        answer,
        Some(format!(r#"3/news,3[{{"ok":false,"error":{{"code":"malformed","why":{why}}}}}]"#))
    );
    assert!(bot.0.lock().unwrap().is_empty());
}

/// With the crate's own client, and all directions in a namespace: what a program without a server compiles.
mod alone {
    use super::*;
    use crate::event::{EmittableOn, Receives, ReceivesFromServer};

    // Without a server nobody asks for a guard: its type need not be there.
    #[cfg(feature = "server")]
    struct Member;

    #[cfg(feature = "server")]
    impl crate::FromSocket<Room> for Member {
        async fn from_socket(_: &crate::Socket<Room>) -> Result<Self, crate::Refused> {
            Ok(Self)
        }
    }

    #[derive(crate::ClientToServer)]
    pub(super) enum Request {
        #[event(guard = Member, ack = u64, error = PostError)]
        Post(String),
    }

    #[derive(crate::ServerToServer)]
    pub(super) enum Cluster {
        #[event(ack = usize)]
        Load,
    }

    #[derive(crate::Namespace)]
    #[namespace("/room-{id}", client_to_server = Request, server_to_client = Push, server_to_server = Cluster)]
    pub(super) struct Room {
        id: u32,
    }

    impl PushHandler<Room> for Bot {
        async fn typing(&self, _: Client<Room>) {}

        async fn post(&self, _: Client<Room>, room: String, text: String) {
            self.note(format!("{room}: {text}"));
        }

        async fn message(&self, _: Client<Room>, _: Message) {}

        async fn weird(&self, _: Client<Room>, _: Option<u8>, _: f64, _: i32, _: bool) {}

        async fn upload(&self, _: Client<Room>, _: String, _: Bytes) {}

        async fn still_there(&self, _: Client<Room>) -> bool {
            false
        }

        async fn check(&self, _: Client<Room>, _: Vec<u64>) -> Result<Bytes, PostError> {
            Ok(Bytes::new())
        }
    }

    /// What connecting asks.
    pub(super) fn connects<N, H>()
    where
        N: crate::Namespace + Receives<Request> + ReceivesFromServer<Push>,
        Push: EmittableOn<N>,
        H: HandlesAll<N, N::ServerToClient, Client<N>> + Shared,
    {
    }
}

#[test]
fn a_client_alone_has_typed_handlers() {
    alone::connects::<alone::Room, Bot>();
    alone::connects::<alone::Room, Arc<Bot>>();
    let mut known = Vec::new();
    <Bot as HandlesAll<alone::Room, Push, Client<alone::Room>>>::each_event(&mut |event| {
        known.push(event.name);
    });
    assert_eq!(
        known,
        ["typing", "post", "chat message", "weird \"name\"\n", "upload", "stillThere", "check"]
    );
}
