//! Reports for tests, built in code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imgscan_model::testing::MemoryFiles;
use imgscan_model::*;

pub(crate) const CONF: &str =
    "import os\n\nbind = \"0.0.0.0:8443\"\nworkers = 4\ntimeout = 0\nkeepalive = 5\n";
pub(crate) const CONF_PATH: &str = "/opt/conf/gunicorn.conf.py";
pub(crate) const ARGS: &str = "--bind 0.0.0.0:8443 --workers=3";
const COPY: &str = "COPY gunicorn.conf.py /opt/conf/";

pub(crate) fn file(path: &str, layer: u32, span: Option<Span>, instruction: &str) -> Origin {
    Origin::LayerFile { layer: Some(layer), path: path.into(), span, instruction: Some(instruction.into()) }
}

pub(crate) fn conf(line: u32, end_column: u32) -> Origin {
    file(CONF_PATH, 7, Some(Span { line, column: 1, end_line: line, end_column }), COPY)
}

fn env(start: u32, end: u32) -> Origin {
    let instruction = format!("ENV GUNICORN_CMD_ARGS=\"{ARGS}\"");
    Origin::ImageEnv {
        name: "GUNICORN_CMD_ARGS".into(),
        start,
        end,
        instruction: Some(instruction.as_str().into()),
    }
}

pub(crate) fn cmd(index: u32) -> Origin {
    let instruction = Some("CMD [\"gunicorn\", \"app:application\"]".into());
    Origin::ImageCmd { index, chars: None, instruction }
}

pub(crate) fn default() -> Origin {
    Origin::default_of("gunicorn", Some("20.1.0"))
}

pub(crate) fn candidate(source: Source, value: Data, origin: Origin) -> Candidate {
    Candidate::new(source, Value::Known(value), Place::new(origin))
}

fn unread(value: Data, line: u32, end: u32) -> Candidate {
    candidate(Source::File, value, conf(line, end)).status(Status::NotLoaded)
}

pub(crate) fn by_default(value: Data) -> Candidate {
    candidate(Source::Default, value, default())
}

pub(crate) fn layer(index: u32, size: u64, instruction: Option<&str>) -> Layer {
    Layer {
        index,
        digest: Some(format!("sha256:{index:064}")),
        diff_id: Some(format!("sha256:{:064}", index + 100)),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
        size,
        instruction: instruction.map(Into::into),
    }
}

pub(crate) fn history(instruction: &str, layer: Option<u32>) -> History {
    History {
        created_by: format!("/bin/sh -c #(nop) {instruction}"),
        created: None,
        comment: None,
        author: None,
        empty_layer: layer.is_none(),
        instruction: Some(Instruction {
            keyword: instruction.split(' ').next().unwrap().to_owned(),
            text: instruction.into(),
        }),
        layer,
    }
}

fn word(text: &str, index: u32) -> Text {
    Text::new(text, cmd(index))
}

pub(crate) fn process() -> Process {
    let mut variables = Env::default();
    let args = ImageEnv::new("GUNICORN_CMD_ARGS", ARGS, None);
    variables.set("GUNICORN_CMD_ARGS", args.value, EnvSource::Image);
    Process {
        argv: vec![word("gunicorn", 0), word("app:application", 1)],
        program: Program { name: "gunicorn".into(), words: 1, ..Program::default() },
        env: variables,
        cwd: Text::new("/app", Origin::ImageConfig { field: "WorkingDir".into(), instruction: None }),
        user: Text::new("", Origin::ImageConfig { field: "User".into(), instruction: None }),
        pid1: Pid1 {
            role: Pid1Role::Server,
            program: "gunicorn".into(),
            signals_reach_server: Some(true),
            because: None,
        },
        launched_by: vec![LaunchStep { what: "CMD".into(), launcher: Launcher::Config, origin: cmd(0) }],
        confidence: Confidence::Certain,
        condition: None,
        files: MemoryFiles::new().shared(),
        cpus: None,
    }
}

pub(crate) fn server(settings: BTreeMap<String, Setting>) -> Server {
    Server {
        id: "gunicorn".into(),
        name: "gunicorn".into(),
        version: Some("20.1.0".into()),
        version_origin: Some(file(
            "/usr/lib/python3/dist-packages/gunicorn-20.1.0.dist-info/METADATA",
            3,
            None,
            "RUN pip install gunicorn==20.1.0",
        )),
        process: process(),
        start: Start::ok(),
        config_files: Vec::new(),
        settings,
        scopes: Vec::new(),
        ignored_names: Vec::new(),
        reads_env: vec!["GUNICORN_CMD_ARGS".into(), "WEB_CONCURRENCY".into()],
        problems: Vec::new(),
    }
}

