//! `imgscan.toml`, read and checked: every complaint names the line.

use std::collections::BTreeMap;
use std::fmt;

use globset::{Glob, GlobMatcher};
use imgscan_model::{Confidence, Severity};
use serde::Deserialize;
use toml::Spanned;

/// What `imgscan.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The file as named by the user; empty where there is none.
    pub file: String,
    /// `fail-on`: lowest severity that makes the exit status 1; `Some(None)` is `never`.
    pub fail_on: Option<Option<Severity>>,
    /// `min-confidence`: findings below it are not reported.
    pub min_confidence: Option<Confidence>,
    /// `[severity]`: rule code → severity; `None` switches the rule off.
    pub severity: BTreeMap<String, Option<Severity>>,
    /// `[[ignore]]`, in order.
    pub ignores: Vec<Ignore>,
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

/// A day of the calendar, `2027-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let sized = parts.next().is_none() && year.len() == 4 && month.len() == 2 && day.len() == 2;
        let date = Day { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        (sized && (1..=12).contains(&date.month) && (1..=days_in(date.year, date.month)).contains(&date.day))
            .then_some(date)
    }

    /// The day (UTC) of a moment, in seconds since 1970. Howard Hinnant's `civil_from_days`.
    pub fn of_unix(seconds: u64) -> Self {
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |n: u64| u8::try_from(n).unwrap_or(0);
        Day { year: u16::try_from(year).unwrap_or(u16::MAX), month: small(month), day: small(day) }
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A configuration file that cannot be used (exit status 2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct PolicyError {
    /// The file as named.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// The file as it is spelled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    fail_on: Option<Spanned<String>>,
    min_confidence: Option<Spanned<String>>,
    #[serde(default)]
    severity: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    ignore: Vec<Spanned<RawIgnore>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIgnore {
    code: Option<Spanned<String>>,
    setting: Option<String>,
    path: Option<Spanned<String>>,
    image: Option<Spanned<String>>,
    reason: Option<String>,
    until: Option<Spanned<String>>,
}

impl Policy {
    /// Reads the text of a configuration file. `codes` are the codes of all rules, for telling a typo.
    ///
    /// # Errors
    /// Where it is no TOML, has a key or value that nobody knows, or an ignore without a reason.
    pub fn read(file: &str, text: &str, codes: &[&str]) -> Result<Self, PolicyError> {
        let check = Check { file, text, codes };
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |s| s.start);
            check.fault(at, error.message().to_owned())
        })?;
        let fail_on = raw.fail_on.as_ref().map(|word| match word.get_ref().as_str() {
            "never" => Ok(None),
            _ => check.severity(word).map(Some),
        });
        let mut severity = BTreeMap::new();
        for (code, word) in &raw.severity {
            check.code(code)?;
            let level = if word.get_ref() == "off" { None } else { Some(check.severity(word)?) };
            severity.insert(code.get_ref().clone(), level);
        }
        Ok(Policy {
            file: file.to_owned(),
            fail_on: fail_on.transpose()?,
            min_confidence: raw.min_confidence.as_ref().map(|word| check.confidence(word)).transpose()?,
            severity,
            ignores: raw.ignore.iter().map(|ignore| check.ignore(ignore)).collect::<Result<_, _>>()?,
        })
    }
}

struct Check<'a> {
    file: &'a str,
    text: &'a str,
    codes: &'a [&'a str],
}

