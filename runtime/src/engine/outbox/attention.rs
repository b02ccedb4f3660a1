//! Whether the session's task is to be told of what is pushed. Knows nothing of what that is.

/// Who sees to what is pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Attention {
    /// The session's task runs, or looks again in any case.
    #[default]
    Awake,
    /// Nobody, until somebody is told.
    Asleep,
    /// Somebody has been told.
    Told,
}

impl Attention {
    /// Something has been pushed: whether somebody is to be told.
    pub(super) fn tell(&mut self) -> bool {
        let asleep = *self == Self::Asleep;
        if asleep {
            *self = Self::Told;
        }
        asleep
    }
}
