use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[events(rename_all = "kebab-case", rename_all = "snake_case")]
enum Request {
    Post,
}

fn main() {}
