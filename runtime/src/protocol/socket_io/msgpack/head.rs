//! The head of a packet, written around data that already lies in the buffer.

use bytes::Bytes;

use crate::protocol::{
    frame::{Encoded, Frame},
    socket_io::encoder::Head,
};

/// Bytes to leave free in front of the data: the map's marker, `type`, its value, `data`, and the longest marker of an array.
pub(crate) const RESERVE: usize = 1 + 5 + 1 + 5 + 5;

/// What lies in the buffer behind the free bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Data {
    /// Nothing.
    None,
    /// A whole value.
    Value,
    /// So many values, which become an array.
    Elements(usize),
}

const fn kind(head: Head) -> u8 {
    match head {
        Head::Connect => 0,
        Head::Disconnect => 1,
        Head::Event => 2,
        Head::Ack => 3,
        Head::ConnectError => 4,
    }
}

/// Finishes a packet whose data is `buf[RESERVE..]`.
pub(crate) fn finish(mut buf: Vec<u8>, head: Head, data: Data, namespace: &str, id: Option<u64>) -> Encoded {
    let has_data = !matches!(data, Data::None);
    let fields = 2 + u8::from(has_data) + u8::from(id.is_some());
    let mut front = [0; RESERVE];
    let mut len = 0;
    let mut write = |part: &[u8]| {
        if let Some(place) = front.get_mut(len..len + part.len()) {
            place.copy_from_slice(part);
            len += part.len();
        }
    };
    write(&[0x80 | fields]);
    write(b"\xa4type");
    write(&[kind(head)]);
    if has_data {
        write(b"\xa4data");
    }
    if let Data::Elements(count) = data {
        match count {
            0..=15 => write(&[0x90 | count as u8]),
            16..=0xffff => {
                write(&[0xdc]);
                write(&(count as u16).to_be_bytes());
            }
            // More than 32 bits count do not fit into memory.
            _ => {
                write(&[0xdd]);
                write(&(count as u32).to_be_bytes());
            }
        }
    }
    let start = RESERVE - len;
    buf[start..RESERVE].copy_from_slice(&front[..len]);
    text(&mut buf, "nsp");
    text(&mut buf, namespace);
    if let Some(id) = id {
        text(&mut buf, "id");
        // Writing to memory does not fail.
        let _ = rmp::encode::write_uint(&mut buf, id);
    }
    Encoded::new(Frame::Binary(Bytes::from(buf).slice(start..)))
}

fn text(buf: &mut Vec<u8>, text: &str) {
    let _ = rmp::encode::write_str(buf, text);
}
