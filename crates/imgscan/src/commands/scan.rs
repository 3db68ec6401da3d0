//! `imgscan scan`, and `imgscan` alone.

use std::time::Instant;

use imgscan_model::report::Stats;
use imgscan_model::{ImageReport, InputError, Overrides, Report, limits};
use imgscan_report::{github, gitlab, gitlab_security, html, json, junit, markdown, sarif, text};
use imgscan_scan::{ScanError, ScanOptions, scan};

use super::inspect::unscanned;
use crate::cli::{Format, ScanArgs};
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::inputs::{self, Access};
use crate::output;
use crate::policy::Rules;
use crate::progress::Watch;

/// Scans every image named; one that fails does not stop the rest.
pub(super) fn run(args: &ScanArgs) -> Result<Exit, Failure> {
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let options = access.scan_options(inputs::overrides(&args.runtime, &args.words)?);
    let rules = Rules::new(&args.policy)?;
    let fleet = Fleet::new(args, &access)?;
    // What one image took can only be told while nothing else goes on.
    let at_once = if args.stats { 1 } else { limits::IMAGES_AT_ONCE };
    let scan = |typed: &str| scan_one(typed, &access, &options, args, &watch);
    let mut exit = fleet.errors.iter().fold(Exit::Done, |exit, error| exit.worst(Exit::of(error.kind)));
    if args.format == Format::Jsonl {
        let mut out = JsonLines::new(args, &rules)?;
        let failed = Report { errors: fleet.errors, ..Report::default() };
        exit = exit.worst(if failed.errors.is_empty() { Exit::Done } else { out.write(failed)? });
        fleet::each(&fleet.targets, at_once, scan, |_, answer| {
            let (report, ended) = answer?;
            exit = exit.worst(ended).worst(out.write(report)?);
            Ok(())
        })?;
        watch.clear();
    } else {
        let mut reports: Vec<Report> = fleet.targets.iter().map(|_| Report::default()).collect();
        fleet::each(&fleet.targets, at_once, scan, |index, answer| {
            let (report, ended) = answer?;
            exit = exit.worst(ended);
            if let Some(slot) = reports.get_mut(index) {
                *slot = report;
            }
            Ok(())
        })?;
        watch.clear();
        let mut whole = Report { errors: fleet.errors, ..Report::default() };
        for report in reports {
            whole.results.extend(report.results);
            whole.errors.extend(report.errors);
        }
        exit = exit.worst(rules.judge(&mut whole)?);
        write(args, &whole)?;
    }
    Ok(if args.exit_zero && exit == Exit::Finding { Exit::Done } else { exit })
}

/// Reports that go out one a line, as they come.
struct JsonLines<'a> {
    args: &'a ScanArgs,
    rules: &'a Rules,
}

impl<'a> JsonLines<'a> {
    fn new(args: &'a ScanArgs, rules: &'a Rules) -> Result<Self, Failure> {
        if args.policy.update_baseline || !args.output.is_empty() {
            return Err(Failure::usage(
                "`--format jsonl` tells of each image by itself; `--output` and `--update-baseline` need all of them",
            ));
        }
        // The last line of an earlier run that was cut off stays a line of its own.
        let cut = args.resume.as_ref().and_then(|path| std::fs::read(path).ok());
        if cut.is_some_and(|text| text.last().is_some_and(|last| *last != b'\n')) {
            output::print(b"\n")?;
        }
        Ok(JsonLines { args, rules })
    }

    fn write(&mut self, mut report: Report) -> Result<Exit, Failure> {
        let exit = self.rules.judge(&mut report)?;
        let options = json::v1::Options { stats: self.args.stats };
        output::print(one_line(&json::v1::render(&report, options).map_err(unprintable)?).as_bytes())?;
        Ok(exit)
    }
}

/// JSON on one line: no string in it holds a line break, so what begins a line is indentation.
fn one_line(json: &str) -> String {
    let mut line: String = json.lines().map(str::trim_start).collect();
    line.push('\n');
    line
}

