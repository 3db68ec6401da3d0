//! The config file: which one gunicorn reads, and what its names do.

use std::sync::Arc;

use imgscan_model::{
    ConfigFile, ConfigFileStatus, EnvRead, FileError, Node, Origin, Place, Problem, Source, Status, Text,
    path,
};
use imgscan_python::{Binding, End, Outcome, PyValue};

use super::args::{Args, Namespace};
use super::context::Context;
use super::load::{Attempt, Load};
use super::modules::{self, Found};
use super::py::path::extension;
use super::py::text::{repr_str, str_of};
use super::script::{Called, Script};
use super::validate::Validator;
use super::version::Installed;

/// What became of config files, for the report.
#[derive(Default)]
pub(crate) struct Files {
    /// Config files that were loaded, named or passed over.
    pub listed: Vec<ConfigFile>,
    /// Every file that was read on the way, the modules that a config file imports too.
    pub read: Vec<Arc<str>>,
    /// Environment variables that config files read.
    pub reads_env: Vec<String>,
    /// The config file that was loaded, with its source.
    pub loaded: Option<(Text, Outcome)>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
}

/// A location that was asked for, as gunicorn names it.
struct Asked {
    /// The location: a path, `file:PATH` or `python:MODULE`.
    location: String,
    /// The word that gave it; `None` for the default file.
    word: Option<Place>,
}

/// Loads the one config file that gunicorn loads: that of the command line, else that of `GUNICORN_CMD_ARGS`, else
/// `./gunicorn.conf.py` (`Application.load_config`).
pub(crate) fn load(
    args: &Args,
    cli: &Namespace,
    env: &Namespace,
    context: &Context<'_>,
    installed: Option<&Installed>,
    load: &mut Load<'_>,
) -> Files {
    let mut reader = Reader { context, installed, load, files: Files::default() };
    let named = [cli, env].into_iter().find_map(|namespace| reader.named(args, namespace));
    match named {
        Some(Named::Location(asked)) => reader.location(&asked),
        Some(Named::Unknown(reason, place)) => reader.unknown(&reason, place),
        None => reader.default_file(),
    }
    reader.passed_over(args, cli, env);
    reader.files
}

enum Named {
    Location(Asked),
    Unknown(String, Option<Place>),
}

struct Reader<'r, 'a, 'l> {
    context: &'r Context<'a>,
    installed: Option<&'r Installed>,
    load: &'r mut Load<'l>,
    files: Files,
}

