//! A page for people: one file, no request to anywhere, no script, readable on a phone and on paper.

mod finding;
mod server;

use imgscan_model::{ImageReport, Origin, Report, Setting};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::escape;
use crate::redact::Redactor;

/// Nothing may be loaded from anywhere, by whatever the page shows.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The report as an HTML page.
pub fn render(report: &Report, version: &str) -> String {
    let title = match report.results.as_slice() {
        [one] => format!("imgscan: {}", one.reference),
        many => format!("imgscan: {} images", many.len()),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (escape::line(&title)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                @for image in &report.results { (section(image)) }
                @for error in &report.errors {
                    div class="finding high" {
                        h3 { "No result for " code { (escape::line(&error.input)) } }
                        p { (escape::line(&error.message)) }
                        @if let Some(help) = &error.help { p class="help" { (escape::line(help)) } }
                    }
                }
                p class="dim" { "imgscan " (version) }
            }
        }
    };
    page.into_string()
}

/// What the parts of a page about one image share.
struct Page<'a> {
    image: &'a ImageReport,
    redactor: Redactor,
}

impl Page<'_> {
    /// A sentence of ours, safe to show.
    fn prose(&self, text: &str) -> String {
        escape::line(&self.redactor.prose(text)).into_owned()
    }

    /// A sentence of ours with its literals, which stand in back-ticks, as code.
    fn sentence(&self, text: &str) -> Markup {
        let text = self.prose(text);
        html! {
            @for (i, part) in text.split('`').enumerate() {
                @if i % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }

    /// Text of the image, safe to show.
    fn text(&self, text: &str) -> String {
        escape::line(&self.redactor.image(text)).into_owned()
    }

    /// The value of a setting, as a person would write it.
    fn value(&self, text: &str, secret: bool) -> String {
        if secret { crate::redact::REDACTED.to_owned() } else { self.text(text) }
    }

    /// A place in few words.
    fn place(&self, origin: &Origin) -> String {
        match origin {
            Origin::LayerFile { path, span, .. } => {
                let line = span.map(|s| format!(":{}", s.line)).unwrap_or_default();
                format!("{}{line}", self.text(path))
            }
            Origin::Overlay { file, span } => {
                let line = span.map(|s| format!(":{}", s.line)).unwrap_or_default();
                format!("{}{line}", self.text(file))
            }
            other => crate::location::logical(other).map(|(name, _)| self.text(&name)).unwrap_or_default(),
        }
    }
}

fn section(image: &ImageReport) -> Markup {
    let page = Page { image, redactor: Redactor::new(image) };
    let (ignored, counted): (Vec<_>, Vec<_>) = image.findings.iter().partition(|f| f.suppressed.is_some());
    let problems = image.all_problems();
    html! {
        h1 { (page.prose(&image.reference)) }
        p class="dim" {
            @if let Some(platform) = &image.platform { (platform) " · " }
            @if let Some(digest) = &image.digest { code { (page.prose(digest)) } }
        }
        h2 { (counted.len()) @if counted.len() == 1 { " finding" } @else { " findings" } }
        @for reported in counted { (finding::block(&page, reported)) }
        @if !ignored.is_empty() {
            details { summary { (ignored.len()) " ignored" } @for reported in ignored { (finding::block(&page, reported)) } }
        }
        @for server in &image.servers { (server::block(&page, server)) }
        h2 { "Layers" }
        ol class="layers" {
            @for layer in &image.layers {
                @let wrote = written_in(image, layer.index);
                li class=[(!wrote.is_empty()).then_some("wrote")] {
                    span class="dim" { (layer.index) }
                    span class="dim" { (size(layer.size)) }
                    span { (page.text(layer.instruction.as_deref().unwrap_or("(history does not tell)"))) }
                    @if !wrote.is_empty() { span class="who" { "sets " (wrote.join(", ")) } }
                }
            }
        }
        @if !problems.is_empty() {
            h2 { "Not read or not followed" }
            ul { @for problem in problems { li {
                @if let Some(origin) = &problem.origin { code { (page.place(origin)) } " " }
                (page.sentence(&problem.message))
            } } }
        }
    }
}

/// The settings whose winner stands in a layer.
fn written_in(image: &ImageReport, layer: u32) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for server in &image.servers {
        let from_here = |setting: &Setting| setting.winner().origin().layer() == Some(layer);
        names.extend(server.settings.iter().filter(|(_, s)| from_here(s)).map(|(n, _)| n.clone()));
        for scope in &server.scopes {
            names.extend(scope.settings.iter().filter(|(_, s)| from_here(s)).map(|(n, _)| n.clone()));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Bytes in three digits.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use imgscan_model::Report;

    use crate::fixture;

    #[test]
    fn the_page_asks_nobody_for_anything_and_shows_no_credential() {
        let page = super::render(
            &Report { results: vec![fixture::incident(), fixture::hostile()], errors: fixture::errors() },
            "0.0.0",
        );
        for forbidden in ["<script", " src=", " href=", "@import", "url("] {
            assert!(!page.contains(forbidden), "`{forbidden}` in the page");
        }
        assert!(page.contains("Content-Security-Policy") && page.contains("OVR005"));
    }
}
