//! Compiles every case: those in `fail` must fail with exactly the messages beside them, those in `pass` must compile.
//!
//! One file is one mistake. The messages are rustc's word for word, so the toolchain is pinned; after a new one, or a better
//! message, `TRYBUILD=overwrite cargo test -p sockeye-ui-tests` writes them anew, and each is read again as its user would.

#[test]
fn messages_stand_where_the_mistake_is_and_say_what_to_write() {
    trybuild::TestCases::new().compile_fail("*/fail/*.rs");
}

#[test]
fn what_is_right_compiles_without_a_warning() {
    trybuild::TestCases::new().pass("*/pass/*.rs");
}
