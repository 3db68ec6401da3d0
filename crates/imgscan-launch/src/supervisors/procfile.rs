//! Managers of Procfiles: honcho 2.0 (`honcho/command.py`, `honcho/environ.py`), foreman 0.90 (`engine.rb`,
//! `process.rb`).
//!
//! Every process type runs through `/bin/sh -c`, in the order of the file, with the variables of `.env` and a `PORT`
//! of its own: the base port, plus 100 for each type before it.

use imgscan_model::{EnvSource, FileView, LaunchStep, Launcher, Origin, Pid1Role, Program, Text, path};
use imgscan_text::{dotenv, procfile};

use crate::call::{Call, Executor, Parent, Placement};
use crate::getopt::{Grammar, Parsed};
use crate::lookup;
use crate::wrappers::{Stuck, Unwrapped, Wrapper, made};

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["honcho"], &["honcho.command", "honcho"], honcho),
    Wrapper::custom(&["foreman"], &[], foreman),
];

/// Which program reads the Procfile.
#[derive(Clone, Copy, PartialEq)]
enum Manager {
    Honcho,
    Foreman,
}

const HONCHO: Grammar = Grammar {
    flags: "hv",
    values: "edfpcq",
    optional: "",
    long_flags: &["help", "version", "no-colour", "no-prefix"],
    long_values: &["env", "app-root", "procfile", "port", "concurrency", "quiet"],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

const FOREMAN: Grammar = Grammar {
    flags: "c",
    values: "fdemptT",
    optional: "",
    long_flags: &["color", "no-color", "timestamp", "no-timestamp"],
    long_values: &["procfile", "root", "env", "formation", "port", "timeout"],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn honcho(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Start::new(call, program, Manager::Honcho)?.unwrap()
}

fn foreman(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    Start::new(call, program, Manager::Foreman)?.unwrap()
}

/// A manager's start.
struct Start<'a> {
    call: &'a Call,
    manager: Manager,
    verb: String,
    options: Parsed,
    /// Words that are no options.
    operands: Vec<usize>,
    /// The directory of the application.
    root: String,
    /// The variables of `.env`.
    env: Vec<(String, Text, Origin)>,
}

impl<'a> Start<'a> {
    /// Reads the words: options may stand before the verb, behind it and among its operands.
    fn new(call: &'a Call, program: &Program, manager: Manager) -> Result<Self, Stuck> {
        let grammar = if manager == Manager::Honcho { HONCHO } else { FOREMAN };
        let mut options = grammar.parse(&call.argv, program.words)?;
        let verb = call.argv.get(options.rest).and_then(Text::known).ok_or(Stuck::Ends)?.to_owned();
        let mut operands = Vec::new();
        let mut at = options.rest + 1;
        while at < call.argv.len() {
            let more = grammar.parse(&call.argv, at)?;
            options.options.extend(more.options);
            at = more.rest;
            if verb == "run" {
                operands.extend(at..call.argv.len());
                break;
            }
            if at < call.argv.len() {
                operands.push(at);
                at += 1;
            }
        }
        let procfile = options.value(&["f", "procfile"]).and_then(Text::known);
        let root = match (options.value(&["d", "app-root", "root"]).and_then(Text::known), procfile, manager)
        {
            (Some(dir), ..) => dir.to_owned(),
            (None, Some(file), Manager::Foreman) => path::parent(&join(call, file)?).to_owned(),
            _ => ".".to_owned(),
        };
        let root = join(call, &root)?;
        let mut start = Start { call, manager, verb, options, operands, root, env: Vec::new() };
        start.env = start.read_env()?;
        Ok(start)
    }

    fn unwrap(&self) -> Result<Unwrapped, Stuck> {
        match self.verb.as_str() {
            "start" => self.start(),
            "run" => self.run(),
            _ => Err(Stuck::Ends),
        }
    }

    /// `.env`, or the files of `--env`; one that is missing is passed over.
    fn read_env(&self) -> Result<Vec<(String, Text, Origin)>, Stuck> {
        let given = self.options.value(&["e", "env"]).and_then(Text::known).unwrap_or(".env");
        let mut found: Vec<(String, Text, Origin)> = Vec::new();
        for name in given.split(',') {
            let Ok(text) = self.call.files.read(&path::join(&self.root, name.trim())) else { continue };
            let pairs = match self.manager {
                Manager::Honcho => procfile::read_env(&text).map_err(|refused| Stuck::Elsewhere {
                    origin: refused.origin,
                    message: format!("`honcho` does not start: {}", refused.message),
                })?,
                Manager::Foreman => {
                    let pair = |(name, value): (String, Text)| {
                        let origin = value.whole().map_or_else(|| self.call.origin(0), |place| place.origin);
                        (name, value, origin)
                    };
                    dotenv::plain(&text).into_iter().map(pair).collect()
                }
            };
            for pair in pairs {
                found.retain(|(name, ..)| *name != pair.0);
                found.push(pair);
            }
        }
        Ok(found)
    }

    fn variable(&self, name: &str) -> Option<Text> {
        let own = self.env.iter().find(|(held, ..)| held == name).map(|(_, value, _)| value.clone());
        own.or_else(|| self.call.env.value(name).cloned())
    }

    /// The Procfile: `-f`, for honcho also `PROCFILE`.
    fn procfile(&self) -> Result<Text, Stuck> {
        let given = self.options.value(&["f", "procfile"]).cloned();
        let named = given.or_else(|| self.variable("PROCFILE").filter(|_| self.manager == Manager::Honcho));
        let name = named.map_or_else(|| "Procfile".to_owned(), |name| name.display());
        let file = match self.manager {
            Manager::Honcho => path::join(&self.root, &name),
            Manager::Foreman => join(self.call, &name)?,
        };
        self.call.files.read(&file).map_err(|error| Stuck::at(0, format!("Procfile `{file}`: {error}")))
    }

    fn start(&self) -> Result<Unwrapped, Stuck> {
        let entries = procfile::read(&self.procfile()?);
        if let Some(twice) = self.twice(&entries) {
            return Err(Stuck::Elsewhere {
                origin: twice.origin.clone(),
                message: format!("`honcho` does not start: `{}` stands twice in the Procfile", twice.name),
            });
        }
        let wanted: Vec<String> = self
            .operands
            .iter()
            .filter_map(|at| self.call.argv.get(*at)?.known().map(str::to_owned))
            .collect();
        let base = self.base_port()?;
        let mut calls = Vec::new();
        let chosen: Vec<(usize, &procfile::Entry)> = match self.manager {
            // honcho numbers those that it starts, in the order asked for; foreman those of the file.
            Manager::Honcho if !wanted.is_empty() => {
                let one = |name: &String| {
                    let found = entries.iter().find(|entry| entry.name == *name);
                    found.ok_or_else(|| {
                        Stuck::at(0, format!("process type `{name}` does not exist in the Procfile"))
                    })
                };
                wanted.iter().map(one).collect::<Result<Vec<_>, _>>()?.into_iter().enumerate().collect()
            }
            _ => {
                let all = entries.iter().enumerate();
                all.filter(|(_, entry)| wanted.is_empty() || wanted.contains(&entry.name)).collect()
            }
        };
        for (index, entry) in chosen {
            for instance in 0..self.instances(&entry.name) {
                let port =
                    base.as_ref().map(|base| base + 100 * i64::try_from(index).unwrap_or(0) + instance);
                calls.push(self.process(entry, instance, port));
            }
        }
        Ok(Unwrapped { calls, ..Unwrapped::default() })
    }

    fn twice<'e>(&self, entries: &'e [procfile::Entry]) -> Option<&'e procfile::Entry> {
        let repeated = |(at, entry): &(usize, &procfile::Entry)| {
            entries.iter().take(*at).any(|before| before.name == entry.name)
        };
        let twice = entries.iter().enumerate().find(repeated).map(|(_, entry)| entry);
        twice.filter(|_| self.manager == Manager::Honcho)
    }

    /// `-p`, then `PORT` of `.env`, then of the environment, then 5000; honcho lets `PORT` of `.env` beat `-p`.
    fn base_port(&self) -> Result<Option<i64>, Stuck> {
        let given = self.options.value(&["p", "port"]).cloned();
        let own = self.env.iter().find(|(name, ..)| name == "PORT").map(|(_, value, _)| value.clone());
        let outer = self.call.env.value("PORT").cloned();
        let chosen = match self.manager {
            Manager::Honcho => own.or(given).or(outer),
            Manager::Foreman => given.or(own).or(outer),
        };
        match chosen {
            None => Ok(Some(5000)),
            Some(text) => match text.known() {
                None => Ok(None),
                Some(known) => {
                    let number = known.trim().parse().map(Some);
                    number.map_err(|_| Stuck::at(0, format!("invalid value for port: `{known}`")))
                }
            },
        }
    }

    /// `-c web=2` of honcho, `-m all=1,web=2` of foreman.
    fn instances(&self, name: &str) -> i64 {
        let list = self.options.value(&["c", "concurrency", "m", "formation"]).and_then(Text::known);
        let count = |wanted: &str| {
            let mut pairs = list?.split(',').filter_map(|pair| pair.split_once('='));
            pairs.rfind(|(key, _)| key.trim() == wanted)?.1.trim().parse::<i64>().ok()
        };
        let most = i64::try_from(imgscan_model::limits::PROCESSES).unwrap_or(i64::MAX);
        let fallback =
            if self.manager == Manager::Foreman && list.is_some() { count("all").unwrap_or(0) } else { 1 };
        count(name).unwrap_or(fallback).clamp(0, most)
    }

    fn process(&self, entry: &procfile::Entry, instance: i64, port: Option<i64>) -> Call {
        let mut call = self.child(&entry.origin, format!("Procfile: {}", entry.name));
        let name = format!("{}.{}", entry.name, instance + 1);
        let label = if self.manager == Manager::Honcho { "HONCHO_PROCESS_NAME" } else { "PS" };
        let port = match port {
            Some(port) => made(self.call, &port.to_string()),
            None => Text::unknown("the base port is not known", Vec::new(), self.call.origin(0)),
        };
        call.env.set(label, made(self.call, &name), EnvSource::Script);
        for (name, value, _) in &self.env {
            call.env.set(name, value.clone(), EnvSource::Script);
        }
        call.env.set("PORT", port, EnvSource::Script);
        if self.manager == Manager::Foreman {
            call.cwd = made(self.call, &self.root);
        }
        let origin = entry.origin.clone();
        call.argv = vec![
            Text::derived("/bin/sh", origin.clone()),
            Text::derived("-c", origin),
            entry.command.clone(),
        ];
        call
    }

    /// `honcho run COMMAND…`: one command with the variables of `.env`.
    fn run(&self) -> Result<Unwrapped, Stuck> {
        let words: Vec<Text> =
            self.operands.iter().filter_map(|at| self.call.argv.get(*at).cloned()).collect();
        if words.is_empty() {
            return Err(Stuck::Ends);
        }
        let mut call = self.child(&self.call.origin(0), format!("{} run", self.manager.name()));
        if let Some(parent) = call.parents.last_mut() {
            (parent.passes, parent.whole_group) = (Some(false), false);
            parent.because = format!("`{} run` passes no SIGTERM on", self.manager.name());
        }
        for (name, value, _) in &self.env {
            call.env.set(name, value.clone(), EnvSource::Script);
        }
        call.argv = words;
        Ok(Unwrapped::one(call))
    }

    fn child(&self, origin: &Origin, what: String) -> Call {
        let mut call = self.call.clone();
        call.steps.push(LaunchStep { what, launcher: Launcher::Supervisor, origin: origin.clone() });
        let group = self.manager == Manager::Honcho;
        call.parents.push(Parent {
            role: Pid1Role::Supervisor,
            program: self.call.argv.first().map(Text::display).unwrap_or_default(),
            passes: Some(true),
            whole_group: group,
            because: format!(
                "`{}` sends SIGTERM to {}",
                self.manager.name(),
                if group { "the process group of each command" } else { "each command's own process" }
            ),
            origin: self.call.origin(0),
        });
        call.place = Placement::Last;
        call.executor = Executor::Libc;
        call.written = None;
        call.depth += 1;
        call
    }
}

impl Manager {
    fn name(self) -> &'static str {
        match self {
            Manager::Honcho => "honcho",
            Manager::Foreman => "foreman",
        }
    }
}

fn join(call: &Call, word: &str) -> Result<String, Stuck> {
    lookup::at(word, &call.cwd).ok_or_else(|| Stuck::at(0, "the working directory is not known"))
}
