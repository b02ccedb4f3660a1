//! Lines from a person or a pipe, and a way to print that does not destroy the line being edited.
//!
//! The editor blocks, so it has a thread of its own, which ends with the input.

use std::{
    env, fmt, fs,
    io::{self, BufRead, IsTerminal, Write, stdin, stdout},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rustyline::{
    Config, Editor, ExternalPrinter, config::Configurer, error::ReadlineError, history::FileHistory,
};
use tokio::sync::{mpsc, oneshot};

const MAX_HISTORY: usize = 1000;

/// The lines that are entered, in order.
#[derive(Debug)]
pub struct Lines {
    lines: mpsc::Receiver<(String, oneshot::Sender<()>)>,
    /// Tells the editor that the line before has been dealt with, so that its output stands above the next prompt.
    done: Option<oneshot::Sender<()>>,
    interactive: bool,
}

impl Lines {
    /// The next line; `None` at the end: Ctrl-D, Ctrl-C, the end of the pipe. Cancel safe.
    pub async fn next(&mut self) -> Option<String> {
        if let Some(done) = self.done.take() {
            // Who has gone needs not be told.
            let _ = done.send(());
        }
        let (line, done) = self.lines.recv().await?;
        self.done = Some(done);
        Some(line)
    }

    /// Whether a person sits there: the input and the output are terminals.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }
}

/// Prints above the line that is being edited, or just prints. Cheap to clone.
#[derive(Clone)]
pub struct Printer(Arc<Mutex<Option<Box<dyn ExternalPrinter + Send>>>>);

impl Printer {
    /// A printer that knows of no editor.
    pub fn plain() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    /// Prints lines.
    ///
    /// # Errors
    ///
    /// If nobody reads them any more.
    pub fn print(&self, text: &str) -> io::Result<()> {
        let mut printer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{text}\n");
        match &mut *printer {
            Some(printer) => printer.print(line).map_err(io::Error::other),
            None => {
                let mut out = stdout().lock();
                out.write_all(line.as_bytes())?;
                out.flush()
            }
        }
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Printer")
    }
}

/// Asks for lines: with an editor and its history if a person sits there, otherwise simply reads them.
///
/// # Errors
///
/// If the terminal cannot be used.
pub fn start(prompt: &str, history: Option<PathBuf>) -> io::Result<(Lines, Printer)> {
    let interactive = stdin().is_terminal() && stdout().is_terminal();
    let (sender, lines) = mpsc::channel(1);
    let printer = if interactive {
        let config = Config::builder().auto_add_history(true).build();
        let mut editor = Editor::<(), FileHistory>::with_config(config).map_err(io::Error::other)?;
        editor.set_max_history_size(MAX_HISTORY).map_err(io::Error::other)?;
        // The first time there is none.
        if let Some(history) = &history {
            let _ = editor.load_history(history);
        }
        // A terminal that can do nothing has no printer.
        let printer = editor.create_external_printer().ok();
        let prompt = prompt.to_owned();
        thread::spawn(move || edit(editor, &prompt, history.as_deref(), &sender));
        Printer(Arc::new(Mutex::new(printer.map(|printer| Box::new(printer) as _))))
    } else {
        thread::spawn(move || read(&sender));
        Printer::plain()
    };
    Ok((Lines { lines, done: None, interactive }, printer))
}

type Sender = mpsc::Sender<(String, oneshot::Sender<()>)>;

fn edit(mut editor: Editor<(), FileHistory>, prompt: &str, history: Option<&Path>, lines: &Sender) {
    loop {
        match editor.readline(prompt) {
            Ok(line) => {
                if let Some(history) = history {
                    keep(&mut editor, history);
                }
                if !hand_over(line, lines) {
                    return;
                }
            }
            // The window has changed its size.
            Err(ReadlineError::Signal(_)) => {}
            Err(_) => return,
        }
    }
}

/// Gives a line away and waits until it has been dealt with; `false` if nobody wants another one. The terminal is left as it was then.
fn hand_over(line: String, lines: &Sender) -> bool {
    let (done, dealt_with) = oneshot::channel();
    lines.blocking_send((line, done)).is_ok() && dealt_with.blocking_recv().is_ok()
}

/// Adds the line to the history on disk. One that cannot be kept is no reason to disturb anybody.
fn keep(editor: &mut Editor<(), FileHistory>, history: &Path) {
    if let Some(folder) = history.parent() {
        let _ = fs::create_dir_all(folder);
    }
    let _ = editor.append_history(history);
}

fn read(lines: &Sender) {
    for line in stdin().lock().lines() {
        let Ok(line) = line else { return };
        if !hand_over(line, lines) {
            return;
        }
    }
}

/// Where a program keeps what it remembers between its runs: `XDG_STATE_HOME`, or `~/.local/state`.
pub fn state_file(name: &str) -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("sockeye").join(name))
}
