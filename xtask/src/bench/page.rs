//! The figures as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rounds::Figures;
use super::stages;
use super::suite::Suite;
use super::{Alone, Facts};

type All = BTreeMap<(&'static str, &'static str), Figures>;

/// One of a competitor's figures.
type Figure = fn(&Figures) -> f64;

/// A claim: one figure, or one over another of the same run, against a bound.
struct Claim {
    words: &'static str,
    over: Run,
    /// `None` where the figure itself has a bound.
    under: Option<Run>,
    /// Which figure it is.
    of: Figure,
    bound: Bound,
}

/// A competitor and its image.
type Run = (&'static str, &'static str);

/// How a figure or ratio is held against its bound.
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}
use Bound::{AtLeast, AtMost};

const US: &str = "imgscan";
const CRANE: &str = "crane export | tar";
/// No command, but what is to be fetched: the bytes of the layers, and three requests more than layers.
const IMAGE: &str = "the image";
const BIG: &str = "big-gzip";

fn bytes(f: &Figures) -> f64 {
    f.bytes as f64
}

fn requests(f: &Figures) -> f64 {
    f.requests as f64
}

fn wall_ms(f: &Figures) -> f64 {
    f.wall() * 1e3
}

fn peak_mib(f: &Figures) -> f64 {
    f.peak as f64 / f64::from(1 << 20)
}

fn claims() -> Vec<Claim> {
    let (wall, cpu): (Figure, Figure) = (Figures::wall, Figures::cpu);
    let ratio = |words, over, under, of, bound| Claim { words, over, under: Some(under), of, bound };
    let alone = |words, over, of, bound| Claim { words, over, under: None, of, bound };
    let (big, filled) = ((US, BIG), "imgscan, cache filled");
    let (zstd, small) = ((US, "big-zstd"), (US, "small"));
    let (estargz, chunked) = ((US, "big-estargz"), (US, "big-chunked"));
    vec![
        ratio("big gzip image, time over the limit", big, ("limit: inflate only", BIG), wall, AtMost(1.5)),
        ratio("big gzip image, times faster than `crane export`", (CRANE, BIG), big, wall, AtLeast(7.5)),
        ratio("big gzip image, times less CPU than `crane export`", (CRANE, BIG), big, cpu, AtLeast(4.7)),
        ratio("big gzip image, times faster than syft", ("syft", BIG), big, wall, AtLeast(12.5)),
        ratio(
            "big zstd image, times faster than `crane export`",
            (CRANE, "big-zstd"),
            zstd,
            wall,
            AtLeast(4.5),
        ),
        ratio("small image, times faster than `crane export`", (CRANE, "small"), small, wall, AtLeast(4.5)),
        alone("big gzip image, peak memory in MiB", big, peak_mib, AtMost(24.0)),
        alone("big zstd image, peak memory in MiB", zstd, peak_mib, AtMost(40.0)),
        ratio(
            "peak memory, ten times the image over the image",
            (US, "small-x10"),
            small,
            peak_mib,
            AtMost(1.1),
        ),
        ratio("big gzip image, bytes over those of its layers", big, (IMAGE, BIG), bytes, AtMost(1.0001)),
        ratio("big gzip image, requests over layers + 3", big, (IMAGE, BIG), requests, AtMost(1.0)),
        ratio(
            "unchanged tag, time over `crane digest`",
            (filled, BIG),
            ("crane digest", BIG),
            wall,
            AtMost(1.0),
        ),
        alone("unchanged tag, requests", (filled, BIG), requests, AtMost(1.0)),
        alone("next release, milliseconds", ("imgscan, next release", "big-next"), wall_ms, AtMost(60.0)),
        ratio("eStargz, bytes over those of the full image", estargz, big, bytes, AtMost(1.0 / 120.0)),
        ratio("eStargz, time over that of the full image", estargz, big, wall, AtMost(0.25)),
        ratio("zstd:chunked, bytes over those of the full image", chunked, zstd, bytes, AtMost(1.0 / 120.0)),
        ratio("zstd:chunked, time over that of the full image", chunked, zstd, wall, AtMost(0.25)),
        ratio(
            "fifty images on one base, time over one image of all their layers",
            ("imgscan, all fifty", "fleet-union"),
            (US, "fleet-union"),
            wall,
            AtMost(1.1),
        ),
        alone(
            "incident image from a layout, milliseconds",
            ("imgscan, from a layout", "incident"),
            wall_ms,
            AtMost(10.0),
        ),
        ratio(
            "`imgscan config`, time over `crane config`",
            ("imgscan config", BIG),
            ("crane config", BIG),
            wall,
            AtMost(1.0),
        ),
    ]
}

impl Bound {
    fn words(&self) -> String {
        match self {
            AtMost(most) => format!("≤ {}", short(*most)),
            AtLeast(least) => format!("≥ {}", short(*least)),
        }
    }

    fn holds(&self, value: f64) -> bool {
        match self {
            AtMost(most) => value <= *most,
            AtLeast(least) => value >= *least,
        }
    }
}

/// A line of the table of claims.
fn claim_line(words: &str, value: f64, bound: &Bound) -> String {
    let mark = if bound.holds(value) { "yes" } else { "**no**" };
    format!("| {words} | {} | {} | {mark} |\n", short(value), bound.words())
}

fn ratios(facts: &[Facts], figures: &All, alone: &Alone) -> String {
    let mut text = String::from("\n## Claims\n\n| what | figure | wanted | |\n|---|---:|---:|---|\n");
    let mut all = figures.clone();
    for f in facts {
        let image = Figures { bytes: f.bytes, requests: f.layers as u64 + 3, ..Figures::default() };
        all.insert((IMAGE, f.name), image);
    }
    for claim in claims() {
        let over = all.get(&claim.over).map(claim.of);
        let under = claim.under.map_or(Some(1.0), |run| all.get(&run).map(claim.of));
        if let (Some(over), Some(under)) = (over, under) {
            text.push_str(&claim_line(claim.words, over / under, &claim.bound));
        }
    }
    let of = |name: &str| alone.stages.iter().find(|s| s.form == "gzip" && s.name == name).map(|s| s.seconds);
    if let (Some(one), Some(two)) = (of(stages::ONE_THREAD), of(stages::TWO_THREADS)) {
        text.push_str(&claim_line("one dominant layer, two threads over one", two / one, &AtMost(0.83)));
    }
    let cut = alone.cut.fetched as f64 / alone.cut.image as f64;
    text.push_str(&claim_line(
        "connection cut at half of the largest layer, bytes over those of the image",
        cut,
        &AtMost(1.02),
    ));
    text
}

fn stage_table(alone: &Alone) -> String {
    let mut text = String::from(
        "\n## Stages\n\nOne after another, on the largest blob of the image, from a file in memory.\n\n| form | stage | s | MB/s |\n\
         |---|---|---:|---:|\n",
    );
    for stage in &alone.stages {
        let rate = stage.bytes as f64 / 1e6 / stage.seconds;
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {} | {} | {:.4} | {rate:.0} |", stage.form, stage.name, stage.seconds);
    }
    text
}

/// The page.
pub fn render(facts: &[Facts], figures: &All, alone: &Alone, suite: &Suite, rounds: usize) -> String {
    let mut text = String::from(
        "# Performance\n\nWritten by `cargo xtask bench 5`, which takes ten minutes on two quiet cores; the figures are of one machine and \
         one run, so compare ratios, not seconds. Neighbours on the machine take from what gains by a second core first.\nEverything runs side by side in alternating rounds, against Debian's \
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
    text.push_str(&ratios(facts, figures, alone));
    text.push_str(&stage_table(alone));
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
