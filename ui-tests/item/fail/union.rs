use sockeye::ClientToServer;

#[derive(ClientToServer)]
union Request {
    number: u32,
    letter: char,
}

fn main() {}