fn incident_settings() -> BTreeMap<String, Setting> {
    let text = |t: &str| Data::List(vec![Data::from(t)]);
    BTreeMap::from([
        (
            "bind".into(),
            Setting::new(
                candidate(Source::EnvArgs, text("0.0.0.0:8443"), env(0, 19)),
                vec![
                    by_default(text("127.0.0.1:8000")).status(Status::Dead),
                    unread(text("0.0.0.0:8443"), 3, 22),
                ],
            ),
        ),
        ("keepalive".into(), Setting::new(by_default(Data::Int(2)), vec![unread(Data::Int(5), 6, 14)])),
        ("reload".into(), Setting::new(by_default(Data::Bool(false)), vec![])),
        ("timeout".into(), Setting::new(by_default(Data::Int(30)), vec![unread(Data::Int(0), 5, 12)])),
        (
            "workers".into(),
            Setting::new(
                candidate(Source::EnvArgs, Data::Int(3), env(20, 31)),
                vec![by_default(Data::Int(1)).status(Status::Dead), unread(Data::Int(4), 4, 12)],
            ),
        ),
    ])
}

/// The incident: the platform's config file is in the image and nothing reads it.
pub(crate) fn incident() -> ImageReport {
    let mut server = server(incident_settings());
    server.config_files.push(ConfigFile {
        path: CONF_PATH.into(),
        asked: None,
        status: ConfigFileStatus::NotLoaded,
        reason: Some("no `-c` names it, and gunicorn looks for `/app/gunicorn.conf.py`".into()),
        origin: Some(file(CONF_PATH, 7, None, COPY)),
        generated: false,
    });
    let mut excerpts = Excerpts::default();
    excerpts.insert(&conf(1, 1), CONF);
    let env_instruction = format!("ENV GUNICORN_CMD_ARGS=\"{ARGS}\"");
    ImageReport {
        reference: "127.0.0.1:5000/shop/app:1".into(),
        source: SourceKind::Registry,
        digest: Some(format!("sha256:{}", "0123456789abcdef".repeat(4))),
        platform: Some(Platform { os: "linux".into(), architecture: "amd64".into(), variant: None }),
        config: ImageConfig {
            digest: Some(format!("sha256:{}", "c".repeat(64))),
            cmd: Some(vec!["gunicorn".into(), "app:application".into()]),
            cmd_instruction: Some("CMD [\"gunicorn\", \"app:application\"]".into()),
            env: vec![ImageEnv::new("GUNICORN_CMD_ARGS", ARGS, Some(env_instruction.as_str().into()))],
            working_dir: "/app".into(),
            exposed_ports: vec!["8443/tcp".into()],
            history: vec![
                history("ADD file:1 in /", Some(0)),
                history("RUN pip install gunicorn==20.1.0", Some(3)),
                history("WORKDIR /app", None),
                history(COPY, Some(7)),
                history(&env_instruction, None),
                history("CMD [\"gunicorn\", \"app:application\"]", None),
            ],
            ..ImageConfig::default()
        },
        layers: vec![
            layer(0, 31_357_624, Some("ADD file:1 in /")),
            layer(3, 1_204_113, Some("RUN pip install gunicorn==20.1.0")),
            layer(7, 312, Some(COPY)),
        ],
        overlays: Vec::new(),
        mounts: Vec::new(),
        servers: vec![server],
        findings: vec![never_read().into()],
        problems: Vec::new(),
        excerpts,
        stats: Some(Stats { elapsed: Duration::from_millis(7), ..Stats::default() }),
    }
}

fn never_read() -> Finding {
    Finding {
        code: "OVR005",
        name: "config-never-read",
        title: "Config file is in the image but no process loads it",
        severity: Severity::High,
        confidence: Confidence::Certain,
        message: "`/opt/conf/gunicorn.conf.py` sets `timeout = 0`, but gunicorn is started without `-c` and looks only \
                  for `/app/gunicorn.conf.py`, so `timeout` is 30"
            .into(),
        process: Some("gunicorn".into()),
        setting: Some("timeout".into()),
        labels: vec![
            Label { role: Role::Primary, origin: conf(5, 12), text: "never read".into() },
            Label { role: Role::Related, origin: cmd(0), text: "no `-c` here".into() },
        ],
        help: Some("start it with: gunicorn -c /opt/conf/gunicorn.conf.py app:application".into()),
    }
}

