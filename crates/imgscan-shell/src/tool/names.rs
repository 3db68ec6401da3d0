//! `basename`, `dirname`.

use imgscan_model::{Shape, Text};

use super::{Job, Ran};

/// `basename path [suffix]`
pub(super) fn basename(job: &mut Job<'_>) -> Ran {
    let args = match job.args.split_first() {
        Some((first, rest)) if first.known() == Some("--") => rest,
        _ => job.args,
    };
    let (path, suffix) = match args {
        [path] => (path, None),
        [path, suffix] => (path, Some(suffix)),
        _ => return Ran::Unknown("`basename` is called in a way that is not followed".into()),
    };
    if path.raw().starts_with('-') {
        return Ran::Unknown("options of `basename` are not followed".into());
    }
    let (Some(known), Some(suffix)) = (path.known(), suffix.map_or(Some(""), |s| s.known())) else {
        let hole = job.hole(Shape::Any, path);
        let newline = job.new_text("\n");
        job.out(Text::concat([&hole, &newline]));
        return Ran::Status(0);
    };
    let trimmed = known.trim_end_matches('/');
    let base = if trimmed.is_empty() && !known.is_empty() {
        path.slice(0..1)
    } else {
        let start = trimmed.rfind('/').map_or(0, |at| at + 1);
        let name = trimmed.get(start..).unwrap_or("");
        let kept = name.strip_suffix(suffix).filter(|n| !n.is_empty()).unwrap_or(name);
        path.slice(start..start + kept.len())
    };
    let newline = job.new_text("\n");
    job.out(Text::concat([&base, &newline]));
    Ran::Status(0)
}

/// `dirname paths`
pub(super) fn dirname(job: &mut Job<'_>) -> Ran {
    let args = match job.args.split_first() {
        Some((first, rest)) if first.known() == Some("--") => rest,
        _ => job.args,
    };
    if args.is_empty() {
        return Ran::Status(1);
    }
    for path in args {
        if path.raw().starts_with('-') {
            return Ran::Unknown("options of `dirname` are not followed".into());
        }
        let newline = job.new_text("\n");
        let dir = match path.known() {
            None => job.hole(Shape::Any, path),
            Some(known) => directory(path, known),
        };
        job.out(Text::concat([&dir, &newline]));
    }
    Ran::Status(0)
}

fn directory(path: &Text, known: &str) -> Text {
    let trimmed = known.trim_end_matches('/');
    if trimmed.is_empty() {
        return if known.is_empty() { path.respelled(".") } else { path.slice(0..1) };
    }
    match trimmed.rfind('/') {
        None => path.respelled("."),
        Some(at) => {
            let dir = trimmed.get(..at).unwrap_or("").trim_end_matches('/');
            if dir.is_empty() { path.slice(0..1) } else { path.slice(0..dir.len()) }
        }
    }
}
