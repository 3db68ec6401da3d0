//! Images for the tests of rules, built in code.

use imgscan_model::testing::MemoryFiles;
use imgscan_model::*;

use crate::{Facts, LostReader, Rule, WhatIf};

/// An image with its servers.
pub(crate) struct Image {
    pub(crate) config: ImageConfig,
    pub(crate) servers: Vec<Server>,
    pub(crate) files: MemoryFiles,
    pub(crate) what_if: Vec<WhatIf>,
    pub(crate) lost_readers: Vec<LostReader>,
    pub(crate) reads_env: Vec<String>,
    pub(crate) argv: Vec<Text>,
    pub(crate) overridden: bool,
}

impl Image {
    /// One gunicorn 20.1.0 in `/app`, started by `CMD ["gunicorn", "app:application"]`.
    pub(crate) fn gunicorn() -> Self {
        let argv = ["gunicorn", "app:application"];
        let mut image = Image::empty();
        image.config.cmd = Some(argv.map(str::to_owned).to_vec());
        image.config.working_dir = "/app".into();
        let mut gunicorn = server("gunicorn", &argv);
        gunicorn.reads_env =
            ["GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "PORT", "FORWARDED_ALLOW_IPS", "SENDFILE"]
                .map(str::to_owned)
                .to_vec();
        image.servers.push(gunicorn);
        image
    }

    /// One nginx 1.28.0, started by `CMD ["nginx", "-g", "daemon off;"]`.
    pub(crate) fn nginx() -> Self {
        let argv = ["nginx", "-g", "daemon off;"];
        let mut image = Image::empty();
        image.config.cmd = Some(argv.map(str::to_owned).to_vec());
        let mut nginx = server("nginx", &argv);
        nginx.version = Some("1.28.0".into());
        image.servers.push(nginx);
        image
    }

    /// An image that starts nothing.
    pub(crate) fn empty() -> Self {
        Image {
            config: ImageConfig::default(),
            servers: Vec::new(),
            files: MemoryFiles::new(),
            what_if: Vec::new(),
            lost_readers: Vec::new(),
            reads_env: Vec::new(),
            argv: Vec::new(),
            overridden: false,
        }
    }

    /// An `ENV` that every server gets.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        let var = ImageEnv::new(name, value, Some(format!("ENV {name}={value}").into()));
        for server in &mut self.servers {
            server.process.env.set(name, var.value.clone(), EnvSource::Image);
        }
        self.config.env.push(var);
        self
    }

    /// A setting of the first server.
    pub(crate) fn set(mut self, name: &str, winner: Candidate, losers: Vec<Candidate>) -> Self {
        self.servers[0].settings.insert(name.to_owned(), Setting::new(winner, losers));
        self
    }

    /// A config file of the first server.
    pub(crate) fn config_file(mut self, path: &str, status: ConfigFileStatus, asked: Option<&str>) -> Self {
        if status != ConfigFileStatus::Missing {
            self.files = self.files.file(path, "");
        }
        self.servers[0].config_files.push(ConfigFile {
            path: path.into(),
            asked: asked.map(str::to_owned),
            status,
            reason: None,
            origin: Some(match status {
                ConfigFileStatus::Missing => cmd(2),
                _ => in_file(path, None),
            }),
            generated: false,
        });
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Image)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn findings(&self, rule: &dyn Rule) -> Vec<Finding> {
        let facts = Facts {
            what_if: &self.what_if,
            lost_readers: &self.lost_readers,
            reads_env: &self.reads_env,
            argv: &self.argv,
            overridden: self.overridden,
            ..Facts::new(&self.config, &[], &self.servers, &self.files)
        };
        let mut findings = rule.check(&facts);
        crate::sort(&mut findings);
        findings
    }

    /// The messages of a rule's findings.
    pub(crate) fn says(&self, rule: &dyn Rule) -> Vec<String> {
        self.findings(rule).into_iter().map(|f| f.message).collect()
    }
}

/// A server with nothing set.
pub(crate) fn server(name: &str, argv: &[&str]) -> Server {
    let field = |field: &str| Origin::ImageConfig { field: field.into(), instruction: None };
    let process = Process {
        argv: argv.iter().zip(0..).map(|(word, n)| Text::new(*word, cmd(n))).collect(),
        program: Program { name: name.into(), words: 1, ..Program::default() },
        env: Env::default(),
        cwd: Text::new("/app", field("WorkingDir")),
        user: Text::new("", field("User")),
        pid1: Pid1 {
            role: Pid1Role::Server,
            program: name.into(),
            signals_reach_server: Some(true),
            because: None,
        },
        launched_by: vec![LaunchStep { what: "CMD".into(), launcher: Launcher::Config, origin: cmd(0) }],
        confidence: Confidence::Certain,
        condition: None,
        files: MemoryFiles::new().shared(),
        cpus: None,
    };
    Server {
        id: name.into(),
        name: name.into(),
        version: Some("20.1.0".into()),
        version_origin: None,
        process,
        start: Start::ok(),
        config_files: Vec::new(),
        settings: Default::default(),
        scopes: Vec::new(),
        ignored_names: Vec::new(),
        reads_env: Vec::new(),
        problems: Vec::new(),
    }
}

