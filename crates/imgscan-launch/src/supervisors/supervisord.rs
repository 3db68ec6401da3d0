//! supervisord 4 (`supervisor/options.py`, `process.py`, `datatypes.py`).
//!
//! Every `[program:x]` that starts by itself is a command: split by `shlex.split` after `%(…)s` is replaced, executed
//! without a shell, with supervisord's own environment, `[supervisord]`'s and the program's `environment=`. `HOME` and
//! `USER` stay what they are, whatever `user=` says.

use imgscan_model::{
    Confidence, Env, EnvSource, FileView, LaunchStep, Launcher, Need, Opaque, Origin, Pid1Role, Problem,
    Program, Shape, Text, limits, path,
};
use imgscan_text::ini::{self, Entry, Ini};
use imgscan_text::py_shlex::{Lexer, SPLIT, SplitError};

use super::format::{Held, Names, Trouble, expand};
use crate::call::{Call, Executor, Parent, Placement};
use crate::getopt::{Grammar, Parsed};
use crate::glob::glob;
use crate::lookup::{self, Lookup};
use crate::passwd;
use crate::wrappers::{Stuck, Unwrapped, Wrapper};

pub(super) static WRAPPERS: &[Wrapper] =
    &[Wrapper::custom(&["supervisord"], &["supervisor.supervisord", "supervisor"], supervisord)];

/// Python's `getopt` with the options of `ServerOptions`.
const GRAMMAR: Grammar = Grammar {
    flags: "h?vnkts",
    values: "cumdlyzejiqa",
    optional: "",
    long_flags: &["help", "version", "nodaemon", "nocleanup", "strip_ansi", "silent"],
    long_values: &[
        "configuration",
        "user",
        "umask",
        "directory",
        "logfile",
        "logfile_maxbytes",
        "logfile_backups",
        "loglevel",
        "pidfile",
        "identifier",
        "childlogdir",
        "minfds",
        "minprocs",
        "profile_options",
    ],
    long_optional: &[],
    abbreviated: true,
    one_dash: false,
};

fn supervisord(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let words = program.words;
    let options = GRAMMAR.parse(&call.argv, words)?;
    if options.has(&["h", "?", "help", "v", "version"]) {
        return Err(Stuck::Ends);
    }
    if options.rest < call.argv.len() {
        return Err(Stuck::at(options.rest, "`supervisord` takes no arguments: it does not start"));
    }
    let config = Config::find(call, &options)?;
    let mut started = Starter::new(call, &options, config)?;
    started.programs()?;
    Ok(started.unwrapped)
}

/// A configuration that was read, with its includes.
struct Config {
    ini: Ini,
    /// The directory of the main file.
    here: String,
    /// Each file that was read, as origins name it, with the directory that `%(here)s` is in it.
    read: Vec<(Option<Origin>, String)>,
    problems: Vec<Problem>,
}

impl Config {
    /// `-c`, else the first that is there of the places where supervisord looks.
    fn find(call: &Call, options: &Parsed) -> Result<Self, Stuck> {
        let given = options.value(&["c", "configuration"]);
        let path = match given {
            Some(word) => {
                let known = word.known().and_then(|word| lookup::at(word, &call.cwd));
                known
                    .ok_or_else(|| Stuck::at(0, "which configuration file supervisord reads is not known"))?
            }
            None => {
                let mut places = search_places(call).into_iter();
                places.find(|place| call.files.exists(place) == Some(true)).ok_or_else(|| {
                    Stuck::at(0, "`supervisord` does not start: no config file found at default paths")
                })?
            }
        };
        let mut config = Config {
            ini: Ini::default(),
            here: path::parent(&path).to_owned(),
            read: Vec::new(),
            problems: Vec::new(),
        };
        config.read(call, &path)?;
        config.include(call)?;
        Ok(config)
    }

    fn read(&mut self, call: &Call, file: &str) -> Result<(), Stuck> {
        let text = call.files.read(file).map_err(|error| Stuck::at(0, format!("`{file}`: {error}")))?;
        self.read.push((text.whole().map(|place| place.origin), path::parent(file).to_owned()));
        self.ini.read(&text, &ini::SUPERVISOR).map_err(|refused| Stuck::Elsewhere {
            origin: refused.origin.unwrap_or_else(|| call.origin(0)),
            message: format!("`supervisord` does not start: {}", refused.message),
        })
    }

