//! The words that the runtime executes, and the program behind them.

use imgscan_model::{FileError, FileView, ImageConfig, Node, Text, path};

use crate::Facts;

/// The search path of a runtime where the image sets none (runc's and Docker's default).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether the container starts with the image's own ENTRYPOINT and CMD, not with others given for the run.
pub(crate) fn is_as_built(facts: &Facts<'_>) -> bool {
    let built = words(facts.config);
    facts.argv.is_empty() || facts.argv.iter().map(Text::raw).eq(built)
}

/// ENTRYPOINT and CMD one after the other.
pub(crate) fn words(config: &ImageConfig) -> impl Iterator<Item = &str> {
    config.entrypoint.iter().chain(&config.cmd).flatten().map(String::as_str)
}

/// The directories in which a runtime looks for a program.
pub(crate) fn search_path(config: &ImageConfig) -> Vec<&str> {
    let set = config.env.iter().rev().find(|v| v.name == "PATH").map(|v| v.value.raw());
    set.unwrap_or(DEFAULT_PATH).split(':').collect()
}

/// Where a word leads as a program: a word with a slash by itself, any other through the search path, where only what
/// may be executed counts.
pub(crate) fn program(facts: &Facts<'_>, word: &str) -> Result<Node, FileError> {
    let cwd = &facts.config.working_dir;
    if word.contains('/') {
        return facts.files.resolve(&path::join(cwd, word));
    }
    let mut last = FileError::NotFound;
    for dir in search_path(facts.config) {
        match facts.files.resolve(&path::join(cwd, &format!("{dir}/{word}"))) {
            Ok(node) if node.is_executable() => return Ok(node),
            Err(error @ FileError::Unknown(_)) => last = error,
            _ => {}
        }
    }
    Err(last)
}

/// Whether `path` is `dir` or lies below it.
pub(crate) fn is_under(path: &str, dir: &str) -> bool {
    let dir = dir.trim_end_matches('/');
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The `VOLUME` of the image that covers a path.
pub(crate) fn volume<'a>(config: &'a ImageConfig, path: &str) -> Option<&'a str> {
    config.volumes.iter().map(String::as_str).find(|volume| is_under(path, volume))
}

/// Whether it is certain that nothing stands at a path.
pub(crate) fn is_absent(files: &dyn FileView, path: &str) -> bool {
    files.exists(path) == Some(false)
}
