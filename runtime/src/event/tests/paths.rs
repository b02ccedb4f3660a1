//! Paths with parameters: a value and its path are each other's.

use proptest::prelude::*;

use crate::event::Namespace;

#[derive(crate::ServerToClient)]
#[allow(dead_code)]
enum Push {
    Tick,
}

#[derive(crate::Namespace, Clone, Debug, PartialEq)]
#[namespace("/t-{tenant}-{user}", server_to_client = Push)]
struct Account {
    tenant: String,
    user: String,
}

#[derive(crate::Namespace, Clone, Debug, PartialEq)]
#[namespace("/{team}/t{number}--{name}é{user}!", server_to_client = Push)]
struct Seat {
    team: String,
    number: u16,
    name: String,
    user: String,
}

fn account(tenant: &str, user: &str) -> Account {
    Account { tenant: tenant.into(), user: user.into() }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a%/é!2D-]{0,6}", ".{0,6}"]
}

fn accounts() -> impl Strategy<Value = Account> {
    (text(), text()).prop_map(|(tenant, user)| Account { tenant, user })
}

fn is_readable(texts: &[&String]) -> bool {
    texts.iter().all(|text| !text.is_empty() && !text.contains('/'))
}

#[test]
fn what_ends_a_parameter_is_escaped_in_the_path() {
    assert_eq!(account("x", "y-z").path(), "/t-x-y-z");
    assert_eq!(account("x-y", "z").path(), "/t-x%2Dy-z");
    assert_eq!(account("100%", "50%").path(), "/t-100%25-50%");
    assert_eq!(Account::parse_path("/t-x-y-z"), Some(account("x", "y-z")));
    assert_eq!(Account::parse_path("/t-x%2Dy-z"), Some(account("x-y", "z")));
    assert_eq!(Account::parse_path("/t-x-y%2Dz"), Some(account("x", "y%2Dz")));
    for other_spelling in ["/t-x%2dy-z", "/t-%78-z", "/t-100%-z", "/t-%-z", "/t-%FF-z", "/t--z", "/t-x-"] {
        assert_eq!(Account::parse_path(other_spelling), None, "{other_spelling}");
    }
}

#[test]
fn leading_zeros_are_a_namespace_of_their_own() {
    let seat = Seat::parse_path("/a/t07--béc!").unwrap();
    assert_eq!(seat.number, 7);
    assert_eq!(seat.path(), "/a/t7--béc!");
}

proptest! {
    #[test]
    fn a_value_is_read_from_its_path(account in accounts()) {
        let found = Account::parse_path(&account.path());
        prop_assert_eq!(found, is_readable(&[&account.tenant, &account.user]).then_some(account));
    }

    #[test]
    fn so_it_is_with_longer_pieces_between(team in text(), number: u16, name in text(), user in text()) {
        let seat = Seat { team, number, name, user };
        let found = Seat::parse_path(&seat.path());
        prop_assert_eq!(found, is_readable(&[&seat.team, &seat.name, &seat.user]).then_some(seat));
    }

    #[test]
    fn values_that_differ_have_paths_that_differ(one in accounts(), other in accounts()) {
        prop_assert_eq!(one == other, one.path() == other.path());
    }

    #[test]
    fn texts_are_read_from_no_other_path(path in "/t-[a%2D-]{0,8}") {
        if let Some(account) = Account::parse_path(&path) {
            prop_assert_eq!(account.path(), path);
        }
    }
}
