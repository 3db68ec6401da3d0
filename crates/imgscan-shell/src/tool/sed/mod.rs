//! `sed`, as far as its commands and expressions are read with certainty; else what it writes is not known.

mod read;
mod replace;
mod run;
mod script;

use imgscan_model::{FileView, Text};

use super::{Flavor, Job, Ran, Source};
use crate::shell::disk::Found;
use crate::texts;
use script::Script;

/// How `sed` was called.
#[derive(Default)]
struct Options {
    quiet: bool,
    extended: bool,
    separate: bool,
    /// `-i`, with its suffix.
    in_place: Option<Text>,
    scripts: Vec<Text>,
    files: Vec<Text>,
}

/// `sed`
pub(super) fn sed(job: &mut Job<'_>) -> Ran {
    let Some(options) = options(job) else {
        return lose(job, &[], "options of `sed` are not followed");
    };
    let source = texts::joined(&options.scripts, &job.new_text("\n"));
    let script = Script::read(&source, options.extended, job.flavor == Flavor::Gnu);
    match (script, &options.in_place) {
        (Some(script), Some(suffix)) => in_place(job, &script, &options, &suffix.clone()),
        (Some(script), None) => filter(job, &script, &options),
        (None, _) => {
            if let Some(suffix) = &options.in_place {
                doubt_backups(job, &options.files, suffix);
            }
            let files = options.files.clone();
            lose(job, if options.in_place.is_some() { &files } else { &[] }, "its script is not followed")
        }
    }
}

/// Whether `sed` comes to write its backups is not known.
fn doubt_backups(job: &mut Job<'_>, files: &[Text], suffix: &Text) {
    for file in files {
        let backup = texts::join2(file, suffix);
        match job.shell.find_text(&backup, false) {
            Found::Missing { at: Some(at) } if !suffix.is_empty() => {
                job.shell.world.files.doubt(&at, "whether `sed` writes a backup is not known");
                job.shell.files_changed();
            }
            Found::Node(node) if !suffix.is_empty() => {
                let by = job.origin.clone();
                job.shell.spoil(&node.path, "whether `sed` writes a backup is not known", &by);
            }
            _ => {}
        }
    }
}

/// What it does is not known: files that it edits in place are not known either.
fn lose(job: &mut Job<'_>, files: &[Text], reason: &str) -> Ran {
    let by = job.origin.clone();
    let edits = job.args.iter().any(|a| a.raw().starts_with("-i") || a.raw().starts_with("--in-place"));
    let named: Vec<Text> = if files.is_empty() && edits { job.args.to_vec() } else { files.to_vec() };
    for file in named {
        if let Found::Node(node) = job.shell.find_text(&file, true)
            && node.is_file()
        {
            let path = node.path.to_string();
            job.shell.spoil(&path, format!("`sed` edits it: {reason}"), &by);
        }
    }
    Ran::Unknown(format!("`sed`: {reason}"))
}

fn options(job: &Job<'_>) -> Option<Options> {
    let mut options = Options::default();
    let mut words: Vec<Text> = Vec::new();
    let mut args = job.args.iter();
    let mut no_more = false;
    let mut given = false;
    while let Some(arg) = args.next() {
        let raw = arg.raw();
        if no_more || !raw.starts_with('-') || raw == "-" {
            words.push(arg.clone());
            continue;
        }
        if raw == "--" {
            no_more = true;
            continue;
        }
        if let Some(long) = raw.strip_prefix("--") {
            match long.split('=').next()? {
                "quiet" | "silent" => options.quiet = true,
                "regexp-extended" => options.extended = true,
                "separate" => options.separate = true,
                "unbuffered" => {}
                "in-place" => {
                    let at = raw.find('=').map_or(raw.len(), |at| at + 1);
                    options.in_place = Some(arg.slice(at..raw.len()));
                }
                "expression" => {
                    given = true;
                    match raw.find('=') {
                        Some(at) => options.scripts.push(arg.slice(at + 1..raw.len())),
                        None => options.scripts.push(args.next()?.clone()),
                    }
                }
                _ => return None,
            }
            continue;
        }
        for (at, letter) in raw.char_indices().skip(1) {
            match letter {
                'n' => options.quiet = true,
                'E' | 'r' => options.extended = true,
                's' => options.separate = true,
                'u' => {}
                'i' => {
                    options.in_place = Some(arg.slice(at + 1..raw.len()));
                    break;
                }
                'e' => {
                    given = true;
                    let rest = arg.slice(at + 1..raw.len());
                    options.scripts.push(if rest.is_empty() { args.next()?.clone() } else { rest });
                    break;
                }
                _ => return None,
            }
        }
    }
    let mut words = words.into_iter();
    if !given {
        options.scripts.push(words.next()?);
    }
    options.files = words.collect();
    Some(options)
}

