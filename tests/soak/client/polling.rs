//! The requests of a session that polls, and the payloads of both revisions of Engine.IO.

use std::collections::VecDeque;

use super::{Result, Stop, dialect::Mount, http::Http, within, wrong};

pub(super) struct Polling {
    pub(super) gets: Http,
    pub(super) posts: Http,
    path: String,
    revision: u8,
    /// Whether a GET waits.
    pub(super) asked: bool,
}

impl Polling {
    /// Opens a session; gives the packets that came with the answer, the handshake before all.
    pub(super) async fn open(mount: Mount, query: &str) -> Result<(Self, VecDeque<String>)> {
        let revision = mount.dialect.revision();
        // Bytes as text, so that a payload of the old revision is text too.
        let base64 = if revision == 3 { "&b64=1" } else { "" };
        let path = format!("/socket.io/?EIO={revision}&transport=polling{base64}{query}");
        let (gets, posts) = (Http::connect(mount.addr).await?, Http::connect(mount.addr).await?);
        let mut polling = Self { gets, posts, path, revision, asked: false };
        let packets = match within("the handshake", polling.payload()).await {
            Err(Stop::Closed("polling")) => return wrong("the handshake was refused"),
            packets => packets?,
        };
        Ok((polling, packets))
    }

    pub(super) fn set_sid(&mut self, sid: &str) {
        self.path += &format!("&sid={sid}");
    }

    pub(super) async fn send(&mut self, packets: &[String]) -> Result<()> {
        let body: String = match self.revision {
            3 => packets.iter().map(|packet| format!("{}:{packet}", packet.encode_utf16().count())).collect(),
            _ => packets.join("\x1e"),
        };
        self.posts.post(&self.path, &body).await?;
        match within("the answer to a POST", self.posts.response()).await? {
            (200, body) if body == "ok" => Ok(()),
            (400, _) => Err(Stop::Closed("polling")),
            (status, body) => wrong(format!("a POST was answered with {status}: {body}")),
        }
    }

    pub(super) async fn payload(&mut self) -> Result<VecDeque<String>> {
        if !self.asked {
            self.asked = true;
            self.gets.get(&self.path).await?;
        }
        let (status, body) = self.gets.response().await?;
        self.asked = false;
        match status {
            200 if self.revision == 3 => match split(&body) {
                Some(packets) => Ok(packets),
                None => wrong(format!("no payload: {body}")),
            },
            200 => Ok(body.split('\x1e').map(str::to_owned).collect()),
            400 => Err(Stop::Closed("polling")),
            _ => wrong(format!("a GET was answered with {status}: {body}")),
        }
    }
}

/// Packets that are each behind its length in UTF-16 code units.
fn split(mut body: &str) -> Option<VecDeque<String>> {
    let mut packets = VecDeque::new();
    while !body.is_empty() {
        let (length, rest) = body.split_once(':')?;
        let mut left: usize = length.parse().ok()?;
        let mut end = 0;
        let mut chars = rest.chars();
        while left > 0 {
            let char = chars.next()?;
            left = left.checked_sub(char.len_utf16())?;
            end += char.len_utf8();
        }
        packets.push_back(rest[..end].to_owned());
        body = &rest[end..];
    }
    Some(packets)
}
