//! Packed answers: what the client takes, and the packing. Knows nothing of what is packed.

use std::io::Write;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{HeaderMap, header};

/// Bodies from so many bytes on are packed on a thread of their own: a millisecond of packing would delay a worker's other sessions.
const BLOCKING: usize = 32 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// HTTP's: with zlib's header.
    Deflate,
}

/// The name of what [`Encoding::accepted`] finds.
#[cfg(fuzzing)]
pub(crate) fn accepted_encoding(request: &HeaderMap) -> Option<&'static str> {
    Encoding::accepted(request).map(Encoding::name)
}

impl Encoding {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// What the client likes best of these; gzip if it likes them equally. `None` if it named neither.
    pub(crate) fn accepted(request: &HeaderMap) -> Option<Self> {
        // In thousandths; of two mentions the first counts.
        let (mut gzip, mut deflate, mut any) = (None, None, None);
        for value in request.get_all(header::ACCEPT_ENCODING) {
            let Ok(text) = value.to_str() else { continue };
            for item in text.split(',') {
                let mut parts = item.split(';').map(str::trim);
                let name = parts.next().unwrap_or_default();
                let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, weight);
                let slot = match name {
                    _ if name.eq_ignore_ascii_case("gzip") => &mut gzip,
                    _ if name.eq_ignore_ascii_case("deflate") => &mut deflate,
                    "*" => &mut any,
                    _ => continue,
                };
                slot.get_or_insert(weight);
            }
        }
        let any = any.unwrap_or(0.0);
        let (gzip, deflate) = (gzip.unwrap_or(any), deflate.unwrap_or(any));
        if gzip > 0.0 && gzip >= deflate {
            Some(Self::Gzip)
        } else {
            (deflate > 0.0).then_some(Self::Deflate)
        }
    }

    /// Packs a body. `None` if that is not to be had, which the body can do without.
    pub(crate) async fn pack(self, body: Bytes) -> Option<Bytes> {
        if body.len() < BLOCKING {
            return self.pack_now(&body);
        }
        tokio::task::spawn_blocking(move || self.pack_now(&body)).await.ok().flatten()
    }

    /// As [`pack`](Self::pack), here and now.
    pub(crate) fn pack_now(self, body: &[u8]) -> Option<Bytes> {
        let room = Vec::with_capacity(body.len() / 2);
        let packed = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(room, Compression::default());
                encoder.write_all(body).and_then(|()| encoder.finish())
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(room, Compression::default());
                encoder.write_all(body).and_then(|()| encoder.finish())
            }
        };
        packed.ok().map(Bytes::from)
    }
}

/// What is no number counts for nothing.
fn weight(text: &str) -> f32 {
    text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::{GzDecoder, ZlibDecoder};
    use proptest::prelude::*;

    use super::*;

    fn accepted(value: &str) -> Option<Encoding> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
        Encoding::accepted(&headers)
    }

    #[test]
    fn the_client_chooses() {
        assert_eq!(Encoding::accepted(&HeaderMap::new()), None);
        for (value, encoding) in [
            ("gzip, deflate, br, zstd", Some(Encoding::Gzip)),
            ("deflate, GZip", Some(Encoding::Gzip)),
            ("gzip;q=0.2, deflate;q=0.8", Some(Encoding::Deflate)),
            ("gzip;q=0, deflate", Some(Encoding::Deflate)),
            ("*", Some(Encoding::Gzip)),
            ("gzip;q=0, *;q=0.1", Some(Encoding::Deflate)),
            ("*;q=0", None),
            ("br, identity", None),
            ("gzip;q=abc, deflate;q=7", None),
            ("", None),
            (";;,,q=1", None),
        ] {
            assert_eq!(accepted(value), encoding, "{value}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_packed_unpacks_to_itself(body in prop::collection::vec(any::<u8>(), 0..5000)) {
            let mut unpacked = Vec::new();
            GzDecoder::new(&*Encoding::Gzip.pack_now(&body).unwrap()).read_to_end(&mut unpacked).unwrap();
            prop_assert_eq!(&unpacked, &body);
            unpacked.clear();
            ZlibDecoder::new(&*Encoding::Deflate.pack_now(&body).unwrap()).read_to_end(&mut unpacked).unwrap();
            prop_assert_eq!(&unpacked, &body);
        }

        #[test]
        fn any_header_is_read_without_panic(value in "[ -~]{0,60}") {
            let _ = accepted(&value);
        }
    }
}
