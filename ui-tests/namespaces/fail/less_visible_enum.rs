mod inner {
    #[derive(sockeye::ClientToServer)]
    enum Request {
        Post(String),
    }

    #[derive(sockeye::Namespace)]
    #[namespace("/chat", client_to_server = Request)]
    pub struct Chat;
}

fn main() {}