pub(crate) fn cmd(index: u32) -> Origin {
    Origin::ImageCmd { index, chars: None, instruction: None }
}

pub(crate) fn in_file(path: &str, line: Option<u32>) -> Origin {
    Origin::LayerFile {
        layer: Some(3),
        path: path.into(),
        span: line.map(|line| Span { line, column: 1, end_line: line, end_column: 12 }),
        instruction: Some("COPY . .".into()),
    }
}

pub(crate) fn data(source: Source, value: impl Into<Data>, origin: Origin) -> Candidate {
    Candidate::new(source, Value::Known(value.into()), Place::new(origin))
}

/// The built-in default.
pub(crate) fn default(value: impl Into<Data>) -> Candidate {
    data(Source::Default, value, Origin::default_of("gunicorn", Some("20.1.0"))).status(Status::Dead)
}

/// Line `line` of `/app/gunicorn.conf.py`.
pub(crate) fn file(value: impl Into<Data>, line: u32) -> Candidate {
    data(Source::File, value, in_file("/app/gunicorn.conf.py", Some(line)))
}

/// `GUNICORN_CMD_ARGS` of the image.
pub(crate) fn args(value: impl Into<Data>) -> Candidate {
    let origin = Origin::ImageEnv { name: "GUNICORN_CMD_ARGS".into(), start: 0, end: 4, instruction: None };
    data(Source::EnvArgs, value, origin)
}

/// A flag in `CMD`.
pub(crate) fn flag(value: impl Into<Data>, index: u32) -> Candidate {
    data(Source::Flag, value, cmd(index))
}

/// A default that gunicorn takes from an `ENV`.
pub(crate) fn env_default(name: &str, value: impl Into<Data>) -> Candidate {
    let origin = Origin::ImageEnv { name: name.into(), start: 0, end: 1, instruction: None };
    data(Source::EnvDefault, value, origin).status(Status::Dead)
}

/// A list with one text, as `bind` has.
pub(crate) fn list(text: &str) -> Data {
    Data::List(vec![Data::from(text)])
}

/// Line `line` of `/etc/nginx/conf.d/app.conf`.
pub(crate) fn ngx(value: impl Into<Data>, line: u32) -> Candidate {
    data(Source::File, value, in_file("/etc/nginx/conf.d/app.conf", Some(line)))
}

/// A location of `server example.com`, with settings of its own.
pub(crate) fn location(pattern: &str, settings: &[(&str, Data)]) -> Scope {
    let (modifier, name) = match pattern.strip_prefix('@') {
        Some(name) => ("@", name),
        None => ("", pattern),
    };
    Scope {
        id: format!("http/server:0/location:{}", pattern.len()),
        path: vec!["http".into(), "server example.com".into(), format!("location {pattern}")],
        listen: vec![Listen {
            address: "0.0.0.0:80".into(),
            origin: in_file("/etc/nginx/conf.d/app.conf", Some(2)),
        }],
        server_names: vec!["example.com".into()],
        location: Some(Location { modifier: modifier.into(), pattern: name.into() }),
        origin: in_file("/etc/nginx/conf.d/app.conf", Some(4)),
        settings: own(settings),
    }
}

/// An `upstream` block with its `server` lines.
pub(crate) fn upstream(name: &str, servers: &[&[&str]], settings: &[(&str, Data)]) -> Scope {
    let words = |words: &&[&str]| Data::List(words.iter().map(|w| Data::from(*w)).collect());
    let mut scope = location("/", settings);
    scope.id = "http/upstream:0".into();
    scope.path = vec!["http".into(), format!("upstream {name}")];
    scope.location = None;
    scope.listen.clear();
    let lines = Data::List(servers.iter().map(words).collect());
    scope.settings.insert("server".into(), Setting::new(ngx(lines, 20), vec![]));
    scope
}

fn own(settings: &[(&str, Data)]) -> std::collections::BTreeMap<String, Setting> {
    let setting = |(line, (name, value)): (u32, &(&str, Data))| {
        ((*name).to_owned(), Setting::new(ngx(value.clone(), line), vec![]))
    };
    (5..).zip(settings).map(setting).collect()
}
