//! Utilities on lines of text: `cat`, `head`, `tail`, `wc`, `uniq`, `tee`, `tac`, `rev`.

use std::ops::Range;

use imgscan_model::{FileView, Shape, Text};

use super::options::{self, Parsed};
use super::{Flavor, Job, Ran, Source};
use crate::shell::descriptor::Description;
use crate::shell::disk::Found;
use crate::shell::files::DiskError;
use crate::texts;

/// Lines of all inputs, each with its newline where it has one, and the status so far. `None` where an input is not
/// known; then a hole was written.
pub(super) fn all_lines(job: &mut Job<'_>, files: &[Text]) -> Result<(Vec<Text>, u8), Ran> {
    let mut lines = Vec::new();
    let mut status = 0;
    for source in job.sources(files) {
        match source {
            Source::Known(text) | Source::Partly(text) => {
                let (ranges, _) = texts::lines(&text);
                if job.charge(1 + ranges.len() as u64 / 4).is_none() {
                    return Err(Ran::Unknown("its input is too long".into()));
                }
                let end = |range: &Range<usize>| (range.end + 1).min(text.len());
                lines.extend(ranges.iter().map(|range| text.slice(range.start..end(range))));
            }
            Source::Unknown(text) => {
                let hole = job.hole(Shape::Any, &text);
                job.out(hole);
                return Err(Ran::Status(0));
            }
            Source::Missing => {
                job.shell.complain();
                status = 1;
            }
        }
    }
    Ok((lines, status))
}

fn whole(job: &Job<'_>, lines: &[Text]) -> Text {
    if lines.is_empty() { job.new_text("") } else { Text::concat(lines.iter()) }
}

/// `cat`
pub(super) fn cat(job: &mut Job<'_>) -> Ran {
    let Some(Parsed { operands, .. }) = options::parse(job.args, "u", "", &[]) else {
        return Ran::Unknown("options of `cat` are not followed".into());
    };
    let mut status = 0;
    let unordered = operands.is_empty() && job.shell.reads_unordered();
    let stdin = [Text::default().respelled("-")];
    let operands = if operands.is_empty() { &stdin[..] } else { &operands };
    for operand in operands {
        if let Some(refuses) = cat_to_itself(job, operand) {
            if !refuses && job.flavor == Flavor::Unseen {
                return Ran::Unknown("it writes to the file that it reads".into());
            }
            if !refuses {
                // Debian's and Alpine's busybox copy until the disk is full.
                return Ran::Never(job.shell.command_text());
            }
            job.shell.complain();
            status = 1;
            continue;
        }
        match job.source(operand) {
            Source::Known(text) | Source::Partly(text) | Source::Unknown(text) => {
                let text = text.handed_on(&job.origin);
                if unordered {
                    let by = job.origin.clone();
                    job.shell.write_unordered(text, &by);
                } else {
                    job.out(text);
                }
            }
            Source::Missing => {
                job.shell.complain();
                status = 1;
            }
        }
    }
    Ran::Status(status)
}

/// Whether `cat` is asked to copy a file that is not empty behind its own end: GNU's refuses (`true`), busybox's goes
/// on without end (`false`).
fn cat_to_itself(job: &Job<'_>, operand: &Text) -> Option<bool> {
    let path = match operand.known() {
        Some("-") => job.shell.description(0).and_then(Description::path)?.to_owned(),
        _ => match job.shell.find_text(operand, true) {
            Found::Node(node) => node.path.to_string(),
            _ => return None,
        },
    };
    let writes = match job.shell.description(1)? {
        Description::File { path: to, writable: true, .. } => **to == *path,
        _ => false,
    };
    let filled = job.shell.world.files.content(&path).map_or(true, |text| !text.is_empty());
    (writes && filled).then_some(job.flavor == Flavor::Gnu)
}

/// A count as `head` and `tail` take it.
enum Count {
    /// The first (or last) so many.
    Of(usize),
    /// `head -n -N`: all but the last; `tail -n +N`: from the Nth on.
    Other(usize),
}

fn count(text: Option<&Text>, tail: bool) -> Option<Count> {
    let Some(text) = text else { return Some(Count::Of(10)) };
    let known = text.known()?;
    match (known.strip_prefix('-'), known.strip_prefix('+')) {
        (Some(n), _) if !tail => n.parse().ok().map(Count::Other),
        (Some(n), _) => n.parse().ok().map(Count::Of),
        (_, Some(n)) if tail => n.parse().ok().map(Count::Other),
        (_, Some(n)) => n.parse().ok().map(Count::Of),
        _ => known.parse().ok().map(Count::Of),
    }
}

/// `-5` for `-n 5`.
fn old_style(args: &[Text]) -> Vec<Text> {
    let mut args = args.to_vec();
    if let Some(first) = args.first_mut()
        && let Some(digits) = first.known().and_then(|a| a.strip_prefix('-'))
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        *first = first.respelled(format!("-n{digits}"));
    }
    args
}

