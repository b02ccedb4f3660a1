//! Who is who: names are taken by the first who comes, and given back when the last connection of that person ends.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::events::{Hello, PostError, Refusal};

pub(crate) const MAX_NAME: usize = 20;

/// Posts that may come at once, and how long it takes until the next one may.
const BURST: u32 = 60;
const REFILL: Duration = Duration::from_millis(200);

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
        Ok(User {
            name: name.to_owned(),
            room: Mutex::default(),
            allowance: Mutex::new(Allowance { posts: BURST, since: Instant::now() }),
            names: Arc::clone(self),
        })
    }
}

/// The session of a socket: lives as long as it, and gives the name back with its end.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    /// The room the user is in.
    pub(crate) room: Mutex<Option<String>>,
    allowance: Mutex<Allowance>,
    names: Arc<Names>,
}

#[derive(Debug)]
struct Allowance {
    posts: u32,
    since: Instant,
}

impl User {
    pub(crate) fn is_in(&self, room: &str) -> bool {
        self.room.lock().as_deref() == Some(room)
    }

    /// Counts a post against what one may say in a time.
    pub(crate) fn may_post(&self, now: Instant) -> Result<(), PostError> {
        let mut allowance = self.allowance.lock();
        let earned = now.saturating_duration_since(allowance.since).as_millis() / REFILL.as_millis();
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(BURST);
            allowance.posts = allowance.posts.saturating_add(earned).min(BURST);
            allowance.since = now;
        }
        if allowance.posts == 0 {
            let wait = REFILL.saturating_sub(now.saturating_duration_since(allowance.since));
            return Err(PostError::Flood { wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) });
        }
        allowance.posts -= 1;
        Ok(())
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

    #[test]
    fn who_posts_too_much_has_to_wait() {
        let names = Arc::new(Names::default());
        let ada = names.take(hello("Ada", "1")).unwrap();
        let now = ada.allowance.lock().since;
        for _ in 0..BURST {
            ada.may_post(now).unwrap();
        }
        assert_eq!(ada.may_post(now), Err(PostError::Flood { wait_ms: 200 }));
        ada.may_post(now + REFILL).unwrap();
        assert!(ada.may_post(now + REFILL).is_err());
    }
}
