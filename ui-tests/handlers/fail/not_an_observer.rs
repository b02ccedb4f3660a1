use sockeye::prelude::*;

struct Log;

fn main() {
    let _ = Server::builder().observe(Log).build();
}
