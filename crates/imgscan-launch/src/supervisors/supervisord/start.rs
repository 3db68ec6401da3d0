//! From the sections to the processes.

use imgscan_model::{
    Confidence, EnvSource, LaunchStep, Launcher, Need, Opaque, Pid1Role, Problem, Shape, Text, limits,
};
use imgscan_text::ini::Entry;

use super::config::{Config, environment_names, host_name};
use super::values::{is_true, pairs, split};
use crate::call::{Call, Executor, Parent, Placement};
use crate::getopt::Parsed;
use crate::passwd;
use crate::supervisors::format::{Held, Names, Trouble, expand};
use crate::wrappers::{Stuck, Unwrapped, directory};

/// What starts the programs.
pub(super) struct Starter<'a> {
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
    pub unwrapped: Unwrapped,
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
    pub(super) fn new(call: &'a Call, options: &Parsed, config: Config) -> Result<Self, Stuck> {
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
    pub(super) fn programs(&mut self) -> Result<(), Stuck> {
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
        if let Some(dir) = self.value(section, "directory", names)? {
            call.cwd = directory(self.call, &trimmed(&dir));
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

fn trimmed(text: &Text) -> Text {
    let raw = text.raw();
    let start = raw.len() - raw.trim_start().len();
    let end = raw.trim_end().len().max(start);
    text.slice(start..end)
}
