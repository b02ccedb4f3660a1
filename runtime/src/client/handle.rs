//! The handle that users hold, and that handlers get.

use std::{fmt, marker::PhantomData};

use crate::event::Namespace;

/// A client's socket in namespace `N`. Cheap to clone.
pub struct Client<N: Namespace> {
    namespace: PhantomData<fn() -> N>,
}

impl<N: Namespace> Clone for Client<N> {
    fn clone(&self) -> Self {
        Self { namespace: PhantomData }
    }
}

impl<N: Namespace> fmt::Debug for Client<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
