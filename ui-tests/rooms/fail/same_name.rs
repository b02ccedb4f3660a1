use sockeye::Room;

#[derive(Room)]
enum Place {
    Lobby,
    #[room("lobby")]
    Other,
    Table(String),
    #[room("table:{0}:{1}")]
    Seat(u32, u8),
    #[room("{0}")]
    Number(u32),
    #[room("{0}")]
    Small(u8),
    #[room("{0}x")]
    Letters(u8),
}

fn main() {}
