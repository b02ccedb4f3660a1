// What people write who know other macros.
use sockeye::prelude::*;

#[derive(ClientToServer)]
enum Request {
    #[event(Ack = u64)]
    Case,
    #[event(ack: u64)]
    Colon,
    #[event(ack = "u64")]
    Quotes,
    #[event("missing comma" ack = u64)]
    Comma,
    #[event(ack(u64))]
    Parentheses,
    #[event(ack == u64)]
    Twice,
    #[event = "x"]
    Equals,
}

#[derive(Namespace)]
#[namespace("/", client_to_server = "Request")]
struct Main;

fn main() {}