impl Reader<'_, '_, '_> {
    /// The location that a source names. The empty string names nothing.
    fn named(&mut self, args: &Args, namespace: &Namespace) -> Option<Named> {
        if namespace.is_unknown() {
            return Some(Named::Unknown("which config file is named is not known".to_owned(), None));
        }
        let taken = args.value(namespace, "config")?;
        let word = taken.words.last().and_then(|word| word.place.clone());
        match &taken.value {
            PyValue::Str(text) if text.is_empty() => None,
            PyValue::Str(text) => Some(Named::Location(Asked { location: text.clone(), word })),
            // `--config=--` of older Pythons: an empty list is false.
            PyValue::List(_) => None,
            other => Some(Named::Unknown(format!("the config file is `{}`", str_of(other)), word)),
        }
    }

    /// `get_default_config_file`
    fn default_file(&mut self) {
        let Some(directory) = &self.context.directory else {
            return self
                .unknown("the directory in which gunicorn looks for gunicorn.conf.py is not known", None);
        };
        let location = super::py::path::join(directory, "gunicorn.conf.py");
        match self.context.files().resolve(&location) {
            Ok(_) => self.location(&Asked { location, word: None }),
            Err(FileError::Unknown(reason)) => self.unknown(&format!("`{location}`: {reason}"), None),
            Err(_) => {}
        }
    }

    /// No telling which file is read or what stands in it: it may set anything.
    fn unknown(&mut self, reason: &str, place: Option<Place>) {
        let origin = place.map(|p| p.origin);
        self.load.doubt(reason, origin.clone());
        let names = self.load.table().specs.iter().map(|s| s.name.clone()).collect();
        self.load.open(Source::File, names, reason, Vec::new());
        self.files.problems.push(Problem { message: reason.to_owned(), origin });
    }

    /// `load_config_from_module_name_or_filename`
    fn location(&mut self, asked: &Asked) {
        if let Some(module) = asked.location.strip_prefix("python:") {
            return self.module(module, asked);
        }
        let filename = asked.location.strip_prefix("file:").unwrap_or(&asked.location).to_owned();
        let Some(place) = self.context.open_path(&filename).filter(|_| !filename.is_empty()) else {
            if filename.is_empty() {
                return self.missing(&filename, asked);
            }
            return self.unknown(
                &format!("`{filename}` is relative to a directory that is not known"),
                asked.word.clone(),
            );
        };
        match self.context.files().resolve(&place) {
            Ok(node) => self.file(&filename, &node, asked),
            Err(FileError::Unknown(reason)) => {
                self.unknown(&format!("`{filename}`: {reason}"), asked.word.clone())
            }
            Err(_) => self.missing(&filename, asked),
        }
    }

    fn missing(&mut self, filename: &str, asked: &Asked) {
        let origin = asked.word.as_ref().map(|w| w.origin.clone());
        self.load.fail(&format!("Error: {} doesn't exist", repr_str(filename)), origin.clone());
        let at = self.context.open_path(filename).unwrap_or_else(|| filename.to_owned());
        self.files.listed.push(ConfigFile {
            path: path::join("/", &at).into(),
            asked: Some(asked.location.clone()),
            status: ConfigFileStatus::Missing,
            reason: Some("no such file".to_owned()),
            origin,
            generated: false,
        });
    }

    /// `get_config_from_filename`
    fn file(&mut self, filename: &str, node: &Node, asked: &Asked) {
        self.list_loaded(node, asked);
        let word = asked.word.as_ref().map(|w| w.origin.clone()).or_else(|| Some(node.origin.clone()));
        let failed = |message: &str| format!("Failed to read config file: {filename}; {message}");
        if node.is_dir() {
            let message = format!("IsADirectoryError: [Errno 21] Is a directory: {}", repr_str(filename));
            return self.load.fail(&failed(&message), word);
        }
        let ending = extension(filename);
        // 20.0.2 alone asks for a loader by the file's name and has none for other names.
        if self.load.table().version == "20.0.2" && !matches!(ending, ".py" | ".pyc" | ".so") {
            let message = "AttributeError: 'NoneType' object has no attribute 'loader'";
            return self.load.fail(&failed(message), word);
        }
        if ending == ".pyc" {
            return self.unknown(&format!("`{filename}` is bytecode"), asked.word.clone());
        }
        if !self.context.may_read(node) {
            self.load.doubt(&format!("gunicorn's user may not be allowed to read `{filename}`"), word);
        }
        match self.context.files().content(&node.path) {
            Ok(text) => {
                let file = self.dunder_file(filename);
                self.run(Script { text, path: filename, name: "__config__", file }, &failed);
            }
            Err(error) => self.unknown(&format!("`{filename}`: {error}"), asked.word.clone()),
        }
    }

    /// `get_config_from_module_name`: an exception in the module is gunicorn's own complaint, without a traceback.
    fn module(&mut self, module: &str, asked: &Asked) {
        let origin = asked.word.as_ref().map(|w| w.origin.clone());
        // gunicorn itself is imported already; its submodules are looked for inside it.
        let own: Option<Vec<Arc<str>>> = (module.split('.').next() == Some("gunicorn"))
            .then(|| self.installed.map(|i| vec![Arc::clone(&i.dir)]).unwrap_or_default());
        match modules::find(self.context.files(), own.as_ref().unwrap_or(&self.context.import_path), module) {
            Found::Source(file) => match self.context.files().resolve(&file).and_then(|node| {
                let text = self.context.files().content(&node.path)?;
                Ok((node, text))
            }) {
                Ok((node, text)) => {
                    self.list_loaded(&node, asked);
                    let script = Script { text, path: &file, name: module, file: Some(file.clone()) };
                    self.run(script, &|message| format!("Error: {message}"));
                }
                Err(error) => self.unknown(&format!("`{file}`: {error}"), asked.word.clone()),
            },
            Found::Namespace => {}
            Found::Compiled(file) => {
                self.unknown(&format!("`{file}` has no source to read"), asked.word.clone())
            }
            Found::Unknown(reason) => self.unknown(&reason, asked.word.clone()),
            Found::Missing(message) => {
                self.load.fail(&format!("Error: {message}"), origin.clone());
                let file = format!("{}.py", module.replace('.', "/"));
                let base = self.context.directory.clone().unwrap_or_else(|| "/".to_owned());
                self.files.listed.push(ConfigFile {
                    path: path::join(&base, &file).into(),
                    asked: Some(asked.location.clone()),
                    status: ConfigFileStatus::Missing,
                    reason: Some(message),
                    origin,
                    generated: false,
                });
            }
        }
    }

    fn list_loaded(&mut self, node: &Node, asked: &Asked) {
        self.files.read.push(Arc::clone(&node.path));
        self.files.listed.push(ConfigFile {
            path: Arc::clone(&node.path),
            asked: asked.word.as_ref().map(|_| asked.location.clone()),
            status: ConfigFileStatus::Loaded,
            reason: asked
                .word
                .is_none()
                .then(|| "gunicorn looks for it in the directory it starts in".to_owned()),
            origin: Some(node.origin.clone()),
            generated: node.generated,
        });
    }

    /// `__file__` of the config file: undefined in 20.0.0 and 20.0.1; from Python 3.10 on made absolute where the
    /// module machinery loads it, which is from 20.0.2 on (from Python 3.12 on without a leading `./`); else as given.
    fn dunder_file(&self, filename: &str) -> Option<String> {
        let table = self.load.table();
        if !table.at_least(20, 0, 0) {
            return Some(filename.to_owned());
        }
        if !table.at_least(20, 0, 2) {
            return None;
        }
        let since = |version| self.context.python.is_none_or(|python| python >= version);
        match &self.context.directory {
            Some(directory) if since((3, 10)) && !filename.starts_with('/') => {
                let short = filename.strip_prefix("./").filter(|_| since((3, 12)));
                Some(super::py::path::join(directory, short.unwrap_or(filename)))
            }
            _ => Some(filename.to_owned()),
        }
    }

    fn run(&mut self, script: Script<'_>, failed: &dyn Fn(&str) -> String) {
        let outcome = script.run(self.context);
        self.outcome(&outcome, &script, failed);
        self.files.read.extend(outcome.imported.iter().cloned());
        self.files.reads_env.extend(outcome.reads.iter().map(|read| read.name.clone()));
        self.files.problems.extend(outcome.problems.iter().cloned());
        self.files.loaded = Some((script.text, outcome));
    }

    /// The namespace is applied if the module ran to its end.
    fn outcome(&mut self, outcome: &Outcome, script: &Script<'_>, failed: &dyn Fn(&str) -> String) {
        match &outcome.end {
            End::Finished => {}
            // The reader of Python does not know that a module it is handed is a package.
            End::Raised { message, origin } if message.contains("attempted relative import") => {
                return self.unknown(message, Some(Place::new(origin.clone())));
            }
            End::Raised { message, origin } if script.name != "__config__" => {
                let message = failed(&exception_text(message, script.path, origin));
                return self.load.fail(&message, Some(origin.clone()));
            }
            End::Raised { message, origin } => return self.load.fail(&failed(message), Some(origin.clone())),
            End::Exited { status: Some(0), origin } => {
                return self.load.exit("the config file ends gunicorn with status 0", Some(origin.clone()));
            }
            End::Exited { status, origin } => {
                let status =
                    status.map_or_else(|| "a status that is not known".to_owned(), |s| format!("status {s}"));
                return self
                    .load
                    .fail(&format!("the config file ends gunicorn with {status}"), Some(origin.clone()));
            }
            End::Unknown { reason, origin } => self.load.doubt(reason, Some(origin.clone())),
        }
        let table = self.load.table();
        let known = outcome.bindings.iter().filter(|binding| table.get(&binding.name).is_some());
        known.for_each(|binding| self.bind(binding, script));
        if let Some(reason) = &outcome.open {
            let bound = |name: &str| outcome.bindings.iter().any(|b| b.name == name);
            let names = table.specs.iter().map(|s| s.name.clone()).filter(|name| !bound(name)).collect();
            self.load.open(Source::File, names, reason, Vec::new());
            self.load.doubt(reason, None);
        }
    }

    /// `self.cfg.set(k.lower(), v)` for a name that is a setting.
    fn bind(&mut self, binding: &Binding, script: &Script<'_>) {
        let asks_class =
            self.load.table().get(&binding.name).is_some_and(|spec| spec.validator == Validator::Class);
        let called = match &binding.value {
            // `validate_class` calls a function for the class.
            PyValue::Function { module, .. } if asks_class && module.as_deref() != Some("builtins") => {
                script.call(&binding.name, self.context)
            }
            _ => Called::Not,
        };
        let answer = match &called {
            Called::Answered(value) => self.load.set(&binding.name, Attempt { value, ..attempt(binding) }),
            Called::Raised(message) => {
                self.load.list(&binding.name, attempt(binding), Status::Invalid);
                Err(exception_text(message, script.path, &binding.place.origin))
            }
            Called::Not => self.load.set(&binding.name, attempt(binding)),
        };
        if let Err(message) = answer {
            let shown = str_of(&binding.value);
            let message = format!("Invalid value for {}: {shown}; Error: {message}", binding.name);
            if binding.condition.is_some() {
                self.load.doubt(&message, Some(binding.place.origin.clone()));
            } else {
                self.load.fail(&message, Some(binding.place.origin.clone()));
            }
            return;
        }
        if let Some(condition) = &binding.condition {
            let needs =
                binding.reads.iter().map(|read| imgscan_model::Need::Env(read.name.clone())).collect();
            self.load.only_if(&binding.name, condition, needs);
        }
    }

    /// Files that are named or lie at the default place and that another one keeps from being read.
    fn passed_over(&mut self, args: &Args, cli: &Namespace, env: &Namespace) {
        let from_cli = args.value(cli, "config").and_then(|t| known_location(&t.value));
        let from_env = args.value(env, "config").and_then(|t| known_location(&t.value));
        if let (Some(winner), Some(loser)) = (&from_cli, &from_env) {
            let word = args.value(env, "config").and_then(|t| t.words.last()?.place.clone());
            self.pass_over(
                loser,
                Some(loser.clone()),
                word,
                &format!("`-c {winner}` on the command line replaces it"),
            );
        }
        if let (Some(winner), Some(directory)) = (from_cli.or(from_env), &self.context.directory) {
            let place = super::py::path::join(directory, "gunicorn.conf.py");
            self.pass_over(&place, None, None, &format!("`-c {winner}` names another file"));
        }
    }

    fn pass_over(&mut self, location: &str, asked: Option<String>, word: Option<Place>, reason: &str) {
        let filename = location.strip_prefix("file:").unwrap_or(location);
        let Some(place) = self.context.open_path(filename).filter(|_| !location.starts_with("python:"))
        else {
            return;
        };
        let node = self.context.files().resolve(&place).ok();
        let path = node.as_ref().map_or_else(|| path::join("/", &place).into(), |n| Arc::clone(&n.path));
        if node.is_none() && asked.is_none() || self.files.listed.iter().any(|f| f.path == path) {
            return;
        }
        let missing = if node.is_none() { " and it is not there" } else { "" };
        self.files.listed.push(ConfigFile {
            path,
            asked,
            status: ConfigFileStatus::NotLoaded,
            reason: Some(format!("{reason}{missing}")),
            origin: node.as_ref().map(|n| n.origin.clone()).or_else(|| word.map(|w| w.origin)),
            generated: node.is_some_and(|n| n.generated),
        });
    }
}

