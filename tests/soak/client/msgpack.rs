//! Packets as socket.io-msgpack-parser writes them: each a map in one binary message. Bytes are attachments, in whose place a
//! placeholder stands, as in the text.

use serde_json::{Map, Value, json};

use super::{
    Result,
    packet::{BINARY_EVENT, EVENT, Packet},
    wrong,
};

/// Deeper than anything the server sends.
const MAX_DEPTH: usize = 16;

pub(super) fn encode(packet: &Packet) -> Vec<u8> {
    let kind = if packet.kind == BINARY_EVENT { EVENT } else { packet.kind };
    let mut fields = json!({ "type": kind - b'0', "nsp": packet.namespace });
    if let Some(id) = packet.id {
        fields["id"] = id.into();
    }
    if !packet.payload.is_null() {
        fields["data"] = packet.payload.clone();
    }
    let mut out = Vec::new();
    write(&mut out, &fields, &packet.attachments);
    out
}

/// A length in the shortest form: in the head itself, or in 2 or 4 bytes behind one.
fn length(out: &mut Vec<u8>, len: usize, (fix, most): (u8, usize), heads: [u8; 2]) {
    match len {
        _ if len <= most => out.push(fix | len as u8),
        0..=0xffff => {
            out.push(heads[0]);
            out.extend((len as u16).to_be_bytes());
        }
        _ => {
            out.push(heads[1]);
            out.extend((len as u32).to_be_bytes());
        }
    }
}

fn write(out: &mut Vec<u8>, value: &Value, attachments: &[Vec<u8>]) {
    match value {
        Value::Null => out.push(0xc0),
        Value::Bool(value) => out.push(0xc2 | u8::from(*value)),
        Value::Number(number) => match number.as_u64() {
            Some(n @ 0..128) => out.push(n as u8),
            Some(n @ 128..=0xffff_ffff) => {
                out.push(0xce);
                out.extend((n as u32).to_be_bytes());
            }
            Some(n) => {
                out.push(0xcf);
                out.extend(n.to_be_bytes());
            }
            None => {
                out.push(0xcb);
                out.extend(number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(text) => {
            length(out, text.len(), (0xa0, 31), [0xda, 0xdb]);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            length(out, items.len(), (0x90, 15), [0xdc, 0xdd]);
            items.iter().for_each(|item| write(out, item, attachments));
        }
        Value::Object(map) if map.contains_key("_placeholder") => {
            let at = map.get("num").and_then(Value::as_u64).unwrap_or_default();
            let data = attachments.get(at as usize).map(Vec::as_slice).unwrap_or_default();
            out.push(0xc6);
            out.extend((data.len() as u32).to_be_bytes());
            out.extend(data);
        }
        Value::Object(map) => {
            length(out, map.len(), (0x80, 15), [0xde, 0xdf]);
            for (key, value) in map {
                write(out, &Value::from(key.as_str()), attachments);
                write(out, value, attachments);
            }
        }
    }
}

pub(super) fn decode(data: &[u8]) -> Result<Packet> {
    let mut reader = Reader { rest: data, attachments: Vec::new() };
    let fields = match reader.value(0) {
        Some(fields) if reader.rest.is_empty() => fields,
        _ => return wrong(format!("no MessagePack: {data:?}")),
    };
    let (Some(kind @ 0..=4), Some(namespace)) = (fields["type"].as_u64(), fields["nsp"].as_str()) else {
        return wrong(format!("no packet: {fields}"));
    };
    let attachments = reader.attachments;
    Ok(Packet {
        kind: b'0' + kind as u8,
        namespace: namespace.to_owned(),
        id: fields["id"].as_u64(),
        payload: fields["data"].clone(),
        due: attachments.len(),
        attachments,
    })
}

struct Reader<'a> {
    rest: &'a [u8],
    attachments: Vec<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let head = self.number(1)? as u8;
        let low = usize::from(head & 0x0f);
        Some(match head {
            0..=0x7f => head.into(),
            0x80..=0x8f => self.map(low, depth)?,
            0x90..=0x9f => self.array(low, depth)?,
            0xa0..=0xbf => self.text(usize::from(head & 0x1f))?,
            0xc0 => Value::Null,
            0xc2 | 0xc3 => (head == 0xc3).into(),
            0xc4..=0xc6 => {
                let len = self.number(1 << (head - 0xc4))?;
                let data = self.take(len as usize)?.to_vec();
                self.attachments.push(data);
                json!({ "_placeholder": true, "num": self.attachments.len() - 1 })
            }
            0xca => f32::from_bits(self.number(4)? as u32).into(),
            0xcb => f64::from_bits(self.number(8)?).into(),
            0xcc..=0xcf => self.number(1 << (head - 0xcc))?.into(),
            0xd9..=0xdb => {
                let len = self.number(1 << (head - 0xd9))?;
                self.text(len as usize)?
            }
            0xdc | 0xdd => {
                let len = self.number(2 << (head - 0xdc))?;
                self.array(len as usize, depth)?
            }
            0xde | 0xdf => {
                let len = self.number(2 << (head - 0xde))?;
                self.map(len as usize, depth)?
            }
            0xd0..=0xd3 => {
                let bytes = 1 << (head - 0xd0);
                let unused = 64 - 8 * bytes as u32;
                ((self.number(bytes)? << unused) as i64 >> unused).into()
            }
            0xe0..=0xff => (head as i8).into(),
            _ => return None,
        })
    }

    fn text(&mut self, len: usize) -> Option<Value> {
        std::str::from_utf8(self.take(len)?).ok().map(Value::from)
    }

    fn array(&mut self, len: usize, depth: usize) -> Option<Value> {
        (0..len).map(|_| self.value(depth + 1)).collect::<Option<Vec<_>>>().map(Value::Array)
    }

    fn map(&mut self, len: usize, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        for _ in 0..len {
            let Value::String(key) = self.value(depth + 1)? else { return None };
            map.insert(key, self.value(depth + 1)?);
        }
        Some(Value::Object(map))
    }
}
