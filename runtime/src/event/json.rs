//! The arguments of a JSON payload.
//!
//! Its array is cut at its commas and each argument is given to serde_json by itself. Knows text and attachments.

use std::any::Any;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    args::Fault,
    binary::{self, Attachments},
    decode_error::path_in_short,
    plain_text::PlainText,
};
use crate::protocol::socket_io::json::{self, plain_string, skip_space};

/// Arguments that have not been read.
#[derive(Debug)]
pub(super) struct Args<'a> {
    /// What of the inside of the array has not been read.
    rest: &'a str,
    /// Whether an argument was read already, so that `rest` begins with a comma or is empty.
    after_argument: bool,
    attachments: Attachments<'a>,
}

impl<'a> Args<'a> {
    /// Over the inside of an array.
    pub(super) fn new(rest: &'a str, attachments: &'a [Bytes]) -> Self {
        Self { rest, after_argument: false, attachments: Attachments::new(attachments) }
    }

    /// Whether there may be more arguments.
    pub(super) fn more(&self) -> bool {
        !skip_space(self.rest).is_empty()
    }

    /// The next argument; `None` if there is none.
    pub(super) fn next<T: DeserializeOwned + 'static>(&mut self) -> Option<Result<T, Fault>> {
        let rest = match self.next_start() {
            Ok(rest) => rest?,
            Err(fault) => return Some(Err(fault)),
        };
        if let Some((inside, after)) = plain_string(rest)
            && let Ok(value) = T::deserialize(PlainText(inside))
        {
            self.pass(after);
            return Some(Ok(value));
        }
        Some(self.cut(rest).and_then(|text| self.parsed(text)))
    }

    fn parsed<T: DeserializeOwned + 'static>(&self, text: &str) -> Result<T, Fault> {
        let value = if self.attachments.is_empty() {
            serde_json::from_str(text)
        } else {
            self.arg_with_attachments(text)
        };
        value.map_err(|error| self.invalid::<T>(text, &error))
    }

    /// Passes over what is left; whether it is JSON.
    pub(super) fn finish(&mut self) -> bool {
        loop {
            match self.next_text() {
                Ok(None) => return true,
                Ok(Some(text)) if json::is_json(text) => {}
                _ => return false,
            }
        }
    }

    /// The text of the next argument.
    fn next_text(&mut self) -> Result<Option<&'a str>, Fault> {
        match self.next_start()? {
            Some(rest) => self.cut(rest).map(Some),
            None => Ok(None),
        }
    }

    /// What is left, from where the next argument begins.
    fn next_start(&self) -> Result<Option<&'a str>, Fault> {
        let rest = skip_space(self.rest);
        if rest.is_empty() {
            return Ok(None);
        }
        match rest.strip_prefix(',') {
            Some(after) if self.after_argument => Ok(Some(skip_space(after))),
            None if !self.after_argument => Ok(Some(rest)),
            _ => Err(Fault::Malformed),
        }
    }

    /// Cuts off the argument that `rest` begins with.
    fn cut(&mut self, rest: &'a str) -> Result<&'a str, Fault> {
        let cut = json::value_end(rest, 0).and_then(|end| rest.split_at_checked(end));
        let Some((text, after)) = cut else { return Err(Fault::Malformed) };
        self.pass(after);
        Ok(text)
    }

    fn pass(&mut self, after: &'a str) {
        self.rest = after;
        self.after_argument = true;
    }

    fn arg_with_attachments<T: DeserializeOwned + 'static>(&self, text: &str) -> serde_json::Result<T> {
        let text = binary::canonical(text);
        // An argument that is nothing but bytes is the usual case, and the only one where the attachment itself can be handed
        // over instead of a copy.
        let mut whole: Option<T> = None;
        if let Some(slot) = (&mut whole as &mut dyn Any).downcast_mut::<Option<Bytes>>() {
            *slot = binary::lone_placeholder(&text, &self.attachments);
        }
        match whole {
            Some(value) => Ok(value),
            None => decode_with_attachments(&text, &self.attachments),
        }
    }

    /// Decodes once more to find the path: only failures pay for it.
    #[cold]
    fn invalid<T: DeserializeOwned>(&self, text: &str, error: &serde_json::Error) -> Fault {
        if !json::is_json(text) || self.attachments.is_broken() {
            return Fault::Malformed;
        }
        let attachments = self.attachments.renewed();
        let text = binary::canonical(text);
        let mut json = serde_json::Deserializer::from_str(&text);
        let again = serde_path_to_error::deserialize::<_, T>(binary::Wrap::new(&mut json, &attachments));
        let path = again.err().map(|error| path_in_short(error.path())).unwrap_or_default();
        Fault::Invalid { reason: without_position(error), path }
    }
}

fn decode_with_attachments<T: DeserializeOwned>(
    text: &str,
    attachments: &Attachments<'_>,
) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(binary::Wrap::new(&mut json, attachments))?;
    json.end()?;
    Ok(value)
}

/// serde_json's message without its line and column: they count from the start of the argument, which nobody sees.
fn without_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if let Some(len) = text.strip_suffix(&position).map(str::len) {
        text.truncate(len);
    }
    text
}
