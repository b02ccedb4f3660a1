use sockeye::ClientToServer;

fn text() -> String {
    String::new()
}

fn from(n: u32) -> u32 {
    n
}

struct NoDefault;

mod codec {
    use super::NoDefault;

    pub fn serialize<S: serde::Serializer>(_: &NoDefault, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(_: D) -> Result<NoDefault, D::Error> {
        Ok(NoDefault)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct AlsoNone(u8);

#[derive(ClientToServer)]
enum Request {
    OtherType(#[arg(default = text)] u32),
    Parameters(#[arg(default = from)] u32),
    Missing(#[arg(default = nowhere)] u32),
    NoDefault(#[arg(default)] AlsoNone),
    NoDefaultEither(#[arg(default, with = codec)] NoDefault),
}

fn main() {}
