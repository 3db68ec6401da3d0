//! Takes credentials out of everything that is printed.
//!
//! Three nets, one behind the other: what the readers have marked (an `ENV` whose name says so, a candidate) is
//! remembered letter for letter and found again wherever it turns up; what is assigned to a name that holds a
//! credential (`PASSWORD=…`, `"token": "…"`) is taken out of texts of the image; what has the form of a credential
//! (a private key, a GitHub token, a URL with a password) is taken out of every text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use imgscan_model::secret::{is_secret_name, is_secret_value};
use imgscan_model::{Data, ImageConfig, ImageReport, Setting, Text, Value};

/// What stands in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// Shortest credential that is looked for inside other texts, in bytes: a shorter one (`1`, `abc`) would take
/// harmless letters with it.
const LEAST: usize = 4;

/// How a text is written, which decides what counts as an assignment in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sentence of ours: only `NAME=value` without blanks is an assignment.
    Prose,
    /// Text of an image: a line of a file, a Dockerfile instruction, a word of a command line.
    Image,
}

/// The credentials of one image.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Longest first, so that a credential that contains another goes as a whole.
    known: Vec<String>,
}

impl Redactor {
    /// The credentials that the readers have marked anywhere in `report`.
    pub fn new(report: &ImageReport) -> Self {
        let mut found = Found::default();
        report.config.env.iter().for_each(|v| found.text(&v.value));
        for server in &report.servers {
            server.process.argv.iter().for_each(|word| found.text(word));
            server.process.env.iter().for_each(|v| found.text(&v.value));
            let scoped = server.scopes.iter().flat_map(|s| s.settings.values());
            server.settings.values().chain(scoped).for_each(|s| found.setting(s));
        }
        found.finish()
    }

    /// The credentials in the `ENV`s of an image.
    pub fn of_config(config: &ImageConfig) -> Self {
        let mut found = Found::default();
        config.env.iter().for_each(|v| found.text(&v.value));
        found.finish()
    }

    /// These, and the credentials that stand in one setting.
    #[must_use]
    pub fn with_setting(&self, setting: &Setting) -> Self {
        let mut found = Found { known: self.known.iter().cloned().collect() };
        found.setting(setting);
        found.finish()
    }

    /// These, and those of another image.
    #[must_use]
    pub fn and(&self, other: &Redactor) -> Self {
        Found { known: self.known.iter().chain(&other.known).cloned().collect() }.finish()
    }

    /// `text` without credentials.
    pub fn scrub<'t>(&self, text: &'t str, kind: Kind) -> Cow<'t, str> {
        let ranges = self.ranges(text, kind);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for range in ranges {
            out.push_str(&text[at..range.start]);
            out.push_str(REDACTED);
            at = range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }

    /// A sentence of ours without credentials.
    pub fn prose(&self, text: &str) -> String {
        self.scrub(text, Kind::Prose).into_owned()
    }

    /// Text of the image without credentials.
    pub fn image(&self, text: &str) -> String {
        self.scrub(text, Kind::Image).into_owned()
    }

    /// A text with provenance: as a whole, where one part of it is a credential.
    pub fn text(&self, text: &Text) -> String {
        if text.is_secret() { REDACTED.to_owned() } else { self.image(&text.display()) }
    }

    /// The words of a command line. The word after `--password` goes as well.
    pub fn words<'a>(&self, words: impl IntoIterator<Item = &'a Text>) -> Vec<String> {
        let mut after = false;
        words.into_iter().map(|w| self.word(&mut after, w.raw(), || self.text(w))).collect()
    }

    /// The words of a command line that has no provenance.
    pub fn strings(&self, words: &[String]) -> Vec<String> {
        let mut after = false;
        words.iter().map(|w| self.word(&mut after, w, || self.image(w))).collect()
    }

    /// One word; `after` says whether the one before names a credential that this one is.
    fn word(&self, after: &mut bool, raw: &str, shown: impl FnOnce() -> String) -> String {
        let is_value = *after && !raw.starts_with('-');
        *after = raw
            .strip_prefix("--")
            .is_some_and(|flag| !flag.contains(['=', ' ']) && is_secret_name(&flag.replace('-', "_")));
        if is_value { REDACTED.to_owned() } else { shown() }
    }

    /// The byte ranges of `text` that hold credentials: sorted, apart, on character boundaries.
    pub fn ranges(&self, text: &str, kind: Kind) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for secret in &self.known {
            ranges.extend(text.match_indices(secret.as_str()).map(|(at, s)| at..at + s.len()));
        }
        private_keys(text, &mut ranges);
        tokens(text, &mut ranges);
        assignments(text, kind, &mut ranges);
        merge(ranges)
    }
}

