//! A reader that believes no byte before digest and size are checked.

use std::io::{self, Read};

use crate::digest::{Digest, Hasher};
use crate::error::{SourceError, damaged};

/// Reads what `inner` gives and checks digest and size over it. The last bytes are handed out only after the check.
pub(crate) struct Verified<R> {
    inner: R,
    /// What is read, for messages.
    what: String,
    expected: Digest,
    size: Option<u64>,
    received: u64,
    state: State,
}

enum State {
    Hashing(Hasher),
    Verified,
    Failed(SourceError),
}

impl<R: Read> Verified<R> {
    /// Checks against a digest and, where it is known, a size.
    pub(crate) fn new(inner: R, what: String, expected: &Digest, size: Option<u64>) -> Self {
        let state = State::Hashing(Hasher::new(expected.algorithm()));
        Verified { inner, what, expected: expected.clone(), size, received: 0, state }
    }

    fn fail(&mut self, error: SourceError) -> io::Error {
        self.state = State::Failed(error.clone());
        error.into()
    }

    /// Ends the hash and compares.
    fn finish(&mut self) -> io::Result<()> {
        let State::Hashing(hasher) = std::mem::replace(&mut self.state, State::Verified) else {
            return Ok(());
        };
        let found = hasher.finish();
        if found == self.expected {
            return Ok(());
        }
        let (what, received) = (&self.what, self.received);
        let message = format!("{what}: the {received} bytes received have the digest `{found}`");
        Err(self.fail(damaged(message)))
    }

    fn wrong_size(&mut self, size: u64) -> io::Error {
        let (what, received) = (&self.what, self.received);
        let message = if received > size {
            format!("{what}: more than the {size} bytes that its descriptor tells were received")
        } else {
            format!("{what}: it ends after {received} bytes; its descriptor tells {size}")
        };
        self.fail(damaged(message))
    }

    /// Nothing may follow the bytes that the descriptor tells.
    fn nothing_follows(&mut self, size: u64) -> io::Result<()> {
        let mut byte = [0u8; 1];
        loop {
            match self.inner.read(&mut byte) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    self.received += 1;
                    return Err(self.wrong_size(size));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if let State::Failed(error) = &self.state {
            return Err(error.clone().into());
        }
        if matches!(self.state, State::Verified) {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.received += count as u64;
        if let (State::Hashing(hasher), Some(bytes)) = (&mut self.state, buffer.get(..count)) {
            hasher.update(bytes);
        }
        match self.size {
            Some(size) if self.received > size || count == 0 && self.received < size => {
                Err(self.wrong_size(size))
            }
            Some(size) if self.received == size => {
                self.nothing_follows(size)?;
                self.finish()?;
                Ok(count)
            }
            None if count == 0 => {
                self.finish()?;
                Ok(0)
            }
            _ => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn read(bytes: &[u8], of: &[u8], size: Option<u64>) -> Result<Vec<u8>, SourceError> {
        let mut out = Vec::new();
        let mut reader = Verified::new(bytes, "layer".into(), &Digest::of(of), size);
        match reader.read_to_end(&mut out) {
            Ok(_) => Ok(out),
            Err(error) => {
                let found = SourceError::find(&error).expect("a source error").clone();
                let again = reader.read(&mut [0; 8]).expect_err("an error stays");
                assert_eq!(SourceError::find(&again), Some(&found));
                Err(found)
            }
        }
    }

    #[test]
    fn bytes_that_match_pass() {
        assert_eq!(read(b"abc", b"abc", Some(3)).unwrap(), b"abc");
        assert_eq!(read(b"abc", b"abc", None).unwrap(), b"abc");
        assert_eq!(read(b"", b"", Some(0)).unwrap(), b"");
    }

    #[test]
    fn bytes_that_differ_do_not() {
        for (bytes, size, word) in [
            (&b"abd"[..], 3, "digest"),
            (b"abcd", 3, "more than"),
            (b"ab", 3, "ends after 2"),
            (b"abd", 4, "ends after 3"),
        ] {
            let error = read(bytes, b"abc", Some(size)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Damaged);
            assert!(error.message.contains(word), "{error}");
        }
        assert!(read(b"abd", b"abc", None).is_err());
    }

    #[test]
    fn the_last_bytes_are_not_handed_out_before_the_check() {
        let mut reader = Verified::new(&b"wrong"[..], "layer".into(), &Digest::of(b"right"), Some(5));
        assert!(reader.read(&mut [0; 64]).is_err());
    }
}
