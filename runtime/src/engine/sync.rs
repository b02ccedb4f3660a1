//! The locks and atomics behind which threads meet: outbox, rooms, recovery. Their models run the same code on shuttle's.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

pub(crate) use futures_util::task::AtomicWaker;
#[cfg(feature = "server")]
pub(crate) use parking_lot::RwLock;
pub(crate) use parking_lot::{Mutex, MutexGuard};
