//! What the programs at a terminal share. Knows nothing of Socket.IO.

pub mod prompt;
pub mod style;
