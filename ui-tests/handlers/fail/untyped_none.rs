#[derive(sockeye::Namespace)]
#[namespace("/legacy", untyped)]
pub struct Chat;

struct App;

impl sockeye::Lifecycle<Chat> for App {
    async fn connect(&self, _: sockeye::Handshake<()>) -> Result<(), sockeye::ConnectError> {
        Ok(())
    }
}

fn main() {
    let _ = sockeye::Server::builder().namespace::<Chat>(App).build();
}
