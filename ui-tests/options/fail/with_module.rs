use std::time::Duration;

use sockeye::ClientToServer;

mod half {
    pub fn serialize<S: serde::Serializer>(_: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

mod other {
    pub fn serialize<S: serde::Serializer>(_: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(_: D) -> Result<u32, D::Error> {
        Ok(1)
    }
}

#[derive(ClientToServer)]
enum Request {
    Missing(#[arg(with = nowhere)] Duration),
    Half(#[arg(with = half)] u32),
    OtherType(#[arg(with = other)] Duration),
}

fn main() {}