    /// What `%(here)s` is in the file that an entry stands in.
    fn here(&self, entry: &Entry) -> &str {
        let same = |origin: &Origin| origin.path().is_some() && origin.path() == entry.origin.path();
        let held = self.read.iter().find(|(origin, _)| origin.as_ref().is_some_and(same));
        held.map_or(&self.here, |(_, dir)| dir)
    }

    /// `[include] files`: patterns from the directory of the main file, each pattern's matches sorted.
    fn include(&mut self, call: &Call) -> Result<(), Stuck> {
        if self.ini.section("include").is_none() {
            return Ok(());
        }
        let Some(entry) = self.ini.get("include", "files").cloned() else {
            return Err(Stuck::at(
                0,
                "`supervisord` does not start: [include] section, but no files setting",
            ));
        };
        let mut names = Names::default();
        names.set("here", Held::Text(Text::derived(self.here.as_str(), entry.origin.clone())));
        environment_names(&call.env, &mut names);
        host_name(call, &mut names);
        let text = entry.value.clone().unwrap_or_default();
        let files = expand(&text, &names, &entry.origin, &mut |_| None);
        let files = files.ok().and_then(|files| files.known().map(str::to_owned));
        let Some(files) = files else {
            let message = "which files `[include]` names is not known";
            self.problems.push(Problem::at(entry.origin, message));
            return Ok(());
        };
        let mut count = 0;
        for pattern in files.split_whitespace() {
            for file in glob(&call.files, &path::join(&self.here, pattern)) {
                count += 1;
                if count > limits::CONFIG_FILES {
                    return Ok(());
                }
                self.read(call, &file)?;
            }
        }
        Ok(())
    }
}

/// `Options.searchpaths`: beside the program's directory, then from the working directory, then in `/etc`.
fn search_places(call: &Call) -> Vec<String> {
    let mut places = Vec::new();
    let word = call.argv.first().and_then(Text::known).unwrap_or_default();
    if let Lookup::Found { path: program, .. } = lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        let above = path::parent(path::parent(&program));
        places.extend([path::join(above, "etc/supervisord.conf"), path::join(above, "supervisord.conf")]);
    }
    let relative = ["supervisord.conf", "etc/supervisord.conf"];
    places.extend(relative.iter().filter_map(|file| lookup::at(file, &call.cwd)));
    places.extend(["/etc/supervisord.conf".to_owned(), "/etc/supervisor/supervisord.conf".to_owned()]);
    places
}

fn environment_names(env: &Env, names: &mut Names) {
    for var in env.iter() {
        names.set(format!("ENV_{}", var.name), Held::Text(var.value.clone()));
    }
}

fn host_name(call: &Call, names: &mut Names) {
    let name = Opaque {
        text: "%(host_node_name)s".into(),
        needs: vec![Need::Hostname],
        shape: Shape::Word,
        reason: None,
    };
    names.set("host_node_name", Held::Text(Text::opaque(name, call.origin(0))));
}

/// What starts the programs.
struct Starter<'a> {
    call: &'a Call,
    config: Config,
    /// What `%(…)s` stands for everywhere.
    names: Names,
    /// `[supervisord] environment`.
    environment: Vec<(String, Text)>,
    /// The user of supervisord itself.
    user: Text,
    server_url: Option<String>,
    daemon: bool,
    unwrapped: Unwrapped,
}

/// `[group:x]`.
struct Group {
    name: String,
    priority: i64,
    members: Vec<String>,
}

/// A process that supervisord starts.
struct Started {
    /// Priority and name of its group, then its own.
    order: (i64, String, i64, String),
    call: Call,
}

impl<'a> Starter<'a> {
    fn new(call: &'a Call, options: &Parsed, config: Config) -> Result<Self, Stuck> {
        let mut names = Names::default();
        environment_names(&call.env, &mut names);
        host_name(call, &mut names);
        let mut starter = Starter {
            call,
            config,
            names,
            environment: Vec::new(),
            user: call.user.clone(),
            server_url: None,
            daemon: false,
            unwrapped: Unwrapped::default(),
        };
        if starter.config.ini.section("supervisord").is_none() {
            return Err(Stuck::at(
                0,
                "`supervisord` does not start: .ini file does not include supervisord section",
            ));
        }
        starter.unwrapped.problems.append(&mut starter.config.problems);
        if let Some(entry) = starter.entry("supervisord", "environment") {
            let text = starter.expanded(&entry, &starter.names.clone())?;
            starter.environment = pairs(&text, &entry)?;
        }
        for (name, value) in starter.environment.clone() {
            starter.names.set(format!("ENV_{name}"), Held::Text(value));
        }
        let user = starter.value("supervisord", "user", &starter.names.clone())?;
        if let Some(user) = options.value(&["u", "user"]).cloned().or(user) {
            starter.user = user;
        }
        let nodaemon = starter.value("supervisord", "nodaemon", &starter.names.clone())?;
        let nodaemon = nodaemon.and_then(|text| text.known().map(is_true)).unwrap_or(false);
        starter.daemon = !nodaemon && !options.has(&["n", "nodaemon"]);
        let socket = starter.value("unix_http_server", "file", &starter.names.clone())?;
        starter.server_url =
            socket.and_then(|file| file.known().map(|file| format!("unix://{}", file.trim())));
        Ok(starter)
    }

