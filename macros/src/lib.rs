//! The derives of sockeye.
