//! `imgscan diff A [B]`.

use imgscan_model::{ImageReport, Overrides};
use imgscan_policy::differences;
use imgscan_report::{json, text};
use imgscan_scan::scan;

use super::inspect::unscanned;
use super::scan::unprintable;
use crate::cli::{AnswerFormat, DiffArgs};
use crate::exit::{Exit, Failure};
use crate::inputs::{self, Access};
use crate::output;
use crate::progress::Watch;

/// Says what differs between two images, or one image without and with run-time options.
pub(super) fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    let overrides = inputs::overrides(&args.runtime, &args.words)?;
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let other = match &args.other_platform {
        Some(platform) => Some(access.on(platform)?),
        None => None,
    };
    let after_access = other.as_ref().unwrap_or(&access);
    // What is known of the machine holds for both sides; everything else stands over the second one alone.
    let plain = Overrides { cpus: overrides.cpus, ..Overrides::default() };
    let before = report(&args.before, &access, plain)?;
    let after = report(args.after.as_ref().unwrap_or(&args.before), after_access, overrides)?;
    watch.clear();
    let found = differences(&before, &after);
    let shown = text::Options { width: output::width(), colour: output::coloured(args.shown.color) };
    let bytes = match args.format {
        AnswerFormat::Text => text::render_differences(&before, &after, &found, shown),
        AnswerFormat::Json => json::v1::render_differences(&before, &after, &found).map_err(unprintable)?,
    };
    output::print(bytes.as_bytes())?;
    Ok(if args.exit_code && !found.is_empty() { Exit::Finding } else { Exit::Done })
}

fn report(typed: &str, access: &Access, overrides: Overrides) -> Result<ImageReport, Failure> {
    let image = access.open_one(typed)?;
    scan(&image, &access.scan_options(overrides)).map_err(|e| unscanned(typed, &e))
}