    fn entry(&self, section: &str, key: &str) -> Option<Entry> {
        self.config.ini.get(section, key).cloned()
    }

    /// A value with `%(…)s` replaced. A variable that is not set here may be set when the container is started:
    /// without it supervisord refuses.
    fn expanded(&mut self, entry: &Entry, names: &Names) -> Result<Text, Stuck> {
        let text = entry.value.clone().unwrap_or_default();
        let mut missing: Vec<String> = Vec::new();
        let mut names = names.clone();
        names.set("here", Held::Text(Text::derived(self.config.here(entry), entry.origin.clone())));
        let expanded = expand(&text, &names, &entry.origin, &mut |name| {
            let variable = name.strip_prefix("ENV_")?.to_owned();
            missing.push(variable.clone());
            let hole = Opaque {
                text: format!("%({name})s"),
                needs: vec![Need::Env(variable)],
                shape: Shape::Words,
                reason: None,
            };
            Some(Text::opaque(hole, entry.origin.clone()))
        });
        for name in missing {
            let message = format!(
                "`supervisord` refuses to start: `%(ENV_{name})s` is used and `{name}` is not set\n\
                 help: pass `--env {name}=…` or set it in the image"
            );
            self.unwrapped.problems.push(Problem::at(entry.origin.clone(), message));
            self.unwrapped.reads.push(name);
        }
        expanded.map_err(|trouble| {
            let message = match trouble {
                Trouble::Unknown(name) => format!("`%({name})s` stands for nothing"),
                Trouble::Bad(why) => why,
            };
            let message =
                format!("`supervisord` does not start: `{}` of `{}`: {message}", text.display(), entry.key);
            Stuck::Elsewhere { origin: entry.origin.clone(), message }
        })
    }

    fn value(&mut self, section: &str, key: &str, names: &Names) -> Result<Option<Text>, Stuck> {
        self.entry(section, key).map(|entry| self.expanded(&entry, names)).transpose()
    }

    fn number(&mut self, section: &str, key: &str, default: i64, names: &Names) -> Result<i64, Stuck> {
        let Some(text) = self.value(section, key, names)? else { return Ok(default) };
        let number = text.known().and_then(|text| text.trim().parse().ok());
        number.ok_or_else(|| self.refused(section, key, "is no number"))
    }

    fn refused(&self, section: &str, key: &str, why: &str) -> Stuck {
        let origin = self.entry(section, key).map_or_else(|| self.call.origin(0), |entry| entry.origin);
        Stuck::Elsewhere {
            origin,
            message: format!("`supervisord` does not start: `{key}` of `[{section}]` {why}"),
        }
    }

    /// All programs that start by themselves, in the order in which supervisord starts them: groups by priority and
    /// name, then their processes likewise.
    fn programs(&mut self) -> Result<(), Stuck> {
        let groups = self.groups()?;
        let sections: Vec<String> =
            self.config.ini.sections.iter().map(|section| section.name.clone()).collect();
        let mut started: Vec<Started> = Vec::new();
        for section in sections {
            let Some(name) =
                section.strip_prefix("program:").or_else(|| section.strip_prefix("fcgi-program:"))
            else {
                continue;
            };
            let name = name.trim().to_owned();
            let group = groups.iter().find(|group| group.members.contains(&name));
            self.program(&section, &name, group, &mut started)?;
        }
        started.sort_by(|a, b| a.order.cmp(&b.order));
        self.unwrapped.calls = started.into_iter().map(|started| started.call).collect();
        if self.daemon && self.call.parents.is_empty() && !self.unwrapped.calls.is_empty() {
            let message = "`supervisord` as PID 1 goes into the background, and the container ends\n\
                           help: set `nodaemon=true`, or start it with `-n`";
            let entry = self.entry("supervisord", "nodaemon");
            let origin = entry.map_or_else(|| self.call.origin(0), |entry| entry.origin);
            self.unwrapped.problems.push(Problem::at(origin, message));
        }
        Ok(())
    }

