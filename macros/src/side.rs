//! The sides of a connection whose handlers are written: those that `sockeye` is built with.
//!
//! What stands for the other side is not named: it may not be there, and it would cost time to check. Everything else about an enum
//! is the same on both.

use crate::model::Direction;

/// Which sides there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) client: bool,
    pub(crate) server: bool,
}

impl Sides {
    /// Those of this build.
    pub(crate) const BUILT: Self =
        Self { client: cfg!(feature = "client"), server: cfg!(feature = "server") };

    #[cfg(test)]
    pub(crate) const BOTH: Self = Self { client: true, server: true };
    #[cfg(test)]
    pub(crate) const CLIENT: Self = Self { client: true, server: false };
    #[cfg(test)]
    pub(crate) const SERVER: Self = Self { client: false, server: true };

    /// Whether one of them handles events that go this way.
    pub(crate) const fn handle(self, direction: Direction) -> bool {
        match direction {
            Direction::ClientToServer | Direction::ServerToServer => self.server,
            Direction::ServerToClient => self.client,
        }
    }
}
