//! What is done in a life, one thing after the other.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Result,
    life::Life,
    link::Upgrade,
    packet::{self, Packet},
    socket::Socket,
    within, wrong,
};
use crate::events::blob;

impl Life<'_> {
    pub(super) async fn step(&mut self) -> Result<()> {
        self.doing = "a step";
        self.link.beat().await?;
        let open: Vec<usize> = (0..self.sockets.len()).filter(|at| !self.sockets[*at].dismissed).collect();
        let at = open[self.below(open.len() as u64) as usize];
        match self.below(100) {
            0..25 => {
                self.sockets[at].up += 1;
                let (n, burst) = (self.sockets[at].up, self.below(8));
                self.add("numbered events sent");
                self.emit(at, None, json!(["up", n, burst])).await?;
            }
            25..32 => {
                self.sockets[at].up += 1;
                let n = self.sockets[at].up;
                let event = json!(["up-blob", n, { "_placeholder": true, "num": 0 }]);
                let packet = Packet::new(packet::BINARY_EVENT, &self.sockets[at].namespace, event);
                self.add("attachments sent");
                self.send(Packet { attachments: vec![blob(n)], ..packet }).await?;
            }
            32..45 => {
                let id = self.sockets[at].next_ack();
                let slow = self.percent(30);
                self.sockets[at].asked.insert(id, (id, !slow));
                self.add("answers asked for");
                let ms = self.below(60);
                let event = if slow { json!(["ask-slow", id, ms]) } else { json!(["ask", id]) };
                self.emit(at, Some(id), event).await?;
            }
            45..55 => {
                let n = self.sockets[at].next_ack();
                let answered = self.percent(70);
                self.sockets[at].questions.insert(n, answered);
                self.emit(at, None, json!(["question", n, answered])).await?;
            }
            55..68 => {
                let room = format!("room-{}", self.below(12));
                let socket = &mut self.sockets[at];
                if !socket.moving.contains(&room) {
                    socket.moving.push_back(room.clone());
                    let event = if socket.rooms.contains_key(&room) { "exit" } else { "enter" };
                    self.emit(at, None, json!([event, room])).await?;
                }
            }
            68..80 => {
                let room = format!("room-{}", self.below(12));
                self.add("room events sent");
                self.emit(at, None, json!(["shout", room])).await?;
            }
            80 => {
                let (count, size) = (1 + self.below(10), 1 + self.below(8_000));
                self.add("pours");
                self.emit(at, None, json!(["pour", count, size])).await?;
            }
            81..90 if self.link.is_polling() => {
                let wait = Duration::from_millis(self.below(1500));
                let how = match self.below(8) {
                    0 => Upgrade::Reset,
                    1 => Upgrade::Silent(wait),
                    2 => Upgrade::Probed(wait),
                    3 => Upgrade::Garbage,
                    _ => Upgrade::Whole,
                };
                self.upgrade(how).await?;
            }
            90..92 if self.sockets.len() > 1 => {
                // Leaves a namespace by itself.
                self.until("rooms", |life| life.sockets[at].moving.is_empty()).await?;
                let leave = Packet::new(packet::DISCONNECT, &self.sockets[at].namespace, Value::Null);
                self.send(leave).await?;
                self.add("namespaces left");
                // What was on its way still comes: for nobody.
                let socket = self.sockets.remove(at);
                self.left.push(socket.namespace.clone());
                self.after_leaving(socket).await?;
            }
            92 => {
                // Does not read for a moment.
                self.add("pauses");
                let pause = self.below(400);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            _ => {}
        }
        let time = self.below(25);
        self.read_for(Duration::from_millis(time)).await
    }

    async fn upgrade(&mut self, how: Upgrade) -> Result<()> {
        within("an upgrade", self.link.upgrade(how)).await
    }

    /// A socket that has left: what the server had sent before is dropped until its account is closed.
    async fn after_leaving(&mut self, socket: Socket) -> Result<()> {
        let question = socket.over();
        let report = self.client.control.ask(&question).await?;
        if report["reason"] != "client namespace disconnect" || report["up"] != socket.up {
            return wrong(format!(
                "{} sent {} and left {}: {report}",
                socket.token, socket.up, socket.namespace
            ));
        }
        self.client.settle(vec![socket], None).await
    }
}
