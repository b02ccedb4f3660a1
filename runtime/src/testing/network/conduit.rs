//! How the bytes of one connection travel: late, held up, or not at all.

use std::sync::{Arc, atomic::Ordering};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf},
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    Direction, Shared, Stream, Weather,
    frames::{Frames, Piece},
};
use crate::testing::wire::STREAM_BUFFER;

/// Most bytes that are read at once.
const CHUNK: usize = 16 * 1024;

/// Most pieces that are on their way in one direction; then the sender waits, as with a full window.
const WINDOW: usize = 64;

/// The connection is no more.
#[derive(Debug)]
pub(super) struct Cut;

/// One connection.
pub(super) struct Way {
    weather: watch::Receiver<Weather>,
    open: Arc<Open>,
}

/// Counts itself among the connections.
struct Open {
    shared: Arc<Shared>,
    /// How often connections had been cut before it was opened.
    cuts: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Way {
    pub(super) fn new(weather: watch::Receiver<Weather>, shared: Arc<Shared>, cuts: u64) -> Self {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        Self { weather, open: Arc::new(Open { shared, cuts }) }
    }

    /// The same connection, for somebody else who waits.
    pub(super) fn same(&self) -> Self {
        Self { weather: self.weather.clone(), open: Arc::clone(&self.open) }
    }

    /// Waits for the cut, or until nobody has the network any more.
    pub(super) async fn cut(&mut self) {
        let cuts = self.open.cuts;
        let _ = self.weather.wait_for(|weather| weather.cuts != cuts).await;
    }

    /// Waits while nothing passes.
    pub(super) async fn clear(&mut self) -> Result<(), Cut> {
        let cuts = self.open.cuts;
        match self.weather.wait_for(|weather| !weather.frozen || weather.cuts != cuts).await {
            Ok(weather) if weather.cuts == cuts => Ok(()),
            _ => Err(Cut),
        }
    }

    /// Waits for the time at which something that is sent now arrives, with so many messages.
    pub(super) async fn travel(&mut self, direction: Direction, messages: u64) -> Result<(), Cut> {
        let due = self.due();
        let mut weather = self.same();
        tokio::select! {
            biased;
            () = weather.cut() => Err(Cut),
            arrived = self.arrive(direction, messages, due) => arrived,
        }
    }

    fn due(&self) -> Instant {
        Instant::now() + self.weather.borrow().delay
    }

    async fn arrive(&mut self, direction: Direction, messages: u64, due: Instant) -> Result<(), Cut> {
        // A sleep until now would end with the next millisecond.
        if due > Instant::now() {
            sleep_until(due).await;
        }
        self.clear().await?;
        if messages > 0 && self.open.shared.script.lock().count(direction, messages) {
            return Err(Cut);
        }
        Ok(())
    }

    /// The client's end of a connection whose other end is the server's. Its task ends with either of them, or with the network.
    pub(super) fn join(self, server: impl Stream) -> DuplexStream {
        let (near, client) = tokio::io::duplex(STREAM_BUFFER);
        tokio::spawn(self.run(client, server));
        near
    }

    async fn run(mut self, client: impl Stream, server: impl Stream) {
        let (from_client, to_client) = tokio::io::split(client);
        let (from_server, to_server) = tokio::io::split(server);
        let there = self.same().carry(Direction::ToServer, from_client, to_server);
        let back = self.same().carry(Direction::ToClient, from_server, to_client);
        tokio::select! {
            biased;
            () = self.cut() => {}
            _ = async { tokio::try_join!(there, back) } => {}
        }
    }

    /// Carries what comes in one direction, until its end has arrived.
    async fn carry(
        self,
        direction: Direction,
        reader: ReadHalf<impl Stream>,
        writer: WriteHalf<impl Stream>,
    ) -> Result<(), Cut> {
        let (pieces, queue) = mpsc::channel(WINDOW);
        tokio::try_join!(self.same().take(reader, pieces), self.deliver(direction, queue, writer))?;
        Ok(())
    }

    /// Takes pieces from the one side.
    async fn take(self, mut reader: ReadHalf<impl Stream>, pieces: Pieces) -> Result<(), Cut> {
        let (mut frames, mut input) = (Frames::default(), BytesMut::new());
        loop {
            input.reserve(CHUNK);
            let ended = !matches!(reader.read_buf(&mut input).await, Ok(1..));
            let due = self.due();
            while let Some(piece) = frames.next(&mut input) {
                pieces.send((due, Some(piece))).await.map_err(|_| Cut)?;
            }
            if ended {
                return pieces.send((due, None)).await.map_err(|_| Cut);
            }
        }
    }

    /// Gives them to the other.
    async fn deliver(
        mut self,
        direction: Direction,
        mut queue: mpsc::Receiver<(Instant, Option<Piece>)>,
        mut writer: WriteHalf<impl Stream>,
    ) -> Result<(), Cut> {
        while let Some((due, piece)) = queue.recv().await {
            let messages = u64::from(piece.as_ref().is_some_and(|piece| piece.message));
            self.arrive(direction, messages, due).await?;
            let written = match piece {
                Some(piece) => writer.write_all(&piece.bytes).await,
                None => writer.shutdown().await,
            };
            written.map_err(|_| Cut)?;
        }
        Ok(())
    }
}

/// When a piece arrives; `None` is the end of the stream.
type Pieces = mpsc::Sender<(Instant, Option<Piece>)>;
