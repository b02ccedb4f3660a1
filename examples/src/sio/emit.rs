//! `sio emit`: one event, perhaps its answer, and a status for scripts.

use std::io::{self, IsTerminal, Write, stdout};

use sockeye::{
    AckError, Value,
    client::{AnyNamespace, Client},
    event::is_reserved,
};
use sockeye_examples::style::Style;

use crate::{
    failure::{Failure, chain},
    leave,
    options::Emit,
    show::{json, pretty},
    told::queue,
    told_to_stop,
    values::{is_almost_json, values},
};

pub(crate) async fn run(emit: Emit) -> Result<(), Failure> {
    if is_reserved(&emit.event) {
        return Err(Failure::usage(format!("`{}` is an event of the protocol's own", emit.event)));
    }
    for word in emit.args.iter().filter(|word| is_almost_json(word)) {
        eprintln!("sio: sent as text, since it is no JSON: {word}");
    }
    let args = values(&emit.args)?;
    // Events that the server sends meanwhile are passed over.
    let (teller, mut told) = queue();
    tokio::spawn(async move { while told.recv().await.is_some() {} });
    let stop = told_to_stop().map_err(|error| Failure::new(error.to_string()))?;
    // One try: a script that wants more makes more. And no change of transport for one event: by polling it is in a request of its own, which
    // npm's server has worked through before it reads the good-bye.
    let client =
        emit.server.client()?.upgrade(false).reconnection(false).lifecycle(teller.clone()).connect(teller)?;
    let done = tokio::select! {
        done = talk(&client, &emit, args) => done,
        () = stop => Err(Failure::interrupted()),
    };
    leave(&client).await;
    print(&done?).map_err(|error| Failure::new(error.to_string()))
}

/// The values of the answer, of which there are none if none is asked for.
async fn talk(client: &Client<AnyNamespace>, emit: &Emit, args: Vec<Value>) -> Result<Vec<Value>, Failure> {
    client.connected().await?;
    if !emit.ack {
        return client
            .try_emit()
            .event(&emit.event, args)
            .map(|()| Vec::new())
            .map_err(|error| Failure::new(chain(&error)));
    }
    match client.emit().event_with_ack(&emit.event, args).await {
        Ok(answer) => Ok(answer),
        Err(AckError::Timeout) => Err(Failure::new(format!("no answer within {:?}", emit.server.timeout()))),
        // Without reconnection the end is near.
        Err(AckError::Disconnected) => Err(Failure::new(format!("no answer: {}", client.closed().await))),
        Err(error) => Err(Failure::new(chain(&error))),
    }
}

/// Each value on its own: for a person, or as a line of JSON.
fn print(answer: &[Value]) -> io::Result<()> {
    let mut out = stdout().lock();
    let person = out.is_terminal();
    for value in answer {
        let text = if person { pretty([value], Style::of_stdout()) } else { json(value) };
        writeln!(out, "{text}")?;
    }
    out.flush()
}

/// Where a client stands, in words.
pub(crate) trait StateText {
    fn state_text(&self) -> String;
}

impl StateText for Client<AnyNamespace> {
    fn state_text(&self) -> String {
        use sockeye::client::State;
        match self.state() {
            State::Connecting => "connecting".to_owned(),
            State::Connected { recovered } => {
                let id = self.id().map(|id| format!(" as {id}")).unwrap_or_default();
                let again = if recovered { ", with all that was missed" } else { "" };
                format!("connected to {}{id}{again}", self.namespace())
            }
            State::Reconnecting { attempt, delay } => {
                format!("connecting again, try {attempt}, after {:.1} s", delay.as_secs_f32())
            }
            State::Closed(reason) => format!("closed: {reason}"),
            _ => "in a state that this program does not know".to_owned(),
        }
    }
}
