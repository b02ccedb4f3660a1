//! Writes a package as large as a large application's: events of every shape, a handler for each, and what they carry.
//!
//! The shapes repeat with periods that have no common factor, so that every type meets every position and every kind of answer.

use std::{fmt::Write as _, fs, io, path::Path};

/// How many events each direction has.
pub(super) const EVENTS: usize = 300;

/// How many names the enums for measuring dispatch have.
pub(super) const DISPATCH: [usize; 3] = [10, 50, 200];

/// The types of arguments, and what a caller writes for them.
const TYPES: [(&str, &str); 11] = [
    ("String", "\"text\""),
    ("u64", "7"),
    ("bool", "true"),
    ("Message", "Message { from: UserId(1), text: String::new(), tags: Vec::new() }"),
    ("Vec<String>", "Vec::<String>::new()"),
    ("f64", "1.5"),
    ("Bytes", "Bytes::from_static(b\"x\")"),
    ("UserId", "UserId(1)"),
    ("HashMap<String, u32>", "HashMap::<String, u32>::new()"),
    ("Status", "Status::Away { since: 1 }"),
    ("Option<Message>", "None"),
];

const PAYLOADS: &str = "\
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sockeye::prelude::*;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct UserId(pub u64);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    pub from: UserId,
    pub text: String,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = \"kind\")]
