//! The figures as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Facts;
use super::rounds::Figures;
use super::suite::Suite;

type All = BTreeMap<(&'static str, &'static str), Figures>;

/// One of a competitor's figures.
type Figure = fn(&Figures) -> f64;

/// A claim: one figure over another of the same run, against a bound.
struct Claim {
    words: &'static str,
    over: (&'static str, &'static str),
    under: (&'static str, &'static str),
    /// Which figure is compared.
    of: Figure,
    bound: Bound,
}

/// How a ratio is held against its bound.
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

fn claims() -> Vec<Claim> {
    use Bound::{AtLeast, AtMost};
    let claim = |words, over, under, of, bound| Claim { words, over, under, of, bound };
    let wall: Figure = Figures::wall;
    let cpu: Figure = Figures::cpu;
    let bytes = |f: &Figures| f.bytes as f64;
    let peak = |f: &Figures| f.peak as f64;
    let (us, crane) = ("imgscan", "crane export | tar");
    vec![
        claim(
            "big gzip image, time over the limit",
            (us, "big-gzip"),
            ("limit: inflate only", "big-gzip"),
            wall,
            AtMost(1.5),
        ),
        claim(
            "big gzip image, times faster than `crane export`",
            (crane, "big-gzip"),
            (us, "big-gzip"),
            wall,
            AtLeast(7.5),
        ),
        claim(
            "big gzip image, times less CPU than `crane export`",
            (crane, "big-gzip"),
            (us, "big-gzip"),
            cpu,
            AtLeast(4.7),
        ),
        claim(
            "big gzip image, times faster than syft",
            ("syft", "big-gzip"),
            (us, "big-gzip"),
            wall,
            AtLeast(12.5),
        ),
        claim(
            "big zstd image, times faster than `crane export`",
            (crane, "big-zstd"),
            (us, "big-zstd"),
            wall,
            AtLeast(4.5),
        ),
        claim(
            "small image, times faster than `crane export`",
            (crane, "small"),
            (us, "small"),
            wall,
            AtLeast(4.5),
        ),
        claim(
            "peak memory, ten times the image over the image",
            (us, "small-x10"),
            (us, "small"),
            peak,
            AtMost(1.1),
        ),
        claim(
            "unchanged tag, time over `crane digest`",
            ("imgscan, cache filled", "big-gzip"),
            ("crane digest", "big-gzip"),
            wall,
            AtMost(1.0),
        ),
        claim(
            "eStargz, bytes over those of the full image",
            (us, "big-estargz"),
            (us, "big-gzip"),
            bytes,
            AtMost(1.0 / 120.0),
        ),
        claim(
            "eStargz, time over that of the full image",
            (us, "big-estargz"),
            (us, "big-gzip"),
            wall,
            AtMost(0.25),
        ),
        claim(
            "zstd:chunked, bytes over those of the full image",
            (us, "big-chunked"),
            (us, "big-zstd"),
            bytes,
            AtMost(1.0 / 120.0),
        ),
        claim(
            "zstd:chunked, time over that of the full image",
            (us, "big-chunked"),
            (us, "big-zstd"),
            wall,
            AtMost(0.25),
        ),
        claim(
            "fifty images on one base, time over one image of all their layers",
            ("imgscan, all fifty", "fleet-union"),
            (us, "fleet-union"),
            wall,
            AtMost(1.1),
        ),
        claim(
            "`imgscan config`, time over `crane config`",
            ("imgscan config", "big-gzip"),
            ("crane config", "big-gzip"),
            wall,
            AtMost(1.0),
        ),
    ]
}

/// The page.
pub fn render(facts: &[Facts], figures: &All, suite: &Suite, rounds: usize) -> String {
    let mut text = String::from(
        "# Performance\n\nWritten by `cargo xtask bench`; the figures are of one machine and one run, so compare \
         ratios, not seconds.\nEverything runs side by side in alternating rounds, against Debian's \
         `docker-registry` on loopback with its store in memory.\nWall and CPU are the least of the rounds (a \
         neighbour on the machine can only add), `median` is that of the wall times. Tools that unpack everything to \
         disk or catalogue every file run once.\n\n",
    );
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let missing = suite.missing();
    let left_out = if missing.is_empty() { "none".to_owned() } else { missing.join(", ") };
    // Writing to a string does not fail.
    let _ = writeln!(text, "Rounds: {rounds}. Cores: {cores}. Left out because not installed: {left_out}.\n");
    text.push_str("## Images\n\n| image | layers | MB | largest layer, MB |\n|---|---:|---:|---:|\n");
    for f in facts.iter().filter(|f| !f.name.starts_with("fleet/") || f.name == "fleet/00") {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let _ = writeln!(text, "| {} | {} | {:.1} | {:.1} |", f.name, f.layers, mb(f.bytes), mb(f.largest));
    }
    text.push_str("\n## Ratios\n\n| what | ratio | wanted | |\n|---|---:|---:|---|\n");
    for claim in claims() {
        let (Some(over), Some(under)) = (figures.get(&claim.over), figures.get(&claim.under)) else {
            continue;
        };
        let ratio = (claim.of)(over) / (claim.of)(under);
        let (wanted, holds) = match claim.bound {
            Bound::AtMost(most) => (format!("≤ {}", short(most)), ratio <= most),
            Bound::AtLeast(least) => (format!("≥ {}", short(least)), ratio >= least),
        };
        let mark = if holds { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {} | {} | {wanted} | {mark} |", claim.words, short(ratio));
    }
    text.push_str(
        "\n## Figures\n\n| image | command | wall s | median | CPU s | peak MiB | requests | MB from the registry |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut rows: Vec<_> = figures.iter().collect();
    rows.sort_by_key(|((name, image), _)| (*image, *name));
    for ((name, image), f) in rows {
        let _ = writeln!(
            text,
            "| {image} | {} | {:.3} | {:.3} | {:.2} | {:.1} | {} | {:.3} |",
            name.replace('|', "\\|"),
            f.wall(),
            f.median(),
            f.cpu(),
            f.peak as f64 / f64::from(1 << 20),
            f.requests,
            f.bytes as f64 / 1e6,
        );
    }
    text
}

fn short(ratio: f64) -> String {
    if ratio < 0.05 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}") }
}
