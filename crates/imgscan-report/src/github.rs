//! GitHub workflow commands: a finding becomes an annotation of the run.

use imgscan_model::{Report, Severity};

use crate::escape;
use crate::location::FileLine;
use crate::redact::Redactor;

/// A line for each finding that counts and each input that gave no result.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for image in &report.results {
        let redactor = Redactor::new(image);
        for finding in image.findings.iter().filter(|f| f.suppressed.is_none()).map(|f| &f.finding) {
            let command = match finding.severity {
                Severity::High => "error",
                Severity::Medium => "warning",
                Severity::Low | Severity::Info => "notice",
            };
            let mut properties = vec![("title", format!("{} {}", finding.code, finding.title))];
            if let Some(origin) = finding.primary() {
                let file = FileLine::of(origin);
                properties.insert(0, ("file", file.path.clone()));
                properties.insert(1, ("line", file.line.to_string()));
            }
            let mut message = format!("{}: {}", image.reference, redactor.prose(&finding.message));
            if let Some(help) = &finding.help {
                message.push_str(&format!("\nhelp: {}", redactor.prose(help)));
            }
            let properties: Vec<String> =
                properties.iter().map(|(k, v)| format!("{k}={}", property(v))).collect();
            out.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&message)));
        }
    }
    for error in &report.errors {
        out.push_str(&format!(
            "::error title=imgscan::{}\n",
            data(&format!("{}: {}", error.input, error.message))
        ));
    }
    out
}

/// The text behind `::`. A line break or a percent sign would end it or start another command.
fn data(text: &str) -> String {
    let escaped: Vec<_> = text.split('\n').map(escape::line).collect();
    escaped.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which a colon or comma would end as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_image_starts_no_command_of_its_own() {
        assert_eq!(data("a\n::error::b 100%"), "a%0A::error::b 100%25");
        assert_eq!(property("x,y:z"), "x%2Cy%3Az");
    }
}
