use sockeye::prelude::*;

#[events(server_to_client)]
pub enum Push {
    Message(String),
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push)]
struct Chat;

fn emit(io: &Server) {
    io.of::<Chat>().emit().message("hi");
}

fn main() {}
