//! The dialect against a real nginx on this machine. Runs with `IMGSCAN_TRUTH=1` (`cargo xtask truth nginx`) and as
//! root, because nginx is run in a root directory of its own; a silent pass otherwise.
//!
//! `IMGSCAN_NGINX` names another program than `/usr/sbin/nginx` (one built from the sources, with the paths and modules
//! of the official image), `IMGSCAN_SEED` and `IMGSCAN_COUNT` choose the random configurations.

mod cases;
mod configurations;
mod generate;
mod given;
mod lexing;
mod random;
mod real;
mod requests;
mod statements;

use imgscan_model::{Server, StartStatus};
use real::{Content, Files, Real, Verdict};

/// A real nginx, where the truth is asked for.
fn real() -> Option<Real> {
    std::env::var_os("IMGSCAN_TRUTH").map(|_| Real::prepare())
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// A main file and one that it may include, with what they may refer to.
fn files(main: &str, included: &str) -> Files {
    const MIME: &str = "types {\n text/html html htm;\n text/css css;\n image/png png;\n}\n";
    let file = |path: &str, text: &str| (format!("/etc/nginx/{path}"), Content::Bytes(text.into()));
    [
        file("nginx.conf", main),
        file("snippets/a.conf", included),
        file("mime.types", MIME),
        file("htpasswd", "a:b\n"),
    ]
    .into()
}

/// Refusals that hang on the machine: names that it cannot resolve, files that a mount may bring, engines that OpenSSL
/// does not find.
fn hangs_on_the_machine(refusal: &str) -> bool {
    ["host not found in", "ENGINE_by_id(", "open() "].iter().any(|start| refusal.starts_with(start))
}

/// How our answer compares with nginx's.
#[derive(Debug, PartialEq)]
enum Compared {
    Equal,
    /// Ours was an honest "not known".
    Unknown(String),
    /// The same verdict, other words.
    Words(String),
    /// Another verdict.
    Wrong(String),
}

fn compare(ours: &Server, theirs: &Verdict) -> Compared {
    let said = ours.start.message.clone().unwrap_or_default();
    match (ours.start.status, &theirs.refusal) {
        (StartStatus::Unknown, Some(refusal)) if hangs_on_the_machine(refusal) => Compared::Equal,
        (StartStatus::Unknown, _) => Compared::Unknown(said),
        (StartStatus::Fails, Some(refusal)) if said == *refusal => Compared::Equal,
        // nginx dies of a file that includes itself, without a word.
        (StartStatus::Fails, Some(refusal)) if refusal.is_empty() => Compared::Equal,
        (StartStatus::Fails, Some(refusal)) if hangs_on_the_machine(refusal) => Compared::Equal,
        (StartStatus::Fails, Some(refusal)) => Compared::Words(format!("said `{said}`, nginx `{refusal}`")),
        (StartStatus::Fails, None) => Compared::Wrong(format!("said `{said}`, nginx takes it")),
        // The address belongs to another machine.
        (_, Some(refusal)) if refusal.starts_with("bind() to ") => Compared::Equal,
        (_, Some(refusal)) => Compared::Wrong(format!("takes it, nginx `{refusal}`")),
        (_, None) => warnings(ours, theirs),
    }
}

/// The warnings of a configuration that is taken.
fn warnings(ours: &Server, theirs: &Verdict) -> Compared {
    let mut said: Vec<&str> =
        ours.problems.iter().filter_map(|p| p.message.strip_prefix("nginx warns: ")).collect();
    let mut heard: Vec<&str> = theirs.warnings.iter().map(String::as_str).collect();
    for list in [&mut said, &mut heard] {
        // How well a hash fills hangs on all of its keys, which is not computed; such a hash works all the same.
        list.retain(|text| !text.starts_with("could not build optimal "));
        list.sort_unstable();
        list.dedup();
    }
    if said == heard { Compared::Equal } else { Compared::Words(format!("warns {said:?}, nginx {heard:?}")) }
}
