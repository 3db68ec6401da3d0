//! `touch`, `truncate -s 0`.

use super::{Job, Ran, Tally, empty_over, not_followed};
use crate::shell::disk::Found;
use crate::shell::files::DiskError;
use crate::tool::options;

/// `touch`
pub(in crate::tool) fn touch(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "acm", "tdr", &["no-create", "date=", "reference="]) else {
        return not_followed(job);
    };
    let mut tally = Tally::default();
    let by = job.origin.clone();
    for operand in &parsed.operands {
        let found = job.shell.find_text(operand, true);
        match job.shell.writable_found(&found) {
            Ok((_, true)) => {}
            Ok((_, false)) if operand.raw().ends_with('/') => {
                tally.fail(job, &operand.display(), "there is no such directory");
            }
            Ok((at, false)) => {
                if !parsed.has(&["c", "no-create"]) {
                    let empty = job.new_text("");
                    job.shell.put_file(&at, empty, 0o666, &by);
                }
            }
            Err(DiskError::Unsure(_)) => tally.unsure = true,
            Err(DiskError::Fails) => match found {
                Found::Node(node) if node.is_dir() => {}
                _ => tally.fail(job, &operand.display(), "it cannot be written"),
            },
        }
    }
    tally.ran()
}

/// `truncate -s 0`
pub(in crate::tool) fn truncate(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "c", "s", &["size="]) else { return not_followed(job) };
    if parsed.value(&["s", "size"]).and_then(|t| t.known()) != Some("0") {
        return not_followed(job);
    }
    let mut tally = Tally::default();
    for operand in &parsed.operands {
        empty_over(job, operand, &mut tally);
    }
    tally.ran()
}
