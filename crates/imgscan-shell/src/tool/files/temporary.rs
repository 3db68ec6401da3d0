//! `mktemp`.

use imgscan_model::{Need, Shape, Text};

use super::{Job, Ran, not_followed};
use crate::shell::disk::Found;
use crate::tool::options;

/// `mktemp`: the name is not known; what is done under it is followed all the same.
pub(in crate::tool) fn mktemp(job: &mut Job<'_>) -> Ran {
    let long = ["directory", "dry-run", "tmpdir=", "suffix="];
    let Some(parsed) = options::parse(job.args, "dqut", "p", &long) else { return not_followed(job) };
    if parsed.has(&["suffix", "dry-run", "u", "tmpdir"]) || parsed.operands.len() > 1 {
        return not_followed(job);
    }
    let tmpdir =
        job.shell.value("TMPDIR").and_then(|t| t.known().map(str::to_owned)).filter(|t| !t.is_empty());
    let under = match parsed.value(&["p"]) {
        Some(dir) => dir.known().map(str::to_owned),
        None => Some(tmpdir.unwrap_or_else(|| "/tmp".into())),
    };
    let Some(under) = under else { return not_followed(job) };
    let template = match parsed.operands.first() {
        None => format!("{under}/tmp.XXXXXXXXXX"),
        Some(text) => match text.known() {
            Some(known) if parsed.has(&["t", "p"]) => format!("{under}/{known}"),
            Some(known) => known.to_owned(),
            None => return not_followed(job),
        },
    };
    let stem = template.trim_end_matches('X').to_owned();
    if template.len() - stem.len() < 3 {
        return Ran::Status(1);
    }
    let number = job.shell.world.temporary.len();
    let name = format!("{stem}\u{1}{number}");
    let by = job.origin.clone();
    match job.shell.find(&name, false) {
        Found::Missing { at: Some(at) } => {
            if job.shell.may_change_names(&at).is_err() {
                return Ran::Status(1);
            }
            if parsed.has(&["d", "directory"]) {
                job.shell.put_dir(&at, 0o700, &by);
                job.shell.world.files.set_mode(&at, 0o700);
            } else {
                let empty = job.new_text("");
                job.shell.put_file(&at, empty, 0o600, &by);
            }
            let need = vec![Need::Other("a random name".into())];
            let hole = crate::texts::symbol("XXXXXXXXXX", Shape::Word, need, &by);
            let text = Text::concat([&job.new_text(&stem), &hole]);
            job.shell.world.temporary.push((text.clone(), name));
            let newline = job.new_text("\n");
            job.out(Text::concat([&text, &newline]));
            Ran::Status(0)
        }
        _ => Ran::Status(1),
    }
}
