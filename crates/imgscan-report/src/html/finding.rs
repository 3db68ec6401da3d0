//! A finding with the lines it is about.

use imgscan_model::{Label, ReportedFinding, Severity};
use maud::{Markup, html};

use super::Page;

/// Lines shown before and after the one that is meant.
const AROUND: u32 = 2;
/// Characters of a line that are shown.
const WIDTH: usize = 300;

pub(super) fn block(page: &Page<'_>, reported: &ReportedFinding) -> Markup {
    let finding = &reported.finding;
    let severity = match finding.severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    };
    html! {
        div class={ "finding " (severity) @if reported.suppressed.is_some() { " ignored" } } {
            span class="tag" { (severity) " · " (finding.code) " " (finding.name) }
            h3 { (finding.title) }
            p { (page.sentence(&finding.message)) }
            @for label in &finding.labels { (place(page, label)) }
            @if let Some(help) = &finding.help { p class="help" { strong { "help: " } (page.sentence(help)) } }
            @if let Some(suppressed) = &reported.suppressed {
                p class="dim" { "ignored: " (page.prose(&suppressed.reason)) " (" (page.prose(&suppressed.by)) ")" }
            }
        }
    }
}

fn place(page: &Page<'_>, label: &Label) -> Markup {
    let lines = excerpt(page, label);
    html! {
        p class="dim" {
            code { (page.place(&label.origin)) }
            @if !label.text.is_empty() { " " (page.sentence(&label.text)) }
            @if let Some(instruction) = label.origin.instruction() { " — " code { (page.text(instruction)) } }
        }
        @if !lines.is_empty() {
            pre { @for (number, text, meant) in lines {
                span class="no" { (format!("{number:>4} ")) }
                span class=[meant.then_some("at")] { (text) } "\n"
            } }
        }
    }
}

/// The lines around the place, with their numbers and whether each is meant.
fn excerpt(page: &Page<'_>, label: &Label) -> Vec<(u32, String, bool)> {
    let (Some(span), Some(text)) = (label.origin.span(), page.image.excerpts.get(&label.origin)) else {
        return Vec::new();
    };
    let (first, last) = (span.line.saturating_sub(AROUND).max(1), span.end_line.saturating_add(AROUND));
    let numbered = (1u32..).zip(text.lines());
    numbered
        .skip_while(|(number, _)| *number < first)
        .take_while(|(number, _)| *number <= last)
        .take(20)
        .map(|(number, line)| {
            let cut: String = line.chars().take(WIDTH).collect();
            (number, page.text(&cut), (span.line..=span.end_line).contains(&number))
        })
        .collect()
}