pub enum Status {
    Online,
    Away { since: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Refusal {
    Forbidden,
    TooLong { max: u32 },
}
";

struct Event {
    variant: String,
    method: String,
    /// The fields as they are declared: `(A, B)` or `{ a: A, b: B }` or nothing.
    fields: String,
    /// Indices into [`TYPES`].
    args: Vec<usize>,
    /// What stands in `#[event(…)]`.
    option: Option<String>,
    /// What a handler returns and its last expression.
    answer: Option<(String, String)>,
}

fn event(at: usize) -> Event {
    let args: Vec<usize> = (0..at % 5).map(|position| (at * 3 + position * 2) % 10).collect();
    // Only the last may be left out.
    let args: Vec<usize> = match args.len() {
        3 if at.is_multiple_of(2) => vec![args[0], args[1], 10],
        _ => args,
    };
    let types = args.iter().map(|&arg| TYPES[arg].0);
    let fields = if args.is_empty() {
        String::new()
    } else if at.is_multiple_of(2) {
        format!("({})", types.collect::<Vec<_>>().join(", "))
    } else {
        let named = types.enumerate().map(|(position, ty)| format!("field_{position}: {ty}"));
        format!(" {{ {} }}", named.collect::<Vec<_>>().join(", "))
    };
    let (ack, value) = TYPES[at / 3 % 10];
    let value = if ack == "String" { "String::new()" } else { value };
    let (option, answer) = match at % 6 {
        0 => (Some(format!("ack = {ack}")), Some((ack.to_owned(), value.to_owned()))),
        3 => (
            Some(format!("ack = {ack}, error = Refusal")),
            Some((format!("Result<{ack}, Refusal>"), format!("Ok({value})"))),
        ),
        _ => (None, None),
    };
    Event { variant: format!("Event{at}"), method: format!("event{at}"), fields, args, option, answer }
}

fn declaration(derive: &str, name: &str) -> String {
    let mut text = format!("\n/// Events, {derive}.\n#[derive({derive})]\npub enum {name} {{\n");
    for at in 0..EVENTS {
        let Event { variant, fields, option, .. } = event(at);
        let _ = writeln!(text, "    /// What `{variant}` is for.");
        if let Some(option) = option {
            let _ = writeln!(text, "    #[event({option})]");
        }
        let _ = writeln!(text, "    {variant}{fields},");
    }
    text + "}\n"
}

/// A handler for each event, which emits one.
fn handlers() -> String {
    let mut text = String::from(
        "\nimpl<N> RequestHandler<N> for App\nwhere\n    N: sockeye::event::Receives<Request> + Namespace<ServerToClient = Push>,\n{\n",
    );
    for at in 0..EVENTS {
        let Event { method, args, answer, .. } = event(at);
        let parameters: String = args
            .iter()
            .enumerate()
            .map(|(position, &arg)| format!(", _{position}: {}", TYPES[arg].0))
            .collect();
        let returned = answer.as_ref().map(|(ty, _)| format!(" -> {ty}")).unwrap_or_default();
        let _ = writeln!(text, "    async fn {method}(&self, socket: Socket<N>{parameters}){returned} {{");
        let pushed = event(EVENTS - 1 - at);
        let values: Vec<&str> = pushed.args.iter().map(|&arg| TYPES[arg].1).collect();
        let call = format!("socket.emit().{}({})", pushed.method, values.join(", "));
        let _ = match pushed.answer {
            None => writeln!(text, "        {call};"),
            Some(_) => writeln!(text, "        let _ = {call}.await;"),
        };
        if let Some((_, value)) = answer {
            let _ = writeln!(text, "        {value}");
        }
        text.push_str("    }\n");
    }
    text + "}\n"
}

/// A client's handler for each event that the server sends.
fn bot() -> String {
    let mut text = String::from(
        "\n#[cfg(feature = \"bot\")]\nimpl<N: sockeye::event::ReceivesFromServer<Push>> PushHandler<N> for App {\n",
    );
    for at in 0..EVENTS {
        let Event { method, args, answer, .. } = event(at);
        let parameters: String = args.iter().map(|&arg| format!(", _: {}", TYPES[arg].0)).collect();
        let returned = answer.as_ref().map(|(ty, _)| format!(" -> {ty}")).unwrap_or_default();
        let value = answer.map(|(_, value)| value).unwrap_or_default();
        let _ = writeln!(
            text,
            "    async fn {method}(&self, _: sockeye::client::Client<N>{parameters}){returned} {{\n        {value}\n    }}"
        );
    }
    text + "}\n"
}

fn library() -> String {
    let mut text = format!("//! Written by `ui-tests/cost`.\n\n{PAYLOADS}");
    text += &declaration("ClientToServer", "Request");
    text += &declaration("ServerToClient", "Push");
    text += "\npub struct App;\n";
    for name in ["One", "Two", "Three"] {
        let path = name.to_lowercase();
        let _ = write!(
            text,
            "\n#[derive(Namespace)]\n#[namespace(\"/{path}\", client_to_server = Request, server_to_client = Push)]\npub struct {name};\n
impl Lifecycle<{name}> for App {{
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {{
        Ok(())
    }}
}}\n"
        );
    }
    text + &handlers() + &bot()
}

fn server(namespaces: &[&str]) -> String {
    let added: String =
        namespaces.iter().map(|name| format!(".namespace::<cost::{name}>(cost::App)")).collect();
    format!("fn main() {{\n    println!(\"{{:?}}\", sockeye::Server::builder(){added}.build());\n}}\n")
}

/// A program that prints nanoseconds for each size: `SIZE LOOKUP DISPATCH`, the least of many rounds.
fn dispatch() -> String {
    let mut text = String::from(
        r#"//! Dispatch with a socket that can do nothing, so that the name, the match, and the boxed future are all there is.
#![allow(dead_code)]

use std::{hint::black_box, sync::Arc, time::Instant};

use sockeye::{
    event::{ArgReader, Dispatch, Dispatched, Events, PacketWriter, Parser, ReplyTo},
    protocol::socket_io::packet::{Body, Payload},
};

/// Stands for the crate in what the derives write.
mod layer {
    pub mod __private {
        pub use sockeye::__private::*;

        pub struct Socket<N>(std::marker::PhantomData<fn() -> N>);

        impl<N> Socket<N> {
            pub const fn new() -> Self {
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

struct App;

/// Nanoseconds for one `call`, which gets a number of its own each time: the least of many rounds.
fn time(mut call: impl FnMut(usize)) -> f64 {
    const CALLS: usize = 20_000;
    let mut least = f64::MAX;
    for _ in 0..200 {
        let begun = Instant::now();
        (0..CALLS).for_each(&mut call);
        least = least.min(begun.elapsed().as_nanos() as f64 / CALLS as f64);
    }
    least
}

/// Names in an order that a branch predictor does not learn, and the payloads of events without arguments.
fn shuffled<E: Events>() -> Vec<(&'static str, Payload)> {
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let pick = |_| {
        let name = E::EVENTS[next() % E::EVENTS.len()].name;
        (name, Payload { body: Body::Json(format!("[\"{name}\"]").into()), attachments: Vec::new() })
    };
    (0..4096).map(pick).collect()
}

"#,
    );
    let mut calls = String::new();
    for size in DISPATCH {
        let _ = writeln!(text, "mod of_{size} {{\n    use super::{{App, Socket}};\n");
        text += "    #[derive(sockeye::ClientToServer)]\n    #[events(crate = crate::layer, rename_all = \"kebab-case\")]\n    pub enum Request {\n";
        let names = (0..size).map(name);
        for (variant, _) in names.clone() {
            let _ = writeln!(text, "        {variant},");
        }
        text += "    }\n\n    #[derive(sockeye::Namespace)]\n    #[namespace(\"/\", client_to_server = Request)]\n    pub struct Main;\n\n    impl RequestHandler<Main> for App {\n";
        for (_, method) in names.clone() {
            let _ = writeln!(text, "        async fn {method}(&self, _: Socket<Main>) {{}}");
        }
        text += "    }\n\n    /// The bare look-up: the match that dispatch has, and nothing behind it.\n    #[inline(never)]\n    pub fn lookup(name: &str) -> u16 {\n        match name {\n";
        for (at, (_, method)) in names.enumerate() {
            let _ = writeln!(text, "            \"{}\" => {at},", method.replace('_', "-"));
        }
        text += "            _ => u16::MAX,\n        }\n    }\n}\n\n";
        let _ = write!(
            calls,
            r#"
    let calls = shuffled::<of_{size}::Request>();
    let lookup = time(|at| {{
        assert!(of_{size}::lookup(black_box(calls[at % 4096].0)) != u16::MAX);
    }});
    let ready = time(|at| {{
        black_box((ArgReader::event(&calls[at % 4096].1), ReplyTo::new(writer.clone(), None)));
    }});
    let dispatch = time(|at| {{
        let Ok((name, mut args)) = ArgReader::event(&calls[at % 4096].1) else {{ unreachable!() }};
        let reply = ReplyTo::new(writer.clone(), None);
        let done = <of_{size}::Request as Dispatch<_, _>>::dispatch(&app, Socket::<of_{size}::Main>::new(), &name, &mut args, reply);
        assert!(matches!(black_box(done), Dispatched::Handler {{ .. }}));
    }});
    println!("{size} {{lookup:.1}} {{:.1}}", dispatch - ready);
"#
        );
    }
    let _ = write!(
        text,
        "fn main() {{\n    let app = Arc::new(App);\n    let writer = PacketWriter::new(Arc::from(\"/\"), Parser::Json);{calls}}}\n"
    );
    text
}

/// Names as people give them, of many lengths: a variant, and its method.
fn name(at: usize) -> (String, String) {
    const VERBS: [&str; 10] =
        ["Add", "Remove", "Move", "Start", "Stop", "Rename", "Acknowledge", "List", "Update", "Open"];
    const THINGS: [&str; 20] = [
        "Player",
        "Room",
        "Message",
        "Document",
        "Cursor",
        "Task",
        "Card",
        "Invitation",
        "Game",
        "Turn",
        "Score",
        "Vote",
        "File",
        "Channel",
        "Reaction",
        "Thread",
        "Call",
        "Track",
        "Reminder",
        "Subscription",
    ];
    let (verb, thing) = (VERBS[at % 10], THINGS[at / 10 % 20]);
    (format!("{verb}{thing}"), format!("{}_{}", verb.to_lowercase(), thing.to_lowercase()))
}

/// Writes the package into `folder`; `workspace` is where Sockeye is. Files that are as they should be are left alone.
pub(super) fn package(folder: &Path, workspace: &Path) -> io::Result<()> {
    let runtime = workspace.join("runtime");
    let manifest = format!(
        "[package]\nname = \"cost\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nbytes = \"1\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\nsockeye = {{ path = {runtime:?} }}\n\n[features]\nclient = [\"sockeye/client\"]\nbot = [\"client\"]\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("src/lib.rs"), &library())?;
    write(&folder.join("src/bin/one.rs"), &server(&["One"]))?;
    write(&folder.join("src/bin/three.rs"), &server(&["One", "Two", "Three"]))?;
    write(&folder.join("src/bin/dispatch.rs"), &dispatch())?;
    // The versions that the workspace was tested with.
    write(&folder.join("Cargo.lock"), &fs::read_to_string(workspace.join("Cargo.lock"))?)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
