//! JUnit XML: an image is a test suite, a finding a failed test, an image without findings a passed one.

use std::fmt::Write;

use imgscan_model::{ImageReport, Report, ReportedFinding};

use crate::location::FileLine;
use crate::redact::Redactor;

/// The report as JUnit XML.
pub fn render(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"imgscan\">\n");
    report.results.iter().for_each(|image| suite(&mut out, image));
    for error in &report.errors {
        let (input, message) = (xml(&error.input), xml(&error.message));
        // Writing to a string cannot fail; `write!` only looks as if it could.
        let _ = write!(
            out,
            "  <testsuite name=\"{input}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase classname=\"{input}\" name=\"scan\">\n      <error message=\"{message}\"/>\n    \
             </testcase>\n  </testsuite>\n"
        );
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, image: &ImageReport) {
    let redactor = Redactor::new(image);
    let name = match &image.platform {
        Some(platform) => format!("{} ({platform})", image.reference),
        None => image.reference.clone(),
    };
    let skipped = image.findings.iter().filter(|f| f.suppressed.is_some()).count();
    let failures = image.findings.len() - skipped;
    let tests = image.findings.len().max(1);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
        xml(&name)
    );
    if image.findings.is_empty() {
        let _ = writeln!(out, "    <testcase classname=\"{}\" name=\"no findings\"/>", xml(&name));
    }
    image.findings.iter().for_each(|finding| case(out, finding, &name, &redactor));
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, reported: &ReportedFinding, suite: &str, redactor: &Redactor) {
    let finding = &reported.finding;
    let about = finding.setting.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
    let name = format!("{} {}{about}", finding.code, finding.name);
    let _ = writeln!(out, "    <testcase classname=\"{}\" name=\"{}\">", xml(suite), xml(&name));
    match &reported.suppressed {
        Some(suppressed) => {
            let _ =
                writeln!(out, "      <skipped message=\"{}\"/>", xml(&redactor.prose(&suppressed.reason)));
        }
        None => {
            let mut body = redactor.prose(&finding.message);
            for label in &finding.labels {
                let file = FileLine::of(&label.origin);
                let _ = write!(body, "\n{}:{}: {}", file.path, file.line, redactor.prose(&label.text));
            }
            if let Some(help) = &finding.help {
                let _ = write!(body, "\nhelp: {}", redactor.prose(help));
            }
            let _ = writeln!(
                out,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                finding.code,
                xml(finding.title),
                xml(&body)
            );
        }
    }
    out.push_str("    </testcase>\n");
}

/// Text for an element or an attribute. Characters that XML 1.0 cannot hold are written as `\u{…}`.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if crate::escape::is_unsafe(c) || ('\u{FFFE}'..='\u{FFFF}').contains(&c) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn what_xml_cannot_hold_is_spelled_out() {
        assert_eq!(xml("a<b>&\"\u{1b}\u{fffe}"), "a&lt;b&gt;&amp;&quot;\\u{1b}\\u{fffe}");
    }
}