/// Output to the standard output.
fn filter(job: &mut Job<'_>, script: &Script, options: &Options) -> Ran {
    let mut inputs = Vec::new();
    let mut status = 0;
    for source in job.sources(&options.files) {
        match source {
            Source::Known(text) | Source::Partly(text) => inputs.push(text),
            Source::Missing => {
                job.shell.complain();
                status = 2;
            }
            Source::Unknown(text) => {
                if script.is_harmless() {
                    return Ran::Unknown("`sed`: its input is not known".into());
                }
                let hole = job.hole(imgscan_model::Shape::Any, &text);
                job.out(hole);
                return if script.may_fail() { Ran::Unsure } else { Ran::Status(0) };
            }
        }
    }
    let separate = options.separate;
    let groups: Vec<Vec<Text>> =
        if separate { inputs.into_iter().map(|t| vec![t]).collect() } else { vec![inputs] };
    let mut out = Vec::new();
    for group in groups {
        match run::run(script, &group, options.quiet, job) {
            Some(done) => {
                out.push(done.text);
                if let Some(code) = done.quit {
                    status = code;
                    break;
                }
            }
            None => return Ran::Unknown("`sed`: what its expressions match is not known".into()),
        }
    }
    let text = Text::concat(out.iter());
    job.out(text);
    Ran::Status(status)
}

/// `-i`: each file is written anew, in the place of a link the file itself.
fn in_place(job: &mut Job<'_>, script: &Script, options: &Options, suffix: &Text) -> Ran {
    let by = job.origin.clone();
    let mut status = 0;
    for file in &options.files {
        let Some(name) = file.known().map(str::to_owned) else {
            job.shell.problem(by.clone(), "which file `sed` edits is not known");
            return Ran::Unsure;
        };
        let at = match job.shell.find(&name, false) {
            Found::Node(node) if node.is_dir() => {
                status = 4;
                continue;
            }
            Found::Node(node) => node.path.to_string(),
            Found::Missing { .. } | Found::Blocked(_) => {
                job.shell.complain();
                status = if job.flavor == Flavor::Gnu { 2 } else { 1 };
                continue;
            }
            Found::Runtime(_) | Found::Unknown(_) => return Ran::Unsure,
        };
        let content = match job.source(file) {
            Source::Known(text) | Source::Partly(text) => text,
            Source::Missing => {
                status = 2;
                continue;
            }
            Source::Unknown(_) => {
                doubt_backups(job, std::slice::from_ref(file), suffix);
                job.shell.spoil(&at, "`sed` edits it, and what it held is not known", &by);
                continue;
            }
        };
        match job.shell.may_change_names(&at) {
            Ok(()) => {}
            Err(crate::shell::files::DiskError::Fails) => {
                job.shell.complain();
                status = if job.flavor == Flavor::Gnu { 4 } else { 1 };
                continue;
            }
            Err(_) => return Ran::Unsure,
        }
        if !backup(job, &at, suffix) {
            return Ran::Unsure;
        }
        match run::run(script, &[content], options.quiet, job) {
            Some(done) => write_back(job, &at, done.text),
            None => job.shell.spoil(&at, "`sed` edits it, and what its expressions match is not known", &by),
        }
    }
    if status > 1 && job.flavor == Flavor::Unseen { Ran::Unsure } else { Ran::Status(status) }
}

fn backup(job: &mut Job<'_>, at: &str, suffix: &Text) -> bool {
    let Some(suffix) = suffix.known() else { return false };
    if suffix.is_empty() {
        return true;
    }
    if suffix.contains(['*', '/']) {
        return false;
    }
    let by = job.origin.clone();
    let mut left = 1;
    job.shell.copy_tree(at, &format!("{at}{suffix}"), true, &by, &mut left);
    true
}

fn write_back(job: &mut Job<'_>, at: &str, text: Text) {
    let by = job.origin.clone();
    let node = job.shell.world.files.resolve(at).ok();
    let old = job.shell.world.files.entry(at);
    let mode = node.as_ref().map_or(0o644, |n| n.mode);
    if text.len() > imgscan_model::limits::VALUE_SIZE {
        return job.shell.spoil(at, "it grows too long to be followed", &by);
    }
    job.shell.world.files.write(at, text, mode, by);
    job.shell.own(at, node.as_ref().or(old.as_ref()));
}
