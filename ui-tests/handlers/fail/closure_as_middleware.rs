use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/")]
struct Main;

struct App;

impl Lifecycle<Main> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

fn main() {
    Server::builder().namespace::<Main>(App).middleware(|_socket, _event| Ok(())).build();
}
