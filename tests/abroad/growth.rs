//! Memory, measured in a process in which there is nothing but a client.

use std::process::Command;

use crate::servers::{Host, Maker};

#[test]
fn memory_does_not_grow_with_answered_events_and_reconnections() {
    let host = Host::start(Maker::Ours, &[]);
    let output =
        Command::new(env!("CARGO_BIN_EXE_home")).args(["grow", &host.addr.to_string()]).output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
