//! `imgscan.toml`, read and checked: every complaint shows the line.

use std::collections::BTreeMap;

use globset::{Glob, GlobMatcher};
use imgscan_assert::Expression;
use imgscan_model::{Confidence, Severity, nearest};
use toml::Spanned;

use crate::day::Day;
use crate::fault::{Page, PolicyError};
use crate::raw::{Raw, RawExpect, RawIgnore, RawRule};

/// What `imgscan.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The file as named by the user; empty where there is none.
    pub file: String,
    /// Its text, for showing lines of it.
    pub text: String,
    /// `fail-on`: lowest severity that makes the exit status 1; `Some(None)` is `never`.
    pub fail_on: Option<Option<Severity>>,
    /// `min-confidence`: findings below it are not reported.
    pub min_confidence: Option<Confidence>,
    /// `[severity]` and `[rules.CODE]`: options of rules by their code.
    pub rules: BTreeMap<String, RuleOptions>,
    /// `[[ignore]]`, in order.
    pub ignores: Vec<Ignore>,
    /// `[[expect]]`, in order.
    pub expectations: Vec<Expectation>,
}

/// Options of one rule.
#[derive(Clone, Debug, Default)]
pub struct RuleOptions {
    /// Severity of its findings; `Some(None)` switches the rule off.
    pub severity: Option<Option<Severity>>,
    /// Its findings below this are not reported.
    pub min_confidence: Option<Confidence>,
    /// It says nothing about files whose path fits.
    pub exclude_paths: Vec<GlobMatcher>,
    /// It says nothing about environment variables whose name fits.
    pub exclude_env: Vec<GlobMatcher>,
    /// It says nothing about settings whose name fits.
    pub exclude_settings: Vec<GlobMatcher>,
}

/// An `[[ignore]]`: all that it names must fit.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// Rule code.
    pub code: Option<String>,
    /// Setting, e.g. `timeout`.
    pub setting: Option<String>,
    /// Glob of the path at the finding's primary place.
    pub path: Option<GlobMatcher>,
    /// Glob of the image reference as typed.
    pub image: Option<GlobMatcher>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Day>,
    /// Its line, counted from 1.
    pub line: usize,
}

/// An `[[expect]]`: something that must hold.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What.
    pub expression: Expression,
    /// Glob of the images it is demanded of; of all where there is none.
    pub image: Option<GlobMatcher>,
    /// Why.
    pub reason: Option<String>,
    /// How bad it is where it does not hold.
    pub severity: Severity,
    /// The line of the expression, counted from 1.
    pub line: usize,
}

impl Expectation {
    /// Whether it is demanded of an image, by its reference as typed.
    pub fn is_about(&self, reference: &str) -> bool {
        self.image.as_ref().is_none_or(|glob| glob.is_match(reference))
    }
}

impl Policy {
    /// Reads the text of a configuration file. `codes` are the codes of all rules, for telling a typo.
    ///
    /// # Errors
    /// Where it is no TOML, has a key or value that nobody knows, an ignore without a reason, or an expectation that is
    /// no expression.
    pub fn read(file: &str, text: &str, codes: &[&str]) -> Result<Self, PolicyError> {
        let check = Check { page: Page { file, text }, codes };
        let raw: Raw = toml::from_str(text).map_err(|error| check.no_toml(&error))?;
        let fail_on = raw.fail_on.as_ref().map(|word| match word.get_ref().as_str() {
            "never" => Ok(None),
            _ => check.severity(word, ", or never").map(Some),
        });
        Ok(Policy {
            file: file.to_owned(),
            text: text.to_owned(),
            fail_on: fail_on.transpose()?,
            min_confidence: raw.min_confidence.as_ref().map(|word| check.confidence(word)).transpose()?,
            rules: check.rules(&raw)?,
            ignores: raw.ignore.iter().map(|ignore| check.ignore(ignore)).collect::<Result<_, _>>()?,
            expectations: raw.expect.iter().map(|expect| check.expect(expect)).collect::<Result<_, _>>()?,
        })
    }
}

/// The JSON Schema of `imgscan.toml`, as it stands in `docs/imgscan.toml.schema.json`.
///
/// # Errors
/// None that can happen: the schema holds only text.
pub fn schema() -> serde_json::Result<String> {
    let generator = schemars::generate::SchemaSettings::draft07().into_generator();
    serde_json::to_string_pretty(&generator.into_root_schema_for::<Raw>()).map(|text| text + "\n")
}

struct Check<'a> {
    page: Page<'a>,
    codes: &'a [&'a str],
}

