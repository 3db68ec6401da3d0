//! `imgscan scan`, and `imgscan` alone.

use std::time::Instant;

use imgscan_model::report::Stats;
use imgscan_model::{InputError, Report};
use imgscan_report::{github, gitlab, html, json, junit, markdown, sarif, text};
use imgscan_scan::{ScanError, ScanOptions, scan};

use crate::cli::{Format, ScanArgs};
use crate::exit::{Exit, Failure};
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
    let mut report = Report::default();
    let mut exit = Exit::Done;
    for typed in &args.images {
        exit = exit.worst(scan_one(typed, &access, &options, args, &watch, &mut report)?);
    }
    watch.clear();
    exit = exit.worst(rules.judge(&mut report)?);
    write(args, &report)?;
    Ok(if args.exit_zero && exit == Exit::Finding { Exit::Done } else { exit })
}

fn scan_one(
    typed: &str,
    access: &Access,
    options: &ScanOptions,
    args: &ScanArgs,
    watch: &Watch,
    report: &mut Report,
) -> Result<Exit, Failure> {
    let images = match access.open(typed)? {
        Ok(images) => images,
        Err(error) => {
            report.errors.push(inputs::input_error(typed, &error));
            return Ok(Exit::of(error.kind));
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
            Err(error) => exit = exit.worst(failed(typed, &error, report)),
        }
    }
    Ok(exit)
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
        Format::Sarif => sarif::render(report, env!("CARGO_PKG_VERSION")).map_err(unprintable),
        Format::Junit => Ok(junit::render(report)),
        Format::Github => Ok(github::render(report)),
        Format::Gitlab => gitlab::render(report).map_err(unprintable),
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
