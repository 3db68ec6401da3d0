//! A process becomes a server: command line, installed program, files, settings.

use std::collections::BTreeMap;

use imgscan_model::{
    Candidate, ConfigFile, Data, Origin, Place, Problem, Process, Server, Setting, Source, Start,
    StartStatus, Text, Value,
};

use crate::nginx::config::{BlockKind, Config};
use crate::nginx::installed::Installed;
use crate::nginx::load::{self, World};
use crate::nginx::merge::{Merger, Settings};
use crate::nginx::options::{self, OptionError, Options};
use crate::nginx::paths::Paths;
use crate::nginx::{config_files, scopes, start};

/// A configuration that has been read, with what it was read for.
pub(super) struct Read {
    pub(super) installed: Installed,
    pub(super) options: Options,
    pub(super) paths: Paths,
    pub(super) config: Config,
    pub(super) is_root: Option<bool>,
}

/// Why there is no configuration.
pub(super) struct Unread {
    installed: Installed,
    start: Start,
    problems: Vec<Problem>,
}

impl Read {
    /// Reads the configuration of a process.
    pub(super) fn of(process: &Process) -> Result<Read, Box<Unread>> {
        let installed = Installed::find(process);
        let failed = |installed: &Installed, start: Start, problems: Vec<Problem>| {
            Box::new(Unread { installed: installed.clone(), start, problems })
        };
        let options = match options::read(process.args()) {
            Ok(options) => options,
            Err(OptionError::Refused { message, word }) => {
                return Err(failed(
                    &installed,
                    Start::fails(message, word.as_ref().and_then(origin)),
                    Vec::new(),
                ));
            }
            Err(OptionError::Unknown(word)) => {
                let text = format!("a word of the command line is not known: `{}`", word.display());
                let problem = Problem { message: text.clone(), origin: origin(&word) };
                return Err(failed(&installed, Start::unknown(text, origin(&word)), vec![problem]));
            }
        };
        let paths = match Paths::new(&options, &installed, process.cwd_known()) {
            Ok(paths) => paths,
            Err(unclear) => {
                let text = format!("{} is not known", unclear.what);
                let origin = unclear.word.as_ref().and_then(origin);
                let problem = Problem { message: text.clone(), origin: origin.clone() };
                return Err(failed(&installed, Start::unknown(text, origin), vec![problem]));
            }
        };
        let world = World::new(process, &installed, &paths);
        let is_root = world.is_root;
        let config = load::load(&world, options.directives.as_ref());
        Ok(Read { installed, options, paths, config, is_root })
    }

    /// What merges the levels.
    pub(super) fn merger(&self) -> Merger<'_> {
        Merger { config: &self.config, installed: &self.installed, paths: &self.paths }
    }

    /// The port of servers without `listen`, where it is known.
    pub(super) fn default_port(&self) -> Option<u16> {
        self.is_root.map(|root| if root { 80 } else { 8000 })
    }

    /// The settings outside of `http`, `stream` and `mail`: they hold for the process.
    pub(super) fn main_settings(&self) -> Settings {
        let merger = self.merger();
        let mut settings = merger.settings(Config::MAIN, &Settings::new());
        for id in self.config.children(Config::MAIN) {
            if self.config.block(id).kind == BlockKind::Events {
                settings.extend(merger.settings(id, &Settings::new()));
            }
        }
        settings
    }

    fn start(&self) -> Start {
        let start = start::answer(&self.config);
        match &self.options.leaves {
            Some((what, word)) if start.status != StartStatus::Fails => Start::exits(*what, origin(word)),
            _ => start,
        }
    }
}

fn origin(text: &Text) -> Option<Origin> {
    text.whole().map(|place| place.origin)
}

/// The server of a process.
pub(super) fn server(process: &Process) -> Server {
    match Read::of(process) {
        Ok(read) => from(process, &read),
        Err(unread) => {
            let unread = *unread;
            Server {
                start: unread.start,
                problems: unread.problems,
                ..empty(process, &unread.installed, Vec::new(), BTreeMap::new())
            }
        }
    }
}

fn from(process: &Process, read: &Read) -> Server {
    let files = config_files::list(&read.config, &read.paths, process.files.as_ref());
    let mut settings = read.main_settings();
    main_defaults(read, &mut settings);
    discarded(read, &mut settings);
    let scopes = scopes::list(&read.merger(), read.default_port());
    let mut problems = start::problems(&read.config);
    if !read.installed.in_image {
        let text = "nginx is not in the image; the paths and modules of the official build are assumed";
        problems.push(Problem::new(text));
    }
    let reads_env =
        read.config.named(Config::MAIN, "env").filter_map(|e| e.args().next()).map(env_name).collect();
    Server {
        start: read.start(),
        scopes: scopes.into_iter().map(|n| n.scope).collect(),
        reads_env,
        problems,
        ..empty(process, &read.installed, files, settings)
    }
}

/// The variable that an `env` names.
fn env_name(text: &str) -> String {
    text.split('=').next().unwrap_or(text).to_owned()
}

fn empty(
    process: &Process,
    installed: &Installed,
    config_files: Vec<ConfigFile>,
    settings: BTreeMap<String, Setting>,
) -> Server {
    Server {
        id: "nginx".to_owned(),
        name: "nginx".to_owned(),
        version: installed.version_text.clone(),
        version_origin: installed.version_origin.clone(),
        process: process.clone(),
        start: Start::ok(),
        config_files,
        settings,
        scopes: Vec::new(),
        ignored_names: Vec::new(),
        reads_env: Vec::new(),
        problems: Vec::new(),
    }
}

/// The defaults of the process that reports show.
fn main_defaults(read: &Read, settings: &mut Settings) {
    let merger = read.merger();
    for name in ["daemon", "master_process", "worker_processes"] {
        if !settings.contains_key(name)
            && let Some(setting) = merger.unset(name, Config::MAIN, settings)
        {
            settings.insert(name.to_owned(), setting);
        }
    }
    let events =
        read.config.children(Config::MAIN).find(|id| read.config.block(*id).kind == BlockKind::Events);
    if let Some(id) = events
        && !settings.contains_key("worker_connections")
        && let Some(setting) = merger.unset("worker_connections", id, settings)
    {
        settings.insert("worker_connections".to_owned(), setting);
    }
}

/// Directives of a `-g` that a later `-g` put aside: they are never read.
fn discarded(read: &Read, settings: &mut Settings) {
    for (_, text) in read.options.discarded.iter().filter(|(letter, _)| *letter == 'g') {
        let items = crate::nginx::parser::parse(text.raw(), crate::nginx::lexer::SourceKind::Parameter);
        for item in items {
            let crate::nginx::parser::Item::Directive(directive) = item else { continue };
            let Some(place) = text.place(directive.range.clone()) else { continue };
            let words: Vec<Data> = directive.args().iter().map(|w| Data::Str(w.value.clone())).collect();
            let value = match <[Data; 1]>::try_from(words) {
                Ok([one]) => one,
                Err(many) => Data::List(many),
            };
            let lost = lost(value, place);
            match settings.get_mut(directive.name()) {
                Some(setting) => setting.add_loser(lost),
                None => {
                    if let Some(mut setting) = read.merger().unset(directive.name(), Config::MAIN, settings) {
                        setting.add_loser(lost);
                        settings.insert(directive.name().to_owned(), setting);
                    }
                }
            }
        }
    }
}

fn lost(value: Data, place: Place) -> Candidate {
    Candidate::new(Source::Flag, Value::Known(value), place).status(imgscan_model::Status::NotLoaded)
}
