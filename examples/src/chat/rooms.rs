//! What the rooms remember: who is there and what was said, both bounded.

use std::collections::{BTreeMap, VecDeque};

use sockeye::{SocketId, prelude::*};

use crate::events::{History, Image, JoinError, Message, MessageId, RoomInfo};

/// Rooms that are there also when nobody is.
const STANDING: [&str; 3] = ["lobby", "random", "rust"];
const MAX_ROOMS: usize = 50;
const MAX_ROOM_NAME: usize = 24;
/// What a room keeps: messages, and bytes of images.
const KEPT_MESSAGES: usize = 500;
const KEPT_IMAGE_BYTES: usize = 8 << 20;
/// Messages of a page of history.
const PAGE: usize = 30;

#[derive(Debug)]
pub(crate) struct Rooms {
    rooms: BTreeMap<String, Room>,
    last_id: MessageId,
}

#[derive(Debug, Default)]
struct Room {
    members: Vec<(SocketId, String)>,
    messages: VecDeque<Message>,
    image_bytes: usize,
}

impl Default for Rooms {
    fn default() -> Self {
        Self { rooms: STANDING.map(|name| (name.to_owned(), Room::default())).into(), last_id: 0 }
    }
}

impl Rooms {
    /// Puts somebody into a room; makes the room if there is none of that name.
    pub(crate) fn enter(&mut self, room: &str, id: &SocketId, name: &str) -> Result<(), JoinError> {
        if !self.rooms.contains_key(room) {
            let fits = (1..=MAX_ROOM_NAME).contains(&room.len())
                && room.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !fits {
                return Err(JoinError::RoomName { max: MAX_ROOM_NAME });
            }
            if self.rooms.len() >= MAX_ROOMS {
                return Err(JoinError::TooManyRooms);
            }
        }
        self.rooms.entry(room.to_owned()).or_default().members.push((id.clone(), name.to_owned()));
        Ok(())
    }

    /// Takes somebody out; a room that is not a standing one goes with its last member.
    pub(crate) fn leave(&mut self, room: &str, id: &SocketId) {
        let Some(found) = self.rooms.get_mut(room) else { return };
        found.members.retain(|(member, _)| member != id);
        if found.members.is_empty() && !STANDING.contains(&room) {
            self.rooms.remove(room);
        }
    }

