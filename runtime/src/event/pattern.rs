//! Paths with parameters: `/room-{id}`.

/// A parameter in the path of a dynamic namespace.
///
/// Integers are digits only, so that no two spellings but those with leading zeros mean the same; a `String` is anything that is not
/// empty and has no slash. Implement it for types of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a namespace's path",
    label = "needs `sockeye::PathParam`",
    note = "integers and `String` can; implement `sockeye::PathParam` for types of your own"
)]
pub trait PathParam: Sized {
    /// Reads the parameter; `None` makes the path an invalid namespace.
    fn parse(text: &str) -> Option<Self>;
    /// Writes it, so that [`parse`](Self::parse) would read it again.
    fn write(&self, path: &mut String);
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl PathParam for $ty {
            fn parse(text: &str) -> Option<Self> {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if digits { text.parse().ok() } else { None }
            }

            fn write(&self, path: &mut String) {
                path.push_str(&self.to_string());
            }
        }
    )*};
}

integers! { u8 u16 u32 u64 u128 usize }

impl PathParam for String {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('/')).then(|| text.to_owned())
    }

    fn write(&self, path: &mut String) {
        path.push_str(self);
    }
}

/// Takes the parameters out of a path. `literals` are the `N + 1` pieces around them; a parameter ends where the next piece begins for
/// the first time, the last one at the end.
#[must_use]
pub fn match_path<'a, const N: usize>(path: &'a str, literals: &[&str]) -> Option<[&'a str; N]> {
    let mut found = [""; N];
    let (first, others) = literals.split_first()?;
    let mut rest = path.strip_prefix(first)?;
    for (index, (slot, literal)) in found.iter_mut().zip(others).enumerate() {
        let is_last = index + 1 == N;
        let end = if is_last { rest.len().checked_sub(literal.len())? } else { rest.find(literal)? };
        let (param, after) = rest.split_at_checked(end)?;
        rest = after.strip_prefix(literal)?;
        *slot = param;
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_between_the_literal_pieces() {
        assert_eq!(match_path("/room-7", &["/room-", ""]), Some(["7"]));
        assert_eq!(match_path("/a/x-1/b", &["/a/", "-", "/b"]), Some(["x", "1"]));
        assert_eq!(match_path("/a/x-1-2/b", &["/a/", "-", "/b"]), Some(["x", "1-2"]));
        assert_eq!(match_path::<1>("/room", &["/room-", ""]), None);
        assert_eq!(match_path::<1>("/room-7/x", &["/room-", "/y"]), None);
        assert_eq!(match_path::<1>("/b", &["/", "/b"]), None);
        assert_eq!(match_path::<1>("é", &["é", "é"]), None);
    }

    #[test]
    fn integers_are_digits_only() {
        assert_eq!(u32::parse("7"), Some(7));
        for bad in ["", "+7", "-7", " 7", "7 ", "x", "4294967296", "٧"] {
            assert_eq!(u32::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn texts_are_one_segment() {
        assert_eq!(String::parse("a b"), Some("a b".to_owned()));
        assert_eq!(String::parse(""), None);
        assert_eq!(String::parse("a/b"), None);
    }
}
