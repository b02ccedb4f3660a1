use sockeye::{Broadcast, Namespace};

#[derive(Namespace)]
#[namespace("/chat")]
pub struct Chat;

async fn emit(io: &Broadcast<Chat>) {
    io.server_side_emit().config_changed(7);
}

fn main() {}