    /// Who is in a room, each name once.
    pub(crate) fn members(&self, room: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .rooms
            .get(room)
            .into_iter()
            .flat_map(|room| &room.members)
            .map(|(_, name)| name.clone())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(crate) fn list(&self) -> Vec<RoomInfo> {
        self.rooms
            .keys()
            .map(|name| RoomInfo { name: name.clone(), members: self.members(name).len() })
            .collect()
    }

    /// Adds what was said; gives the message as it is sent to the room.
    pub(crate) fn add(
        &mut self,
        room: &str,
        from: &str,
        at: u64,
        text: String,
        image: Option<Image>,
    ) -> Option<Message> {
        let room = self.rooms.get_mut(room)?;
        self.last_id += 1;
        let message = Message { id: self.last_id, from: from.to_owned(), at, text, image };
        room.image_bytes += size(&message);
        room.messages.push_back(message.clone());
        room.shrink();
        Some(message)
    }

    /// The page of messages before `before`, without the bytes of images.
    pub(crate) fn history(&self, room: &str, before: Option<MessageId>) -> History {
        let Some(room) = self.rooms.get(room) else { return History { messages: Vec::new(), more: false } };
        let end =
            before.map_or(room.messages.len(), |before| room.messages.partition_point(|one| one.id < before));
        let start = end.saturating_sub(PAGE);
        let messages = room
            .messages
            .range(start..end)
            .map(|message| Message {
                image: message.image.as_ref().map(|image| Image { data: None, ..image.clone() }),
                ..message.clone()
            })
            .collect();
        History { messages, more: start > 0 }
    }

    /// The bytes of an image, if they are still there.
    pub(crate) fn picture(&self, room: &str, id: MessageId) -> Option<Bytes> {
        let messages = &self.rooms.get(room)?.messages;
        let at = messages.binary_search_by_key(&id, |message| message.id).ok()?;
        messages[at].image.as_ref()?.data.clone()
    }
}

impl Room {
    /// Forgets the oldest messages, and the bytes of the oldest images.
    fn shrink(&mut self) {
        while self.messages.len() > KEPT_MESSAGES {
            if let Some(message) = self.messages.pop_front() {
                self.image_bytes -= size(&message);
            }
        }
        let mut oldest = self.messages.iter_mut();
        while self.image_bytes > KEPT_IMAGE_BYTES
            && let Some(message) = oldest.next()
        {
            self.image_bytes -= size(message);
            if let Some(image) = &mut message.image {
                image.data = None;
            }
        }
    }
}

fn size(message: &Message) -> usize {
    message.image.as_ref().and_then(|image| image.data.as_ref()).map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(bytes: usize) -> Option<Image> {
        Some(Image { name: "x".to_owned(), kind: "image/png".to_owned(), data: Some(vec![0; bytes].into()) })
    }

    #[test]
    fn a_room_comes_with_its_first_member_and_goes_with_its_last() {
        let mut rooms = Rooms::default();
        let id = SocketId::from("a");
        rooms.enter("new", &id, "Ada").unwrap();
        assert_eq!(rooms.members("new"), ["Ada"]);
        assert_eq!(rooms.list().len(), 4);
        rooms.leave("new", &id);
        rooms.leave("lobby", &id);
        assert_eq!(rooms.list().len(), 3);
    }

    #[test]
    fn the_number_and_the_names_of_rooms_are_bounded() {
        let mut rooms = Rooms::default();
        let id = SocketId::from("a");
        for wrong in ["", "UPPER", "a b", "ü", &"x".repeat(25)] {
            assert!(matches!(rooms.enter(wrong, &id, "Ada"), Err(JoinError::RoomName { .. })), "{wrong:?}");
        }
        for n in 3..MAX_ROOMS {
            rooms.enter(&format!("room-{n}"), &id, "Ada").unwrap();
        }
        assert!(matches!(rooms.enter("one-more", &id, "Ada"), Err(JoinError::TooManyRooms)));
        rooms.enter("lobby", &id, "Ada").unwrap();
    }

    #[test]
    fn history_comes_in_pages_from_the_end() {
        let mut rooms = Rooms::default();
        for n in 0..70 {
            rooms.add("lobby", "Ada", n, n.to_string(), None).unwrap();
        }
        let last = rooms.history("lobby", None);
        assert_eq!((last.messages.len(), last.messages[29].text.as_str(), last.more), (30, "69", true));
        let first = rooms.history("lobby", Some(11));
        assert_eq!((first.messages.len(), first.messages[0].text.as_str(), first.more), (10, "0", false));
        assert!(rooms.history("nowhere", None).messages.is_empty());
    }

    #[test]
    fn old_messages_and_the_bytes_of_old_images_are_forgotten() {
        let mut rooms = Rooms::default();
        let first = rooms.add("lobby", "Ada", 0, String::new(), image(5 << 20)).unwrap().id;
        let second = rooms.add("lobby", "Ada", 0, String::new(), image(5 << 20)).unwrap().id;
        assert_eq!(rooms.picture("lobby", first), None);
        assert_eq!(rooms.picture("lobby", second).map(|bytes| bytes.len()), Some(5 << 20));
        for n in 0..2 * KEPT_MESSAGES {
            rooms.add("lobby", "Ada", 0, n.to_string(), None);
        }
        assert_eq!(rooms.rooms["lobby"].messages.len(), KEPT_MESSAGES);
        assert_eq!(rooms.rooms["lobby"].image_bytes, 0);
    }
}
