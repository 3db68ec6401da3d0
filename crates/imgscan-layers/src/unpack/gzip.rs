//! gzip (RFC 1952), one member after another, as pigz, eStargz and `cat a.gz b.gz` write them.

use std::io::Read;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::input::Input;
use super::{Members, State};
use crate::error::LayerError;

/// The magic number and the one method there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;

/// Inflates members.
pub(crate) struct Gzip {
    state: State,
    inflate: Decompress,
    crc: Crc,
    members: u64,
}

impl Gzip {
    pub(crate) fn new() -> Self {
        Gzip { state: State::Header, inflate: Decompress::new(false), crc: Crc::new(), members: 0 }
    }
}

impl Members for Gzip {
    fn state(&self) -> State {
        self.state
    }

    /// Reads the header of a member. What follows the last member is left to the caller.
    fn header<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), LayerError> {
        if input.peek(MAGIC.len())? != MAGIC {
            self.state = State::End;
            return Ok(());
        }
        input.consume(MAGIC.len());
        let flags = next(input)?;
        skip(input, 6)?;
        if flags & FEXTRA != 0 {
            let length = u16::from_le_bytes([next(input)?, next(input)?]);
            skip(input, length.into())?;
        }
        for text in [FNAME, FCOMMENT] {
            while flags & text != 0 && next(input)? != 0 {}
        }
        if flags & FHCRC != 0 {
            skip(input, 2)?;
        }
        if self.members > 0 {
            self.inflate.reset(false);
            self.crc.reset();
        }
        self.members += 1;
        self.state = State::Body;
        Ok(())
    }

    fn body<R: Read>(&mut self, input: &mut Input<R>, out: &mut [u8]) -> Result<usize, LayerError> {
        loop {
            let offset = input.offset();
            let (bytes_in, bytes_out) = (self.inflate.total_in(), self.inflate.total_out());
            let compressed = input.fill()?;
            let ended = compressed.is_empty();
            let status = self
                .inflate
                .decompress(compressed, out, FlushDecompress::None)
                .map_err(|_| damaged(format!("corrupt gzip data near byte {offset} of the blob")))?;
            input.consume(usize::try_from(self.inflate.total_in() - bytes_in).unwrap_or(0));
            let count = usize::try_from(self.inflate.total_out() - bytes_out).unwrap_or(0);
            self.crc.update(out.get(..count).unwrap_or_default());
            if status == Status::StreamEnd {
                self.trailer(input)?;
                self.state = State::Header;
                return Ok(count);
            }
            if count > 0 {
                return Ok(count);
            }
            if ended {
                return Err(breaks_off(offset));
            }
        }
    }
}

impl Gzip {
    fn trailer<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), LayerError> {
        let mut trailer = [0; 8];
        for byte in &mut trailer {
            *byte = next(input)?;
        }
        let [a, b, c, d, e, f, g, h] = trailer;
        let length = u64::from(u32::from_le_bytes([e, f, g, h]));
        if u32::from_le_bytes([a, b, c, d]) != self.crc.sum()
            || length != self.inflate.total_out() & 0xffff_ffff
        {
            return Err(damaged(format!(
                "the gzip checksum before byte {} of the blob does not match",
                input.offset()
            )));
        }
        Ok(())
    }
}

fn next<R: Read>(input: &mut Input<R>) -> Result<u8, LayerError> {
    match input.byte()? {
        Some(byte) => Ok(byte),
        None => Err(breaks_off(input.offset())),
    }
}

fn skip<R: Read>(input: &mut Input<R>, count: usize) -> Result<(), LayerError> {
    for _ in 0..count {
        next(input)?;
    }
    Ok(())
}

fn breaks_off(offset: u64) -> LayerError {
    damaged(format!("the gzip stream breaks off at byte {offset} of the blob"))
}

fn damaged(message: String) -> LayerError {
    LayerError::Damaged(message)
}
