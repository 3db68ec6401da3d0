//! `imgscan effective IMAGE`.

use imgscan_dialects::registry::DIALECTS;
use imgscan_model::{ImageReport, Server, nearest};
use imgscan_report::{json, text};

use super::scan::{scan_all, unprintable};
use crate::cli::{AnswerFormat, EffectiveArgs};
use crate::exit::{Exit, Failure};
use crate::inputs::{self, Access};
use crate::output;
use crate::progress::Watch;

/// Lists what the servers end up with.
pub(super) fn run(args: &EffectiveArgs) -> Result<Exit, Failure> {
    let wanted = args.dialect.as_deref();
    wanted.map_or(Ok(()), known)?;
    let overrides = inputs::overrides(&args.runtime, &args.words)?;
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let images = scan_all(&args.images, &access, &overrides)?;
    watch.clear();
    let shows = |server: &Server| wanted.is_none_or(|w| server.name == w);
    for image in &images {
        started(image, wanted, &shows)?;
    }
    let shown = text::Options { width: output::width(), colour: output::coloured(args.shown.color) };
    let bytes = match args.format {
        AnswerFormat::Text => {
            let blocks: Vec<String> =
                images.iter().map(|image| text::render_effective(image, &shows, shown)).collect();
            blocks.join("\n")
        }
        AnswerFormat::Json => json::v1::render_effective(&images, &shows).map_err(unprintable)?,
    };
    output::print(bytes.as_bytes())?;
    Ok(Exit::Done)
}

/// Whether imgscan knows a kind of server of this name.
fn known(name: &str) -> Result<(), Failure> {
    let names: Vec<&str> = DIALECTS.iter().map(|d| d.name()).collect();
    if names.contains(&name) {
        return Ok(());
    }
    let help = match nearest(names.iter().copied(), name) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", quoted(&names)),
    };
    Err(Failure::usage(format!("imgscan knows no server `{name}`\nhelp: {help}")))
}

/// A kind of server that was asked for and is not started is no empty answer.
fn started(
    image: &ImageReport,
    wanted: Option<&str>,
    shows: &dyn Fn(&Server) -> bool,
) -> Result<(), Failure> {
    let Some(wanted) = wanted.filter(|_| !image.servers.iter().any(shows)) else { return Ok(()) };
    let names: Vec<&str> = image.servers.iter().map(|s| s.id.as_str()).collect();
    let help = if names.is_empty() { String::new() } else { format!("\nhelp: it starts {}", quoted(&names)) };
    Err(Failure::usage(format!("{}: the container starts no `{wanted}`{help}", image.reference)))
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}
