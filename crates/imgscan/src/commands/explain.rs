//! `imgscan explain IMAGE PROCESS.SETTING`.

use imgscan_report::{json, text};
use imgscan_scan::{Question, explain, scan};

use super::inspect::unscanned;
use super::scan::unprintable;
use crate::cli::{AnswerFormat, ExplainArgs, RequestArgs};
use crate::exit::{Exit, Failure};
use crate::inputs::{self, Access};
use crate::output;
use crate::progress::Watch;

/// Says who sets one setting.
pub(super) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let options = access.scan_options(inputs::overrides(&args.runtime, &args.words)?);
    let image = access.open_one(&args.image)?;
    let report = scan(&image, &options).map_err(|e| unscanned(&args.image, &e))?;
    watch.clear();
    let answer = explain(&report, &args.setting, request(&args.request).as_ref()).map_err(Failure::usage)?;
    let shown = text::Options { width: output::width(), colour: output::coloured(args.shown.color) };
    let bytes = match args.format {
        AnswerFormat::Text => text::render_explanation(&report, &answer, shown),
        AnswerFormat::Json => json::v1::render_explanation(&report, &answer).map_err(unprintable)?,
    };
    output::print(bytes.as_bytes())?;
    Ok(Exit::Done)
}

/// The request that is described; `None` where nothing is said of one.
pub(super) fn request(args: &RequestArgs) -> Option<Question> {
    let RequestArgs { host, address, port, method, uri, stream } = args;
    let said =
        host.is_some() || address.is_some() || port.is_some() || method.is_some() || uri.is_some() || *stream;
    said.then(|| Question {
        host: host.clone(),
        address: *address,
        port: *port,
        method: method.clone(),
        uri: uri.clone(),
        stream: *stream,
    })
}
