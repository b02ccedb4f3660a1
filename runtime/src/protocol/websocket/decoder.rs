//! From bytes to messages.

use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;

use super::{CloseFrame, FrameError, Message, OpCode, Role, header, header::Header, is_close_code, mask};

/// Most empty fragments in one message. Fragments are joined as they come, so those with content are bounded by the limit on
/// the message; an empty one costs no memory, but time for ever.
pub const MAX_EMPTY_FRAGMENTS: u16 = 1024;

/// Most fragments of a message where nothing else is said.
pub const MAX_FRAGMENTS: u32 = 1 << 17;

/// Room that is made for a frame before any of it has come; after that, as much again as has come.
const FIRST_RESERVE: usize = 64 * 1024;

/// Where a decoder takes bytes from.
trait Input {
    fn bytes(&mut self) -> &mut [u8];
    /// Takes `len` bytes off the front; there are as many.
    fn take(&mut self, len: usize) -> Bytes;
    /// Throws `len` bytes at the front away; there are as many.
    fn skip(&mut self, len: usize);
    /// So many bytes more are wanted, and none can be without room.
    fn reserve(&mut self, len: usize);
}

impl Input for BytesMut {
    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    fn take(&mut self, len: usize) -> Bytes {
        self.split_to(len).freeze()
    }

    fn skip(&mut self, len: usize) {
        self.advance(len);
    }

    fn reserve(&mut self, len: usize) {
        Self::reserve(self, len);
    }
}

/// Bytes that belong to somebody else: what is taken is copied.
struct Borrowed<'a> {
    rest: &'a mut [u8],
    wanted: usize,
}

impl Input for Borrowed<'_> {
    fn bytes(&mut self) -> &mut [u8] {
        self.rest
    }

    fn take(&mut self, len: usize) -> Bytes {
        let (taken, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        Bytes::copy_from_slice(taken)
    }

    fn skip(&mut self, len: usize) {
        self.rest = std::mem::take(&mut self.rest).get_mut(len..).unwrap_or_default();
    }

    fn reserve(&mut self, len: usize) {
        self.wanted = len;
    }
}

/// Takes messages from the front of a buffer that the transport fills.
///
/// ```
/// use bytes::BytesMut;
/// use sockeye::protocol::websocket::{Decoder, Message, Role};
///
/// let mut decoder = Decoder::new(Role::Client, 1_000_000);
/// let mut buf = BytesMut::from(&b"\x81\x02hi\x81"[..]);
/// assert_eq!(decoder.decode(&mut buf)?, Some(Message::Text("hi".into())));
/// assert_eq!(decoder.decode(&mut buf)?, None);
/// # Ok::<(), sockeye::protocol::websocket::FrameError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    max_message: usize,
    max_fragments: u32,
    state: State,
    wanted: u32,
    /// The message whose last fragment has not come. Boxed: idle connections have none.
    partial: Option<Box<Partial>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Open,
    /// A close frame has come.
    Closed,
    Failed(FrameError),
}

/// A fragmented message.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    data: Vec<u8>,
    /// How much of a text is known to be UTF-8; at most three bytes less than `data` has.
    valid: usize,
    fragments: u32,
    empty: u16,
}

