//! What ends `sio`, and with which status: 1 if it is the network or the server, 2 if it is what was asked for.

use std::{error::Error, fmt, process::ExitCode};

use sockeye::client::{BuildError, ConnectError};
use sockeye_examples::style::harmless;

use crate::show::one_line;

/// Why something did not come about, in words for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    code: u8,
}

impl Failure {
    /// The network, or the server.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 1 }
    }

    /// What was asked for makes no sense.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 2 }
    }

    /// An option whose value is refused below.
    pub(crate) fn caused(what: &str, error: &dyn Error) -> Self {
        Self::usage(format!("{what}: {}", chain(error)))
    }

    /// Ctrl-C, with the status that shells give it.
    pub(crate) fn interrupted() -> Self {
        Self { text: "interrupted".to_owned(), code: 130 }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::usage(chain(&error))
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::new(describe(&error))
    }
}

/// Why there is no connection: the server's words and its data, or what went wrong on the way.
pub(crate) fn describe(error: &ConnectError) -> String {
    if !error.is_refusal() {
        return format!("no connection: {}", chain(error));
    }
    let data = error.value().map(|data| format!(" {}", one_line(&data))).unwrap_or_default();
    format!("refused: {}{data}", harmless(error.message()))
}

/// An error and its causes, in one line. Some say what their cause is themselves: that is not repeated.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    harmless(&text)
}
