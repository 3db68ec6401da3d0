//! Places in few words.

use imgscan_model::{Candidate, Origin, Place, Source, Status};

use super::ink::Ink;

/// An origin in few words: `/app/g.py:4 (layer 7)`, `ENV PORT`, `CMD`, `deploy.yaml:31`.
pub(super) fn words(origin: &Origin, ink: &Ink<'_>) -> String {
    match origin {
        Origin::LayerFile { layer, path, span, .. } => {
            let line = span.map_or_else(String::new, |s| format!(":{}", s.line));
            let layer = layer.map_or_else(String::new, |n| format!(" (layer {n})"));
            format!("{}{line}{layer}", ink.prose(path))
        }
        Origin::ImageEnv { name, .. } => format!("ENV {}", ink.prose(name)),
        Origin::ImageCmd { .. } => "CMD".to_owned(),
        Origin::ImageEntrypoint { .. } => "ENTRYPOINT".to_owned(),
        Origin::ImageConfig { field, .. } => format!("{} of the image config", ink.prose(field)),
        Origin::Default { server, version: Some(version) } => {
            format!("default of {} {}", ink.prose(server), ink.prose(version))
        }
        Origin::Default { server, version: None } => format!("default of {}", ink.prose(server)),
        Origin::Overlay { file, span } => {
            let line = span.map_or_else(String::new, |s| format!(":{}", s.line));
            format!("{}{line}", ink.prose(file))
        }
        Origin::Option { flag, text, .. } => format!("{} {}", ink.prose(flag), ink.image(text)),
        Origin::Runtime { what } => format!("{} of the container runtime", ink.prose(what)),
    }
}

/// Who a candidate is, in few words, with the place it came through.
pub(super) fn who(candidate: &Candidate, ink: &Ink<'_>) -> String {
    let place = words(&candidate.place.origin, ink);
    let named = match candidate.source {
        Source::Default => "default".to_owned(),
        Source::EnvDefault => format!("{place}, as a default only"),
        Source::Flag => format!("flag in {place}"),
        Source::App => format!("program around it, {place}"),
        Source::File | Source::Env | Source::EnvArgs => place.clone(),
    };
    // A word and the line it is in are one place to a person.
    match candidate.place.via.iter().map(|via| words(via, ink)).find(|via| *via != place) {
        Some(via) => format!("{named} from {via}"),
        None => named,
    }
}

/// A place with the variables and words that it came through: `/app/x.template:3 (layer 4) from ENV HOST, ENV PORT`.
pub(super) fn whole(place: &Place, ink: &Ink<'_>) -> String {
    let here = words(&place.origin, ink);
    let mut through: Vec<String> = Vec::new();
    for via in place.via.iter().filter(|via| !matches!(via, Origin::LayerFile { .. })) {
        let via = words(via, ink);
        if via != here && !through.contains(&via) {
            through.push(via);
        }
    }
    if through.is_empty() { here } else { format!("{here} from {}", through.join(", ")) }
}

/// Why a candidate lost, in few words.
pub(super) fn fate(status: Status) -> &'static str {
    match status {
        Status::Effective => "in effect",
        Status::Overridden => "overridden",
        Status::NotLoaded => "never read",
        Status::Dead => "beaten",
        Status::Invalid => "refused",
    }
}
