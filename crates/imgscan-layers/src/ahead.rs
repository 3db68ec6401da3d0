//! Reading ahead on a second thread: where one large layer is left and a core is idle, receiving and hashing it need
//! not wait for inflating and walking it.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Bytes in a piece.
const PIECE: usize = 128 << 10;
/// Pieces on their way: half a MiB in all, however large the layer.
const PIECES: usize = 4;

/// A stream that another thread reads ahead.
pub struct Ahead {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

/// Reads `blob` on a thread of its own, at most half a MiB ahead of `consume`, which gets the same bytes and the same error
/// at the end. The thread has ended when this returns.
pub fn read_ahead<T>(blob: impl Read + Send, consume: impl FnOnce(Ahead) -> T) -> T {
    let (to_consumer, full) = sync_channel(PIECES);
    let (empty, to_producer) = sync_channel(PIECES);
    thread::scope(|scope| {
        scope.spawn(move || produce(blob, &to_consumer, &to_producer));
        consume(Ahead { full, empty, piece: Vec::new(), at: 0 })
    })
}

/// Reads piece after piece until the stream ends, fails, or nobody listens any more.
fn produce(mut blob: impl Read, full: &SyncSender<io::Result<Vec<u8>>>, empty: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = empty.try_recv().unwrap_or_default();
        piece.resize(PIECE, 0);
        let read = match blob.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
            Ok(count) => {
                piece.truncate(count);
                Ok(piece)
            }
        };
        let last = read.as_ref().map_or(true, Vec::is_empty);
        if full.send(read).is_err() || last {
            return;
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            let next = match self.full.recv() {
                Ok(next) => next?,
                // The last piece was an empty one, or an error that was told.
                Err(_) => return Ok(0),
            };
            let used = std::mem::replace(&mut self.piece, next);
            // When the other side has enough of them, or has ended, the buffer is of no use.
            let _ = self.empty.try_send(used);
            self.at = 0;
        }
        let count = self.piece.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_come_out() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
        let mut out = Vec::new();
        read_ahead(&bytes[..], |mut ahead| ahead.read_to_end(&mut out)).unwrap();
        assert_eq!(out, bytes);
    }

    #[test]
    fn the_same_error_comes_out() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cut"))
            }
        }
        let mut out = Vec::new();
        let read = read_ahead((&b"abc"[..]).chain(Failing), |mut ahead| ahead.read_to_end(&mut out));
        assert_eq!((read.unwrap_err().to_string(), &out[..]), ("cut".to_owned(), &b"abc"[..]));
    }

    #[test]
    fn whoever_stops_early_ends_the_thread() {
        let mut first = [0];
        read_ahead(io::repeat(7), |mut ahead| ahead.read_exact(&mut first)).unwrap();
        assert_eq!(first, [7]);
    }
}
