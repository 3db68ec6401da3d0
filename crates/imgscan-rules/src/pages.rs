//! The page of a rule: its doc comment with a head.

use std::fmt::Write;

use imgscan_model::Severity;

use crate::{Meta, Rule, all};

/// The headings that every page has, in this order.
pub const HEADINGS: [&str; 5] = ["What it finds", "Why it matters", "Example", "How to fix", "References"];

/// The page as Markdown, ending with a line break.
pub fn page(rule: &dyn Rule) -> String {
    let meta = rule.meta();
    let body: Vec<&str> = meta.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    format!(
        "# {} `{}`\n\n{}\n\nSeverity: {}\n\n{}\n",
        meta.code,
        meta.name,
        meta.title,
        severity(meta),
        body.join("\n").trim()
    )
}

/// The list of all rules as Markdown, with links to their pages.
pub fn index() -> String {
    let mut out = String::from(
        "# Rules\n\nEach code keeps its meaning for ever. `imgscan rules CODE` prints a page.\n\n\
         | code | name | severity | what it finds |\n|---|---|---|---|\n",
    );
    for meta in all().iter().map(|r| r.meta()) {
        let code = meta.code;
        // Writing to a string cannot fail.
        let _ =
            writeln!(out, "| [{code}]({code}.md) | `{}` | {} | {} |", meta.name, severity(meta), meta.title);
    }
    out
}

/// All pages with their file names, the list (`README.md`) first: what `docs/rules/` holds.
pub fn files() -> Vec<(String, String)> {
    let pages = all().iter().map(|rule| (format!("{}.md", rule.meta().code), page(*rule)));
    std::iter::once(("README.md".to_owned(), index())).chain(pages).collect()
}

fn severity(meta: &Meta) -> &'static str {
    match meta.severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_the_headings_in_order() {
        for rule in all() {
            let page = page(*rule);
            let found: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            assert_eq!(found, HEADINGS, "{}", rule.meta().code);
        }
    }

    /// `SNAPSHOTS=overwrite cargo test -p imgscan-rules` writes the files anew.
    #[test]
    fn the_pages_in_docs_are_the_pages_of_the_rules() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules");
        let files = files();
        if std::env::var_os("SNAPSHOTS").is_some_and(|v| v == "overwrite") {
            std::fs::create_dir_all(&dir).unwrap();
            files.iter().for_each(|(name, text)| std::fs::write(dir.join(name), text).unwrap());
        }
        for (name, text) in &files {
            let kept = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
            assert!(kept == *text, "docs/rules/{name} is stale: run with SNAPSHOTS=overwrite");
        }
        let mut kept: Vec<String> =
            std::fs::read_dir(&dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        kept.sort();
        let mut names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(kept, names);
    }
}
