use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[events(rename_all = "kebap-case")]
enum Request {
    Post,
}

fn main() {}