impl Check<'_> {
    /// What the TOML reader says. It names the keys that it knows; the nearest of them is offered.
    fn no_toml(&self, error: &toml::de::Error) -> PolicyError {
        let message = error.message();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let near = match (message.starts_with("unknown field"), quoted.next()) {
            (true, Some(typed)) => nearest(quoted, typed),
            _ => None,
        };
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.page.fault(error.span().unwrap_or(0..0), message).help(help)
    }

    fn word_fault(&self, word: &Spanned<String>, message: String) -> PolicyError {
        self.page.fault(word.span(), message)
    }

    fn severity(&self, word: &Spanned<String>, besides: &str) -> Result<Severity, PolicyError> {
        match word.get_ref().as_str() {
            "info" => Ok(Severity::Info),
            "low" => Ok(Severity::Low),
            "medium" => Ok(Severity::Medium),
            "high" => Ok(Severity::High),
            other => {
                let message = format!("`{other}` is no severity: info, low, medium, high{besides}");
                Err(self.word_fault(word, message))
            }
        }
    }

    fn severity_or_off(&self, word: &Spanned<String>) -> Result<Option<Severity>, PolicyError> {
        if word.get_ref() == "off" { Ok(None) } else { self.severity(word, ", or off").map(Some) }
    }

    fn confidence(&self, word: &Spanned<String>) -> Result<Confidence, PolicyError> {
        match word.get_ref().as_str() {
            "possible" => Ok(Confidence::Possible),
            "likely" => Ok(Confidence::Likely),
            "certain" => Ok(Confidence::Certain),
            other => {
                let message = format!("`{other}` is no confidence: possible, likely, certain");
                Err(self.word_fault(word, message))
            }
        }
    }

    fn code(&self, code: &Spanned<String>) -> Result<(), PolicyError> {
        let typed = code.get_ref().as_str();
        if self.codes.contains(&typed) {
            return Ok(());
        }
        let help = match nearest(self.codes.iter().copied(), typed) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`imgscan rules` lists them".to_owned(),
        };
        Err(self.word_fault(code, format!("there is no rule `{typed}`")).help(Some(help)))
    }

    fn glob(&self, pattern: &Spanned<String>) -> Result<GlobMatcher, PolicyError> {
        Glob::new(pattern.get_ref())
            .map(|glob| glob.compile_matcher())
            .map_err(|error| self.word_fault(pattern, format!("no glob: {}", error.kind())))
    }

    fn globs(&self, patterns: &[Spanned<String>]) -> Result<Vec<GlobMatcher>, PolicyError> {
        patterns.iter().map(|p| self.glob(p)).collect()
    }

    fn rules(&self, raw: &Raw) -> Result<BTreeMap<String, RuleOptions>, PolicyError> {
        let mut rules: BTreeMap<String, RuleOptions> = BTreeMap::new();
        for (code, word) in &raw.severity {
            self.code(code)?;
            let severity = Some(self.severity_or_off(word)?);
            rules.insert(code.get_ref().clone(), RuleOptions { severity, ..RuleOptions::default() });
        }
        for (code, options) in &raw.rules {
            self.code(code)?;
            let twice = rules.contains_key(code.get_ref());
            if let (Some(word), true) = (&options.severity, twice) {
                let message = format!("`[severity]` says the severity of {} already", code.get_ref());
                return Err(self.word_fault(word, message));
            }
            let options = self.rule(options)?;
            let rule = rules.entry(code.get_ref().clone()).or_default();
            let severity = options.severity.or(rule.severity);
            *rule = RuleOptions { severity, ..options };
        }
        Ok(rules)
    }

    fn rule(&self, raw: &RawRule) -> Result<RuleOptions, PolicyError> {
        Ok(RuleOptions {
            severity: raw.severity.as_ref().map(|word| self.severity_or_off(word)).transpose()?,
            min_confidence: raw.min_confidence.as_ref().map(|word| self.confidence(word)).transpose()?,
            exclude_paths: self.globs(&raw.exclude_paths)?,
            exclude_env: self.globs(&raw.exclude_env)?,
            exclude_settings: self.globs(&raw.exclude_settings)?,
        })
    }

    fn ignore(&self, ignore: &Spanned<RawIgnore>) -> Result<Ignore, PolicyError> {
        let raw = ignore.get_ref();
        let reason = raw.reason.as_deref().map(str::trim).unwrap_or("");
        if reason.is_empty() {
            return Err(self.page.fault(ignore.span(), "an ignore says its `reason`"));
        }
        if raw.code.is_none() && raw.setting.is_none() && raw.path.is_none() {
            return Err(self.page.fault(ignore.span(), "an ignore names a `code`, a `setting` or a `path`"));
        }
        raw.code.as_ref().map_or(Ok(()), |code| self.code(code))?;
        let until = raw.until.as_ref().map(|text| {
            let message = || format!("`{}` is no day: write it as 2027-01-31", text.get_ref());
            Day::parse(text.get_ref()).ok_or_else(|| self.word_fault(text, message()))
        });
        Ok(Ignore {
            code: raw.code.as_ref().map(|c| c.get_ref().clone()),
            setting: raw.setting.clone(),
            path: raw.path.as_ref().map(|p| self.glob(p)).transpose()?,
            image: raw.image.as_ref().map(|p| self.glob(p)).transpose()?,
            reason: reason.to_owned(),
            until: until.transpose()?,
            line: self.page.line(ignore.span().start),
        })
    }

    fn expect(&self, expect: &Spanned<RawExpect>) -> Result<Expectation, PolicyError> {
        let raw = expect.get_ref();
        let Some(text) = &raw.assert else {
            return Err(self.page.fault(expect.span(), "an expectation says what it would `assert`"));
        };
        let expression = Expression::parse(text.get_ref())
            .map_err(|error| self.page.fault(self.inside(text, error.at), error.message).help(error.help))?;
        Ok(Expectation {
            expression,
            image: raw.image.as_ref().map(|p| self.glob(p)).transpose()?,
            reason: raw.reason.clone(),
            severity: raw.severity.as_ref().map_or(Ok(Severity::High), |word| self.severity(word, ""))?,
            line: self.page.line(text.span().start),
        })
    }

    /// The place of a character of a text in the file; of the whole text where it is not written as it is read.
    fn inside(&self, text: &Spanned<String>, at: usize) -> std::ops::Range<usize> {
        let (span, value) = (text.span(), text.get_ref());
        let bytes = value.char_indices().nth(at).map_or(value.len(), |(byte, _)| byte);
        let start = span.start + 1;
        if self.page.text.get(start..start + value.len()) == Some(value.as_str()) {
            return start + bytes..start + bytes;
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: &[&str] = &["OVR005", "IMG009"];

    fn read(text: &str) -> Policy {
        Policy::read("imgscan.toml", text, CODES).unwrap()
    }

    fn fault(text: &str) -> String {
        Policy::read("imgscan.toml", text, CODES).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_file_is_read() {
        let policy = read(
            "fail-on = \"medium\"\nmin-confidence = \"likely\"\n\n[severity]\nIMG009 = \"off\"\n\n\
             [[ignore]]\ncode = \"OVR005\"\npath = \"/opt/**\"\nreason = \"the base brings it\"\nuntil = \"2027-01-31\"\n\n\
             [rules.OVR005]\nmin-confidence = \"certain\"\nexclude-paths = [\"/usr/share/doc/**\"]\n\n\
             [[expect]]\nassert = 'gunicorn.timeout >= 300s'\nimage = \"shop/*\"\nseverity = \"low\"\n",
        );
        assert_eq!(policy.fail_on, Some(Some(Severity::Medium)));
        assert_eq!(policy.rules["IMG009"].severity, Some(None));
        assert_eq!(policy.rules["OVR005"].min_confidence, Some(Confidence::Certain));
        assert_eq!(policy.ignores[0].line, 7);
        assert_eq!(policy.ignores[0].until.unwrap().to_string(), "2027-01-31");
        let expected = &policy.expectations[0];
        assert_eq!((expected.line, expected.severity), (18, Severity::Low));
        assert!(expected.is_about("shop/app:1") && !expected.is_about("other/app:1"));
    }

    #[test]
    fn every_fault_shows_its_place() {
        assert_eq!(
            fault("\n[severity]\nOVR995 = \"low\"\n"),
            "imgscan.toml:3:1: there is no rule `OVR995`\n  |\n3 | OVR995 = \"low\"\n  | ^^^^^^\n\
             help: did you mean `OVR005`?"
        );
        assert_eq!(
            fault("[[expect]]\nassert = \"gunicorn.timeout = 3\"\n"),
            "imgscan.toml:2:28: `=` means nothing here\n  |\n2 | assert = \"gunicorn.timeout = 3\"\n\
             \x20 |                            ^\nhelp: equality is `==`"
        );
        for (text, start) in [
            (
                "fail-on = \"loud\"\n",
                "imgscan.toml:1:11: `loud` is no severity: info, low, medium, high, or never\n",
            ),
            ("[[ignore]]\ncode = \"OVR005\"\n", "imgscan.toml:1:1: an ignore says its `reason`\n"),
            ("colour = 1\n", "imgscan.toml:1:1: unknown field `colour`"),
            (
                "[[ignore]]\ncode=\"OVR005\"\nreason=\"x\"\nuntil=\"soon\"\n",
                "imgscan.toml:4:7: `soon` is no day",
            ),
            ("[[ignore]]\npath=\"[\"\nreason=\"x\"\n", "imgscan.toml:2:6: no glob: "),
            ("[[expect]]\nreason=\"x\"\n", "imgscan.toml:1:1: an expectation says"),
            (
                "[severity]\nOVR005=\"low\"\n[rules.OVR005]\nseverity=\"high\"\n",
                "imgscan.toml:4:10: `[severity]` says",
            ),
            ("fail-on = \n", "imgscan.toml:1:"),
        ] {
            assert!(fault(text).starts_with(start), "{}", fault(text));
        }
        assert!(fault("min-confidense = 1\n").ends_with("help: did you mean `min-confidence`?"));
    }

    /// `SNAPSHOTS=overwrite cargo test -p imgscan-policy` writes the file anew.
    #[test]
    fn the_schema_in_docs_is_the_schema_of_the_types() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/imgscan.toml.schema.json");
        let schema = schema().unwrap();
        if std::env::var_os("SNAPSHOTS").is_some_and(|v| v == "overwrite") {
            std::fs::write(&path, &schema).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == schema, "docs/imgscan.toml.schema.json is stale: run with SNAPSHOTS=overwrite");
    }
}
