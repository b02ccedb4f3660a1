//! What `sio` is told on its command line, and the client that follows from it.

use std::{ffi::OsString, fs, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use sockeye::{
    client::{AnyNamespace, Client, ClientBuilder, ClientTls, Transport},
    event,
};

use crate::{address::Address, failure::Failure};

/// Talks to any Socket.IO server.
///
/// Events come in as they are sent, events go out from a prompt or from the command line. A value of an event is JSON if it can be read as JSON,
/// otherwise text; `@FILE` is the file's bytes, and `@@…` a text that begins with `@`.
#[derive(Debug, Parser)]
#[command(name = "sio", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads a command line. What begins with no command is a `connect`.
    pub(crate) fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut line: Vec<OsString> = line.into_iter().collect();
        let command = ["connect", "listen", "emit", "help", "-h", "--help", "-V", "--version"];
        if line.get(1).is_some_and(|first| !command.iter().any(|command| first == command)) {
            line.insert(1, "connect".into());
        }
        Self::try_parse_from(line)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Connect, and emit at a prompt; without the word, too: `sio URL`
    Connect(Connect),
    /// Print events as they come
    Listen(Listen),
    /// Emit one event, and print the answer if one is asked for
    Emit(Emit),
}

#[derive(Debug, Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) server: Options,
    /// Ask for an answer to each event; `/ack off` at the prompt stops that
    #[arg(long)]
    pub(crate) ack: bool,
    /// Answer events that want an answer with this, instead of with `/answer` at the prompt
    #[arg(long, value_name = "VALUE")]
    pub(crate) answer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Listen {
    #[command(flatten)]
    pub(crate) server: Options,
    /// One line of JSON for each event
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave after so many events
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Answer events that want an answer with this
    #[arg(long, value_name = "VALUE")]
    pub(crate) answer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Emit {
    #[command(flatten)]
    pub(crate) server: Options,
    /// The event's name
    pub(crate) event: String,
    /// Its arguments
    #[arg(allow_negative_numbers = true)]
    pub(crate) args: Vec<String>,
    /// Wait for the answer, and print each of its values on a line of standard output
    #[arg(long)]
    pub(crate) ack: bool,
}

/// Which server, and how it is reached.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the server is; a path is the namespace, as in JavaScript: http://127.0.0.1:3000/chat
    #[arg(value_name = "URL")]
    url: String,
    /// The namespace, instead of the URL's path
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// What is presented to the server: a JSON object, or @FILE with one
    #[arg(long, value_name = "JSON")]
    auth: Option<String>,
    /// Transports in the order of preference; polling, then websocket unless said
    #[arg(long = "transport", value_name = "NAME")]
    transports: Vec<TransportName>,
    /// Stay with the first transport
    #[arg(long)]
    no_upgrade: bool,
    /// A header of each request
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Where the server's requests go
    #[arg(long, default_value = "/socket.io")]
    path: String,
    /// A parameter of each request's query
    #[arg(long = "query", value_name = "NAME=VALUE")]
    queries: Vec<String>,
    /// How packets are written
    #[arg(long, value_name = "NAME", default_value = "json")]
    parser: ParserName,
    /// Trust these certificates (PEM) too
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client's own certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Do not try again when there is no connection
    #[arg(long)]
    no_reconnect: bool,
    /// How long connecting may take, and an answer
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    timeout: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportName {
    Polling,
    Websocket,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ParserName {
    Json,
    Msgpack,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it is not above 0".to_owned()),
    }
}

impl Options {
    /// How long something may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The client that these options describe.
    pub(crate) fn client(&self) -> Result<ClientBuilder<AnyNamespace>, Failure> {
        let wrong = |what: &str, text: &str, why: &str| Failure::usage(format!("{what} {text}: {why}"));
        let Address { server, namespace, query } = Address::parse(&self.url);
        let namespace = self.namespace.clone().or(namespace).unwrap_or_else(|| "/".to_owned());
        let mut builder = Client::<AnyNamespace>::builder(server)
            .at_path(namespace)
            .path(&self.path)
            .upgrade(!self.no_upgrade)
            .reconnection(!self.no_reconnect)
            .connect_timeout(self.timeout)
            .ack_timeout(self.timeout)
            .parser(match self.parser {
                ParserName::Json => event::Parser::Json,
                ParserName::Msgpack => event::Parser::MessagePack,
            });
        for (name, value) in query {
            builder = builder.query(name, value);
        }
        for query in &self.queries {
            let (name, value) =
                query.split_once('=').ok_or_else(|| wrong("--query", query, "there is no `=`"))?;
            builder = builder.query(name, value);
        }
        for header in &self.headers {
            let (name, value) =
                header.split_once(':').ok_or_else(|| wrong("--header", header, "there is no `:`"))?;
            builder = builder.header(name.trim(), value.trim());
        }
        if !self.transports.is_empty() {
            builder = builder.transports(self.transports.iter().map(|name| match name {
                TransportName::Polling => Transport::Polling,
                TransportName::Websocket => Transport::WebSocket,
            }));
        }
        if let Some(auth) = &self.auth {
            let json = match auth.strip_prefix('@') {
                Some(file) => String::from_utf8(read(file.into())?)
                    .map_err(|error| wrong("--auth", auth, &error.to_string()))?,
                None => auth.clone(),
            };
            // Not shown: it may be a secret.
            let value: serde_json::Value =
                serde_json::from_str(&json).map_err(|error| Failure::usage(format!("--auth: {error}")))?;
            if !value.is_object() {
                return Err(Failure::usage("--auth: it is no JSON object".to_owned()));
            }
            builder = builder.auth(value);
        }
        Ok(builder.tls(self.tls()?))
    }

    fn tls(&self) -> Result<ClientTls, Failure> {
        let mut tls = ClientTls::new();
        if let Some(ca) = &self.ca {
            tls = tls.root_pem(&read(ca.clone())?).map_err(|error| Failure::caused("--ca", &error))?;
        }
        if let (Some(cert), Some(key)) = (&self.cert, &self.key) {
            tls = tls
                .identity_pem(&read(cert.clone())?, &read(key.clone())?)
                .map_err(|error| Failure::caused("--cert, --key", &error))?;
        }
        Ok(tls)
    }
}

/// A file's bytes.
pub(crate) fn read(path: PathBuf) -> Result<Vec<u8>, Failure> {
    fs::read(&path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn an_address_alone_connects() {
        for line in
            ["sio localhost:3000 --ack", "sio --ack localhost:3000", "sio connect localhost:3000 --ack"]
        {
            let Command::Connect(connect) = read(line).unwrap().command else {
                panic!("{line} does not connect")
            };
            assert!(connect.ack && connect.server.url == "localhost:3000", "{line}");
        }
        let Command::Emit(emit) =
            read("sio emit localhost:3000 add -1 2 --ack --timeout 0.5").unwrap().command
        else {
            panic!("it is no emit")
        };
        assert_eq!((emit.args, emit.ack), (vec!["-1".to_owned(), "2".to_owned()], true));
        assert_eq!(emit.server.timeout, Duration::from_millis(500));
    }

    #[test]
    fn what_is_missing_is_said() {
        for wrong in ["sio", "sio emit localhost", "sio listen", "sio a --timeout 0", "sio a --cert x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
