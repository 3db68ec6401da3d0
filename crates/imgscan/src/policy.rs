//! The configuration file and the baseline: found, read, and laid over reports.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use imgscan_model::{ImageReport, Report, Severity};
use imgscan_policy::{Baseline, Day, Policy, apply};

use crate::cli::{FailOn, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::output;

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
            apply(result, &self.policy, self.baseline.as_ref(), Day::of_unix(seconds));
        }
        if let Some(path) = &self.update {
            let known = report.results.iter().flat_map(|r| &r.findings).map(|f| &f.finding);
            output::save(path, Baseline::of(known).write().as_bytes())?;
            return Ok(Exit::Done);
        }
        Ok(if report.results.iter().any(|r| self.fails(r)) { Exit::Finding } else { Exit::Done })
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

fn read(path: &Path) -> Result<Policy, Failure> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|e| Failure::usage(format!("cannot read `{name}`: {e}")))?;
    let codes: Vec<&str> = imgscan_rules::all().iter().map(|rule| rule.meta().code).collect();
    Policy::read(&name, &text, &codes).map_err(Failure::usage)
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
