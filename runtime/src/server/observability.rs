//! The page of logs, traces and metrics; no code.
//!
#![doc = include_str!("../../docs/observability.md")]
