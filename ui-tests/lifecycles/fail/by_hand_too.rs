use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/")]
struct Chat;

#[derive(Lifecycle)]
struct App;

impl Lifecycle<Chat> for App {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }
}

fn main() {}
