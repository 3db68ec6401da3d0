//! The report for people: what starts and how, which settings somebody set and who won, what is wrong and where.
//!
//! Nothing here reaches a terminal without having gone through [`Ink`]: it takes credentials out and escapes what
//! an image could use to fool the eye.

mod assertions;
mod differences;
mod effective;
mod excerpt;
mod explain;
mod finding;
mod ink;
mod merged;
mod place;
mod process;
mod scopes;
mod settings;
mod summary;
pub mod views;

use imgscan_model::{
    Differences, Explanation, ImageReport, InputError, Judgement, MergedConfig, Problem, Report, Server,
};

use crate::redact::Redactor;
use ink::Ink;

/// How the text is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal. Less than 40 counts as 40.
    pub width: usize,
    /// Whether colours and other attributes are used. The caller decides, from the terminal and `NO_COLOR`.
    pub colour: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { width: 100, colour: false }
    }
}

/// The whole report, ending with a line break.
pub fn render(report: &Report, options: Options) -> String {
    let mut blocks: Vec<String> = report.results.iter().map(|image| render_image(image, options)).collect();
    let bare = Redactor::default();
    let ink = Ink::new(options, &bare);
    blocks.extend(report.errors.iter().map(|error| input_error(error, &ink)));
    blocks.push(summary::line(report, &ink));
    blocks.join("\n")
}

/// One image, without the summary line, ending with a line break.
pub fn render_image(image: &ImageReport, options: Options) -> String {
    let redactor = Redactor::new(image);
    let ink = Ink::new(options, &redactor);
    let mut blocks = vec![header(image, &ink)];
    for server in &image.servers {
        blocks.push(process::block(image, server, &ink));
    }
    if image.servers.is_empty() {
        blocks.push("the container starts no server that imgscan knows\n".to_owned());
    }
    for reported in image.findings.iter().filter(|f| f.suppressed.is_none()) {
        blocks.push(finding::block(image, &reported.finding, &ink));
    }
    let problems = image.all_problems();
    if !problems.is_empty() {
        blocks.push(problem_list(&problems, &ink));
    }
    blocks.join("\n")
}

/// The answer to `imgscan explain`, ending with a line break.
pub fn render_explanation(image: &ImageReport, explanation: &Explanation, options: Options) -> String {
    let redactor = Redactor::new(image).with_setting(&explanation.setting);
    explain::story(image, explanation, &Ink::new(options, &redactor))
}

/// The answer to `imgscan effective` for one image, of the servers that `shows` picks, ending with a line break.
pub fn render_effective(image: &ImageReport, shows: &dyn Fn(&Server) -> bool, options: Options) -> String {
    let redactor = Redactor::new(image);
    effective::list(image, shows, &Ink::new(options, &redactor))
}

/// The answer to `imgscan cat --effective`: the configuration that one server of an image reads, includes followed,
/// ending with a line break.
pub fn render_merged(
    image: &ImageReport,
    server: &Server,
    config: &MergedConfig,
    options: Options,
) -> String {
    let redactor = Redactor::new(image);
    merged::listing(server, config, &Ink::new(options, &redactor))
}

/// The answer to `imgscan assert` for one image, ending with a line break.
pub fn render_assertions(image: &ImageReport, judgements: &[Judgement], options: Options) -> String {
    let settings = judgements.iter().flat_map(|j| &j.cases).flat_map(|c| &c.settings);
    let redactor = settings.fold(Redactor::new(image), |all, (_, setting)| all.with_setting(setting));
    assertions::list(image, judgements, &Ink::new(options, &redactor))
}

/// The answer to `imgscan diff`, ending with a line break.
pub fn render_differences(
    before: &ImageReport,
    after: &ImageReport,
    differences: &Differences,
    options: Options,
) -> String {
    let redactor = Redactor::new(before).and(&Redactor::new(after));
    differences::list(&before.reference, &after.reference, differences, &Ink::new(options, &redactor))
}

/// `oci:app:1  linux/amd64  sha256:0123456789ab`, with a line for each thing laid over the image.
fn header(image: &ImageReport, ink: &Ink<'_>) -> String {
    let mut facts: Vec<String> = image.platform.iter().map(|p| ink.prose(&p.to_string())).collect();
    facts.extend(image.digest.as_deref().map(|d| ink.prose(short_digest(d))));
    let mut out = format!("{}  {}\n", ink.bold(&ink.prose(&image.reference)), ink.dim(&facts.join("  ")));
    for overlay in &image.overlays {
        let parts = [&overlay.file, &overlay.workload, &overlay.container];
        let named: Vec<String> = parts.into_iter().flatten().map(|part| ink.prose(part)).collect();
        let what = if named.is_empty() { "options of this run".to_owned() } else { named.join(", ") };
        out.push_str(&format!("  with {what}\n"));
    }
    for mount in &image.mounts {
        out.push_str(&format!("  mount {} from {}\n", ink.prose(&mount.path), ink.prose(&mount.from)));
    }
    out
}

/// `sha256:` and the first twelve digits, as docker shows it.
fn short_digest(digest: &str) -> &str {
    digest
        .split_once(':')
        .map_or(digest, |(algorithm, _)| digest.get(..algorithm.len() + 13).unwrap_or(digest))
}

fn problem_list(problems: &[&Problem], ink: &Ink<'_>) -> String {
    let mut out = format!("{}\n", ink.bold("not read or not followed"));
    for problem in problems {
        let place = problem.origin.as_ref().map(|o| format!("{}: ", ink.dim(&place::words(o, ink))));
        out.push_str(&format!("  {}{}\n", place.unwrap_or_default(), ink.prose(&problem.message)));
    }
    out
}

fn input_error(error: &InputError, ink: &Ink<'_>) -> String {
    let mut out =
        format!("{}: {}: {}\n", ink.bad("error"), ink.prose(&error.input), ink.prose(&error.message));
    if let Some(help) = &error.help {
        out.push_str(&format!("  {}: {}\n", ink.good("help"), ink.prose(help)));
    }
    out
}
