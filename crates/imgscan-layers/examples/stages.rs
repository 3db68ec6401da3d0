//! `stages BLOB`: how long each stage of reading one layer takes, the least of three times, as lines of words, seconds and
//! bytes. `cargo xtask bench` prints them in its page.

#![allow(clippy::print_stdout)] // The lines are what it is for.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read, copy, sink};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;
use imgscan_layers::{Keep, LayerError, LayerIndex, read_ahead, read_layer};
use sha2::{Digest, Sha256};

const BUFFER: usize = 128 << 10;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).ok_or("usage: stages BLOB")?;
    let path = Path::new(&path);
    let size = path.metadata()?.len();
    let is_gzip = first_bytes(path)? == [0x1f, 0x8b];
    stage("SHA-256 of the blob", size, || hashed(path).map(drop).map_err(Failure::from))?;
    stage("decompress", size, || {
        let mut blob = BufReader::with_capacity(BUFFER, File::open(path)?);
        let mut out = vec![0; BUFFER];
        match is_gzip {
            true => drain(MultiGzDecoder::new(blob), &mut out),
            false => drain(zstd::stream::read::Decoder::new(&mut blob)?, &mut out),
        }
    })?;
    stage("decompress, walk the tar, keep small texts", size, || {
        index(File::open(path)?).map(drop).map_err(Failure::from)
    })?;
    stage("all of it on one thread", size, || index(Hashed::open(path)?).map(drop).map_err(Failure::from))?;
    stage("all of it, received and hashed on a second thread", size, || {
        read_ahead(Hashed::open(path)?, index).map(drop).map_err(Failure::from)
    })?;
    let index = index(File::open(path)?)?;
    let mut stored = Vec::new();
    let bytes = index.memory_bytes();
    stage("write the index", bytes, || {
        stored.clear();
        Ok(index.write_to(&mut stored)?)
    })?;
    stage("read the index", bytes, || {
        let read = LayerIndex::read_from(stored.as_slice(), &Keep::default_rules());
        read.map(drop).map_err(Failure::from)
    })
}

/// Runs a stage three times and prints the least of the times.
fn stage(name: &str, bytes: u64, mut run: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let mut least = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        run()?;
        least = least.min(started.elapsed());
    }
    println!("{name}\t{:.6}\t{bytes}", least.as_secs_f64());
    Ok(())
}

fn index(blob: impl Read) -> Result<LayerIndex, LayerError> {
    read_layer(blob, "", &Keep::default_rules())
}

fn drain(mut from: impl Read, buffer: &mut [u8]) -> Result<(), Failure> {
    while from.read(buffer)? > 0 {}
    Ok(())
}

fn first_bytes(path: &Path) -> io::Result<[u8; 2]> {
    let mut bytes = [0; 2];
    File::open(path)?.read_exact(&mut bytes).map(|()| bytes)
}

fn hashed(path: &Path) -> io::Result<Vec<u8>> {
    let mut blob = BufReader::with_capacity(BUFFER, Hashed::open(path)?);
    copy(&mut blob, &mut sink())?;
    Ok(blob.into_inner().hasher.finalize().to_vec())
}

/// A blob that is hashed while it is read, as one from a registry is.
struct Hashed {
    file: File,
    hasher: Sha256,
}

impl Hashed {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Hashed { file: File::open(path)?, hasher: Sha256::new() })
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
