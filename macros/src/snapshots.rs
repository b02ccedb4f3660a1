//! What the derives write, for reading: `macros/snapshots/<case>.rs` is a definition and what it becomes.
//!
//! `::sockeye::__private`, and `__sockeye` for the same, are left out there. After a change that is meant, [`REFRESH`] writes them anew; read what has changed.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_str};

use crate::{expand, model::Direction, side::Sides};

const REFRESH: &str = "SNAPSHOTS=overwrite cargo test -p sockeye-macros snapshots";

fn check(case: &str, definition: &str, expand: impl FnOnce(&DeriveInput) -> TokenStream) {
    let input: DeriveInput = parse_str(definition).unwrap();
    let expansion = expand(&input).to_string();
    let expansion = expansion.replace(":: sockeye :: __private ::", "").replace("__sockeye ::", "");
    let expansion = prettyplease::unparse(&syn::parse_file(&expansion).unwrap());
    let found = format!("// This:\n{definition}\n// becomes this:\n{expansion}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(case).with_extension("rs");
    if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        return fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if let Some(line) = expected.lines().zip(found.lines()).position(|(expected, found)| expected != found) {
        panic!("{}:{} is not what is written now; if it should be: `{REFRESH}`", path.display(), line + 1);
    }
    assert!(expected == found, "{} has another length now; if it should: `{REFRESH}`", path.display());
}

fn events(case: &str, direction: Direction, definition: &str) {
    check(case, definition, |input| expand::events(Sides::BOTH, direction, input));
}

fn namespace(case: &str, definition: &str) {
    check(case, definition, |input| expand::namespace(Sides::BOTH, input));
}

#[test]
fn requests_of_every_shape() {
    events(
        "requests",
        Direction::ClientToServer,
        "\
#[events(rename_all = \"kebab-case\")]
pub enum Request {
    /// Post a message to a room.
    #[event(\"chat message\", ack = u64, error = PostError)]
    Post { room: String, text: String },
    #[event(ack = Vec<String>)]
    ReadHistory(String, u32),
    #[deprecated]
    Typing,
}
",
    );
}

#[test]
fn options_of_events_and_arguments() {
    events(
        "options",
        Direction::ClientToServer,
        "\
#[events(deny_extra)]
enum Request {
    #[event(aliases(\"say\"), guard = Member, ack = u64, error = PostError)]
    Post {
        #[arg(nullable)]
        room: Option<String>,
        #[arg(with = millis)]
        at: Duration,
        #[arg(default = once)]
        times: u32,
        #[arg(default)]
        note: String,
    },
    #[event(optional, ack = bool)]
    Typing,
}
",
    );
}

#[test]
fn events_between_nodes() {
    events(
        "between_nodes",
        Direction::ServerToServer,
        "\
pub enum Cluster {
    ConfigChanged { version: u64 },
    #[event(ack = usize)]
    Load,
}
",
    );
}

#[test]
fn pushes() {
    events(
        "pushes",
        Direction::ServerToClient,
        "\
pub enum Push {
    Message(Message),
    #[event(ack = bool)]
    StillThere,
}
",
    );
}

#[test]
fn one_side_alone() {
    let requests = "\
pub enum Request {
    #[event(guard = Member, ack = u64)]
    Post(String),
}
";
    check("requests_without_server", requests, |input| {
        expand::events(Sides::CLIENT, Direction::ClientToServer, input)
    });
    let pushes = "pub enum Push {\n    Message(Message),\n}\n";
    check("pushes_without_client", pushes, |input| {
        expand::events(Sides::SERVER, Direction::ServerToClient, input)
    });
    let chat = "\
#[namespace(\"/\", client_to_server = Request, server_to_client = Push, server_to_server = Cluster)]
struct Chat;
";
    check("namespace_without_server", chat, |input| expand::namespace(Sides::CLIENT, input));
}

#[test]
fn no_events_at_all() {
    events("empty", Direction::ServerToClient, "enum Push {}\n");
}

#[test]
fn an_enum_with_mistakes() {
    events(
        "mistakes",
        Direction::ClientToServer,
        "\
enum Request {
    #[event(\"disconnect\", ack = u64)]
    Leave(&'static str),
    #[event(loud)]
    Shout,
}
",
    );
}

#[test]
fn a_namespace() {
    namespace(
        "namespace",
        "\
#[namespace(\"/chat\", client_to_server = Request, server_to_client = Push, auth = Token, session = User)]
pub struct Chat;
",
    );
}

#[test]
fn a_namespace_with_parameters_and_several_enums() {
    namespace(
        "dynamic_namespace",
        "\
#[namespace(\"/{game}-{table}\", client_to_server = [Lobby, Game], sequential)]
struct Table {
    game: String,
    table: u32,
}
",
    );
}

#[test]
fn an_untyped_namespace() {
    namespace("untyped_namespace", "#[namespace(\"/legacy\", untyped)]\nstruct Legacy;\n");
}
