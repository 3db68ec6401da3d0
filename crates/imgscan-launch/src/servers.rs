//! Programs that stay when a script starts them in the foreground.
//!
//! Anything else that a script waits for is taken for a step on the way (a migration, a check), unless nothing after
//! it keeps the container up. The list decides only that; what a server makes of its words is a dialect's business.

use imgscan_model::{FileView, Program, Text};

use crate::call::Call;
use crate::lookup;

/// A kind of server.
pub(crate) struct ServerKind {
    /// The names a program of this kind has in [`Program::name`].
    names: &'static [&'static str],
    /// What becomes of a script that starts it.
    pub run: fn(&Call, &Program) -> Run,
}

/// What a server does when a script starts it in the foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// It stays, and the script waits.
    Stays,
    /// It puts itself into the background, so that the script goes on.
    Leaves,
    /// It prints or checks something and ends.
    Ends,
}

static SERVERS: &[ServerKind] = &[
    ServerKind { names: &["gunicorn"], run: gunicorn },
    ServerKind { names: &["nginx", "nginx-debug", "openresty", "angie", "freenginx", "tengine"], run: nginx },
    ServerKind { names: &["uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"], run: stays },
    ServerKind { names: &["airflow"], run: airflow },
    ServerKind { names: &["kong"], run: kong },
    ServerKind { names: &["uwsgi"], run: uwsgi },
    ServerKind { names: &["haproxy", "envoy", "caddy", "traefik", "varnishd"], run: stays },
    ServerKind { names: &["php-fpm", "apache2", "httpd"], run: stays },
];

/// The kind of server that a program is.
pub(crate) fn find(program: &Program) -> Option<&'static ServerKind> {
    let name = program.name.as_str();
    SERVERS.iter().find(|kind| kind.names.contains(&name))
}

fn stays(call: &Call, program: &Program) -> Run {
    if asks_only(call, program) { Run::Ends } else { Run::Stays }
}

/// `--help`, `--version`.
fn asks_only(call: &Call, program: &Program) -> bool {
    args(call, program).any(|word| word == "--help" || word == "--version")
}

/// The words after those that name the program, as far as they are known.
fn args<'a>(call: &'a Call, program: &Program) -> impl Iterator<Item = &'a str> {
    let argv = call.written.as_ref().unwrap_or(&call.argv);
    argv.get(program.words..).unwrap_or_default().iter().filter_map(Text::known)
}

/// gunicorn `config.py`: `-D`, `--daemon`, and what makes it end, on the command line or in `GUNICORN_CMD_ARGS`.
fn gunicorn(call: &Call, program: &Program) -> Run {
    let env = call.env.value("GUNICORN_CMD_ARGS").and_then(Text::known).unwrap_or_default();
    let any = |wanted: &[&str]| {
        args(call, program).chain(env.split_whitespace()).any(|word| wanted.contains(&word))
    };
    if any(&["-h", "--help", "-v", "--version", "--check-config", "--print-config"]) {
        Run::Ends
    } else if any(&["-D", "--daemon"]) {
        Run::Leaves
    } else {
        Run::Stays
    }
}

/// nginx leaves unless `daemon off` stands in `-g` or in the main context of its configuration file.
fn nginx(call: &Call, program: &Program) -> Run {
    let words: Vec<&str> = args(call, program).collect();
    let after = |flag: &str| words.iter().position(|w| *w == flag).and_then(|at| words.get(at + 1)).copied();
    if words.iter().any(|word| ["-t", "-T", "-tq", "-v", "-V", "-s", "-h", "-?"].contains(word)) {
        return Run::Ends;
    }
    let file = after("-c").unwrap_or("/etc/nginx/nginx.conf");
    let content = lookup::at(file, &call.cwd).and_then(|file| call.files.read(&file).ok());
    let conf = content.as_ref().map(Text::raw).unwrap_or_default();
    let off = daemon_off(after("-g").unwrap_or_default()) || daemon_off(conf);
    if off { Run::Stays } else { Run::Leaves }
}

fn daemon_off(conf: &str) -> bool {
    conf.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default();
        line.split(';').any(|directive| {
            let mut words = directive.split_whitespace();
            words.next() == Some("daemon") && words.next() == Some("off")
        })
    })
}

/// Of airflow's commands, those that stay; `-D` puts them into the background.
fn airflow(call: &Call, program: &Program) -> Run {
    const STAY: [&str; 8] = [
        "webserver",
        "api-server",
        "scheduler",
        "triggerer",
        "dag-processor",
        "standalone",
        "worker",
        "flower",
    ];
    let words: Vec<&str> = args(call, program).collect();
    if asks_only(call, program) || !words.iter().any(|word| STAY.contains(word)) {
        Run::Ends
    } else if words.iter().any(|word| *word == "-D" || *word == "--daemon") {
        Run::Leaves
    } else {
        Run::Stays
    }
}

/// `kong start` leaves where nginx does: `KONG_NGINX_DAEMON=off` holds it. `kong docker-start` stays.
fn kong(call: &Call, program: &Program) -> Run {
    let held = call.env.value("KONG_NGINX_DAEMON").and_then(Text::known) == Some("off");
    match args(call, program).next() {
        Some("start" | "restart") if held => Run::Stays,
        Some("start" | "restart") => Run::Leaves,
        Some("docker-start") => Run::Stays,
        _ => Run::Ends,
    }
}

fn uwsgi(call: &Call, program: &Program) -> Run {
    let leaves = args(call, program).any(|word| word == "-d" || word.starts_with("--daemonize"));
    if leaves { Run::Leaves } else { stays(call, program) }
}
