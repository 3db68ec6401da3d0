//! Would it start, and what does it say?

use imgscan_model::{Problem, Start};

use crate::nginx::config::{Config, Weight};

/// nginx's answer to a configuration: its first fatal complaint, if it has one.
pub(super) fn answer(config: &Config) -> Start {
    let origin = |c: &crate::nginx::config::Complaint| c.place.as_ref().map(|p| p.origin.clone());
    let first = |weight| config.complaints.iter().find(|c| c.weight == weight);
    if let Some(fatal) = first(Weight::Fatal) {
        return Start::fails(fatal.message.clone(), origin(fatal));
    }
    match first(Weight::Unsure) {
        Some(unsure) => Start::unknown(unsure.message.clone(), origin(unsure)),
        None => Start::ok(),
    }
}

/// All complaints as problems, each once: warnings in nginx's words, further fatal ones too.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for complaint in &config.complaints {
        let message = complaint.said();
        if seen.insert(message.clone()) {
            let origin = complaint.place.as_ref().map(|p| p.origin.clone());
            problems.push(Problem { message, origin });
        }
    }
    problems
}
