//! Utilities on lines of text: `cat` and its kind.

use super::{Job, Ran, Source};

/// `cat`
pub(super) fn cat(job: &mut Job<'_>) -> Ran {
    let mut files = Vec::new();
    for arg in job.args {
        match arg.known() {
            Some("-u" | "--") => {}
            Some(option) if option.starts_with('-') && option.len() > 1 => {
                return Ran::Unknown("options of `cat` are not followed".into());
            }
            _ => files.push(arg.clone()),
        }
    }
    let mut status = 0;
    for source in job.sources(&files) {
        match source {
            Source::Known(text) | Source::Unknown(text) => {
                let text = text.through(&job.origin);
                job.out(text);
            }
            Source::Missing => status = 1,
        }
    }
    Ran::Status(status)
}