    /// `[group:x] programs=a,b`.
    fn groups(&mut self) -> Result<Vec<Group>, Stuck> {
        let mut groups = Vec::new();
        let sections = self.config.ini.sections.iter();
        let names: Vec<String> =
            sections.filter_map(|s| Some(s.name.strip_prefix("group:")?.to_owned())).collect();
        for name in names {
            let section = format!("group:{name}");
            let programs = self.value(&section, "programs", &self.names.clone())?.unwrap_or_default();
            let members = programs.raw().split(',').map(|program| program.trim().to_owned()).collect();
            let priority = self.number(&section, "priority", 999, &self.names.clone())?;
            groups.push(Group { name: name.trim().to_owned(), priority, members });
        }
        Ok(groups)
    }

    /// The processes of one `[program:x]`.
    fn program(
        &mut self,
        section: &str,
        name: &str,
        group: Option<&Group>,
        started: &mut Vec<Started>,
    ) -> Result<(), Stuck> {
        let mut names = self.names.clone();
        let text = |value: &str| Held::Text(Text::derived(value, self.call.origin(0)));
        let group_name = group.map_or(name, |group| &group.name);
        names.set("program_name", text(name));
        names.set("group_name", text(group_name));
        let autostart = self.value(section, "autostart", &names)?;
        let autostart = autostart.is_none_or(|text| text.known().is_none_or(is_true));
        let priority = self.number(section, "priority", 999, &names)?;
        let count = self.number(section, "numprocs", 1, &names)?;
        let first = self.number(section, "numprocs_start", 0, &names)?;
        let most = i64::try_from(limits::PROCESSES).unwrap_or(i64::MAX);
        for number in first..first.saturating_add(count.clamp(0, most)) {
            // What a process's `environment=` sets is still known for the next one, as in supervisord.
            names.set_all(&self.names);
            names.set("process_num", Held::Int(number));
            names.set("numprocs", Held::Int(count));
            let Some((process, call)) = self.process(section, name, group_name, &mut names)? else {
                continue;
            };
            let group_order = (group.map_or(priority, |group| group.priority), group_name.to_owned());
            let order = (group_order.0, group_order.1, priority, process);
            if autostart {
                started.push(Started { order, call });
            }
        }
        Ok(())
    }

    /// One process with its name; `None` where its command cannot be split, so that it alone does not start.
    fn process(
        &mut self,
        section: &str,
        name: &str,
        group: &str,
        names: &mut Names,
    ) -> Result<Option<(String, Call)>, Stuck> {
        let mut environment = Vec::new();
        if let Some(entry) = self.entry(section, "environment") {
            let text = self.expanded(&entry, names)?;
            environment = pairs(&text, &entry)?;
        }
        for (key, value) in &environment {
            names.set(format!("ENV_{key}"), Held::Text(value.clone()));
        }
        let Some(entry) = self.entry(section, "command") else {
            return Err(self.refused(section, "command", "is missing"));
        };
        let command = self.expanded(&entry, names)?;
        let process_name = match self.value(section, "process_name", names)? {
            Some(text) => text,
            None => Text::derived(name, entry.origin.clone()),
        };
        let user = self.value(section, "user", names)?.map(|user| self.user_of(section, user)).transpose()?;
        let argv = match split(&command) {
            Ok(argv) => argv,
            Err(why) => {
                let message = format!("`supervisord` does not start `[{section}]`: its command {why}");
                self.unwrapped.problems.push(Problem::at(entry.origin, message));
                return Ok(None);
            }
        };
        let mut call = self.call.clone();
        call.parents.push(self.parent(section, names)?);
        call.steps.push(LaunchStep {
            what: format!("supervisord [{section}]"),
            launcher: Launcher::Supervisor,
            origin: entry.origin.clone(),
        });
        call.search = Some(self.call.env.value("PATH").cloned().unwrap_or_default());
        self.set_environment(&mut call, &process_name, group, environment);
        if let Some(directory) = self.value(section, "directory", names)? {
            call.cwd = directory_of(self.call, &directory);
        }
        call.user = user.unwrap_or_else(|| self.user.clone());
        if argv.iter().any(|word| word.known().is_none()) {
            call.at_most(Confidence::Likely);
        }
        call.argv = argv;
        call.place = Placement::Last;
        call.executor = Executor::Kernel;
        call.written = None;
        call.depth += 1;
        Ok(Some((process_name.display(), call)))
    }

