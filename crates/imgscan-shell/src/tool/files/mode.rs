//! `chmod`.

use imgscan_model::{Node, Text};

use super::{Job, Ran, Tally, below, not_followed};

/// `chmod`
pub(in crate::tool) fn chmod(job: &mut Job<'_>) -> Ran {
    // `-x` and the like are modes.
    let looks_like_mode = |a: &Text| {
        a.known().is_some_and(|a| {
            a.starts_with('-') && a.len() > 1 && a.bytes().skip(1).all(|b| b"rwxXst".contains(&b))
        })
    };
    let (flags, rest): (Vec<Text>, Vec<Text>) =
        job.args.iter().cloned().partition(|a| a.raw().starts_with('-') && !looks_like_mode(a));
    let recursive = flags.iter().any(|f| f.raw().contains('R') || f.raw() == "--recursive");
    let known = flags
        .iter()
        .all(|f| matches!(f.raw(), "-R" | "--recursive" | "-f" | "-Rf" | "-fR" | "-v" | "-c" | "--"));
    let Some((mode, files)) = rest.split_first().filter(|_| known) else { return not_followed(job) };
    let Some(mode) = mode.known().map(str::to_owned) else {
        for file in files {
            doubt_mode(job, file);
        }
        return Ran::Unsure;
    };
    let mut tally = Tally::default();
    for file in files {
        let Some(node) = tally.operand(job, file, true) else { continue };
        let mut nodes = vec![node];
        if recursive {
            below(job, &mut nodes);
        }
        for node in nodes {
            let own = job.shell.local.who.uid.is_none_or(|uid| uid == 0 || uid == node.uid);
            if !own {
                tally.fail(job, &node.path, "it belongs to somebody else");
                continue;
            }
            match new_mode(&mode, &node, job.shell.local.umask.unwrap_or(0o022)) {
                Some(mode) => job.shell.world.files.set_mode(&node.path, mode),
                None => tally.unsure = true,
            }
        }
        job.shell.files_changed();
    }
    tally.ran()
}

fn doubt_mode(job: &mut Job<'_>, file: &Text) {
    let by = job.origin.clone();
    job.shell.problem(by, format!("which mode `{}` gets is not known", file.display()));
}

/// The mode that `chmod` gives: octal, or clauses like `u+x,go-w`.
fn new_mode(text: &str, node: &Node, umask: u32) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = node.mode;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = (clause.get(..at)?, clause.get(at..)?);
        let mut mask = 0;
        for c in who.chars() {
            mask |= match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let by_umask = if who.is_empty() {
            mask = 0o7777;
            !umask | 0o7000
        } else {
            0o7777
        };
        let op = rest.chars().next()?;
        let mut bits = 0;
        for c in rest.chars().skip(1) {
            bits |= match c {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if node.is_dir() || node.mode & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                _ => return None,
            };
        }
        let bits = bits & mask & by_umask;
        mode = match op {
            '+' => mode | bits,
            '-' => mode & !bits,
            _ => (mode & !(mask & 0o777)) | bits,
        };
    }
    Some(mode)
}