/// `head`
pub(super) fn head(job: &mut Job<'_>) -> Ran {
    ends(job, false)
}

/// `tail`
pub(super) fn tail(job: &mut Job<'_>) -> Ran {
    let follows = job.args.iter().filter_map(|a| a.known()).any(|a| {
        matches!(a, "--follow" | "-F") || a.starts_with('-') && !a.starts_with("--") && a.contains(['f', 'F'])
    });
    if follows {
        return Ran::Never(job.shell.command_text());
    }
    ends(job, true)
}

fn ends(job: &mut Job<'_>, tail: bool) -> Ran {
    let args = old_style(job.args);
    let parsed = options::parse(&args, "q", "nc", &["lines=", "bytes=", "quiet"]);
    let Some(parsed) = parsed.filter(|p| p.operands.len() < 2) else {
        return Ran::Unknown("it is called in a way that is not followed".into());
    };
    let by_bytes = parsed.has(&["c", "bytes"]);
    let wanted = parsed.value(&["n", "lines", "c", "bytes"]);
    if !tail && job.flavor != Flavor::Gnu && wanted.is_some_and(|n| n.raw().starts_with('+')) {
        return Ran::Unknown("only GNU's `head` takes a count with a plus".into());
    }
    let Some(count) = count(wanted, tail) else {
        return Ran::Unknown("how many lines are taken is not known".into());
    };
    if parsed.operands.is_empty() && job.shell.reads_unordered() {
        job.shell.read_all(0);
        return Ran::Unknown("the order of its lines is not known".into());
    }
    if by_bytes {
        return end_bytes(job, &parsed, &count, tail);
    }
    let (lines, status) = match all_lines(job, &parsed.operands) {
        Ok(lines) => lines,
        Err(ran) => return ran,
    };
    let range = chosen(lines.len(), &count, tail);
    let text = whole(job, lines.get(range).unwrap_or(&[]));
    job.out(text);
    Ran::Status(status)
}

fn chosen(len: usize, count: &Count, tail: bool) -> Range<usize> {
    match (count, tail) {
        (Count::Of(n), false) => 0..(*n).min(len),
        (Count::Other(n), false) => 0..len.saturating_sub(*n),
        (Count::Of(n), true) => len.saturating_sub(*n)..len,
        (Count::Other(n), true) => n.saturating_sub(1).min(len)..len,
    }
}

fn end_bytes(job: &mut Job<'_>, parsed: &Parsed, count: &Count, tail: bool) -> Ran {
    let source = job.sources(&parsed.operands).into_iter().next();
    match source {
        Some(Source::Known(text)) => {
            let range = chosen(text.len(), count, tail);
            if !text.raw().is_char_boundary(range.start) || !text.raw().is_char_boundary(range.end) {
                return Ran::Unknown("a character is cut in two".into());
            }
            let text = text.slice(range);
            job.out(text);
            Ran::Status(0)
        }
        Some(Source::Missing) => Ran::Status(1),
        _ => Ran::Unknown("its input is not known".into()),
    }
}

/// `wc -l`, `-w`, `-c`
pub(super) fn wc(job: &mut Job<'_>) -> Ran {
    let parsed = options::parse(job.args, "lwcm", "", &["lines", "words", "bytes"]);
    let Some(parsed) = parsed.filter(|p| p.options.len() == 1 && p.operands.len() < 2) else {
        return Ran::Unknown("how `wc` aligns several numbers differs".into());
    };
    let source = job.sources(&parsed.operands).into_iter().next();
    let lines = parsed.has(&["l", "lines"]);
    let name = parsed.operands.first().map(|file| format!(" {}", file.display())).unwrap_or_default();
    let number = match &source {
        Some(Source::Known(text) | Source::Partly(text)) if lines => text.raw().matches('\n').count(),
        Some(Source::Known(text)) if parsed.has(&["w", "words"]) && text.raw().is_ascii() => {
            text.raw().split_ascii_whitespace().count()
        }
        Some(Source::Known(text)) if parsed.has(&["c", "bytes"]) => text.len(),
        Some(Source::Known(text)) if parsed.has(&["m"]) && text.raw().is_ascii() => text.len(),
        Some(Source::Missing) | None => {
            job.shell.complain();
            return Ran::Status(1);
        }
        Some(Source::Known(text) | Source::Partly(text) | Source::Unknown(text)) => {
            let hole = job.hole(Shape::Number, text);
            let rest = job.new_text(&format!("{name}\n"));
            job.out(Text::concat([&hole, &rest]));
            return Ran::Status(0);
        }
    };
    let text = job.new_text(&format!("{number}{name}\n"));
    job.out(text);
    Ran::Status(0)
}

