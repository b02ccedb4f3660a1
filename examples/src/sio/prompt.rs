//! `sio URL`: events above a prompt, at which events are emitted.

use std::{collections::VecDeque, io};

use futures_util::{StreamExt, stream::FuturesUnordered};
use sockeye::{
    AckError, Value,
    client::{AckFuture, AnyNamespace, Client, ClientAckSender},
    event::{AllArgs, is_reserved},
};
use sockeye_examples::{
    prompt::{Lines, Printer, start, state_file},
    style::{Paint, Style, harmless},
};
use tokio::sync::mpsc;

use crate::{
    emit::StateText,
    failure::{Failure, chain},
    leave,
    listen::{event_text, news},
    options::Connect,
    show::pretty,
    told::{Told, queue},
    told_to_stop,
    values::{is_almost_json, value, values, words},
};

const HELP: &str = "\
  EVENT [VALUE…]   emit an event; values are JSON, or text, or @FILE
  /ack on|off      whether an answer is asked for
  /answer VALUE…   answer the event that has waited longest for one
  /state           where the connection stands
  /connect         connect again
  /disconnect      leave the server
  /quit            leave, as Ctrl-D and Ctrl-C do";
/// Events that wait for `/answer`; the oldest is forgotten for a further one.
const MAX_QUESTIONS: usize = 100;
/// Answers that are waited for at a time.
const MAX_ANSWERS: usize = 10_000;

pub(crate) async fn run(connect: Connect) -> Result<(), Failure> {
    let answer = connect.answer.as_deref().map(value).transpose()?;
    let (teller, told) = queue();
    let stop = told_to_stop().map_err(|error| Failure::new(error.to_string()))?;
    let client = connect.server.client()?.lifecycle(teller.clone()).connect(teller)?;
    let (lines, printer) =
        start("> ", state_file("sio_history")).map_err(|error| Failure::new(error.to_string()))?;
    let mut prompt = Prompt {
        client: client.clone(),
        printer,
        style: Style::of_stdout(),
        ack: connect.ack,
        answer,
        questions: VecDeque::new(),
        answers: FuturesUnordered::new(),
    };
    if lines.is_interactive() {
        // What cannot be printed is found below.
        let _ = prompt.note("/help says what can be entered");
    }
    let done = tokio::select! {
        done = prompt.talk(lines, told) => done,
        () = stop => Ok(()),
    };
    leave(&client).await;
    done.map_err(|error| Failure::new(error.to_string()))
}

type Waiting = futures_util::future::BoxFuture<'static, (String, Result<Vec<Value>, AckError>)>;

struct Prompt {
    client: Client<AnyNamespace>,
    printer: Printer,
    style: Style,
    /// Whether an answer is asked for.
    ack: bool,
    /// What every event is answered with that wants an answer.
    answer: Option<Value>,
    /// Events that want an answer.
    questions: VecDeque<(String, ClientAckSender)>,
    answers: FuturesUnordered<Waiting>,
}

impl Prompt {
    async fn talk(&mut self, mut lines: Lines, mut told: mpsc::Receiver<Told>) -> io::Result<()> {
        let patient = !lines.is_interactive();
        let mut ended = false;
        loop {
            tokio::select! {
                // Answers before the end of the input, so that a script sees those that are there.
                biased;
                Some((event, answer)) = self.answers.next(), if !self.answers.is_empty() => {
                    self.answered(&event, answer)?;
                }
                Some(told) = told.recv() => self.told(told)?,
                line = lines.next(), if !ended => match line {
                    Some(line) if !self.entered(line.trim())? => return Ok(()),
                    Some(_) => {}
                    None => ended = true,
                },
            }
            // A pipe that has ended is no wish to go before the answers have come; a person who leaves wants to go.
            let waits = patient && self.is_busy();
            if ended && !waits {
                return Ok(());
            }
        }
    }

    /// Whether something that was entered is still to be sent, or an answer to come.
    fn is_busy(&self) -> bool {
        !self.client.state().is_closed() && (!self.answers.is_empty() || !self.client.state().is_connected())
    }

