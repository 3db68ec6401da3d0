//! Unpacking by the first bytes, within the bounds of size, of ratio and of zstd's window.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imgscan_model::limits;

use super::recognise::{Packing, packing};
use crate::error::{SourceError, damaged, over_limit};

/// A stream, unpacked.
pub(crate) struct Unpacked<'a> {
    /// The unpacked bytes. Over a bound its reading fails with a [`SourceError`].
    pub(crate) reader: Box<dyn Read + Send + 'a>,
    /// How it was packed; `None` where the first bytes are nothing we know, and then nothing was done.
    pub(crate) packing: Option<Packing>,
}

/// Unpacks a stream called `what`, up to `most` bytes.
pub(crate) fn unpack<'a>(
    mut stream: impl Read + Send + 'a,
    what: &str,
    most: u64,
) -> Result<Unpacked<'a>, SourceError> {
    let error = |e: &io::Error| damaged(format!("`{what}` cannot be read: {e}"));
    let mut head = Vec::new();
    stream.by_ref().take(512).read_to_end(&mut head).map_err(|e| error(&e))?;
    let packing = packing(&head);
    let received = Arc::new(AtomicU64::new(0));
    let packed = Counted { inner: io::Cursor::new(head).chain(stream), count: Arc::clone(&received) };
    let inner: Box<dyn Read + Send + 'a> = match packing {
        Some(Packing::Gzip) => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        Some(Packing::Zstd) => {
            let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(|e| error(&e))?;
            decoder.window_log_max(limits::ZSTD_WINDOW_LOG).map_err(|e| error(&e))?;
            Box::new(decoder)
        }
        _ => Box::new(packed),
    };
    let reader = Box::new(Bounded { inner, received, what: what.to_owned(), most, total: 0 });
    Ok(Unpacked { reader, packing })
}

/// Counts the packed bytes.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Holds the unpacked bytes against the bounds.
struct Bounded<'a> {
    inner: Box<dyn Read + Send + 'a>,
    received: Arc<AtomicU64>,
    what: String,
    most: u64,
    total: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.total = self.total.saturating_add(count as u64);
        let (what, most) = (&self.what, self.most);
        if self.total > most {
            return Err(over_limit(format!("`{what}` has more than {most} bytes")).into());
        }
        let packed = self.received.load(Ordering::Relaxed).max(1);
        if self.total > limits::RATIO_FREE_BYTES && self.total / packed > limits::RATIO {
            let message = format!("`{what}` unpacks to more than {} times its size", limits::RATIO);
            return Err(over_limit(message).into());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// A zstd frame of blocks that each say "this byte 131,072 times" in four bytes (RFC 8878, 3.1.1.2).
    fn bomb(blocks: usize) -> Vec<u8> {
        let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
        for index in 0..blocks {
            let last = u32::from(index + 1 == blocks);
            let header = last | 1 << 1 | 131_072 << 3;
            bytes.extend_from_slice(&header.to_le_bytes()[..3]);
            bytes.push(0);
        }
        bytes
    }

    fn drain(bytes: Vec<u8>, most: u64) -> Result<u64, SourceError> {
        let mut unpacked = unpack(io::Cursor::new(bytes), "x", most)?;
        io::copy(&mut unpacked.reader, &mut io::sink()).map_err(|e| SourceError::find(&e).unwrap().clone())
    }

    #[test]
    fn bombs_end() {
        assert_eq!(drain(bomb(8), 1 << 30).unwrap(), 8 * 131_072, "small ones are none");
        let error = drain(bomb(3000), 1 << 30).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.message.contains("1200 times"), "{error}");
        let error = drain(bomb(8), 1000).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.message.contains("more than 1000 bytes"), "{error}");
    }

    #[test]
    fn wide_windows_are_refused() {
        // Window descriptor of 2^27 bytes.
        let mut bytes = bomb(1);
        bytes[5] = 17 << 3;
        let mut unpacked = unpack(io::Cursor::new(bytes), "x", 1 << 30).unwrap();
        assert!(io::copy(&mut unpacked.reader, &mut io::sink()).is_err());
    }
}
