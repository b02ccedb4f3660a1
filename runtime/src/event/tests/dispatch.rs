//! From a payload to a handler and its answer.

use std::{
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};

use super::*;
use crate::event::{Dispatched, HandlesAll, Reply, ReplyTo, Shared};

/// Stands for this crate: everything generated code names, but a socket of its own.
pub(super) mod layer {
    pub(crate) mod __private {
        pub(crate) use crate::__private::*;

        /// A context that can do nothing.
        #[derive(Debug)]
        pub(crate) struct Socket<N>(std::marker::PhantomData<fn() -> N>);

        impl<N> Socket<N> {
            pub(crate) const fn new() -> Self {
                Self(std::marker::PhantomData)
            }
        }

        impl<N> Clone for Socket<N> {
            fn clone(&self) -> Self {
                Self::new()
            }
        }
    }
}

use layer::__private::Socket;

/// What a client sends.
#[derive(crate::ClientToServer)]
#[events(rename_all = "kebab-case", crate = self::layer)]
enum Request {
    /// Posts a message.
    #[event("chat message", ack = u64, error = PostError)]
    Post {
        room: String,
        text: String,
    },
    #[event(ack = Vec<String>, error = String)]
    History(String),
    #[event(ack = usize)]
    UploadImage {
        socket: Bytes,
    },
    TypingStarts,
}

#[derive(crate::ClientToServer)]
#[events(crate = self::layer)]
enum More {
    Extra(u8),
}

#[derive(crate::Namespace)]
#[namespace("/chat", client_to_server = [Request, More], server_to_client = Push, session = u64, crate = self::layer)]
struct Chat;

#[derive(Default)]
struct App(Mutex<Vec<String>>);

impl App {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
}

impl RequestHandler<Chat> for App {
    async fn post(&self, _: Socket<Chat>, room: String, text: String) -> Result<u64, PostError> {
        if text.len() > 3 {
            return Err(PostError::TooLong { max: 3 });
        }
        self.note(format!("{room}: {text}"));
        Ok(1)
    }

    async fn history(&self, _: Socket<Chat>, room: String) -> Result<Vec<String>, String> {
        Err(room)
    }

    async fn upload_image(&self, _: Socket<Chat>, data: Bytes) -> usize {
        data.len()
    }

    async fn typing_starts(&self, _: Socket<Chat>) {
        self.note("typing");
    }
}

impl MoreHandler<Chat> for App {
    async fn extra(&self, _: Socket<Chat>, number: u8) {
        self.note(format!("extra {number}"));
    }
}

fn dispatch<E, H: HandlesAll<Chat, E, Socket<Chat>> + Shared>(
    handler: &Arc<H>,
    payload: &Payload,
    id: Option<u64>,
) -> Dispatched {
    let (name, mut args) = ArgReader::event(payload).unwrap();
    H::dispatch(handler, Socket::new(), &name, &mut args, ReplyTo::new(writer("/chat"), id))
}

fn answer_of<E, H: HandlesAll<Chat, E, Socket<Chat>> + Shared>(
    handler: &Arc<H>,
    payload: &Payload,
    id: Option<u64>,
) -> Option<String> {
    let Dispatched::Handler { future, .. } = dispatch::<E, H>(handler, payload, id) else {
        panic!("no handler")
    };
    let Poll::Ready(Reply(reply)) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("not ready")
    };
    reply.map(|encoded| wire(&encoded).0)
}

#[test]
fn handlers_run_and_their_results_are_the_answers() {
    let app = Arc::new(App::default());
    let run = |json: &str, id| answer_of::<Request, App>(&app, &payload(json, &[]), id);
    assert_eq!(
        run(r#"["chat message","lobby","hi"]"#, Some(4)).as_deref(),
        Some(r#"3/chat,4[{"ok":true,"value":1}]"#)
    );
    assert_eq!(
        run(r#"["chat message","lobby","long"]"#, Some(5)).as_deref(),
        Some(r#"3/chat,5[{"ok":false,"error":{"code":"too_long","max":3}}]"#)
    );
    assert_eq!(run(r#"["history","x"]"#, Some(6)).as_deref(), Some(r#"3/chat,6[{"ok":false,"error":"x"}]"#));
    assert_eq!(run(r#"["typing-starts"]"#, None), None);
    // A JavaScript client with `retries` wants an answer to everything.
    assert_eq!(run(r#"["typing-starts"]"#, Some(7)).as_deref(), Some("3/chat,7[]"));
    let upload = payload(r#"["upload-image",{"_placeholder":true,"num":0}]"#, &[b"1234"]);
    assert_eq!(answer_of::<Request, App>(&app, &upload, Some(8)).as_deref(), Some("3/chat,8[4]"));
    assert_eq!(*app.0.lock().unwrap(), ["lobby: hi", "typing", "typing"]);
}

#[test]
fn one_value_can_be_shared_as_an_arc() {
    let app = Arc::new(Arc::new(App::default()));
    answer_of::<Request, Arc<App>>(&app, &payload(r#"["typing-starts"]"#, &[]), None);
    assert_eq!(*app.0.lock().unwrap(), ["typing"]);
}

#[test]
fn several_enums_are_one_direction() {
    fn handles<N: crate::Namespace, H: HandlesAll<N, N::ClientToServer, Socket<N>>>() {}
    handles::<Chat, App>();

    let app = Arc::new(App::default());
    answer_of::<(Request, More), App>(&app, &payload(r#"["extra",7]"#, &[]), None);
    answer_of::<(Request, More), App>(&app, &payload(r#"["typing-starts"]"#, &[]), None);
    assert_eq!(*app.0.lock().unwrap(), ["extra 7", "typing"]);
    let unknown = dispatch::<(Request, More), App>(&app, &payload(r#"["nothing"]"#, &[]), None);
    assert!(matches!(unknown, Dispatched::Unknown));
}

#[test]
fn arguments_that_do_not_decode_reach_no_handler() {
    let app = Arc::new(App::default());
    let failed = |json: &str| match dispatch::<Request, App>(&app, &payload(json, &[]), Some(3)) {
        Dispatched::Failed { error, answer } => {
            (error.to_string(), answer.and_then(|Reply(reply)| reply).map(|encoded| wire(&encoded).0))
        }
        other => panic!("{other:?}"),
    };
    // `PostError` can be made from a `DecodeError`, so it is the answer; `String` cannot.
    let text = "argument 2 `text` of `chat message`: invalid type: integer `1`, expected a string";
    assert_eq!(
        failed(r#"["chat message","lobby",1]"#),
        (
            text.to_owned(),
            Some(format!(r#"3/chat,3[{{"ok":false,"error":{{"code":"malformed","why":"{text}"}}}}]"#))
        )
    );
    let (error, answer) = failed(r#"["history",null]"#);
    assert_eq!(error, "argument 1 `arg0` of `history`: invalid type: null, expected a string");
    assert_eq!(answer, None);
    assert!(app.0.lock().unwrap().is_empty());
}

#[test]
fn a_namespace_says_its_path_and_what_its_sockets_hold() {
    fn session<N: crate::Namespace<Session = u64, Auth = (), Data = ()>>() -> (&'static str, bool) {
        (N::PATH, N::SEQUENTIAL)
    }
    assert_eq!(session::<Chat>(), ("/chat", false));
}