    fn told(&mut self, told: Told) -> io::Result<()> {
        match told {
            Told::Event(mut event) => {
                let text = event_text(&event, self.style);
                self.printer.print(&format!("{} {text}", self.style.paint(Paint::Cyan, "<")))?;
                match (event.ack.take(), &self.answer) {
                    (Some(ack), Some(answer)) => {
                        self.answer(&event.name, &ack, std::slice::from_ref(answer))?
                    }
                    (Some(ack), None) => {
                        if self.questions.len() == MAX_QUESTIONS {
                            self.questions.pop_front();
                        }
                        self.questions.push_back((event.name, ack));
                    }
                    (None, _) => {}
                }
            }
            told => {
                if matches!(told, Told::Disconnected(_)) {
                    // Nobody waits for these any more.
                    self.questions.clear();
                }
                if let Some(text) = news(&self.client, &told) {
                    self.note(&text)?;
                }
                if self.client.state().is_closed()
                    && matches!(told, Told::Disconnected(_) | Told::ConnectError(_))
                {
                    self.note("/connect tries again")?;
                }
            }
        }
        Ok(())
    }

    /// Does what a line says; `false` if that is to leave.
    fn entered(&mut self, line: &str) -> io::Result<bool> {
        match line.split_once(char::is_whitespace).unwrap_or((line, "")) {
            ("", _) => {}
            ("/quit" | "/exit", _) => return Ok(false),
            ("/help", _) => self.printer.print(HELP)?,
            ("/state", _) => self.note(&self.client.state_text())?,
            ("/connect", _) => self.client.connect(),
            ("/disconnect", _) => self.client.disconnect(),
            ("/ack", on) => {
                match on.trim() {
                    "on" => self.ack = true,
                    "off" => self.ack = false,
                    _ => return self.problem("/ack on, or /ack off").map(|()| true),
                }
                self.note(if self.ack { "answers are asked for" } else { "no answers are asked for" })?;
            }
            ("/answer", values) => self.answer_oldest(values)?,
            (command, _) if command.starts_with('/') => {
                self.problem(&format!("there is no {}; /help says what there is", harmless(command)))?;
            }
            _ => self.emit(line)?,
        }
        Ok(true)
    }

    fn emit(&mut self, line: &str) -> io::Result<()> {
        let (event, args, odd) = match parse(line) {
            Ok(parsed) => parsed,
            Err(failure) => return self.problem(&failure.to_string()),
        };
        for word in odd {
            self.note(&format!("sent as text, since it is no JSON: {}", harmless(&word)))?;
        }
        if self.ack {
            if self.answers.len() >= MAX_ANSWERS {
                return self.problem("too many answers are waited for");
            }
            let answer: AckFuture<AllArgs> = self.client.emit().event_with_ack(&event, args);
            self.answers.push(Box::pin(async move { (event, answer.await) }));
        } else if let Err(error) = self.client.try_emit().event(&event, args) {
            self.problem(&format!("not sent: {}", chain(&error)))?;
        }
        Ok(())
    }

    fn answered(&self, event: &str, answer: Result<Vec<Value>, AckError>) -> io::Result<()> {
        let event = harmless(event);
        match answer {
            Ok(values) => {
                let sign = self.style.paint(Paint::Green, "=");
                let name = self.style.paint(Paint::Bold, &event);
                let values = pretty(&values, self.style);
                self.printer.print(format!("{sign} {name} {values}").trim_end())
            }
            Err(error) => self.problem(&format!("{event}: {}", chain(&error))),
        }
    }

    fn answer_oldest(&mut self, line: &str) -> io::Result<()> {
        let given = match words(line).and_then(|words| values(&words)) {
            Ok(given) => given,
            Err(failure) => return self.problem(&failure.to_string()),
        };
        match self.questions.pop_front() {
            Some((event, ack)) => self.answer(&event, &ack, &given),
            None => self.problem("no event waits for an answer"),
        }
    }

    fn answer(&self, event: &str, ack: &ClientAckSender, answer: &[Value]) -> io::Result<()> {
        match ack.send(answer) {
            Ok(()) => self.note(&format!("{} is answered", harmless(event))),
            Err(error) => self.problem(&format!("{} is not answered: {}", harmless(event), chain(&error))),
        }
    }

    fn note(&self, text: &str) -> io::Result<()> {
        self.printer.print(&self.style.paint(Paint::Dim, &format!("* {text}")))
    }

    fn problem(&self, text: &str) -> io::Result<()> {
        self.printer.print(&self.style.paint(Paint::Red, &format!("! {text}")))
    }
}

/// The event and the arguments of a line, and the words that look like JSON and are none.
fn parse(line: &str) -> Result<(String, Vec<Value>, Vec<String>), Failure> {
    let mut words = words(line)?;
    let event = if words.is_empty() { String::new() } else { words.remove(0) };
    if is_reserved(&event) {
        return Err(Failure::usage(format!("`{event}` is an event of the protocol's own")));
    }
    let args = values(&words)?;
    words.retain(|word| is_almost_json(word));
    Ok((event, args, words))
}