/// An image that tries to fool the terminal and to leak its credentials by every way there is.
pub(crate) fn hostile() -> ImageReport {
    let evil = "/srv/\u{1b}[2J\u{202e}\u{9b}31m.py";
    let secret = "sup3r-s3cret";
    let instruction: Arc<str> = format!("ENV DB_PASSWORD={secret} PORT=80").into();
    let mut image = incident();
    image.reference = "reg.example/\u{1b}]0;owned\u{7}:1".into();
    image.config.env = vec![
        ImageEnv::new("DB_PASSWORD", secret, Some(Arc::clone(&instruction))),
        ImageEnv::new("PORT", "80", Some(Arc::clone(&instruction))),
    ];
    image.config.labels = vec![("org.example.api_token".into(), "tok-123".into())];
    image.config.history.push(history(&instruction, None));
    image.layers.push(layer(8, 10, Some("RUN |1 GITHUB_TOKEN=ghtok /bin/sh -c make")));
    let at = file(evil, 8, Some(Span { line: 1, column: 5, end_line: 1, end_column: 900 }), &instruction);
    let line = format!("\tab\u{1b}[31mé\u{9b}X PASSWORD='{secret}' {}\n", "y".repeat(5_000));
    image.excerpts.insert(&at, line);
    let server = &mut image.servers[0];
    let dsn =
        Origin::Option { flag: "--env".into(), text: format!("DB_PASSWORD={secret}").into(), chars: None };
    server.process.argv.push(Text::new(format!("--env=DB_PASSWORD={secret}"), cmd(2)));
    server.process.argv.push(Text::new("--password", cmd(3)));
    server.process.argv.push(Text::new("pw9", cmd(4)));
    server.process.argv.push(Text::unknown("a command was not followed", vec![], cmd(5)));
    let value = ImageEnv::new("DB_PASSWORD", secret, Some(instruction)).value;
    server.process.env.set("DB_PASSWORD", value, EnvSource::Image);
    let mut raw = candidate(
        Source::File,
        Data::List(vec![format!("DB_PASSWORD={secret}").as_str().into()]),
        at.clone(),
    );
    raw.secret = true;
    server.settings.insert("raw_env".into(), Setting::new(raw, vec![]));
    server.problems.push(Problem::at(at.clone(), format!("cannot follow `{secret}\u{1b}[0m`")));
    image.findings = vec![
        Finding {
            message: format!("`{evil}` holds `{secret}`"),
            labels: vec![
                Label { role: Role::Primary, origin: at, text: format!("here is {secret}\u{202e}") },
                Label { role: Role::Related, origin: dsn, text: "given here".into() },
            ],
            confidence: Confidence::Likely,
            help: None,
            ..never_read()
        }
        .into(),
    ];
    image
}

fn ngx(line: u32, column: u32, end: u32) -> Origin {
    file(
        "/etc/nginx/conf.d/app.conf",
        4,
        Some(Span { line, column, end_line: line, end_column: end }),
        "COPY app.conf /etc/nginx/conf.d/",
    )
}

/// An nginx with two locations.
pub(crate) fn nginx() -> ImageReport {
    let mut image = incident();
    let size = |n: i64, origin: Origin| Setting::new(candidate(Source::File, Data::Int(n), origin), vec![]);
    let scope = |id: &str, path: &[&str], origin: Origin, settings: Vec<(&str, Setting)>| Scope {
        id: id.into(),
        path: path.iter().map(|p| (*p).to_owned()).collect(),
        listen: vec![Listen { address: "0.0.0.0:80".into(), origin: ngx(2, 5, 15) }],
        server_names: vec!["example.com".into()],
        location: path.get(2).map(|_| Location { modifier: String::new(), pattern: "/upload".into() }),
        origin,
        settings: settings.into_iter().map(|(n, s)| (n.to_owned(), s)).collect(),
    };
    let server = &mut image.servers[0];
    (server.id, server.name) = ("nginx".into(), "nginx".into());
    server.version = None;
    server.config_files.clear();
    server.settings.clear();
    let outer = || size(1_048_576, ngx(3, 5, 30));
    let header = |name: &str, line: u32| {
        let words = Data::List(vec![Data::List(vec![name.into(), "DENY".into()])]);
        candidate(Source::File, words, ngx(line, 9, 40))
            .written(format!("{name} DENY"))
            .status(Status::Effective)
    };
    let headers = Setting::new(header("X-Frame-Options", 8), vec![header("X-Other", 9)])
        .joined(Value::Known(Data::List(vec!["both".into()])));
    server.scopes = vec![
        scope("http", &["http"], ngx(1, 1, 5), vec![]),
        scope(
            "http/server:0",
            &["http", "server example.com"],
            ngx(1, 1, 7),
            vec![("client_max_body_size", outer())],
        ),
        scope(
            "http/server:0/location:0",
            &["http", "server example.com", "location /"],
            ngx(4, 5, 13),
            vec![("client_max_body_size", outer())],
        ),
        scope(
            "http/server:0/location:1",
            &["http", "server example.com", "location /upload"],
            ngx(6, 5, 13),
            vec![("add_header", headers), ("client_max_body_size", size(10_485_760, ngx(7, 9, 35)))],
        ),
    ];
    server.start = Start::fails("\"daemon\" directive is duplicate", Some(ngx(9, 1, 7)));
    image.findings.clear();
    image
}

/// One of everything that can go wrong with an input.
pub(crate) fn errors() -> Vec<InputError> {
    vec![
        InputError {
            input: "gcr.io/p/gone:1".into(),
            kind: InputErrorKind::NotFound,
            message: "the registry knows no manifest of this name".into(),
            help: Some("list its tags with: imgscan tags gcr.io/p/gone".into()),
        },
        InputError {
            input: "https://me:hunter22@reg.example/app".into(),
            kind: InputErrorKind::Unsupported,
            message: "a reference has no scheme".into(),
            help: None,
        },
    ]
}