/// What was marked as a credential.
#[derive(Default)]
struct Found {
    known: BTreeSet<String>,
}

impl Found {
    fn text(&mut self, text: &Text) {
        if text.is_secret() {
            self.literal(text.raw());
        }
    }

    fn setting(&mut self, setting: &Setting) {
        for candidate in setting.candidates().iter().filter(|c| c.secret) {
            self.literal(&candidate.text);
            if let Value::Known(data) = &candidate.value {
                self.data(data);
            }
        }
    }

    fn data(&mut self, data: &Data) {
        match data {
            Data::Str(text) => self.literal(text),
            Data::List(items) => items.iter().for_each(|item| self.data(item)),
            Data::Map(pairs) => pairs.iter().for_each(|(_, value)| self.data(value)),
            _ => {}
        }
    }

    /// The text itself and, of a `NAME=value` or of a URL with a password in it, the credential alone.
    fn literal(&mut self, text: &str) {
        match text.split_once('=') {
            Some((name, value)) if is_secret_name(name) && value.len() >= LEAST => self.add(value),
            _ => self.add(text),
        }
        let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        let password = authority.and_then(|a| a.rsplit_once('@')).and_then(|(user, _)| user.split_once(':'));
        password.into_iter().for_each(|(_, password)| self.add(password));
    }

    fn add(&mut self, text: &str) {
        let text = text.trim();
        if text.len() >= LEAST {
            self.known.insert(text.to_owned());
        }
    }

    fn finish(self) -> Redactor {
        let mut known: Vec<String> = self.known.into_iter().collect();
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Redactor { known }
    }
}

/// Private keys in PEM form, their markers included.
fn private_keys(text: &str, ranges: &mut Vec<Range<usize>>) {
    const END: &str = "PRIVATE KEY-----";
    for (start, _) in text.match_indices("-----BEGIN ") {
        let rest = &text[start..];
        let Some(opened) = rest.find(END).map(|at| at + END.len()) else { continue };
        let closed = rest.get(opened..).and_then(|body| body.find(END)).map(|at| opened + at + END.len());
        ranges.push(start..start + closed.unwrap_or(rest.len()));
    }
}

/// Words that have the form of a credential.
fn tokens(text: &str, ranges: &mut Vec<Range<usize>>) {
    let splits = |c: char| c.is_whitespace() || "\"'`=,;()[]{}<>|".contains(c);
    let mut start = 0;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        if !splits(c) {
            continue;
        }
        let word = &text[start..at];
        if is_secret_value(word) {
            ranges.push(start..at);
        }
        start = at + c.len_utf8();
    }
}

/// Values assigned to names that hold credentials.
fn assignments(text: &str, kind: Kind, ranges: &mut Vec<Range<usize>>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let mut at = 0;
    while let Some(skip) = text[at..].find(|c: char| is_name(c)) {
        let start = at + skip;
        let end = text[start..].find(|c: char| !is_name(c)).map_or(text.len(), |n| start + n);
        at = end;
        let name = text[start..end].trim_start_matches('-').replace('-', "_");
        if !is_secret_name(&name) {
            continue;
        }
        let Some(from) = value_start(text, start, end, kind) else { continue };
        let range = value_range(text, from);
        if !range.is_empty() {
            at = range.end;
            ranges.push(range);
        }
    }
}

/// Where the value begins that is assigned to the name at `start..end`, if one is.
fn value_start(text: &str, start: usize, end: usize, kind: Kind) -> Option<usize> {
    let rest = &text[end..];
    if kind == Kind::Prose {
        return rest.starts_with('=').then_some(end + 1);
    }
    // `"name": …` and `'name' = …` close a quote first.
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start_matches([' ', '\t']);
    let after = rest.strip_prefix(":=").or_else(|| rest.strip_prefix(['=', ':']));
    match after {
        // A comparison is none.
        Some(value) if value.starts_with('=') => None,
        // `zone=token:10m` assigns nothing to `token`; `token: x` and `"token":"x"` do.
        Some(value) if rest.starts_with(':') && !value.starts_with([' ', '\t', '"', '\'']) => None,
        Some(value) => Some(text.len() - value.trim_start_matches([' ', '\t']).len()),
        // `ENV NAME value`, the old form of the instruction.
        None => (text[..start].trim_end() == "ENV" && !rest.is_empty()).then_some(text.len() - rest.len()),
    }
}

