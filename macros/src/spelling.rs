//! What somebody meant who wrote a word that is not known.

/// The known word that is nearest, if it is near. Case and underscores do not count.
pub(crate) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = plain(word);
    let distances = known.iter().map(|other| (distance(&word, &plain(other)), *other));
    let (distance, other) = distances.min_by_key(|(distance, _)| *distance)?;
    let same_start = word.chars().next() == other.chars().next();
    (same_start && distance * 3 <= other.len().max(6)).then_some(other)
}

fn plain(word: &str) -> String {
    word.chars().filter(|letter| *letter != '_').flat_map(char::to_lowercase).collect()
}

/// How many letters have to be put in, taken out or changed; two that changed places are two.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        for (slot, other) in row.iter_mut().skip(1).zip(&to) {
            let changed = before + usize::from(letter != *other);
            before = *slot;
            left = changed.min(before + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        let known = ["client_to_server", "server_to_client", "session", "auth", "ack", "error"];
        assert_eq!(closest("sesion", &known), Some("session"));
        assert_eq!(closest("clientToServer", &known), Some("client_to_server"));
        assert_eq!(closest("Ack", &known), Some("ack"));
        assert_eq!(closest("akc", &known), Some("ack"));
        assert_eq!(closest("acks", &known), Some("ack"));
        assert_eq!(closest("guard", &known), None);
        assert_eq!(closest("x", &known), None);
        assert_eq!(closest("path", &known), None);
    }
}
