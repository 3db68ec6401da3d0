//! Links in Markdown lead somewhere: files exist, anchors name a heading.

use std::fs;
use std::path::Path;

use crate::{Failure, files, root};

/// Links that lead nowhere. Links to the web are not followed: the checks need no network.
pub fn faults() -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for page in files(&root(), ".md")? {
        let text = fs::read_to_string(&page)?;
        for (number, link) in links(&text) {
            if let Some(fault) = dead(&page, &link)? {
                let page = page.strip_prefix(root()).unwrap_or(&page).display();
                faults.push(format!("{page}:{number}: `{link}`: {fault}"));
            }
        }
    }
    Ok(faults)
}

/// The targets of `[text](target)` outside code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Odd pieces stand between back-ticks.
        for piece in line.split('`').step_by(2) {
            for (at, _) in piece.match_indices("](") {
                if let Some(target) = piece[at + 2..].split(')').next() {
                    found.push((number + 1, target.to_owned()));
                }
            }
        }
    }
    found
}

fn dead(page: &Path, link: &str) -> Result<Option<String>, Failure> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(None);
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { page.with_file_name("").join(path) };
    if !target.exists() {
        return Ok(Some("no such file".into()));
    }
    if anchor.is_empty() || target.extension().is_none_or(|e| e != "md") {
        return Ok(None);
    }
    let text = fs::read_to_string(&target)?;
    let known = text.lines().filter_map(|l| l.strip_prefix('#')).any(|heading| slug(heading) == anchor);
    Ok(if known { None } else { Some("no such heading".into()) })
}

/// The anchor of a heading, as the usual hosts make it.
fn slug(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}
