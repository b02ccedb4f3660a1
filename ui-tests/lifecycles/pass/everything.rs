#![deny(warnings, missing_docs)]
//! Lifecycles that accept everyone.

use sockeye::prelude::*;

/// Without a session.
#[derive(Namespace)]
#[namespace("/")]
pub struct Main;

/// With one that is `Default`.
#[derive(Namespace)]
#[namespace("/news", auth = Option<String>, session = Vec<u8>)]
pub struct News;

/// With one that is not.
#[derive(Namespace)]
#[namespace("/admin", auth = String, session = User)]
pub struct Admin;

/// Who.
pub struct User(String);

/// Of all.
#[derive(Lifecycle)]
pub struct App;

/// Of some.
#[derive(Lifecycle)]
#[lifecycle(Main, crate = ::sockeye)]
#[lifecycle(News)]
enum Some {
    One,
}

impl Lifecycle<Admin> for Some {
    async fn connect(&self, handshake: Handshake<String>) -> Result<User, ConnectError> {
        Ok(User(handshake.auth().clone()))
    }

    async fn connected(&self, socket: Socket<Admin>) {
        println!("{}", socket.session().0);
    }
}

/// Generic.
#[derive(Lifecycle)]
pub struct Generic<'a, N, T: Clone = u8, const N_: usize = 1>
where
    N: Default,
{
    state: &'a [T; N_],
    other: N,
}

#[derive(Lifecycle)]
#[lifecycle(Main)]
struct Tuple<T>(T);

fn main() {
    fn both<A: Lifecycle<Main> + Lifecycle<News>>(_: &A) {}
    both(&App);
    both(&Some::One);
    both(&std::sync::Arc::new(Generic { state: &[1u8], other: String::new() }));
    let _ = Server::builder()
        .namespace::<Main>(Tuple(7))
        .namespace::<News>(App)
        .namespace::<Admin>(Some::One)
        .build();
    let Generic { state, other } = Generic::<_, _, 1> { state: &[1u8], other: 7 };
    let _ = (state, other);
}
