//! Nothing: the cases are in the folders, `ui.rs` runs them.
