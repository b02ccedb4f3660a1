//! How a life ends: politely, by the server, or not at all.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Control, Result, Stop,
    life::Life,
    link::{Link, Message},
    socket::Socket,
    wrong,
};
use crate::random::Random;

/// How a life may end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Bye,
    Close,
    CloseFrame,
    Reset,
    HalfClose,
    Vanish,
    Garbage,
    BadPacket,
    Kick,
    KickAll,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Bye => "ends: bye",
            Self::Close => "ends: close packet",
            Self::CloseFrame => "ends: close frame",
            Self::Reset => "ends: reset",
            Self::HalfClose => "ends: half close",
            Self::Vanish => "ends: vanished",
            Self::Garbage => "ends: garbage",
            Self::BadPacket => "ends: bad packet",
            Self::Kick => "ends: kicked from namespaces",
            Self::KickAll => "ends: kicked as a whole",
        }
    }
}

/// Ends a connection the way that was chosen, unless it is over already.
pub(super) async fn finish(
    mut link: Link,
    end: End,
    control: &mut Control,
    sockets: &[Socket],
    random: &mut Random,
) -> Result<()> {
    match end {
        End::Close | End::Bye => link.close().await,
        End::CloseFrame => link.close_frame().await,
        End::Reset | End::Kick | End::KickAll => link.reset(),
        End::HalfClose => {
            link.half_close().await;
            let _ = tokio::time::timeout(Duration::from_millis(200), async {
                while link.recv().await.is_ok() {}
            })
            .await;
        }
        End::Vanish => {
            for socket in sockets {
                control.ask(&socket.over()).await?;
            }
        }
        End::Garbage => {
            let bytes: Vec<u8> = (0..20 + random.below(200)).map(|_| random.next() as u8).collect();
            link.garbage(&bytes).await;
        }
        End::BadPacket => {
            let bad = ["2{}", "49", "451-[\"up\"]", "9", "2[", "40/"];
            let bad = bad[random.below(bad.len() as u64) as usize];
            // Where packets are binary, no text is one, and of these bytes none.
            let message = match random.percent(50) {
                true => Message::Text(bad.to_owned()),
                false => Message::Binary([&[0x83, 0xa4], bad.as_bytes()].concat()),
            };
            let _ = link.send(vec![message]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

impl Life<'_> {
    pub(super) async fn end(&mut self) -> Result<End> {
        let end = match self.below(100) {
            0..30 => End::Bye,
            30..38 => End::Close,
            38..46 => End::CloseFrame,
            46..62 => End::Reset,
            62..70 => End::HalfClose,
            70..74 => End::Vanish,
            74..80 => End::Garbage,
            80..86 => End::BadPacket,
            86..94 => End::Kick,
            _ if self.percent(20) => return self.slow().await,
            _ => End::KickAll,
        };
        self.doing = end.name();
        self.add(end.name());
        match end {
            End::Bye => {
                for at in 0..self.sockets.len() {
                    let id = self.sockets[at].next_ack();
                    let up = self.sockets[at].up;
                    self.sockets[at].asked.insert(id, (up, true));
                    self.emit(at, Some(id), json!(["bye"])).await?;
                    self.until("the answer to bye", |life| !life.sockets[at].asked.contains_key(&id)).await?;
                    if self.sockets[at].asked.values().any(|(_, before_bye)| *before_bye) {
                        return wrong(format!("answers were lost: {:?}", self.sockets[at].asked));
                    }
                }
            }
            End::Kick => {
                for at in 0..self.sockets.len() {
                    self.emit(at, None, json!(["kick", false])).await?;
                    match self.until("DISCONNECT", |life| life.sockets[at].dismissed).await {
                        // An answer of ours was on its way to a namespace that we are not in any more: the server closes for that.
                        Err(Stop::Closed(_)) if at > 0 => break,
                        done => done?,
                    }
                }
            }
            End::KickAll => {
                self.emit(0, None, json!(["kick", true])).await?;
                loop {
                    match self.next().await {
                        Ok(()) => {}
                        Err(Stop::Closed(_)) => break,
                        Err(wrong) => return Err(wrong),
                    }
                }
            }
            _ => {}
        }
        Ok(end)
    }

    /// Wants more than it reads, and is closed for it.
    async fn slow(&mut self) -> Result<End> {
        self.doing = "reading slowly";
        self.add("slow readers");
        self.emit(0, None, json!(["flood", 100, 10_000])).await?;
        let question = self.sockets[0].over();
        if self.link.is_polling() {
            // Nothing is asked for any more.
            let report = self.client.control.ask(&question).await?;
            self.closed_for(&report)?;
            return Ok(End::Reset);
        }
        let report = self.client.control.ask(&question).await?;
        self.closed_for(&report)?;
        Ok(End::Reset)
    }

    fn closed_for(&self, report: &Value) -> Result<()> {
        let reason = report["reason"].as_str().unwrap_or_default();
        if matches!(
            reason,
            "transport error" | "forced close" | "forced server close" | "transport close" | "ping timeout"
        ) {
            return Ok(());
        }
        wrong(format!("a slow reader was closed for {reason:?}"))
    }
}
