//! What the engine says of a push, as an emit's error.

use crate::{engine::PushError, event::EmitError};

impl From<PushError> for EmitError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Closed => Self::Closed,
            PushError::Full => Self::Full,
            PushError::Dropped => Self::Dropped,
        }
    }
}
