//! The chat at a terminal: the typed client, on the same events as the server. `chat --connect URL`.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use sockeye::{
    AckError,
    client::{Client, ClientLifecycle, ConnectError, DisconnectReason},
};
use sockeye_examples::{
    prompt::{Printer, start, state_file},
    style::{Paint, Style, harmless},
};

use crate::events::{
    Chat, ChatPushHandler, Hello, History, JoinError, Message, MessageId, PostError, Refusal, RoomInfo,
    RoomView, Welcome,
};

const HELP: &str = "\
  TEXT          say something
  /name NAME    come in by this name, after a refusal
  /join ROOM    go into a room
  /rooms        which rooms there are
  /who          who is here
  /earlier      what was said before
  /quit         leave, as Ctrl-D and Ctrl-C do";
/// For how long somebody who types is not named again.
const TYPING_BELIEVED: Duration = Duration::from_secs(4);

/// Whom to be, and where.
pub(crate) struct Options {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) room: String,
}

/// What is shown, and what was shown last.
struct Screen {
    printer: Printer,
    style: Style,
    /// Presented at each connection; another one after a refusal.
    name: Mutex<String>,
    room: Mutex<String>,
    members: Mutex<Vec<String>>,
    rooms: Mutex<Vec<RoomInfo>>,
    unread: Mutex<BTreeSet<String>>,
    typing: Mutex<Option<(String, SystemTime)>>,
    /// The first and the last message shown, 0 before any.
    oldest: AtomicU64,
    newest: AtomicU64,
}

/// Talks until the input ends.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let (mut lines, printer) = start("> ", state_file("chat_history"))?;
    let screen = Arc::new(Screen {
        printer,
        style: Style::of_stdout(),
        name: Mutex::new(options.name),
        room: Mutex::new(options.room),
        members: Mutex::default(),
        rooms: Mutex::default(),
        unread: Mutex::default(),
        typing: Mutex::default(),
        oldest: AtomicU64::new(0),
        newest: AtomicU64::new(0),
    });
    // Says "this is the same person" when a broken connection comes back before the server has missed the old one.
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let key = format!("terminal-{}-{}", std::process::id(), since.as_nanos());
    let asked = Arc::clone(&screen);
    let client = Client::<Chat>::builder(options.url)
        .auth_with(move || {
            let hello = Hello { name: asked.name.lock().clone(), key: key.clone() };
            async move { Ok::<_, std::convert::Infallible>(hello) }
        })
        .lifecycle(Arc::clone(&screen))
        .connect(Arc::clone(&screen))?;
    while let Some(line) = lines.next().await {
        if !screen.entered(&client, line.trim()).await {
            break;
        }
    }
    client.disconnect();
    // A server that does not listen is left without a good-bye.
    let _ = tokio::time::timeout(Duration::from_secs(6), client.manager().idle()).await;
    Ok(())
}

impl ClientLifecycle<Chat> for Screen {
    async fn connected(&self, client: Client<Chat>) {
        let room = self.room.lock().clone();
        self.join(&client, room).await;
    }

    async fn disconnected(&self, client: Client<Chat>, reason: DisconnectReason) {
        if reason == DisconnectReason::ClientDisconnect {
            return;
        }
        let again = if client.state().is_closed() { "" } else { "; connecting again" };
        self.note(&format!("disconnected: {reason}{again}"));
    }

    async fn connect_error(&self, _: Client<Chat>, error: ConnectError) {
        // Typed, as the server wrote it.
        match error.data::<Refusal>() {
            Ok(Refusal::NameTaken { name, suggestion }) => {
                self.problem(&format!("somebody is called {name} already; how about /name {suggestion}"));
            }
            Ok(Refusal::NameInvalid { max }) => {
                self.problem(&format!("a name has 1 to {max} characters: /name NAME"));
            }
            Err(_) if error.is_refusal() => self.problem(&format!("refused: {error}")),
            Err(_) => self.note(&format!("no connection: {error}")),
        }
    }

    async fn reconnecting(&self, _: Client<Chat>, _: u32, delay: Duration) {
        self.note(&format!("trying again in {:.1} s", delay.as_secs_f32()));
    }
}

impl ChatPushHandler<Chat> for Screen {
    async fn welcome(&self, _: Client<Chat>, welcome: Welcome) {
        self.note(&format!("welcome, {}; /help says what can be entered", welcome.name));
    }

    async fn rooms(&self, _: Client<Chat>, rooms: Vec<RoomInfo>) {
        *self.rooms.lock() = rooms;
    }

    async fn members(&self, _: Client<Chat>, room: String, names: Vec<String>) {
        if room != *self.room.lock() {
            return;
        }
        let before = std::mem::replace(&mut *self.members.lock(), names.clone());
        for name in names.iter().filter(|name| !before.contains(name)) {
            self.note(&format!("{name} came in"));
        }
        for name in before.iter().filter(|name| !names.contains(name)) {
            self.note(&format!("{name} left"));
        }
    }

    async fn message(&self, _: Client<Chat>, room: String, message: Message) {
        if room == *self.room.lock() {
            self.typing.lock().take_if(|(name, _)| *name == message.from);
            self.show(&message);
        }
    }

    async fn activity(&self, _: Client<Chat>, room: String) {
        if room != *self.room.lock() && self.unread.lock().insert(room.clone()) {
            self.note(&format!("something was said in {room}"));
        }
    }

    async fn user_typing(&self, _: Client<Chat>, room: String, name: String) {
        if room != *self.room.lock() {
            return;
        }
        let now = SystemTime::now();
        let known = self.typing.lock().replace((name.clone(), now)).is_some_and(|(before, at)| {
            before == name && now.duration_since(at).is_ok_and(|since| since < TYPING_BELIEVED)
        });
        if !known {
            self.note(&format!("{name} is typing"));
        }
    }
}

