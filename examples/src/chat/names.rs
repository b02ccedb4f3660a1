//! Who is who: names are taken by the first who comes, and given back when the last connection of that person ends.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::events::{Hello, Refusal};

pub(crate) const MAX_NAME: usize = 20;

/// The names in use, in lower case.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<String, Holder>>);

#[derive(Debug)]
struct Holder {
    key: String,
    connections: usize,
}

impl Names {
    /// Takes a name for a connection.
    pub(crate) fn take(self: &Arc<Self>, hello: Hello) -> Result<User, Refusal> {
        let name = hello.name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Refusal::NameInvalid { max: MAX_NAME });
        }
        let folded = name.to_lowercase();
        let mut names = self.0.lock();
        let suggestion =
            || (2..).map(|n| format!("{name}{n}")).find(|free| !names.contains_key(&free.to_lowercase()));
        if let Some(holder) = names.get(&folded)
            && holder.key != hello.key
        {
            return Err(Refusal::NameTaken {
                name: name.to_owned(),
                suggestion: suggestion().unwrap_or_default(),
            });
        }
        names.entry(folded).or_insert(Holder { key: hello.key, connections: 0 }).connections += 1;
        Ok(User { name: name.to_owned(), room: Mutex::default(), names: Arc::clone(self) })
    }
}

/// The session of a socket: lives as long as it, and gives the name back with its end.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    /// The room the user is in.
    pub(crate) room: Mutex<Option<String>>,
    names: Arc<Names>,
}

impl User {
    pub(crate) fn is_in(&self, room: &str) -> bool {
        self.room.lock().as_deref() == Some(room)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let folded = self.name.to_lowercase();
        let mut names = self.names.0.lock();
        if let Some(holder) = names.get_mut(&folded) {
            holder.connections -= 1;
            if holder.connections == 0 {
                names.remove(&folded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(name: &str, key: &str) -> Hello {
        Hello { name: name.to_owned(), key: key.to_owned() }
    }

    #[test]
    fn a_name_belongs_to_one_person_until_their_last_connection_ends() {
        let names = Arc::new(Names::default());
        let ada = names.take(hello(" Ada ", "1")).unwrap();
        assert_eq!(ada.name, "Ada");
        assert!(
            matches!(names.take(hello("ADA", "2")), Err(Refusal::NameTaken { suggestion, .. }) if suggestion == "ADA2")
        );
        let again = names.take(hello("ada", "1")).unwrap();
        drop(ada);
        assert!(names.take(hello("ada", "2")).is_err());
        drop(again);
        assert!(names.take(hello("ada", "2")).is_ok());
    }

    #[test]
    fn names_have_a_length_and_no_control_characters() {
        let names = Arc::new(Names::default());
        for wrong in ["", "  ", "a\nb", &"x".repeat(21)] {
            assert!(names.take(hello(wrong, "")).is_err(), "{wrong:?}");
        }
        assert!(names.take(hello(&"ü".repeat(20), "")).is_ok());
    }
}
