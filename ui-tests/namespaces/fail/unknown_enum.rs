use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/", client_to_server = Reqest)]
struct Main;

fn main() {}
