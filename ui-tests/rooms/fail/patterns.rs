use sockeye::Room;

#[derive(Room)]
enum Place {
    #[room("")]
    Empty,
    #[room("open-{id")]
    Open { id: u32 },
    #[room("close-id}")]
    Close,
    #[room("a-{id}-{id}")]
    Twice { id: u32 },
    #[room("b-{a}{b}")]
    SideBySide { a: u32, b: u32 },
    #[room("c-{other}")]
    Unknown { id: u32 },
    #[room("d-{0}")]
    Forgotten(u32, u8),
    #[room("e-{}")]
    Unnamed(u32),
    #[room("f-{1}")]
    TooMany(u32),
    #[room("g-{0}1{1}")]
    Digit(u32, u8),
}

fn main() {}
