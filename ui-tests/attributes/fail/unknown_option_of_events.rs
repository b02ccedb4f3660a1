use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[events(rename = "kebab-case")]
enum Request {
    Post,
}

fn main() {}
