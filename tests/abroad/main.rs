//! The client's promises against servers in processes of their own: ours, npm's and Python's. Tests wait for events, not for time.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

mod drops;
mod events;
mod everyday;
mod growth;
mod guest;
mod kill;
mod npm;
mod proxy;
mod recovery;
mod servers;

/// The same test against each of the servers.
macro_rules! against {
    ($($test:ident),* $(,)?) => {
        mod ours {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(crate::servers::Maker::Ours).await; })*
        }
        mod npm {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(crate::servers::Maker::Npm).await; })*
        }
        mod python {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(crate::servers::Maker::Python).await; })*
        }
    };
}

pub(crate) use against;
