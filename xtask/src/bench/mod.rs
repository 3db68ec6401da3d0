//! `cargo xtask bench [ROUNDS] [--keep] [--only IMAGE] [--binary FILE]`: imgscan, other tools and the raw limit side by
//! side, on the same images from the same registry on loopback, everything in memory. `--keep` leaves the images for the
//! next time; `--binary` measures an imgscan that was built before. Five rounds take ten minutes on two quiet cores, images and
//! builds not counted.

mod cut;
mod forms;
mod images;
mod page;
mod rounds;
mod stages;
mod suite;
mod trees;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::e2e::registry::Registry;
use crate::images::target;
use crate::{Failure, run as run_program};
use forms::Form;
use images::pack;
use rounds::Notes;

/// What is known of an image.
pub(crate) struct Facts {
    /// Its repository in the registry.
    pub(crate) name: &'static str,
    /// Number of its layers.
    pub(crate) layers: usize,
    /// Bytes of its blobs.
    pub(crate) bytes: u64,
    /// Bytes of its largest blob.
    pub(crate) largest: u64,
    /// Digest of that blob.
    pub(crate) digest: String,
}

/// Runs the comparison and writes `docs/performance.md`.
pub fn run(words: &[String]) -> Result<(), Failure> {
    let rounds = words.iter().find_map(|w| w.parse().ok()).unwrap_or(5);
    let keep = words.iter().any(|w| w == "--keep");
    let value = |option: &str| words.iter().position(|w| w == option).and_then(|at| words.get(at + 1));
    let only = value("--only");
    let work = work_dir();
    fs::create_dir_all(&work)?;
    let notes = Notes(work.join("notes.json"));
    let registry = Registry::start_noting(&work, &notes.0)?;
    let facts = images(&registry, &work)?;
    let binary = match value("--binary") {
        Some(path) => Path::new(path).canonicalize()?,
        None => {
            run_program("cargo", &["build", "--quiet", "--release", "--package", "imgscan"])?;
            target().canonicalize()?.join("release/imgscan")
        }
    };
    let suite = suite::Suite::new(registry.address(), &binary, &work)?;
    let chosen: Vec<_> = suite
        .competitors()
        .into_iter()
        .filter(|c| only.is_none_or(|only| c.image.contains(only.as_str())))
        .collect();
    let figures = rounds::run(&chosen, rounds, &notes, &work)?;
    let alone = Alone {
        stages: stages::run(&work, &largest_blobs(&facts))?,
        cut: cut::run(&binary, &pack(&images::application("1"), Form::Gzip)?.with(&pack_cut()?), &work)?,
    };
    let text = page::render(&facts, &figures, &alone, &suite, rounds);
    match only {
        Some(_) => println!("{text}"),
        None => fs::write(crate::root().join("docs/performance.md"), text)?,
    }
    drop(registry);
    if !keep {
        fs::remove_dir_all(&work)?;
    }
    Ok(())
}

/// What is measured outside of the rounds.
pub(crate) struct Alone {
    /// The stages of reading a layer.
    pub(crate) stages: Vec<stages::Stage>,
    /// A connection that is cut.
    pub(crate) cut: cut::Cut,
}

/// A layer that takes long enough to be cut in its middle.
fn pack_cut() -> Result<images::Layers, Failure> {
    const CUT: u64 = 64 << 20;
    let tree = trees::of_machine("RUN pip install science", &["/usr/lib/x86_64-linux-gnu"], CUT)?;
    pack(&[tree], Form::Gzip)
}

/// The largest blobs of the gzip and the zstd image.
fn largest_blobs(facts: &[Facts]) -> Vec<(&'static str, &str)> {
    let of = |form, name: &str| Some((form, facts.iter().find(|f| f.name == name)?.digest.as_str()));
    [of("gzip", "big-gzip"), of("zstd", "big-zstd")].into_iter().flatten().collect()
}

/// Memory, where the machine offers it as a file system: a disk would be measured with its neighbours.
fn work_dir() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.join("imgscan-bench") } else { std::env::temp_dir().join("imgscan-bench") }
}

/// Builds and pushes every image that the registry does not hold from before.
fn images(registry: &Registry, work: &Path) -> Result<Vec<Facts>, Failure> {
    let known = work.join("images.txt");
    if let Ok(text) = fs::read_to_string(&known) {
        let facts: Vec<Facts> = text.lines().filter_map(read_facts).collect();
        if facts.len() == suite::IMAGES.len() + suite::FLEET.len() {
            return Ok(facts);
        }
    }
    let mut facts = Vec::new();
    let mut push = |name: &'static str, layers: &images::Layers| -> Result<(), Failure> {
        eprintln!("{name}: {} layers, {} MB", layers.count(), layers.bytes() / 1_000_000);
        let dir = layers.write(&work.join("layout"))?;
        registry.push(&dir, name, "latest")?;
        fs::remove_dir_all(dir)?;
        let (largest, digest) = layers.largest();
        facts.push(Facts { name, layers: layers.count(), bytes: layers.bytes(), largest, digest });
        Ok(())
    };
    let large = images::large()?;
    let gzip = pack(&large, Form::Gzip)?;
    push("big-gzip", &gzip)?;
    let next = pack(&images::application("2"), Form::Gzip)?;
    push("big-next", &gzip.first(gzip.count() - next.count()).with(&next))?;
    let base = gzip.first(2);
    let mut union = gzip.first(2);
    for (name, release) in suite::FLEET.iter().zip(100..) {
        let own = pack(&images::application(&format!("{release}")), Form::Gzip)?;
        push(name, &base.with(&own))?;
        union = union.with(&own);
    }
    push("fleet-union", &union)?;
    push("dominant", &gzip.largest_alone())?;
    drop(gzip);
    push("big-zstd", &pack(&large, Form::Zstd)?)?;
    push("big-estargz", &pack(&large, Form::Estargz)?)?;
    push("big-chunked", &pack(&large, Form::ZstdChunked)?)?;
    let small = pack(&images::small()?, Form::Gzip)?;
    push("small", &small)?;
    push("small-x10", &small.times(10))?;
    let lines: Vec<String> = facts
        .iter()
        .map(|f| format!("{} {} {} {} {}", f.name, f.layers, f.bytes, f.largest, f.digest))
        .collect();
    fs::write(known, lines.join("\n"))?;
    Ok(facts)
}

fn read_facts(line: &str) -> Option<Facts> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let name = suite::IMAGES.iter().chain(&suite::FLEET).find(|known| **known == name)?;
    let mut number = || words.next()?.parse::<u64>().ok();
    let (layers, bytes, largest) = (usize::try_from(number()?).ok()?, number()?, number()?);
    Some(Facts { name, layers, bytes, largest, digest: words.next()?.to_owned() })
}

/// Whether a program is there.
pub(crate) fn installed(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .is_ok_and(|o| o.status.success())
}