/// The value at `from`: inside its quotes, or up to a blank. What is taken from elsewhere (`$NAME`, `os.environ[…]`,
/// a call) is no credential.
fn value_range(text: &str, from: usize) -> Range<usize> {
    let rest = &text[from..];
    // Python's string prefixes.
    let prefix =
        rest.find(['"', '\'']).filter(|n| *n <= 2 && rest[..*n].chars().all(|c| "bBrRfFuU".contains(c)));
    if let Some(quote_at) = prefix {
        let quote = &rest[quote_at..=quote_at];
        let body = from + quote_at + 1;
        let close = text[body..].find(quote).map_or(text.len(), |n| body + n);
        return body..close;
    }
    let end = rest.find(|c: char| c.is_whitespace() || ",;&\"'`".contains(c)).unwrap_or(rest.len());
    let value = &rest[..end];
    let is_taken = value.starts_with(['$', '{', '[', '<'])
        || value.contains('(')
        || value.starts_with("os.")
        || matches!(value, "None" | "null" | "true" | "false" | "True" | "False" | REDACTED);
    if is_taken { from..from } else { from..from + end }
}

/// Sorted and without overlaps.
fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgscan_model::Origin;

    fn knows(secrets: &[&str]) -> Redactor {
        let mut found = Found::default();
        secrets.iter().for_each(|s| found.literal(s));
        found.finish()
    }

    fn word(text: &str) -> Text {
        Text::new(text, Origin::ImageCmd { index: 0, chars: None, instruction: None })
    }

    #[test]
    fn a_marked_credential_is_found_again_anywhere() {
        let redactor = knows(&["hunter2!", "postgres://app:s3cr3t@db/app"]);
        assert_eq!(
            redactor.prose("it is `hunter2!`, twice hunter2!"),
            "it is `[redacted]`, twice [redacted]"
        );
        assert_eq!(redactor.image("psql -W s3cr3t"), "psql -W [redacted]");
    }

    #[test]
    fn values_of_secret_names_go_in_every_notation() {
        let none = Redactor::default();
        for (text, clean) in [
            ("ENV DB_PASSWORD=abc PORT=80", "ENV DB_PASSWORD=[redacted] PORT=80"),
            ("ENV DB_PASSWORD abc", "ENV DB_PASSWORD [redacted]"),
            ("SECRET_KEY = 'abc def'", "SECRET_KEY = '[redacted]'"),
            ("  \"api_key\": \"x\",", "  \"api_key\": \"[redacted]\","),
            ("password: b'x'", "password: b'[redacted]'"),
            ("--api-key=xyz", "--api-key=[redacted]"),
            ("RUN |1 GITHUB_TOKEN=xyz /bin/sh -c make", "RUN |1 GITHUB_TOKEN=[redacted] /bin/sh -c make"),
        ] {
            assert_eq!(none.image(text), clean);
        }
    }

    #[test]
    fn what_only_speaks_of_a_credential_stays() {
        let none = Redactor::default();
        for text in [
            "limit_req_zone $uri zone=token:10m rate=1r/s;",
            "SECRET_KEY = os.environ['SECRET_KEY']",
            "password = getpass()",
            "export DB_PASSWORD=$1",
            "if token == other:",
            "TOKEN_FILE=/run/secrets/t",
            "ENV PORT 80",
        ] {
            assert_eq!(none.image(text), text);
        }
        assert_eq!(none.prose("no password: it is unset"), "no password: it is unset");
    }

    #[test]
    fn forms_of_credentials_go_whatever_their_name() {
        let none = Redactor::default();
        assert_eq!(none.prose("DSN=`postgres://a:b@c/d`"), "DSN=`[redacted]`");
        let key = "x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y";
        assert_eq!(none.image(key), "x [redacted] y");
    }

    #[test]
    fn the_word_after_a_secret_flag_goes() {
        let words = [word("app"), word("--password"), word("x"), word("--port"), word("80")];
        assert_eq!(Redactor::default().words(&words), ["app", "--password", "[redacted]", "--port", "80"]);
    }

    #[test]
    fn a_text_with_one_secret_part_goes_whole() {
        let mixed = Text::concat([&word("--dsn="), &word("abc").into_secret()]);
        assert_eq!(Redactor::default().text(&mixed), REDACTED);
    }
}
