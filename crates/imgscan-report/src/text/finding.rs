//! A finding as rustc would draw it: message, places with their source under a caret, help.

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, Renderer};
use annotate_snippets::{AnnotationKind, Group, Level, Origin as PlaceLine, Padding, Snippet};
use imgscan_model::{Confidence, Finding, ImageReport, Label, Origin, Role, Severity};

use super::excerpt::{self, Excerpt};
use super::ink::{Ink, severity_style, wrap};
use super::place;

/// One finding, ending with a line break.
pub(super) fn block(image: &ImageReport, finding: &Finding, ink: &Ink<'_>) -> String {
    let name = word(finding.severity);
    let lead = name.len() + finding.code.len() + 4;
    let message = wrap(&ink.prose(&finding.message), ink.width.saturating_sub(lead)).join("\n");
    let level = Level::ERROR.with_name(name);
    let mut group = Group::with_title(level.primary_title(message).id(finding.code));
    for (n, label) in finding.labels.iter().enumerate() {
        if n > 0 {
            group = group.element(Padding);
        }
        group = placed(group, image, label, ink);
    }
    if finding.confidence != Confidence::Certain {
        let words = match finding.confidence {
            Confidence::Possible => "this is possible; it depends on the run time",
            _ => "this is likely, not certain",
        };
        group = group.element(Level::NOTE.message(words));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(ink.prose(help)));
    }
    let drawn = renderer(finding.severity, ink).render(&[group]);
    // The library announces a source without a path of its own with bare colons, and pads lines on the right.
    drawn.lines().filter(|line| !is_bare(line)).map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Whether nothing but `:::` stands on a line, attributes aside.
fn is_bare(line: &str) -> bool {
    let plain: String =
        line.split('\x1b').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
    plain.trim() == ":::"
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

fn renderer(severity: Severity, ink: &Ink<'_>) -> Renderer {
    let width = if ink.width == 0 { DEFAULT_TERM_WIDTH } else { ink.width };
    if ink.colour {
        Renderer::styled().error(severity_style(severity)).term_width(width)
    } else {
        Renderer::plain().term_width(width)
    }
}

/// The place of a label, with its source where it is there and in words where it is not.
fn placed<'a>(group: Group<'a>, image: &ImageReport, label: &Label, ink: &Ink<'_>) -> Group<'a> {
    let words = ink.prose(&label.text);
    let line = place_line(&label.origin, ink);
    match excerpt::at(image, &label.origin, ink) {
        Some(Excerpt { source, line: number, span }) => {
            let kind = match label.role {
                Role::Primary => AnnotationKind::Primary,
                Role::Related => AnnotationKind::Context,
            };
            let snippet = Snippet::source(source)
                .line_numbering(number.is_some())
                .line_start(number.unwrap_or(1) as usize)
                .annotation(kind.span(span).label(words));
            group.element(PlaceLine::path(line)).element(snippet)
        }
        None if words.is_empty() => group.element(PlaceLine::path(line)),
        None => group.element(PlaceLine::path(format!("{line}: {words}"))),
    }
}

/// What stands behind the arrow.
fn place_line(origin: &Origin, ink: &Ink<'_>) -> String {
    let Origin::LayerFile { path, layer, span, instruction } = origin else {
        return place::words(origin, ink);
    };
    let position = span.map_or_else(String::new, |s| format!(":{}:{}", s.line, s.column));
    let layer = layer.map(|n| format!("layer {n}"));
    let told: Vec<String> = layer.into_iter().chain(instruction.as_deref().map(|i| ink.image(i))).collect();
    let told = if told.is_empty() { String::new() } else { format!("  ({})", told.join(", ")) };
    format!("{}{position}{told}", ink.prose(path))
}
