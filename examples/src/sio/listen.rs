//! `sio listen`: events on standard output, what becomes of the connection on standard error.

use std::io::{Write, stdout};

use serde::Serialize;
use sockeye::{
    Value,
    client::{AnyNamespace, Client, UntypedClientEvent},
};
use sockeye_examples::style::{Paint, Style, harmless};

use crate::{
    emit::StateText,
    failure::{Failure, describe},
    leave,
    options::Listen,
    show::{pretty, to_json, without_bytes},
    told::{Told, queue},
    told_to_stop,
    values::value,
};

/// An event as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    event: &'a str,
    args: Vec<Value>,
    /// Whether the server wants an answer.
    ack: bool,
}

pub(crate) async fn run(listen: Listen) -> Result<(), Failure> {
    let answer = listen.answer.as_deref().map(value).transpose()?;
    let (teller, mut told) = queue();
    let stop = told_to_stop().map_err(|error| Failure::new(error.to_string()))?;
    tokio::pin!(stop);
    let client = listen.server.client()?.lifecycle(teller.clone()).connect(teller)?;
    let mut left = listen.count;
    let done = loop {
        if left == Some(0) {
            break Ok(());
        }
        let told = tokio::select! {
            told = told.recv() => told,
            () = &mut stop => break Ok(()),
        };
        let Some(told) = told else { break Ok(()) };
        if let Told::Event(event) = told {
            left = left.map(|left| left - 1);
            if show(&event, listen.json).is_err() {
                // Nobody reads any more: `sio listen … | head -1`.
                break Ok(());
            }
            if let (Some(ack), Some(answer)) = (&event.ack, &answer) {
                // If that connection has ended, nobody waits for it.
                let _ = ack.send((answer,));
            }
        } else {
            report(&client, &told);
            if client.state().is_closed() && !matches!(told, Told::Connected) {
                break Err(Failure::new("there is no connection any more"));
            }
        }
    };
    leave(&client).await;
    done
}

fn show(event: &UntypedClientEvent, json: bool) -> std::io::Result<()> {
    let text = if json {
        let args = event.args.iter().map(without_bytes).collect();
        to_json(&Line { event: &event.name, args, ack: event.ack.is_some() })
    } else {
        event_text(event, Style::of_stdout())
    };
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// An event for a person.
pub(crate) fn event_text(event: &UntypedClientEvent, style: Style) -> String {
    let name = style.paint(Paint::Bold, &harmless(&event.name));
    let args = pretty(&event.args, style);
    let wants =
        if event.ack.is_some() { style.paint(Paint::Yellow, " (wants an answer)") } else { String::new() };
    let space = if args.is_empty() { "" } else { " " };
    format!("{name}{space}{args}{wants}")
}

fn report(client: &Client<AnyNamespace>, told: &Told) {
    if let Some(text) = news(client, told) {
        eprintln!("{}", Style::of_stderr().paint(Paint::Dim, &text));
    }
}

/// What is told of the connection, in words.
pub(crate) fn news(client: &Client<AnyNamespace>, told: &Told) -> Option<String> {
    Some(match told {
        Told::Connected => client.state_text(),
        Told::Disconnected(reason) => format!("disconnected: {reason}"),
        Told::ConnectError(error) => describe(error),
        Told::Reconnecting(delay) => format!("trying again in {:.1} s", delay.as_secs_f32()),
        Told::Event(_) => return None,
    })
}