/// `uniq`
pub(super) fn uniq(job: &mut Job<'_>) -> Ran {
    let parsed = options::parse(job.args, "du", "", &["repeated", "unique"]);
    let Some(parsed) = parsed.filter(|p| p.operands.len() < 2) else {
        return Ran::Unknown("options of `uniq` are not followed".into());
    };
    if job.shell.reads_unordered() && parsed.operands.is_empty() {
        return Ran::Unknown("the order of its lines is not known".into());
    }
    let (lines, status) = match all_lines(job, &parsed.operands) {
        Ok(lines) => lines,
        Err(ran) => return ran,
    };
    let newline = job.new_text("\n");
    let mut out: Vec<Text> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let bare = |line: &Text| line.raw().trim_end_matches('\n').to_owned();
        let mut next = at + 1;
        while let Some(other) = lines.get(next) {
            if line.known().is_none() && other.known().is_none() {
                return Ran::Unknown("whether lines are the same is not known".into());
            }
            if bare(other) != bare(line) {
                break;
            }
            next += 1;
        }
        let repeated = next - at > 1;
        let kept = match (parsed.has(&["d", "repeated"]), parsed.has(&["u", "unique"])) {
            (true, _) => repeated,
            (_, true) => !repeated,
            _ => true,
        };
        if kept {
            let bare = line.slice(0..bare(line).len());
            out.extend([bare, newline.clone()]);
        }
        at = next;
    }
    let text = whole(job, &out);
    job.out(text);
    Ran::Status(status)
}

/// `tac`
pub(super) fn tac(job: &mut Job<'_>) -> Ran {
    let operands = job.args.to_vec();
    let (mut lines, status) = match all_lines(job, &operands) {
        Ok(lines) => lines,
        Err(ran) => return ran,
    };
    if lines.last().is_some_and(|line| !line.raw().ends_with('\n')) {
        return Ran::Unknown("its last line has no newline".into());
    }
    lines.reverse();
    let text = whole(job, &lines);
    job.out(text);
    Ran::Status(status)
}

/// `rev`
pub(super) fn rev(job: &mut Job<'_>) -> Ran {
    let operands = job.args.to_vec();
    let (lines, status) = match all_lines(job, &operands) {
        Ok(lines) => lines,
        Err(ran) => return ran,
    };
    let mut out = Vec::new();
    for line in &lines {
        let Some(known) = line.known().filter(|l| l.is_ascii()) else {
            return Ran::Unknown("a line is not known".into());
        };
        let body = known.trim_end_matches('\n');
        let turned: String = body.chars().rev().collect();
        out.push(line.respelled(format!("{turned}{}", known.get(body.len()..).unwrap_or(""))));
    }
    let text = whole(job, &out);
    job.out(text);
    Ran::Status(status)
}

/// `tee`
pub(super) fn tee(job: &mut Job<'_>) -> Ran {
    let Some(parsed) = options::parse(job.args, "aip", "", &["append", "ignore-interrupts"]) else {
        return Ran::Unknown("options of `tee` are not followed".into());
    };
    let append = parsed.has(&["a", "append"]);
    let by = job.origin.clone();
    let (text, sure) = match job.stdin() {
        Source::Known(text) | Source::Partly(text) => (text.handed_on(&by), true),
        Source::Unknown(text) => (text, false),
        Source::Missing => return Ran::Status(1),
    };
    let input = job.shell.description(0).and_then(Description::path).map(str::to_owned);
    let mut status = 0;
    let mut unsure = false;
    for file in &parsed.operands {
        if let Some(path) = job.shell.writable(file).ok().map(|(path, _)| path)
            && input.as_deref() == Some(&*path)
        {
            if append && sure && !text.is_empty() {
                return Ran::Never(job.shell.command_text());
            }
            job.shell.spoil(&path, "`tee` reads and writes it at the same time", &by);
            return Ran::Unknown("it reads and writes a file at the same time".into());
        }
        match job.shell.writable(file) {
            Ok((path, _)) if !sure => job.shell.spoil(&path, "what `tee` writes to it is not known", &by),
            Ok((path, exists)) => {
                let old = if append && exists { Some(job.shell.world.files.content(&path)) } else { None };
                match old {
                    Some(Err(_)) => job.shell.spoil(&path, "what it held is not known", &by),
                    Some(Ok(old)) => job.shell.put_file(&path, texts::join2(&old, &text), 0o666, &by),
                    None => job.shell.put_file(&path, text.clone(), 0o666, &by),
                }
            }
            Err(DiskError::Fails) => {
                job.shell.complain();
                status = 1;
            }
            Err(DiskError::Unsure(_)) => {
                let device = matches!(job.shell.find_text(file, true), Found::Runtime(_));
                unsure |= !device;
            }
        }
    }
    job.out(text);
    if unsure || job.flavor == Flavor::Unseen && status != 0 { Ran::Unsure } else { Ran::Status(status) }
}