/// `str(e)` of the exception that a traceback's last line shows; that of a syntax error says where it is.
fn exception_text(shown: &str, path: &str, origin: &Origin) -> String {
    let (kind, text) = shown.split_once(": ").unwrap_or(("", shown));
    match origin.span() {
        Some(span) if matches!(kind, "SyntaxError" | "IndentationError" | "TabError") => {
            format!("{text} ({}, line {})", path::name(path), span.line)
        }
        _ => text.to_owned(),
    }
}

fn known_location(value: &PyValue) -> Option<String> {
    match value {
        PyValue::Str(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// A binding of a config file on its way to a setting.
pub(crate) fn attempt(binding: &Binding) -> Attempt<'_> {
    Attempt {
        source: Source::File,
        value: &binding.value,
        place: binding.place.clone(),
        written: None,
        reads: if binding.secret { Vec::new() } else { binding.reads.iter().map(decides).collect() },
        secret: binding.secret,
    }
}

/// A variable that decides a value, as a setting remembers it.
fn decides(read: &imgscan_python::EnvRead) -> EnvRead {
    let shown = |default: &PyValue| match default {
        PyValue::Unknown { .. } | PyValue::None => None,
        default => Some(str_of(default)),
    };
    EnvRead { name: read.name.clone(), default: read.default.as_ref().and_then(shown) }
}
