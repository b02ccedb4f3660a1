//! Spellings of names.

/// A rule of `rename_all`: the same rules, under the same names, as serde's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const RULES: [(&str, RenameRule); 8] = [
    ("lowercase", RenameRule::Lower),
    ("UPPERCASE", RenameRule::Upper),
    ("PascalCase", RenameRule::Pascal),
    ("camelCase", RenameRule::Camel),
    ("snake_case", RenameRule::Snake),
    ("SCREAMING_SNAKE_CASE", RenameRule::ScreamingSnake),
    ("kebab-case", RenameRule::Kebab),
    ("SCREAMING-KEBAB-CASE", RenameRule::ScreamingKebab),
];

impl RenameRule {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        RULES.iter().find(|(known, _)| *known == name).map(|&(_, rule)| rule)
    }

    /// All names, for a message.
    pub(crate) fn names() -> String {
        RULES.map(|(name, _)| format!("`{name}`")).join(", ")
    }

    /// The wire name of a variant.
    pub(crate) fn apply(self, variant: &str) -> String {
        match self {
            Self::Lower => variant.to_lowercase(),
            Self::Upper => variant.to_uppercase(),
            Self::Pascal => variant.to_owned(),
            Self::Camel => {
                let mut chars = variant.chars();
                chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
            }
            Self::Snake => separated(variant, '_'),
            Self::ScreamingSnake => separated(variant, '_').to_uppercase(),
            Self::Kebab => separated(variant, '-'),
            Self::ScreamingKebab => separated(variant, '-').to_uppercase(),
        }
    }
}

/// As serde: a separator before each capital.
fn separated(variant: &str, separator: char) -> String {
    let mut result = String::new();
    for (at, letter) in variant.char_indices() {
        if at > 0 && letter.is_uppercase() {
            result.push(separator);
        }
        result.extend(letter.to_lowercase());
    }
    result
}

/// The method of a variant: words in small letters between underscores, with abbreviations in one piece (`HTTPError` is
/// `http_error`, as people write it).
pub(crate) fn method(variant: &str) -> String {
    let letters: Vec<char> = variant.chars().collect();
    let mut result = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        if letter == '_' {
            if !result.is_empty() && !result.ends_with('_') {
                result.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins_word = letter.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_numeric())
                || (before.is_some_and(|c| c.is_uppercase()) && after.is_some_and(|c| c.is_lowercase())));
        if begins_word && !result.is_empty() && !result.ends_with('_') {
            result.push('_');
        }
        result.extend(letter.to_lowercase());
    }
    result.trim_end_matches('_').to_owned()
}

/// A text as JavaScript's `JSON.stringify` writes it.
pub(crate) fn json(text: &str) -> String {
    let mut result = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\u{8}' => result.push_str("\\b"),
            '\u{c}' => result.push_str("\\f"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            control if control < ' ' => result.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => result.push(other),
        }
    }
    result.push('"');
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_give_what_serde_gives() {
        let expected = [
            "userisTyping2".to_lowercase(),
            "USERISTYPING2".into(),
            "UserIsTyping2".into(),
            "userIsTyping2".into(),
            "user_is_typing2".into(),
            "USER_IS_TYPING2".into(),
            "user-is-typing2".into(),
            "USER-IS-TYPING2".into(),
        ];
        let given = RULES.map(|(_, rule)| rule.apply("UserIsTyping2"));
        assert_eq!(given, expected);
    }

    #[test]
    fn methods_are_words_in_small_letters() {
        for (variant, expected) in [
            ("Post", "post"),
            ("UserTyping", "user_typing"),
            ("HTTPError", "http_error"),
            ("Foo_Bar", "foo_bar"),
            ("Self_", "self"),
            ("V2Ready", "v2_ready"),
            ("ID", "id"),
            ("_Private", "private"),
        ] {
            assert_eq!(method(variant), expected);
        }
    }

    #[test]
    fn names_are_escaped_as_javascript_escapes_them() {
        assert_eq!(json("chat message"), "\"chat message\"");
        assert_eq!(json("a\"\\/\n\u{1}\u{7f}é"), "\"a\\\"\\\\/\\n\\u0001\u{7f}é\"");
    }
}
