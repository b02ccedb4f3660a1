use sockeye::ClientToServer;

#[derive(ClientToServer)]
enum Request<T> {
    Post(T),
}

fn main() {}
