use sockeye::ClientToServer;

fn ten() -> u32 {
    10
}

#[derive(ClientToServer)]
enum Request {
    Quoted(#[arg(default = "ten")] u32),
    Called(#[arg(default = ten())] u32),
    Value(#[arg(default = 10)] u32),
    Empty(#[arg(default =)] u32),
    Module(#[arg(with)] u32),
    Text(#[arg(with = "ten")] u32),
}

fn main() {}
