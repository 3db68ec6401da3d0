//! `rm`.

use imgscan_model::path;

use super::{Job, Ran, Tally, not_followed, tells};
use crate::shell::disk::Found;
use crate::tool::Flavor;
use crate::tool::options;

/// `rm [-r] [-f]`
pub(in crate::tool) fn rm(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "rRfvd", "", &["recursive", "force", "verbose"]) else {
        return not_followed(job);
    };
    let recursive = parsed.has(&["r", "R", "recursive"]);
    let force = parsed.has(&["f", "force"]);
    let mut tally = Tally::default();
    if parsed.has(&["v", "verbose"]) {
        tells(job);
    }
    for operand in &parsed.operands {
        let name = operand.raw().trim_end_matches('/').to_owned();
        let root = name.is_empty() && !operand.is_empty();
        let refused = root || matches!(path::name(&name), "." | "..");
        match job.shell.find_text(operand, false) {
            // busybox refuses before it looks.
            _ if refused && job.flavor == Flavor::Busybox => {
                tally.fail(job, &operand.display(), "it is refused")
            }
            Found::Node(_) if refused => tally.fail(job, &operand.display(), "it is refused"),
            Found::Node(node) if node.is_dir() && !recursive => {
                tally.fail(job, &operand.display(), "it is a directory");
            }
            Found::Node(node) => {
                if tally.may_change(job, &node.path) {
                    job.shell.take_away(&node.path);
                }
            }
            Found::Missing { .. } | Found::Blocked(_) if force => {}
            Found::Missing { .. } | Found::Blocked(_) => {
                tally.fail(job, &operand.display(), "there is no such file");
            }
            Found::Runtime(_) => tally.unsure = true,
            Found::Unknown(_) => {
                tally.unsure = true;
                let by = job.origin.clone();
                job.shell.problem(by, format!("which file is removed is not known: `{}`", operand.display()));
            }
        }
    }
    tally.ran()
}