    fn set_environment(
        &self,
        call: &mut Call,
        process: &Text,
        group: &str,
        environment: Vec<(String, Text)>,
    ) {
        let origin = self.call.origin(0);
        let made = |value: &str| Text::derived(value, origin.clone());
        call.env.set("SUPERVISOR_ENABLED", made("1"), EnvSource::Script);
        if let Some(url) = &self.server_url {
            call.env.set("SUPERVISOR_SERVER_URL", made(url), EnvSource::Script);
        }
        call.env.set("SUPERVISOR_PROCESS_NAME", process.clone(), EnvSource::Script);
        call.env.set("SUPERVISOR_GROUP_NAME", made(group), EnvSource::Script);
        for (name, value) in self.environment.iter().cloned().chain(environment) {
            call.env.set(&name, value, EnvSource::Script);
        }
    }

    /// `name_to_uid`: the user must be in `/etc/passwd`.
    fn user_of(&self, section: &str, user: Text) -> Result<Text, Stuck> {
        let Some(name) = user.known() else { return Ok(user) };
        match passwd::find(&self.call.files, name.trim()) {
            Ok(None) => {
                Err(self.refused(section, "user", &format!("names a user that is not there: `{name}`")))
            }
            _ => Ok(user),
        }
    }

    /// supervisord stops each process with `stopsignal`, the whole group with `stopasgroup`.
    fn parent(&mut self, section: &str, names: &Names) -> Result<Parent, Stuck> {
        let signal = self.value(section, "stopsignal", names)?;
        let signal = signal.map_or_else(|| "TERM".to_owned(), |text| text.display());
        let group = self.value(section, "stopasgroup", names)?;
        let whole_group = group.is_some_and(|text| text.known().is_some_and(is_true));
        let wait = self.number(section, "stopwaitsecs", 10, names)?;
        Ok(Parent {
            role: Pid1Role::Supervisor,
            program: self.call.argv.first().map(Text::display).unwrap_or_default(),
            passes: Some(true),
            whole_group,
            because: format!("supervisord sends SIG{signal} and kills after {wait} s (`stopwaitsecs`)"),
            origin: self.call.origin(0),
        })
    }
}

fn directory_of(call: &Call, directory: &Text) -> Text {
    match directory.known().and_then(|dir| lookup::at(dir.trim(), &call.cwd)) {
        Some(path) if directory.known() == Some(&path) => directory.clone(),
        Some(path) => {
            Text::derived(path, directory.whole().map_or_else(|| call.origin(0), |place| place.origin))
        }
        None => Text::unknown("the directory is not known", directory.needs(), call.origin(0)),
    }
}

/// `datatypes.boolean`.
fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1")
}

/// `datatypes.dict_of_key_value_pairs`: `KEY=val,KEY2="val 2"`, split by a non-posix `shlex`.
fn pairs(text: &Text, entry: &Entry) -> Result<Vec<(String, Text)>, Stuck> {
    let lexer =
        Lexer { posix: false, whitespace_split: false, commenters: "#", wordchars: "/.+-():", open: true };
    let refused = |why: &str| Stuck::Elsewhere {
        origin: entry.origin.clone(),
        message: format!("`supervisord` does not start: `{}`: {why}", entry.key),
    };
    let tokens = match lexer.tokens(text) {
        Ok(tokens) => tokens,
        Err(SplitError::Refused(message, _)) => return Err(refused(message)),
        Err(SplitError::Unknown(_)) => return Err(refused("a part of it is not known")),
    };
    let mut pairs = Vec::new();
    for group in tokens.chunks(4) {
        let [key, equals, value, ..] = group else {
            return Err(refused("unexpected end of key/value pairs"));
        };
        if equals.word.raw() != "=" {
            return Err(refused("unexpected end of key/value pairs"));
        }
        let raw = value.word.raw();
        let start = raw.len() - raw.trim_start_matches(['\'', '"']).len();
        let end = raw.trim_end_matches(['\'', '"']).len().max(start);
        pairs.push((key.word.raw().to_owned(), value.word.slice(start..end)));
    }
    Ok(pairs)
}

fn split(command: &Text) -> Result<Vec<Text>, String> {
    match (Lexer { open: true, ..SPLIT }).tokens(command) {
        Ok(words) if words.is_empty() => Err("is empty".to_owned()),
        Ok(words) => Ok(words.into_iter().map(|split| split.word).collect()),
        Err(SplitError::Refused(message, _)) => Err(format!("cannot be split: {message}")),
        Err(SplitError::Unknown(_)) => Err("is not known".to_owned()),
    }
}
