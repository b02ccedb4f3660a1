// A type that is not in scope is one error, however often it is named.
use sockeye::prelude::*;

#[derive(ClientToServer)]
enum Request {
    Post(Mesage),
    #[event(ack = MesageId)]
    Edit,
}

fn main() {}
