//! A layer's blob to the bytes of its tar: decompressed by what the bytes say, not by what the media type says, with
//! a bound on how much may come out of how little.

mod gzip;
mod input;
mod window;
mod zstd;

use std::fmt;
use std::io::Read;

use imgscan_model::limits;

use crate::error::LayerError;
use gzip::Gzip;
use input::Input;
use zstd::Zstd;

/// Bytes decompressed at a time.
const BUFFER: usize = 128 << 10;

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Tar,
    Gzip,
    Zstd,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Tar => "an uncompressed tar",
            Form::Gzip => "gzip",
            Form::Zstd => "zstd",
        })
    }
}

impl Form {
    /// What a media type promises; `None` where it promises nothing that we know.
    pub(crate) fn of_media_type(media_type: &str) -> Option<Form> {
        let media_type = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if media_type.ends_with("+gzip") || media_type.ends_with(".gzip") {
            Some(Form::Gzip)
        } else if media_type.ends_with("+zstd") || media_type.ends_with(".zstd") {
            Some(Form::Zstd)
        } else if media_type.ends_with(".tar") {
            Some(Form::Tar)
        } else {
            None
        }
    }

    /// What the first bytes say.
    fn of_bytes(start: &[u8]) -> Result<Form, LayerError> {
        const STRANGERS: [(&[u8], &str); 4] =
            [(b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x04\x22\x4d\x18", "lz4"), (b"PK\x03\x04", "zip")];
        if start.starts_with(&[0x1f, 0x8b]) {
            return Ok(Form::Gzip);
        }
        if zstd::is_zstd(start) {
            return Ok(Form::Zstd);
        }
        match STRANGERS.iter().find(|(magic, _)| start.starts_with(magic)) {
            Some((_, name)) => Err(LayerError::Unsupported(format!(
                "the layer is compressed with {name}; gzip, zstd and none are read"
            ))),
            None => Ok(Form::Tar),
        }
    }
}

/// Where a decompressor stands in a stream of gzip members or zstd frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Body,
    End,
}

/// A stream of members (gzip) or frames (zstd), one after another.
trait Members {
    fn state(&self) -> State;

    /// Reads the header of a member. What follows the last member is left to the caller.
    fn header<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), LayerError>;

    /// Fills `out` with what comes next of a member.
    fn body<R: Read>(&mut self, input: &mut Input<R>, out: &mut [u8]) -> Result<usize, LayerError>;

    /// Fills `out` with what comes next, and answers how many bytes that were: 0 only at the end.
    fn step<R: Read>(&mut self, input: &mut Input<R>, out: &mut [u8]) -> Result<usize, LayerError> {
        loop {
            match self.state() {
                State::Header => self.header(input)?,
                State::Body => {
                    let count = self.body(input, out)?;
                    if count > 0 {
                        return Ok(count);
                    }
                }
                State::End => return Ok(0),
            }
        }
    }
}

enum Decoder {
    Plain,
    Gzip(Box<Gzip>),
    Zstd(Box<Zstd>),
}

/// The uncompressed bytes of a layer.
pub(crate) struct Unpacked<R> {
    input: Input<R>,
    decoder: Decoder,
    out: Box<[u8]>,
    start: usize,
    end: usize,
    total: u64,
    /// What the blob's media type and its bytes disagree about.
    pub(crate) mislabelled: Option<String>,
}

impl<R: Read> Unpacked<R> {
    pub(crate) fn new(stream: R, media_type: &str) -> Result<Self, LayerError> {
        if media_type.ends_with("+encrypted") {
            return Err(LayerError::Unsupported(format!("the layer is encrypted (`{media_type}`)")));
        }
        let mut input = Input::new(stream);
        let form = Form::of_bytes(input.peek(6)?)?;
        let mislabelled = Form::of_media_type(media_type)
            .filter(|labelled| *labelled != form)
            .map(|labelled| format!("media type `{media_type}` promises {labelled}, the bytes are {form}"));
        let (decoder, size) = match form {
            Form::Tar => (Decoder::Plain, 0),
            Form::Gzip => (Decoder::Gzip(Box::new(Gzip::new())), BUFFER),
            Form::Zstd => (Decoder::Zstd(Box::new(Zstd::new()?)), BUFFER),
        };
        Ok(Unpacked { input, decoder, out: vec![0; size].into(), start: 0, end: 0, total: 0, mislabelled })
    }

