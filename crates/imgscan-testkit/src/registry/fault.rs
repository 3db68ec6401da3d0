//! Faults: which requests they befall, how often, and what then happens to the answer.

use std::io::{self, Write};
use std::time::Duration;

use super::http::{Answer, Request};

/// Which requests a fault befalls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// Every one.
    Any,
    /// Those for manifests.
    Manifests,
    /// Those for blobs.
    Blobs,
    /// Those whose path ends like this (a digest, a tag).
    Ending(String),
    /// Those to the token server.
    Tokens,
    /// Those for a part of a blob, but for the first ones.
    Ranges {
        /// So many come before.
        after: u32,
    },
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The first time only.
    Once,
    /// So many times.
    Some(u32),
    /// For ever.
    Always,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with an error as the distribution specification writes them.
    Status(u16),
    /// This status and these header fields and this body.
    Answer {
        /// The status.
        status: u16,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Header fields that are added to the right answer.
    Headers(Vec<(String, String)>),
    /// A redirect.
    Redirect(String),
    /// The connection is closed without an answer.
    Reset,
    /// Nothing is sent for this long, and then the connection is closed.
    Silence(Duration),
    /// The head promises everything; the connection is closed after so many bytes of the body.
    CutAfter(usize),
    /// So many bytes of the body at a time, with so long between.
    Drip {
        /// Bytes at a time.
        bytes: usize,
        /// Time between.
        every: Duration,
    },
    /// One bit of the body is another.
    FlipBit,
    /// The body ends after so many bytes, and the head says so.
    Truncate(usize),
    /// So many bytes more than there are, and the head says so.
    Longer(usize),
    /// Another body.
    Body(Vec<u8>),
    /// The body in chunks, without `Content-Length`.
    Chunked,
    /// A `Range` is not looked at: the whole body is sent.
    IgnoreRange,
    /// A `Range` is answered with another one.
    WrongRange,
}

/// A fault that waits for its request.
pub(super) struct Armed {
    on: On,
    pub(super) fault: Fault,
    left: Option<u32>,
    /// Requests for parts of blobs so far.
    ranges: u32,
}

impl Armed {
    pub(super) fn new(on: On, fault: Fault, times: Times) -> Self {
        let left = match times {
            Times::Once => Some(1),
            Times::Some(count) => Some(count),
            Times::Always => None,
        };
        Armed { on, fault, left, ranges: 0 }
    }

    /// Whether it befalls this request; it is then used up by one.
    pub(super) fn strikes(&mut self, request: &Request) -> bool {
        let path = request.path();
        let range = request.headers.contains_key("range");
        let before = self.ranges;
        self.ranges += u32::from(range);
        let fits = match &self.on {
            On::Any => true,
            On::Manifests => path.contains("/manifests/"),
            On::Blobs => path.contains("/blobs/"),
            On::Ending(end) => path.ends_with(end.as_str()),
            On::Tokens => path == super::auth::TOKEN_PATH,
            On::Ranges { after } => range && before >= *after,
        };
        // A fault of ranges waits for a range.
        let ranged = !matches!(self.fault, Fault::IgnoreRange | Fault::WrongRange) || range;
        if !fits || !ranged || self.left == Some(0) {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

/// Writes an answer with what the fault does to it. `Ok(false)`: the connection is to be closed.
pub(super) fn write(fault: &Fault, mut answer: Answer, stream: &mut impl Write) -> io::Result<bool> {
    match fault {
        Fault::Status(status) => Answer::error(*status, "FAULT", "as it was told to").write(stream)?,
        Fault::Answer { status, headers, body } => {
            Answer { status: *status, headers: headers.clone(), body: body.clone() }.write(stream)?;
        }
        Fault::Headers(headers) => {
            answer.headers.retain(|(name, _)| !headers.iter().any(|(new, _)| new.eq_ignore_ascii_case(name)));
            answer.headers.extend(headers.clone());
            answer.write(stream)?;
        }
        Fault::Redirect(target) => Answer::new(307, "").with("Location", target.clone()).write(stream)?,
        Fault::Reset => return Ok(false),
        Fault::Silence(time) => {
            std::thread::sleep(*time);
            return Ok(false);
        }
        Fault::CutAfter(count) => {
            stream.write_all(answer.head(Some(answer.body.len() as u64)).as_bytes())?;
            stream.write_all(answer.body.get(..*count).unwrap_or(&answer.body))?;
            stream.flush()?;
            return Ok(false);
        }
        Fault::Drip { bytes, every } => {
            stream.write_all(answer.head(Some(answer.body.len() as u64)).as_bytes())?;
            for part in answer.body.chunks((*bytes).max(1)) {
                stream.write_all(part)?;
                stream.flush()?;
                std::thread::sleep(*every);
            }
        }
        Fault::FlipBit => {
            let middle = answer.body.len() / 2;
            answer.body.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
            answer.write(stream)?;
        }
        Fault::Truncate(count) => {
            answer.body.truncate(*count);
            answer.write(stream)?;
        }
        Fault::Longer(count) => {
            answer.body.resize(answer.body.len() + count, b'!');
            answer.write(stream)?;
        }
        Fault::Body(body) => {
            answer.body.clone_from(body);
            answer.write(stream)?;
        }
        Fault::Chunked => {
            stream.write_all(answer.head(None).as_bytes())?;
            for part in answer.body.chunks(1000) {
                write!(stream, "{:x}\r\n", part.len())?;
                stream.write_all(part)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")?;
            stream.flush()?;
        }
        Fault::IgnoreRange | Fault::WrongRange => answer.write(stream)?,
    }
    Ok(true)
}
