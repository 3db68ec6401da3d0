//! A finding as rustc would draw it: message, places with their source under a caret, help.

use annotate_snippets::renderer::{DEFAULT_TERM_WIDTH, Renderer};
use annotate_snippets::{AnnotationKind, Group, Level, Origin as PlaceLine, Snippet};
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
    for label in &finding.labels {
        group = placed(group, image, label, ink);
    }
    if finding.confidence != Confidence::Certain {
        let words = match finding.confidence {
            Confidence::Possible => "possible: it depends on the run time",
            _ => "likely: one usual assumption is made",
        };
        group = group.element(Level::NOTE.message(words));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(ink.prose(help)));
    }
    let drawn = renderer(finding.severity, ink).render(&[group]);
    // The library pads lines on the right.
    drawn.lines().map(|line| format!("{}\n", line.trim_end())).collect()
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
            group.element(line).element(snippet)
        }
        None if words.is_empty() => group.element(line),
        None => group.element(line).element(Level::NOTE.no_name().message(words)),
    }
}

/// The line behind the arrow.
fn place_line<'a>(origin: &Origin, ink: &Ink<'_>) -> PlaceLine<'a> {
    let told = |text: String| match origin.instruction() {
        Some(instruction) => format!("{text}, {}", ink.image(instruction)),
        None => text,
    };
    match origin {
        Origin::LayerFile { path, layer, span, .. } => {
            let position = span.map_or_else(String::new, |s| format!(":{}:{}", s.line, s.column));
            let layer = layer.map_or_else(String::new, |n| told(format!("  (layer {n}")) + ")");
            PlaceLine::path(format!("{}{position}{layer}", ink.prose(path)))
        }
        _ => PlaceLine::path(place::words(origin, ink)),
    }
}
