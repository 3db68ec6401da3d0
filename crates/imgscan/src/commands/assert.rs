//! `imgscan assert IMAGE EXPRESSION`.

use std::sync::Arc;

use imgscan_assert::Expression;
use imgscan_model::{ImageReport, Judgement, Origin, Verdict};
use imgscan_policy::{Policy, expectations};
use imgscan_report::{json, text};

use super::explain::request;
use super::scan::{scan_all, unprintable};
use crate::cli::{AnswerFormat, AssertArgs};
use crate::exit::{Exit, Failure};
use crate::inputs::{self, Access};
use crate::progress::Watch;
use crate::settings::{OfImage, draw, judgement};
use crate::{output, policy};

/// Demands that something holds. What cannot be told does not pass.
pub(super) fn run(args: &AssertArgs) -> Result<Exit, Failure> {
    let expressions: Vec<Expression> =
        args.expressions.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    let files: Vec<Policy> = args.file.iter().map(|path| policy::read(path)).collect::<Result<_, _>>()?;
    let overrides = inputs::overrides(&args.runtime, &args.words)?;
    let watch = Watch::new();
    let access = Access::new(&args.access, watch.hook())?;
    let images = scan_all(std::slice::from_ref(&args.image), &access, &overrides)?;
    watch.clear();
    let judged: Vec<(ImageReport, Vec<Judgement>)> = images
        .into_iter()
        .map(|image| judge(args, &expressions, &files, &image).map(|judged| (image, judged)))
        .collect::<Result<_, _>>()?;
    let shown = text::Options { width: output::width(), colour: output::coloured(args.shown.color) };
    let bytes = match args.format {
        AnswerFormat::Text => {
            let blocks: Vec<String> =
                judged.iter().map(|(image, all)| text::render_assertions(image, all, shown)).collect();
            blocks.join("\n")
        }
        AnswerFormat::Json => json::v1::render_assertions(&judged).map_err(unprintable)?,
    };
    output::print(bytes.as_bytes())?;
    let all_hold = judged.iter().flat_map(|(_, all)| all).all(|j| j.verdict() == Verdict::Holds);
    Ok(if all_hold { Exit::Done } else { Exit::Finding })
}

fn parse(text: &str) -> Result<Expression, Failure> {
    Expression::parse(text).map_err(|error| draw(text, error.at, &error.message, error.help))
}

fn judge(
    args: &AssertArgs,
    expressions: &[Expression],
    files: &[Policy],
    image: &ImageReport,
) -> Result<Vec<Judgement>, Failure> {
    let settings = OfImage { report: image, request: request(&args.request) };
    let typed = expressions.iter().map(|expression| {
        let text: Arc<str> = expression.text().into();
        (expression, None, Origin::Option { flag: "assert".into(), text, chars: None })
    });
    let written = files
        .iter()
        .flat_map(|policy| expectations(policy, &image.reference))
        .map(|(expectation, origin)| (&expectation.expression, expectation.reason.clone(), origin));
    let judged: Vec<Judgement> = typed
        .chain(written)
        .map(|(expression, reason, origin)| judgement(&settings, expression, reason, origin))
        .collect::<Result<_, _>>()?;
    if judged.is_empty() {
        let message = format!("nothing is demanded of `{}`: no `[[expect]]` fits it", image.reference);
        let help = "an `image` glob in it is held against the reference as typed";
        return Err(Failure::usage(format!("{message}\nhelp: {help}")));
    }
    Ok(judged)
}
