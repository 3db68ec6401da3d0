//! SHA-256 as tables of contents and annotations write it.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

/// Bytes of a SHA-256.
pub(crate) const SHA256_BYTES: usize = 32;

pub(super) type Sum = [u8; SHA256_BYTES];

/// A digest in its written form; other algorithms than SHA-256 are not verified here.
pub(super) fn parse(text: &str) -> Option<Sum> {
    let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 2 * SHA256_BYTES)?;
    let mut sum = [0; SHA256_BYTES];
    for (byte, pair) in sum.iter_mut().zip(hex.as_bytes().as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| (digit as char).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(sum)
}

/// The SHA-256 of bytes.
pub(super) fn of(bytes: &[u8]) -> Sum {
    Sha256::digest(bytes).into()
}

/// Hashes what is read through it.
pub(super) struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(super) fn new(inner: R) -> Self {
        Hashing { inner, hasher: Sha256::new() }
    }

    /// Reads what is left and answers the digest of all of it.
    pub(super) fn finish(mut self) -> io::Result<Sum> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hasher.finalize().into())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_sha256_is_one() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(parse(&format!("sha256:{hex}")), Some(of(b"abc")));
        for wrong in [
            hex.to_owned(),
            format!("sha256:{hex}00"),
            format!("sha512:{hex}"),
            format!("sha256:é{}", &hex[2..]),
        ] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }
}