impl Partial {
    fn push(&mut self, fragment: &[u8], max_fragments: u32) -> Result<(), FrameError> {
        self.fragments += 1;
        if self.fragments > max_fragments {
            return Err(FrameError::TooManyFragments);
        }
        if fragment.is_empty() {
            self.empty += 1;
            if self.empty > MAX_EMPTY_FRAGMENTS {
                return Err(FrameError::TooManyFragments);
            }
        }
        self.data.extend_from_slice(fragment);
        if self.is_text {
            match std::str::from_utf8(&self.data[self.valid..]) {
                Ok(text) => self.valid += text.len(),
                // A character may go on in the next fragment. If there is none, the whole text fails at its end.
                Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
                Err(_) => return Err(FrameError::InvalidUtf8),
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Message, FrameError> {
        let Self { is_text, data, .. } = self;
        if is_text { text(data.into()) } else { Ok(Message::Binary(data.into())) }
    }
}

fn text(data: Bytes) -> Result<Message, FrameError> {
    ByteString::try_from(data).map(Message::Text).map_err(|_| FrameError::InvalidUtf8)
}

fn close(data: Bytes) -> Result<Message, FrameError> {
    let Some((&code, reason)) = data.split_first_chunk() else {
        return if data.is_empty() { Ok(Message::Close(None)) } else { Err(FrameError::ShortClose) };
    };
    let code = u16::from_be_bytes(code);
    if !is_close_code(code) {
        return Err(FrameError::CloseCode(code));
    }
    let reason = ByteString::try_from(reason).map_err(|_| FrameError::InvalidUtf8)?;
    Ok(Message::Close(Some(CloseFrame { code, reason })))
}

impl Decoder {
    /// For one end of one connection. `max_message` is the most bytes of a message, over all its fragments.
    #[must_use]
    pub const fn new(role: Role, max_message: usize) -> Self {
        Self { role, max_message, max_fragments: MAX_FRAGMENTS, state: State::Open, wanted: 0, partial: None }
    }

    /// Takes at most so many fragments of a message, instead of [`MAX_FRAGMENTS`]. They are joined as they come, so it is time that they
    /// cost, not memory.
    #[must_use]
    pub const fn with_max_fragments(mut self, fragments: u32) -> Self {
        self.max_fragments = fragments;
        self
    }

    /// Takes the next message from the front of `buf`; `None` if more bytes are needed first. Room in `buf` is made only for
    /// the rest of a payload that has begun, 64 KiB or as much again as has come. Control frames come out between the fragments
    /// of a message, where they were sent.
    ///
    /// Unfragmented payloads are not copied: they are slices of what `buf` was, and keep its whole allocation alive.
    ///
    /// After a close frame, what else comes is thrown away.
    ///
    /// # Errors
    ///
    /// The first rule that the peer broke, as early as it shows: a length over the limit with the header, before anything of
    /// it is buffered; a text that is not UTF-8 with the fragment. Every later call gives the same error.
    pub fn decode(&mut self, buf: &mut BytesMut) -> Result<Option<Message>, FrameError> {
        self.decode_from(buf)
    }

    /// Takes the next message from the front of `buf`, which is cut by what was taken. Payloads are copied out, so that the buffer is free
    /// for the next connection: what is left of it must be kept and [decoded](Self::decode) with what comes next, for which
    /// [`wanted`](Self::wanted) says how much room to make. Otherwise as `decode`.
    ///
    /// ```
    /// use sockeye::protocol::websocket::{Decoder, Message, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, 1_000_000);
    /// let mut read = *b"\x81\x02hi\x81";
    /// let mut buf = &mut read[..];
    /// assert_eq!(decoder.decode_slice(&mut buf)?, Some(Message::Text("hi".into())));
    /// assert_eq!(buf, b"\x81");
    /// # Ok::<(), sockeye::protocol::websocket::FrameError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_slice(&mut self, buf: &mut &mut [u8]) -> Result<Option<Message>, FrameError> {
        let mut input = Borrowed { rest: std::mem::take(buf), wanted: 0 };
        let decoded = self.decode_from(&mut input);
        *buf = input.rest;
        self.wanted = u32::try_from(input.wanted).unwrap_or(u32::MAX);
        decoded
    }

    /// How many bytes more than what [`decode_slice`](Self::decode_slice) has left will come soon, as far as room for them should be made now.
    #[must_use]
    pub const fn wanted(&self) -> usize {
        self.wanted as usize
    }

    fn decode_from(&mut self, input: &mut impl Input) -> Result<Option<Message>, FrameError> {
        match self.state {
            State::Open => {}
            State::Closed => {
                let len = input.bytes().len();
                input.skip(len);
                return Ok(None);
            }
            State::Failed(error) => return Err(error),
        }
        let result = self.next(input);
        match &result {
            Ok(Some(Message::Close(_))) => self.end(State::Closed),
            Ok(_) => {}
            Err(error) => self.end(State::Failed(*error)),
        }
        result
    }

    fn end(&mut self, state: State) {
        self.state = state;
        self.partial = None;
    }

    fn next(&mut self, input: &mut impl Input) -> Result<Option<Message>, FrameError> {
        loop {
            let bytes = input.bytes();
            let Some(header) = header::read(bytes, self.role)? else { return Ok(None) };
            let len = self.check(&header)?;
            let total = header.size + len;
            let there = bytes.len();
            let Some(payload) = bytes.get_mut(header.size..total) else {
                // Never more than about what has come: a header alone must not cost a whole message's memory.
                input.reserve((total - there).min(there.max(FIRST_RESERVE)));
                return Ok(None);
            };
            if let Some(key) = header.mask {
                mask::apply(payload, key);
            }
            if header.opcode == OpCode::Continuation || !header.fin {
                let message = self.fragment(&header, payload)?;
                input.skip(total);
                if message.is_some() {
                    return Ok(message);
                }
                continue;
            }
            input.skip(header.size);
            let data = input.take(len);
            return match header.opcode {
                OpCode::Text => text(data),
                OpCode::Binary | OpCode::Continuation => Ok(Message::Binary(data)),
                OpCode::Ping => Ok(Message::Ping(data)),
                OpCode::Pong => Ok(Message::Pong(data)),
                OpCode::Close => close(data),
            }
            .map(Some);
        }
    }

    /// Checks a header against what came before it and the limit; gives the payload's length.
    fn check(&self, header: &Header) -> Result<usize, FrameError> {
        let before = match (&self.partial, header.opcode) {
            (None, OpCode::Continuation) => return Err(FrameError::UnexpectedContinuation),
            (Some(_), OpCode::Text | OpCode::Binary) => return Err(FrameError::ExpectedContinuation),
            (Some(partial), OpCode::Continuation) => partial.data.len(),
            _ => 0,
        };
        if header.opcode.is_control() {
            return Ok(header.len as usize);
        }
        match usize::try_from(header.len) {
            Ok(len) if len <= self.max_message.saturating_sub(before) => Ok(len),
            _ => {
                let len = header.len.saturating_add(before as u64);
                Err(FrameError::TooLong { len, max: self.max_message })
            }
        }
    }

    fn fragment(&mut self, header: &Header, data: &[u8]) -> Result<Option<Message>, FrameError> {
        let partial = self.partial.get_or_insert_with(|| {
            let is_text = header.opcode == OpCode::Text;
            Box::new(Partial { is_text, data: Vec::new(), valid: 0, fragments: 0, empty: 0 })
        });
        partial.push(data, self.max_fragments)?;
        if !header.fin {
            return Ok(None);
        }
        self.partial.take().map(|partial| partial.finish()).transpose()
    }
}