/// Scans images for a command that answers about all of them or fails.
pub(super) fn scan_all(
    typed: &[String],
    access: &Access,
    overrides: &Overrides,
) -> Result<Vec<ImageReport>, Failure> {
    let options = access.scan_options(overrides.clone());
    let mut reports = Vec::new();
    for typed in typed {
        let images = access.open(typed)?.map_err(|error| inputs::failure(typed, &error))?;
        for image in images {
            reports.push(scan(&image, &options).map_err(|e| unscanned(typed, &e))?);
        }
    }
    Ok(reports)
}

fn scan_one(
    typed: &str,
    access: &Access,
    options: &ScanOptions,
    args: &ScanArgs,
    watch: &Watch,
) -> Result<(Report, Exit), Failure> {
    let mut report = Report::default();
    let images = match access.open(typed)? {
        Ok(images) => images,
        Err(error) => {
            report.errors.push(inputs::input_error(typed, &error));
            return Ok((report, Exit::of(error.kind)));
        }
    };
    let mut exit = Exit::Done;
    for image in images {
        let (started, before) = (Instant::now(), watch.counted());
        match scan(&image, options) {
            Ok(mut result) => {
                if args.stats {
                    let (requests, bytes) = watch.counted();
                    result.stats = Some(Stats {
                        elapsed: started.elapsed(),
                        requests: requests - before.0,
                        bytes_fetched: bytes - before.1,
                        layers: result.stats.take().map_or_else(Vec::new, |stats| stats.layers),
                    });
                }
                report.results.push(result);
            }
            Err(error) => exit = exit.worst(failed(typed, &error, &mut report)),
        }
    }
    imgscan_rules::compare_platforms(&mut report.results);
    Ok((report, exit))
}

/// Notes a scan that has no result.
fn failed(typed: &str, error: &ScanError, report: &mut Report) -> Exit {
    let Some(kind) = error.kind() else {
        output::complain(&Failure { exit: Exit::Bug, message: format!("{typed}: {error}"), help: None });
        return Exit::Bug;
    };
    report.errors.push(InputError {
        input: typed.to_owned(),
        kind,
        message: error.to_string(),
        help: error.help().map(str::to_owned),
    });
    Exit::of(kind)
}

fn write(args: &ScanArgs, report: &Report) -> Result<(), Failure> {
    for (format, path) in &args.output {
        let plain = text::Options { width: 110, colour: false };
        output::save(path, render(*format, report, args.stats, plain)?.as_bytes())?;
    }
    let shown = text::Options { width: output::width(), colour: output::coloured(args.shown.color) };
    output::print(render(args.format, report, args.stats, shown)?.as_bytes())
}

fn render(format: Format, report: &Report, stats: bool, shown: text::Options) -> Result<String, Failure> {
    match format {
        Format::Text => Ok(text::render(report, shown)),
        Format::Json => json::v1::render(report, json::v1::Options { stats }).map_err(unprintable),
        Format::Jsonl => json::v1::render(report, json::v1::Options { stats })
            .map(|text| one_line(&text))
            .map_err(unprintable),
        Format::Sarif => sarif::render(report, env!("CARGO_PKG_VERSION")).map_err(unprintable),
        Format::Junit => Ok(junit::render(report)),
        Format::Github => Ok(github::render(report)),
        Format::Gitlab => gitlab::render(report).map_err(unprintable),
        Format::GitlabSecurity => {
            gitlab_security::render(report, env!("CARGO_PKG_VERSION")).map_err(unprintable)
        }
        Format::Markdown => Ok(markdown::render(report)),
        Format::Html => Ok(html::render(report, env!("CARGO_PKG_VERSION"))),
    }
}

/// A report that cannot be written as JSON.
pub(super) fn unprintable(error: serde_json::Error) -> Failure {
    Failure {
        exit: Exit::Unwritable,
        message: format!("cannot write the report as JSON: {error}"),
        help: None,
    }
}
