//! zstd (RFC 8878), one frame after another, skippable frames among them (zstd:chunked keeps its table there).

use std::io::Read;

use imgscan_model::limits;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::input::Input;
use super::window::Window;
use super::{Members, State};
use crate::error::LayerError;

const MAGIC: u32 = 0xFD2F_B528;
/// The longest frame header there is, with its magic number.
const HEADER: usize = 18;

/// Decompresses frames.
pub(crate) struct Zstd {
    state: State,
    decoder: Decoder<'static>,
    window: Window,
    frames: u64,
}

impl Zstd {
    pub(crate) fn new() -> Result<Self, LayerError> {
        let failed = |error: std::io::Error| LayerError::Unsupported(format!("no zstd decoder: {error}"));
        let mut decoder = Decoder::new().map_err(failed)?;
        decoder.set_parameter(DParameter::WindowLogMax(limits::ZSTD_WINDOW_LOG)).map_err(failed)?;
        Ok(Zstd { state: State::Header, decoder, window: Window::none(), frames: 0 })
    }
}

impl Members for Zstd {
    fn state(&self) -> State {
        self.state
    }

    /// Looks at the header of a frame and goes past skippable ones. What follows the last frame is left to the caller.
    fn header<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), LayerError> {
        let offset = input.offset();
        let header = input.peek(HEADER)?;
        match magic(header) {
            Some(MAGIC) => {
                let window = window_size(header).ok_or_else(|| {
                    LayerError::Damaged(format!("corrupt zstd frame header at byte {offset} of the blob"))
                })?;
                if window > 1 << limits::ZSTD_WINDOW_LOG {
                    return Err(LayerError::Limit(format!(
                        "a zstd frame at byte {offset} of the blob asks for a window of {window} bytes, more than the \
                         {} that are kept",
                        1u64 << limits::ZSTD_WINDOW_LOG
                    )));
                }
                self.window.grow(window);
                self.frames += 1;
                self.state = State::Body;
            }
            Some(magic) if is_skippable(magic) => {
                let size = header.get(4..8).and_then(|b| <[u8; 4]>::try_from(b).ok()).map(u32::from_le_bytes);
                input.consume(8);
                let whole = match size {
                    Some(size) => skip(input, size.into())?,
                    None => false,
                };
                if !whole {
                    return Err(breaks_off(input.offset()));
                }
            }
            _ => self.state = State::End,
        }
        Ok(())
    }

    fn body<R: Read>(&mut self, input: &mut Input<R>, out: &mut [u8]) -> Result<usize, LayerError> {
        loop {
            let offset = input.offset();
            let compressed = input.fill()?;
            let ended = compressed.is_empty();
            let mut from = InBuffer::around(compressed);
            let mut to = OutBuffer::around(out);
            let hint = self.decoder.run(&mut from, &mut to).map_err(|error| {
                LayerError::Damaged(format!("corrupt zstd data near byte {offset} of the blob: {error}"))
            })?;
            let (consumed, count) = (from.pos(), to.pos());
            input.consume(consumed);
            if hint == 0 {
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

fn breaks_off(offset: u64) -> LayerError {
    LayerError::Damaged(format!("the zstd stream breaks off at byte {offset} of the blob"))
}

/// The little-endian number at the start of a frame.
fn magic(header: &[u8]) -> Option<u32> {
    header.get(..4).and_then(|b| <[u8; 4]>::try_from(b).ok()).map(u32::from_le_bytes)
}

fn is_skippable(magic: u32) -> bool {
    magic & 0xFFFF_FFF0 == 0x184D_2A50
}

/// Whether a blob begins as a zstd frame does.
pub(crate) fn is_zstd(start: &[u8]) -> bool {
    magic(start).is_some_and(|magic| magic == MAGIC || is_skippable(magic))
}

/// The bytes of history that a decoder must keep for the frame (RFC 8878, 3.1.1.1): the window it names, or the
/// content's size where the frame is a single segment.
fn window_size(header: &[u8]) -> Option<u64> {
    let descriptor = *header.get(4)?;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    if descriptor & (1 << 5) == 0 {
        let window = *header.get(5)?;
        let base = 1u64 << (10 + (window >> 3));
        return Some(base + (base >> 3) * u64::from(window & 7));
    }
    let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let field = header.get(5 + dictionary..5 + dictionary + length)?;
    let size = field.iter().rev().fold(0u64, |size, byte| size << 8 | u64::from(*byte));
    Some(if length == 2 { size + 256 } else { size })
}

/// Goes past `count` bytes; `false` when the stream ends before.
fn skip<R: Read>(input: &mut Input<R>, mut count: u64) -> Result<bool, LayerError> {
    while count > 0 {
        let available = input.fill()?.len();
        if available == 0 {
            return Ok(false);
        }
        let step = usize::try_from(count).unwrap_or(usize::MAX).min(available);
        input.consume(step);
        count -= step as u64;
    }
    Ok(true)
}
