//! `imgscan cat IMAGE --effective SERVER`: the configuration that a server reads, put together from its files.

use imgscan_dialects::nginx;
use imgscan_model::{ImageReport, Server};
use imgscan_report::text;
use imgscan_scan::scan;

use super::inspect::unscanned;
use crate::cli::CatArgs;
use crate::exit::{Exit, Failure};
use crate::inputs::{self, Access};
use crate::output;
use crate::progress::Watch;

/// Prints the merged configuration of a server, by its id or its kind.
pub(super) fn run(args: &CatArgs, wanted: &str) -> Result<Exit, Failure> {
    let name = &args.inspect.image;
    let overrides = inputs::overrides(&args.runtime, &args.words)?;
    let watch = Watch::new();
    let access = Access::new(&args.inspect.access, watch.hook())?;
    let image = access.open_one(name)?;
    let report = scan(&image, &access.scan_options(overrides)).map_err(|e| unscanned(name, &e))?;
    watch.clear();
    let server = chosen(&report, wanted)?;
    let merged = nginx::merged::merged(server).map_err(|why| Failure {
        exit: Exit::Unavailable,
        message: format!("{name}: which configuration `{}` reads is not known: {why}", server.id),
        help: None,
    })?;
    let shown = text::Options { width: output::width(), colour: output::coloured(args.inspect.color) };
    output::print(text::render_merged(&report, server, &merged, shown).as_bytes())?;
    Ok(Exit::Done)
}

/// The server that is asked for; only nginx puts its configuration together from files.
fn chosen<'a>(report: &'a ImageReport, wanted: &str) -> Result<&'a Server, Failure> {
    let found = report.servers.iter().find(|s| s.id == wanted || s.name == wanted);
    let Some(server) = found else {
        let started: Vec<String> = report.servers.iter().map(|s| format!("`{}`", s.id)).collect();
        return Err(Failure {
            exit: Exit::Usage,
            message: format!("{}: the container starts no `{wanted}`", report.reference),
            help: (!started.is_empty()).then(|| format!("it starts {}", started.join(", "))),
        });
    };
    if server.name == "nginx" {
        return Ok(server);
    }
    Err(Failure {
        exit: Exit::Usage,
        message: format!("`{}` does not put its configuration together from files", server.id),
        help: Some(format!("`imgscan effective {}` lists its settings", report.reference)),
    })
}