impl Check<'_> {
    fn fault(&self, at: usize, message: String) -> PolicyError {
        PolicyError { file: self.file.to_owned(), line: self.line(at), message }
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    fn severity(&self, word: &Spanned<String>) -> Result<Severity, PolicyError> {
        match word.get_ref().as_str() {
            "info" => Ok(Severity::Info),
            "low" => Ok(Severity::Low),
            "medium" => Ok(Severity::Medium),
            "high" => Ok(Severity::High),
            other => {
                Err(self
                    .fault(word.span().start, format!("`{other}` is no severity: info, low, medium or high")))
            }
        }
    }

    fn confidence(&self, word: &Spanned<String>) -> Result<Confidence, PolicyError> {
        match word.get_ref().as_str() {
            "possible" => Ok(Confidence::Possible),
            "likely" => Ok(Confidence::Likely),
            "certain" => Ok(Confidence::Certain),
            other => {
                let message = format!("`{other}` is no confidence: possible, likely or certain");
                Err(self.fault(word.span().start, message))
            }
        }
    }

    fn code(&self, code: &Spanned<String>) -> Result<(), PolicyError> {
        if self.codes.contains(&code.get_ref().as_str()) {
            return Ok(());
        }
        Err(self.fault(code.span().start, format!("there is no rule `{}`", code.get_ref())))
    }

    fn glob(&self, pattern: &Spanned<String>) -> Result<GlobMatcher, PolicyError> {
        Glob::new(pattern.get_ref())
            .map(|glob| glob.compile_matcher())
            .map_err(|error| self.fault(pattern.span().start, format!("no glob: {error}")))
    }

    fn ignore(&self, ignore: &Spanned<RawIgnore>) -> Result<Ignore, PolicyError> {
        let at = ignore.span().start;
        let raw = ignore.get_ref();
        let reason = raw.reason.as_deref().map(str::trim).unwrap_or("");
        if reason.is_empty() {
            return Err(self.fault(at, "an ignore says its `reason`".into()));
        }
        if raw.code.is_none() && raw.setting.is_none() && raw.path.is_none() {
            return Err(self.fault(at, "an ignore names a `code`, a `setting` or a `path`".into()));
        }
        raw.code.as_ref().map_or(Ok(()), |code| self.code(code))?;
        let until = match &raw.until {
            None => None,
            Some(text) => Some(Day::parse(text.get_ref()).ok_or_else(|| {
                self.fault(
                    text.span().start,
                    format!("`{}` is no day: write it as 2027-01-31", text.get_ref()),
                )
            })?),
        };
        Ok(Ignore {
            code: raw.code.as_ref().map(|c| c.get_ref().clone()),
            setting: raw.setting.clone(),
            path: raw.path.as_ref().map(|p| self.glob(p)).transpose()?,
            image: raw.image.as_ref().map(|p| self.glob(p)).transpose()?,
            reason: reason.to_owned(),
            until,
            line: self.line(at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: &[&str] = &["OVR005", "IMG009"];

    fn fault(text: &str) -> String {
        Policy::read("imgscan.toml", text, CODES).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = "fail-on = \"medium\"\nmin-confidence = \"likely\"\n\n[severity]\nIMG009 = \"off\"\n\n\
                    [[ignore]]\ncode = \"OVR005\"\npath = \"/opt/**\"\nreason = \"the base brings it\"\nuntil = \"2027-01-31\"\n";
        let policy = Policy::read("imgscan.toml", text, CODES).unwrap();
        assert_eq!(policy.fail_on, Some(Some(Severity::Medium)));
        assert_eq!(policy.severity["IMG009"], None);
        assert_eq!(policy.ignores[0].line, 7);
        assert_eq!(policy.ignores[0].until.unwrap().to_string(), "2027-01-31");
    }

    #[test]
    fn every_fault_names_its_line() {
        assert_eq!(
            fault("fail-on = \"loud\"\n"),
            "imgscan.toml:1: `loud` is no severity: info, low, medium or high"
        );
        assert_eq!(fault("\n[severity]\nOVR999 = \"low\"\n"), "imgscan.toml:3: there is no rule `OVR999`");
        assert_eq!(fault("[[ignore]]\ncode = \"OVR005\"\n"), "imgscan.toml:1: an ignore says its `reason`");
        assert!(fault("colour = 1\n").starts_with("imgscan.toml:1: unknown field `colour`"));
        assert!(
            fault("[[ignore]]\ncode=\"OVR005\"\nreason=\"x\"\nuntil=\"soon\"\n")
                .starts_with("imgscan.toml:4: `soon`")
        );
    }

    #[test]
    fn days_are_days() {
        assert_eq!(Day::of_unix(0).to_string(), "1970-01-01");
        assert_eq!(Day::of_unix(1_795_305_600).to_string(), "2026-11-22");
        assert_eq!(Day::of_unix(951_782_400).to_string(), "2000-02-29");
        assert_eq!(Day::parse("2026-02-29"), None);
        assert_eq!(Day::parse("2026-2-9"), None);
    }
}
