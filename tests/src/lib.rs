//! Nothing here: the tests of this package stand in folders of their own, see `Cargo.toml`.