impl Screen {
    /// Does what a line says; `false` if that is to leave.
    async fn entered(&self, client: &Client<Chat>, line: &str) -> bool {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "/quit" => return false,
            "/help" => self.print(HELP),
            "/join" => self.join(client, rest.trim().to_owned()).await,
            "/name" => {
                if client.state().is_closed() {
                    *self.name.lock() = rest.trim().to_owned();
                    client.connect();
                } else {
                    self.problem("the name stays until you leave");
                }
            }
            "/who" => {
                let members = self.members.lock().join(", ");
                self.note(&members);
            }
            "/rooms" => {
                let rooms: Vec<String> = self
                    .rooms
                    .lock()
                    .iter()
                    .map(|room| format!("{} ({})", room.name, room.members))
                    .collect();
                self.note(&rooms.join(", "));
            }
            "/earlier" => self.earlier(client).await,
            command if command.starts_with('/') => {
                self.problem(&format!("there is no {command}; /help says what there is"));
            }
            "" => {}
            _ => self.post(client, line).await,
        }
        true
    }

    async fn join(&self, client: &Client<Chat>, room: String) {
        // Who comes back after a break has seen what was said before it.
        let again = room == *self.room.lock();
        let view: RoomView = match client.emit().join(room).await {
            Ok(view) => view,
            Err(AckError::Refused(error)) => return self.problem(join_problem(&error)),
            Err(error) => return self.problem(&format!("the room does not answer: {error}")),
        };
        let RoomView { room, members, history } = view;
        self.unread.lock().remove(&room);
        *self.room.lock() = room.clone();
        if !again {
            self.oldest.store(0, Ordering::Relaxed);
            self.newest.store(0, Ordering::Relaxed);
        }
        let seen = self.newest.load(Ordering::Relaxed);
        self.note(&format!("in {room} with {}", members.join(", ")));
        *self.members.lock() = members;
        if history.more && seen == 0 {
            self.note("there is more: /earlier");
        }
        for message in history.messages.iter().filter(|message| message.id > seen) {
            self.show(message);
        }
    }

    async fn post(&self, client: &Client<Chat>, text: &str) {
        let room = self.room.lock().clone();
        let posted: Result<MessageId, AckError<PostError>> = client.emit().post(&room, text).await;
        match posted {
            Ok(id) => {
                self.seen(id);
            }
            Err(AckError::Refused(error)) => self.problem(&post_problem(&error)),
            Err(error) => self.problem(&format!("perhaps not said: {error}")),
        }
    }

    async fn earlier(&self, client: &Client<Chat>) {
        let room = self.room.lock().clone();
        let before = Some(self.oldest.load(Ordering::Relaxed)).filter(|id| *id > 0);
        match client.emit().history(&room, before).await {
            Ok(History { messages, more }) => {
                for message in &messages {
                    self.print(&self.line(message));
                }
                if let Some(first) = messages.first() {
                    self.oldest.store(first.id, Ordering::Relaxed);
                }
                self.note(if more { "there is more: /earlier" } else { "this was the beginning" });
            }
            Err(error) => self.problem(&format!("the history did not come: {error}")),
        }
    }

    /// Remembers that a message was shown.
    fn seen(&self, id: MessageId) {
        self.newest.fetch_max(id, Ordering::Relaxed);
        // Only the first: 0 stands for none.
        let _ = self.oldest.compare_exchange(0, id, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn show(&self, message: &Message) {
        self.seen(message.id);
        self.print(&self.line(message));
    }

    fn line(&self, message: &Message) -> String {
        let minutes = message.at / 60_000;
        let time = self.style.paint(Paint::Dim, &format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60));
        let name = self.style.paint(Paint::Bold, &harmless(&message.from));
        let image = message.image.as_ref().map(|image| {
            let size = image.data.as_ref().map(|data| format!(", {} bytes", data.len())).unwrap_or_default();
            self.style.paint(
                Paint::Magenta,
                &format!("<{} {}{size}>", harmless(&image.kind), harmless(&image.name)),
            )
        });
        format!("{time} {name}: {}{}", harmless(&message.text), image.unwrap_or_default())
    }

    fn note(&self, text: &str) {
        self.print(&self.style.paint(Paint::Dim, &format!("* {}", harmless(text))));
    }

    fn problem(&self, text: &str) {
        self.print(&self.style.paint(Paint::Red, &format!("! {}", harmless(text))));
    }

    fn print(&self, text: &str) {
        // Without anyone who reads there is soon no input either.
        let _ = self.printer.print(text);
    }
}

fn join_problem(error: &JoinError) -> &'static str {
    match error {
        JoinError::RoomName { .. } => "the name of a room is of small letters, digits and `-`, and short",
        JoinError::TooManyRooms => "there are too many rooms",
        JoinError::Flood { .. } => "not so fast",
    }
}

fn post_problem(error: &PostError) -> String {
    match error {
        PostError::Empty => "there is nothing to say".to_owned(),
        PostError::TooLong { length, max } => format!("{length} characters are too many: {max} is the most"),
        PostError::Flood { wait_ms } => {
            format!("not so fast: wait {:.1} s", Duration::from_millis(*wait_ms).as_secs_f32())
        }
        PostError::ForbiddenWord { word } => format!("`{word}` is not said here"),
        PostError::NotInRoom => "you are in no room: /join ROOM".to_owned(),
        PostError::NotAnImage | PostError::ImageTooBig { .. } => "that is no image for here".to_owned(),
    }
}
