//! Polling by script tags, in either dialect: a payload as a call of the page's function, and as a field of a form.

use super::dialect::Payload;

/// The script that hands a payload to the function with this index, of which only the digits count.
#[must_use]
pub fn script(index: &str, payload: &Payload) -> String {
    let digits: String = index.chars().filter(char::is_ascii_digit).collect();
    let text = String::from_utf8_lossy(&payload.body);
    // A text: this cannot fail.
    let json = serde_json::to_string(&text).unwrap_or_default();
    // Two characters of JSON's strings end a line in scripts.
    let json = json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("___eio[{digits}]({json});")
}

/// The payload in a form's field `d`. Browsers change the line ends in forms, so clients send a newline as `\n`, and `\n` as `\\n`.
#[must_use]
pub fn form_payload(body: &[u8]) -> Option<String> {
    let (_, escaped) = form_urlencoded::parse(body).find(|(name, _)| name == "d")?;
    let mut text = String::with_capacity(escaped.len());
    for char in escaped.chars() {
        match char {
            'n' if text.ends_with("\\\\") => {
                text.pop();
                text.push('n');
            }
            'n' if text.ends_with('\\') => {
                text.pop();
                text.push('\n');
            }
            char => text.push(char),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &'static str) -> Payload {
        Payload { body: text.into(), binary: false }
    }

    #[test]
    fn a_script_calls_the_function_with_a_string_literal() {
        assert_eq!(script("12", &payload("4\"a\"\u{1e}4\\\n")), r#"___eio[12]("4\"a\"\u001e4\\\n");"#);
        assert_eq!(script("0", &payload("4\u{2028}\u{2029}")), r#"___eio[0]("4\u2028\u2029");"#);
    }

    #[test]
    fn only_digits_of_the_index_get_into_the_script() {
        assert_eq!(script("0];alert(1", &payload("6")), r#"___eio[01]("6");"#);
    }

    #[test]
    fn a_form_carries_the_payload_with_its_newlines_escaped() {
        assert_eq!(form_payload(b"d=6%3A4h%C3%A9llo").as_deref(), Some("6:4héllo"));
        assert_eq!(form_payload(br"x=1&d=4a\nb").as_deref(), Some("4a\nb"));
        assert_eq!(form_payload(br"d=4a\\nb\c").as_deref(), Some(r"4a\nb\c"));
        assert_eq!(form_payload(br"d=n\n\n").as_deref(), Some("n\n\n"));
        assert_eq!(form_payload(b"e=4"), None);
    }
}
