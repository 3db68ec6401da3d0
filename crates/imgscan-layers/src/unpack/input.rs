//! The compressed bytes of a layer, in a buffer of fixed size.

use std::io::{ErrorKind, Read};

use imgscan_model::limits;

use crate::error::LayerError;

/// Bytes read at a time (measured: 64 to 128 KiB are best for inflating, more only costs cache).
const BUFFER: usize = 128 << 10;

/// A stream with a look ahead.
pub(crate) struct Input<R> {
    stream: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    ended: bool,
    read: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(stream: R) -> Self {
        Input { stream, buffer: vec![0; BUFFER].into(), start: 0, end: 0, ended: false, read: 0 }
    }

    /// What is buffered, at least one byte unless the stream has ended.
    pub(crate) fn fill(&mut self) -> Result<&[u8], LayerError> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.more()?;
        }
        Ok(self.buffered())
    }

    /// The next `count` bytes (at most the buffer's size), or fewer at the end of the stream. They stay.
    pub(crate) fn peek(&mut self, count: usize) -> Result<&[u8], LayerError> {
        while self.end - self.start < count && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            self.more()?;
        }
        let buffered = self.buffered();
        Ok(buffered.get(..count).unwrap_or(buffered))
    }

    /// Goes past bytes that were looked at.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// The next byte, or `None` at the end.
    pub(crate) fn byte(&mut self) -> Result<Option<u8>, LayerError> {
        let byte = self.fill()?.first().copied();
        self.consume(byte.map_or(0, |_| 1));
        Ok(byte)
    }

    /// Reads the stream to its end, so that whoever handed it in can check its digest, and answers how many bytes
    /// were left.
    pub(crate) fn drain(&mut self) -> Result<u64, LayerError> {
        let mut left = 0;
        loop {
            let count = self.fill()?.len();
            if count == 0 {
                return Ok(left);
            }
            left += count as u64;
            self.consume(count);
        }
    }

    /// Bytes taken from the stream so far.
    pub(crate) fn total(&self) -> u64 {
        self.read
    }

    /// Where in the stream the next byte stands.
    pub(crate) fn offset(&self) -> u64 {
        self.read - (self.end - self.start) as u64
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn more(&mut self) -> Result<(), LayerError> {
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = loop {
            match self.stream.read(free) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other.map_err(LayerError::Read)?.min(free.len()),
            }
        };
        self.ended |= count == 0;
        self.end += count;
        self.read += count as u64;
        if self.read > limits::LAYER_BYTES {
            return Err(LayerError::Limit(format!(
                "the layer's blob is larger than the {} bytes that are read",
                limits::LAYER_BYTES
            )));
        }
        Ok(())
    }
}
