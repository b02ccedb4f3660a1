//! Paths with parameters: what matches is the path again when it is put together, and what is written is read as the same.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sockeye::{Namespace, PathParam, event::match_path};

#[derive(sockeye::ClientToServer)]
#[allow(dead_code)]
enum Nothing {
    Nothing,
}

#[derive(Namespace, Debug, PartialEq)]
#[namespace("/room-{id}/{name}-x{number}", client_to_server = Nothing)]
struct Table {
    id: u32,
    name: String,
    number: u8,
}

#[derive(Namespace, Debug, PartialEq)]
#[namespace("/t-{tenant}-{user}", client_to_server = Nothing)]
struct Account {
    tenant: String,
    user: String,
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    path: &'a str,
    literals: [&'a str; 4],
}

fuzz_target!(|input: Input<'_>| {
    let Input { path, literals } = input;
    for text in [path, &format!("/room-{path}")] {
        if let Some(table) = Table::parse_path(text) {
            let written = table.path();
            assert_eq!(Table::parse_path(&written), Some(table), "{text} {written}");
        }
    }
    let account = format!("/t-{path}");
    if let Some(read) = Account::parse_path(&account) {
        assert_eq!(read.path(), account);
    }
    whole(path, match_path::<1>(path, &literals[..2]), &literals);
    whole(path, match_path::<2>(path, &literals[..3]), &literals);
    whole(path, match_path::<3>(path, &literals), &literals);
    if let Some(number) = u64::parse(path) {
        let mut written = String::new();
        number.write(&mut written);
        assert_eq!(
            written,
            match path.trim_start_matches('0') {
                "" => "0",
                digits => digits,
            }
        );
    }
    assert_eq!(String::parse(path).is_some(), !path.is_empty() && !path.contains('/'));
    let room = sockeye::Room::from(path);
    assert_eq!(room.as_str(), path);
});

fn whole<const N: usize>(path: &str, found: Option<[&str; N]>, literals: &[&str]) {
    let Some(found) = found else { return };
    let mut whole = literals[0].to_owned();
    for (parameter, literal) in found.iter().zip(&literals[1..]) {
        whole.push_str(parameter);
        whole.push_str(literal);
    }
    assert_eq!(whole, path);
}
