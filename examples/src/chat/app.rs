//! The chat itself: who may come in, and what is done about each event.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use sockeye::prelude::*;

use crate::{
    events::{
        Chat, ChatRequestHandler, Hello, History, HistoryError, Image, JoinError, Limits, MessageId,
        PostError, Refusal, RoomView, Welcome,
    },
    names::{Names, User},
    rooms::Rooms,
};

pub(crate) const MAX_IMAGE: usize = 1_000_000;
const MAX_TEXT: usize = 2000;

/// How often somebody may do something, and post; after a pause, several times at once.
pub(crate) fn limits() -> RateLimit {
    RateLimit::per_second(20).burst(150).event_burst("post", 5, 60).event_burst("image", 2, 10)
}

const FORBIDDEN_WORDS: [&str; 2] = ["spam", "lottery"];

#[derive(Debug, Default)]
pub(crate) struct App {
    names: Arc<Names>,
    rooms: Mutex<Rooms>,
}

impl Lifecycle<Chat> for App {
    async fn connect(&self, handshake: Handshake<Hello>) -> Result<User, ConnectError> {
        self.names.take(handshake.into_auth()).map_err(|refusal| {
            let message = match refusal {
                Refusal::NameTaken { .. } => "the name is taken",
                Refusal::NameInvalid { .. } => "the name is not valid",
            };
            ConnectError::new(message).with_data(&refusal)
        })
    }

    async fn connected(&self, socket: Socket<Chat>) {
        let name = socket.session().name.clone();
        socket.emit().welcome(Welcome { name, limits: Limits { text: MAX_TEXT, image: MAX_IMAGE } });
        socket.emit().rooms(self.rooms.lock().list());
    }

    async fn disconnected(&self, socket: Socket<Chat>, _: CloseReason) {
        self.leave(&socket);
    }

    fn refused(&self, _: &Socket<Chat>, _: &IncomingEvent, refusal: &Refused) -> FailureAction {
        // Only the rate limit refuses events here. All errors have this variant, in the same form.
        let wait_ms = refusal.data().and_then(|data| data["retryAfter"].as_u64()).unwrap_or_default();
        FailureAction::refuse(PostError::Flood { wait_ms })
    }
}

impl ChatRequestHandler<Chat> for App {
    async fn join(&self, socket: Socket<Chat>, room: String) -> Result<RoomView, JoinError> {
        let user = socket.session();
        if !user.is_in(&room) {
            // Into the new room first: if that is refused, nothing has changed.
            self.rooms.lock().enter(&room, socket.id(), &user.name)?;
            let before = user.room.lock().replace(room.clone());
            if let Some(before) = before {
                self.leave_room(&socket, &before);
            }
            if socket.join(room.as_str()).is_err() {
                // The socket was closed meanwhile, and `disconnected` may have run already.
                self.leave(&socket);
            }
            self.tell_of_members(&socket, &room);
        }
        let rooms = self.rooms.lock();
        Ok(RoomView { members: rooms.members(&room), history: rooms.history(&room, None), room })
    }

    async fn post(&self, socket: Socket<Chat>, room: String, text: String) -> Result<MessageId, PostError> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            return Err(PostError::Empty);
        }
        if length > MAX_TEXT {
            return Err(PostError::TooLong { length, max: MAX_TEXT });
        }
        let lower = text.to_lowercase();
        if let Some(word) = FORBIDDEN_WORDS.into_iter().find(|word| lower.contains(word)) {
            return Err(PostError::ForbiddenWord { word: word.to_owned() });
        }
        self.publish(&socket, &room, text, None)
    }

    async fn image(
        &self,
        socket: Socket<Chat>,
        room: String,
        name: String,
        data: Bytes,
    ) -> Result<MessageId, PostError> {
        if data.len() > MAX_IMAGE {
            return Err(PostError::ImageTooBig { max: MAX_IMAGE });
        }
        let kind = image_kind(&data).ok_or(PostError::NotAnImage)?.to_owned();
        let name = name.chars().take(100).collect();
        // A copy of its own: the bytes came as a slice of what was read, which would live as long as the history.
        let data = Bytes::copy_from_slice(&data);
        self.publish(&socket, &room, String::new(), Some(Image { name, kind, data: Some(data) }))
    }

    async fn history(
        &self,
        socket: Socket<Chat>,
        room: String,
        before: Option<MessageId>,
    ) -> Result<History, HistoryError> {
        if !socket.session().is_in(&room) {
            return Err(HistoryError::NotInRoom);
        }
        Ok(self.rooms.lock().history(&room, before))
    }

    async fn picture(
        &self,
        socket: Socket<Chat>,
        room: String,
        message: MessageId,
    ) -> Result<Bytes, HistoryError> {
        if !socket.session().is_in(&room) {
            return Err(HistoryError::NotInRoom);
        }
        self.rooms.lock().picture(&room, message).ok_or(HistoryError::Gone)
    }

    async fn typing(&self, socket: Socket<Chat>, room: String) {
        let user = socket.session();
        if user.is_in(&room) {
            // Nobody misses one of these: a peer that cannot take it now does not get it.
            socket.to(room.as_str()).volatile().emit().user_typing(&room, &user.name);
        }
    }
}

impl App {
    /// Keeps a message and sends it to all others in the room, under one lock, so that both have one order.
    fn publish(
        &self,
        socket: &Socket<Chat>,
        room: &str,
        text: String,
        image: Option<Image>,
    ) -> Result<MessageId, PostError> {
        let user = socket.session();
        if !user.is_in(room) {
            return Err(PostError::NotInRoom);
        }
        let mut rooms = self.rooms.lock();
        let message = rooms.add(room, &user.name, now(), text, image).ok_or(PostError::NotInRoom)?;
        socket.to(room).emit().message(room, &message);
        socket.except(room).emit().activity(room);
        Ok(message.id)
    }

    /// Takes a socket out of its room, if it is in one.
    fn leave(&self, socket: &Socket<Chat>) {
        let left = socket.session().room.lock().take();
        if let Some(room) = left {
            self.leave_room(socket, &room);
        }
    }

    fn leave_room(&self, socket: &Socket<Chat>, room: &str) {
        self.rooms.lock().leave(room, socket.id());
        socket.leave(room);
        self.tell_of_members(socket, room);
    }

    /// Tells the others in a room who is there now, and everybody how full the rooms are.
    fn tell_of_members(&self, socket: &Socket<Chat>, room: &str) {
        let rooms = self.rooms.lock();
        socket.to(room).emit().members(room, rooms.members(room));
        socket.server().of::<Chat>().emit().rooms(rooms.list());
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What an image is, by its first bytes: what the browser says is not believed.
fn image_kind(data: &[u8]) -> Option<&'static str> {
    match data {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
