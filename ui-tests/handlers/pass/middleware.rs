//! The namespace of a middleware is found without being named.
use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/", auth = String)]
struct Main;

struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<String>) -> Result<(), ConnectError> {
        Ok(())
    }
}

struct Any;

impl<N: Namespace> Middleware<N> for Any {}

fn main() {
    let _ = Server::builder()
        .namespace::<Main>(App)
        .middleware(middleware::on_connect(|handshake| match handshake.query("version") {
            None => Err(ConnectError::new("empty")),
            Some(_) => Ok(()),
        }))
        .middleware(middleware::on_event(|socket, event| {
            let _ = (socket.id(), event.name());
            Ok(())
        }))
        .middleware(Any)
        .build();
}