    /// What is buffered, at least one byte unless the stream has ended.
    pub(crate) fn fill(&mut self) -> Result<&[u8], LayerError> {
        let step = match &mut self.decoder {
            // The tar is the input: no copy.
            Decoder::Plain => return self.input.fill(),
            _ if self.start < self.end => return Ok(self.out.get(self.start..self.end).unwrap_or_default()),
            Decoder::Gzip(gzip) => gzip.step(&mut self.input, &mut self.out)?,
            Decoder::Zstd(zstd) => zstd.step(&mut self.input, &mut self.out)?,
        };
        (self.start, self.end) = (0, step);
        self.total += step as u64;
        self.check_size()?;
        Ok(self.out.get(..step).unwrap_or_default())
    }

    /// Goes past bytes that were looked at.
    pub(crate) fn consume(&mut self, count: usize) {
        match self.decoder {
            Decoder::Plain => self.input.consume(count),
            _ => self.start = self.end.min(self.start + count),
        }
    }

    /// Fills `block`, or as much of it as there is, and answers how much that was.
    pub(crate) fn read(&mut self, block: &mut [u8]) -> Result<usize, LayerError> {
        let mut done = 0;
        while done < block.len() {
            let available = self.fill()?;
            let rest = block.get_mut(done..).unwrap_or_default();
            let count = available.len().min(rest.len());
            if count == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (rest.get_mut(..count), available.get(..count)) {
                to.copy_from_slice(from);
            }
            self.consume(count);
            done += count;
        }
        Ok(done)
    }

    /// Goes past `count` bytes without copying them; `false` when the stream ends before.
    pub(crate) fn skip(&mut self, mut count: u64) -> Result<bool, LayerError> {
        while count > 0 {
            let available = self.fill()?.len();
            if available == 0 {
                return Ok(false);
            }
            let step = usize::try_from(count).unwrap_or(usize::MAX).min(available);
            self.consume(step);
            count -= step as u64;
        }
        Ok(true)
    }

    /// Decompresses and reads what is left, to the very end of the stream, and answers how many bytes stand behind
    /// the compressed data. Padding with zeros, as tape drives and some tools write it, is no garbage.
    pub(crate) fn finish(&mut self) -> Result<u64, LayerError> {
        while !self.fill()?.is_empty() {
            let count = self.fill()?.len();
            self.consume(count);
        }
        while self.input.fill()?.first() == Some(&0) {
            let zeros = self.input.fill()?.iter().take_while(|b| **b == 0).count();
            self.input.consume(zeros);
        }
        self.input.drain()
    }

    /// Reads the stream to its end without decompressing it.
    pub(crate) fn drain(&mut self) -> Result<u64, LayerError> {
        self.input.drain()
    }

    /// Uncompressed bytes so far.
    pub(crate) fn total(&self) -> u64 {
        match self.decoder {
            Decoder::Plain => self.input.offset(),
            _ => self.total,
        }
    }

    fn check_size(&self) -> Result<(), LayerError> {
        let (unpacked, packed) = (self.total, self.input.total());
        if unpacked > limits::LAYER_UNPACKED_BYTES {
            return Err(LayerError::Limit(format!(
                "the layer unpacks to more than the {} bytes that are read",
                limits::LAYER_UNPACKED_BYTES
            )));
        }
        if unpacked > limits::RATIO_FREE_BYTES && unpacked / limits::RATIO > packed {
            return Err(LayerError::Limit(format!(
                "the layer unpacks {packed} bytes to more than {unpacked}, over {} times as many",
                limits::RATIO
            )));
        }
        Ok(())
    }
}
