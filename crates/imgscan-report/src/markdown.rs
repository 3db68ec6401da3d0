//! Markdown for a comment on a pull request.

use std::fmt::Write;

use imgscan_model::{ImageReport, Report, Severity, Source};

use crate::escape;
use crate::location::FileLine;
use crate::redact::Redactor;

/// The report as Markdown: findings first, what starts and how folded away below.
pub fn render(report: &Report) -> String {
    let mut out = String::from("## imgscan\n");
    report.results.iter().for_each(|image| section(&mut out, image));
    for error in &report.errors {
        let _ = write!(out, "\n### {}\n\n**error:** {}\n", code(&error.input), prose(&error.message));
    }
    out
}

fn section(out: &mut String, image: &ImageReport) {
    let redactor = Redactor::new(image);
    let platform = image.platform.as_ref().map(|p| format!(" {p}")).unwrap_or_default();
    let _ = write!(out, "\n### {}{platform}\n\n", code(&image.reference));
    let counted: Vec<_> =
        image.findings.iter().filter(|f| f.suppressed.is_none()).map(|f| &f.finding).collect();
    if counted.is_empty() {
        out.push_str("No findings.\n");
    } else {
        out.push_str("| | finding | where |\n|---|---|---|\n");
    }
    for finding in &counted {
        let place = finding.primary().map(FileLine::of);
        let place = place.map(|f| code(&format!("{}:{}", f.path, f.line))).unwrap_or_default();
        let help = finding.help.as_deref().map(|h| format!("<br>**help:** {}", prose(&redactor.prose(h))));
        let _ = writeln!(
            out,
            "| {} | **{}** {}<br>{}{} | {place} |",
            mark(finding.severity),
            finding.code,
            prose(finding.title),
            prose(&redactor.prose(&finding.message)),
            help.unwrap_or_default()
        );
    }
    for server in &image.servers {
        let argv = redactor.words(&server.process.argv).join(" ");
        let version = server.version.as_deref().unwrap_or("");
        let _ = write!(
            out,
            "\n<details><summary>{} {}</summary>\n\n{}\n\n| setting | value | from |\n|---|---|---|\n",
            prose(&server.id),
            prose(version),
            code(&argv)
        );
        for (name, setting) in server.settings.iter().filter(|(_, s)| s.winner().source != Source::Default) {
            let value =
                if setting.winner().secret { crate::redact::REDACTED.to_owned() } else { setting.text() };
            let place = FileLine::of(setting.winner().origin());
            let from = code(&format!("{}:{}", place.path, place.line));
            let _ = writeln!(out, "| {} | {} | {from} |", code(name), code(&redactor.prose(&value)));
        }
        out.push_str("\n</details>\n");
    }
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

/// Text of a person or an image in a table cell: nothing in it is markup.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape::line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '@' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text as code. Back-ticks in it would end it, a bar the table's cell.
fn code(text: &str) -> String {
    let text = escape::line(text);
    if text.is_empty() {
        return String::new();
    }
    let fence = if text.contains('`') { "``" } else { "`" };
    let text = text.replace("``", "` `").replace('|', "\\|");
    if fence == "``" { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_image_is_no_markup() {
        assert_eq!(prose("<img src=x> *b* @all | c"), "&lt;img src=x&gt; \\*b\\* \\@all \\| c");
        assert_eq!(code("a`b|c"), "`` a`b\\|c ``");
    }
}
