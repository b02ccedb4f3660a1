//! Patterns with parameters, `table-{id}`: of a namespace's path, of a room's name.

use std::collections::{HashSet, VecDeque};

use syn::LitStr;

use crate::ctxt::Ctxt;

/// The pieces around the parameters, and the parameters' names.
pub(crate) type Pieces = (Vec<String>, Vec<String>);

/// What a pattern is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Path,
    Room,
}

/// Splits a pattern into the pieces around its parameters, and their names.
pub(crate) fn split(cx: &Ctxt, literal: &LitStr, pattern: &str, kind: Kind) -> Option<Pieces> {
    let (what, example, slash) = match kind {
        Kind::Path => ("path", "{id}", "/"),
        Kind::Room => ("pattern", "{id}` or `{0}", ""),
    };
    let (mut literals, mut names): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut rest, mut named) = (pattern, true);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            cx.error(literal, format!("a `{{` in the {what} has no `}}`"));
            return None;
        };
        let letter = |c: char| c == '_' || c.is_alphanumeric();
        let is_number =
            kind == Kind::Room && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        if name.is_empty() || (name.starts_with(char::is_numeric) && !is_number) || !name.chars().all(letter)
        {
            cx.error(
                literal,
                format!("`{{{name}}}` does not name a field: write a parameter as `{example}`"),
            );
            named = false;
        }
        if !names.is_empty() && before.is_empty() {
            cx.error(
                literal,
                format!("two parameters need something between them, as in `{slash}{{a}}-{{b}}`"),
            );
        }
        if names.iter().any(|other| other == name) {
            cx.error(literal, format!("the parameter `{{{name}}}` is in the {what} twice"));
        }
        literals.push(before.to_owned());
        names.push(name.to_owned());
        rest = after;
    }
    if rest.contains('}') {
        cx.error(literal, format!("a `}}` in the {what} has no `{{`"));
    }
    literals.push(rest.to_owned());
    if !named {
        return None;
    }
    // These are in the escapes of whatever ends a parameter.
    let between = literals.get(1..names.len()).unwrap_or_default();
    for letter in between.iter().filter_map(|literal| literal.chars().next()) {
        if matches!(letter, '0'..='9' | 'A'..='F' | '%') {
            let message = format!(
                "`{letter}` cannot follow a parameter: separate two by another character, as in `{slash}{{a}}-{{b}}`"
            );
            cx.error(literal, message);
        }
    }
    Some((literals, names))
}

/// A part of what a pattern stands for: letters of a class, one or any number.
#[derive(Clone, Copy)]
enum Part {
    One(Class),
    Many(Class),
}

#[derive(Clone, Copy)]
enum Class {
    Letter(char),
    Digit,
    But(Option<char>),
}

impl Class {
    /// A letter of both.
    fn common(self, other: Self) -> Option<char> {
        match (self, other) {
            (Self::Letter(letter), class) | (class, Self::Letter(letter)) => {
                class.contains(letter).then_some(letter)
            }
            (one, other) => ['1', '2', '3', 'x'].into_iter().find(|&c| one.contains(c) && other.contains(c)),
        }
    }

    fn contains(self, letter: char) -> bool {
        match self {
            Self::Letter(own) => own == letter,
            Self::Digit => letter.is_ascii_digit(),
            Self::But(except) => except != Some(letter),
        }
    }
}

/// The texts that a pattern can become, for comparing.
pub(crate) struct Shape(Vec<Part>);

impl Shape {
    /// `numbers` says which parameters are digits; the others can be anything. A parameter that is not the last one does not
    /// contain the letter that ends it.
    pub(crate) fn new(literals: &[String], numbers: &[bool]) -> Self {
        let mut parts = Vec::new();
        let count = numbers.len();
        for (at, literal) in literals.iter().enumerate() {
            parts.extend(literal.chars().map(|letter| Part::One(Class::Letter(letter))));
            let Some(&is_number) = numbers.get(at) else { continue };
            let next = literals.get(at + 1).filter(|_| at + 1 < count).and_then(|next| next.chars().next());
            if is_number {
                parts.extend([Part::One(Class::Digit), Part::Many(Class::Digit)]);
            } else {
                parts.push(Part::Many(Class::But(next)));
            }
        }
        Self(parts)
    }

    /// A text that both can become.
    pub(crate) fn common(&self, other: &Self) -> Option<String> {
        let mut seen = HashSet::new();
        let mut queue = VecDeque::from([(0, 0, String::new())]);
        while let Some((left, right, text)) = queue.pop_front() {
            if !seen.insert((left, right)) {
                continue;
            }
            if left == self.0.len() && right == other.0.len() {
                return Some(text);
            }
            let (one, two) = (self.0.get(left), other.0.get(right));
            if let Some(Part::Many(_)) = one {
                queue.push_back((left + 1, right, text.clone()));
            }
            if let Some(Part::Many(_)) = two {
                queue.push_back((left, right + 1, text.clone()));
            }
            let (Some(one), Some(two)) = (one, two) else { continue };
            let after = |part: &Part, at: usize| match *part {
                Part::One(class) => (class, at + 1),
                Part::Many(class) => (class, at),
            };
            let ((one, left), (two, right)) = (after(one, left), after(two, right));
            if let Some(letter) = one.common(two) {
                queue.push_back((left, right, format!("{text}{letter}")));
            }
        }
        None
    }
}
