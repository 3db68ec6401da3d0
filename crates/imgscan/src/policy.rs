//! The configuration file and the baseline: found, read, and laid over reports.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use imgscan_model::{ImageReport, Report, Severity};
use imgscan_policy::expect::{ExpectRule, found};
use imgscan_policy::{Baseline, Day, Policy, apply, expectations};

use crate::cli::{FailOn, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::settings::{OfImage, judgement};

/// The name that is looked for, from the working directory upward.
const NAME: &str = "imgscan.toml";

/// What a user accepts and demands.
pub(crate) struct Rules {
    policy: Policy,
    baseline: Option<Baseline>,
    update: Option<PathBuf>,
    fail_on: FailOn,
}

impl Rules {
    /// Reads the configuration file and the baseline. What the command line says beats the file.
    pub(crate) fn new(args: &PolicyArgs) -> Result<Self, Failure> {
        let policy = match (&args.config, args.no_config) {
            (Some(path), _) => read(path)?,
            (None, false) => upward().map_or(Ok(Policy::default()), |path| read(&path))?,
            (None, true) => Policy::default(),
        };
        let baseline = match &args.baseline {
            Some(path) if !args.update_baseline => Some(baseline(path)?),
            _ => None,
        };
        let from_file = policy.fail_on.map(|least| match least {
            Some(Severity::Info) => FailOn::Info,
            Some(Severity::Low) => FailOn::Low,
            Some(Severity::Medium) => FailOn::Medium,
            Some(Severity::High) => FailOn::High,
            None => FailOn::Never,
        });
        let fail_on = args.fail_on.or(from_file).unwrap_or(FailOn::High);
        let update = args.baseline.clone().filter(|_| args.update_baseline);
        Ok(Rules { policy, baseline, update, fail_on })
    }

    /// Lays the policy over every result; writes the baseline where that is asked for. Answers whether a finding that
    /// counts is at or above the bound.
    pub(crate) fn judge(&self, report: &mut Report) -> Result<Exit, Failure> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        for result in &mut report.results {
            self.demand(result)?;
            apply(result, &self.policy, self.baseline.as_ref(), Day::of_unix(seconds));
        }
        if let Some(path) = &self.update {
            let known = report.results.iter().flat_map(|r| &r.findings).map(|f| &f.finding);
            output::save(path, Baseline::of(known).write().as_bytes())?;
            return Ok(Exit::Done);
        }
        Ok(if report.results.iter().any(|r| self.fails(r)) { Exit::Finding } else { Exit::Done })
    }

    /// Adds a finding for each expectation that does not hold.
    fn demand(&self, report: &mut ImageReport) -> Result<(), Failure> {
        let demanded: Vec<_> = expectations(&self.policy, &report.reference).collect();
        for (expectation, origin) in demanded {
            let settings = OfImage { report, request: None };
            let reason = expectation.reason.clone();
            let judged = judgement(&settings, &expectation.expression, reason, origin.clone())
                .map_err(|failure| failure.at(&format!("{}:{}", self.policy.file, expectation.line)))?;
            report.excerpts.insert(&origin, self.policy.text.as_str());
            found(report, &judged, expectation.severity, rule("POL001"), rule("POL002"));
        }
        Ok(())
    }

    fn fails(&self, report: &ImageReport) -> bool {
        let least = match self.fail_on {
            FailOn::Info => Severity::Info,
            FailOn::Low => Severity::Low,
            FailOn::Medium => Severity::Medium,
            FailOn::High => Severity::High,
            FailOn::Never => return false,
        };
        report.findings.iter().any(|f| f.suppressed.is_none() && f.finding.severity >= least)
    }
}

/// The nearest `imgscan.toml` in the working directory or above it.
fn upward() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|dir| dir.join(NAME)).find(|path| path.is_file())
}

/// Reads a configuration file, named as people would name it from here.
pub(crate) fn read(path: &Path) -> Result<Policy, Failure> {
    let here = env::current_dir().unwrap_or_default();
    let name = path.strip_prefix(here).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).map_err(|e| Failure::usage(format!("cannot read `{name}`: {e}")))?;
    let codes: Vec<&str> = imgscan_rules::all().iter().map(|rule| rule.meta().code).collect();
    Policy::read(&name, &text, &codes).map_err(Failure::usage)
}

/// The rule of a code, for findings that do not come from it.
fn rule(code: &'static str) -> ExpectRule {
    let meta = imgscan_rules::find(code).map(|rule| rule.meta());
    ExpectRule { code, name: meta.map_or("", |m| m.name), title: meta.map_or("", |m| m.title) }
}

fn baseline(path: &Path) -> Result<Baseline, Failure> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|e| Failure {
        exit: Exit::Usage,
        message: format!("cannot read baseline `{name}`: {e}"),
        help: Some("write it with `--update-baseline`".into()),
    })?;
    Baseline::read(&text).map_err(|e| Failure::usage(format!("`{name}`: {e}")))
}
