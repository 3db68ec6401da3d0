//! Files in, report out.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use imgscan_dialects::registry::DIALECTS;
use imgscan_launch::launch;
use imgscan_model::{
    FileView, ImageReport, Overlay, OverlayKind, Overrides, Problem, Process, Server, Start, Stats, Text,
    limits,
};
use imgscan_rules::Facts;
use imgscan_source::Image;

use crate::what_if::{WhatIfs, what_if};
use crate::{Files, ScanError, ScanOptions, Supply};

/// What the container starts and what each server makes of it.
pub(crate) struct Answer {
    pub(crate) servers: Vec<Server>,
    pub(crate) problems: Vec<Problem>,
    /// The words of PID 1.
    pub(crate) argv: Vec<Text>,
    /// Variables that the start asks for.
    pub(crate) reads_env: Vec<String>,
}

/// Follows the start, reads the servers' configuration, asks the rules.
///
/// # Errors
/// Where a layer has to be read again for a file and cannot be had.
pub fn analyse(image: &Image, files: Files, options: &ScanOptions) -> Result<ImageReport, ScanError> {
    // Parsers of hostile text go deep: they get a stack of their own. Its pages are only touched when needed.
    thread::scope(|scope| {
        let reader = thread::Builder::new()
            .name("analyse".into())
            .stack_size(limits::PARSER_STACK)
            .spawn_scoped(scope, || analyse_here(image, files, options))
            .map_err(|_| ScanError::Bug)?;
        reader.join().map_err(|_| ScanError::Bug)?
    })
}

fn analyse_here(image: &Image, files: Files, options: &ScanOptions) -> Result<ImageReport, ScanError> {
    // Each stage may ask for files that were not kept: they are read again, and everything is asked once more, so that
    // no answer hangs on what happened to be kept.
    let mut rereads = limits::REREADS;
    let mut again = || -> Result<bool, ScanError> {
        let supply = files.supply_wanted(rereads > 0)?;
        rereads -= usize::from(supply == Supply::Again);
        Ok(supply != Supply::Nothing)
    };
    let view = files.view();
    loop {
        let answer = answer(&files, Arc::clone(&view), &options.overrides);
        if again()? {
            continue;
        }
        let what_if = what_if(&files, &answer, &options.overrides);
        if again()? {
            continue;
        }
        let report = report(image, &files, answer, &what_if, &options.overrides);
        if !again()? {
            return Ok(report);
        }
    }
}

/// The answer with what the rules say of it, and the texts that it points into.
fn report(
    image: &Image,
    files: &Files,
    answer: Answer,
    what_if: &WhatIfs,
    overrides: &Overrides,
) -> ImageReport {
    let overlays = overlays(overrides);
    let findings = imgscan_rules::run(&Facts {
        config: &files.config,
        layers: &files.layers,
        servers: &answer.servers,
        files: &*files.view(),
        overridden: !overlays.is_empty(),
        what_if: &what_if.settings,
        argv: &answer.argv,
        reads_env: &answer.reads_env,
        lost_readers: &what_if.lost_readers,
    });
    let mut problems = files.problems.clone();
    problems.extend(files.merged().problems());
    problems.extend(answer.problems);
    let mut report = ImageReport {
        reference: image.reference.clone(),
        source: image.source,
        digest: image.digest.as_ref().map(ToString::to_string),
        platform: Some(image.platform.clone()),
        config: files.config.clone(),
        layers: files.layers.clone(),
        overlays,
        mounts: Vec::new(),
        servers: answer.servers,
        findings: findings.into_iter().map(Into::into).collect(),
        problems,
        excerpts: Default::default(),
        stats: Some(Stats { layers: files.reads(), ..Stats::default() }),
    };
    for origin in report.excerpts_wanted() {
        if let Some(text) = files.text_at(&origin) {
            report.excerpts.insert(&origin, text);
        }
    }
    report
}

/// Launch and dialects, over one view of the files.
pub(crate) fn answer(files: &Files, view: Arc<dyn FileView>, overrides: &Overrides) -> Answer {
    let launched = launch(&files.config, view, overrides);
    let mut servers: Vec<Server> = Vec::new();
    let mut queue: std::collections::VecDeque<Process> = launched.processes.into();
    let mut problems = launched.problems;
    while let Some(process) = queue.pop_front() {
        if servers.len() == limits::PROCESSES {
            let rest = queue.len() + 1;
            problems.push(Problem::new(format!(
                "the container starts {rest} more processes, which are not followed"
            )));
            break;
        }
        match DIALECTS.iter().find(|d| d.claims(&process)) {
            Some(dialect) => {
                let reading = dialect.read(&process);
                queue.extend(reading.starts);
                servers.push(reading.server);
            }
            None => servers.push(unclaimed(process)),
        }
    }
    name_apart(&mut servers);
    Answer { servers, problems, argv: launched.argv, reads_env: launched.reads_env }
}

/// A program that no dialect knows.
fn unclaimed(process: Process) -> Server {
    let start = Start::unknown(format!("imgscan does not know the server `{}`", process.program.name), None);
    Server {
        id: "unknown".into(),
        name: "unknown".into(),
        version: None,
        version_origin: None,
        process,
        start,
        config_files: Vec::new(),
        settings: Default::default(),
        scopes: Vec::new(),
        ignored_names: Vec::new(),
        reads_env: Vec::new(),
        problems: Vec::new(),
    }
}

/// Gives every server an id of its own: `gunicorn`, `gunicorn-2` …
fn name_apart(servers: &mut [Server]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for server in servers {
        let count = seen.entry(server.name.clone()).or_insert(0);
        *count += 1;
        server.id = if *count == 1 { server.name.clone() } else { format!("{}-{count}", server.name) };
    }
}

fn overlays(overrides: &Overrides) -> Vec<Overlay> {
    let Overrides { env, entrypoint, args, workdir, user, cpus: _ } = overrides;
    let any =
        !env.is_empty() || entrypoint.is_some() || args.is_some() || workdir.is_some() || user.is_some();
    if !any {
        return Vec::new();
    }
    vec![Overlay { kind: OverlayKind::Option, file: None, workload: None, container: None }]
}
