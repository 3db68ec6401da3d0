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
    /// Whether it puts itself into the background, so that the script goes on.
    pub leaves: fn(&Call, &Program) -> bool,
}

static SERVERS: &[ServerKind] = &[
    ServerKind { names: &["gunicorn"], leaves: gunicorn_leaves },
    ServerKind {
        names: &["nginx", "nginx-debug", "openresty", "angie", "freenginx", "tengine"],
        leaves: nginx_leaves,
    },
    ServerKind { names: &["uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"], leaves: stays },
    ServerKind { names: &["airflow"], leaves: airflow_leaves },
    ServerKind { names: &["kong"], leaves: kong_leaves },
    ServerKind { names: &["uwsgi"], leaves: uwsgi_leaves },
    ServerKind { names: &["haproxy", "envoy", "caddy", "traefik", "varnishd"], leaves: stays },
    ServerKind { names: &["php-fpm", "apache2", "httpd"], leaves: stays },
];

/// The kind of server that a program is.
pub(crate) fn find(program: &Program) -> Option<&'static ServerKind> {
    let name = program.name.as_str();
    SERVERS.iter().find(|kind| kind.names.contains(&name))
}

fn stays(_: &Call, _: &Program) -> bool {
    false
}

/// The words after those that name the program, as far as they are known.
fn args<'a>(call: &'a Call, program: &Program) -> impl Iterator<Item = &'a str> {
    let argv = call.written.as_ref().unwrap_or(&call.argv);
    argv.get(program.words..).unwrap_or_default().iter().filter_map(Text::known)
}

/// `-D`, `--daemon` (gunicorn `config.py` `Daemon`), on the command line or in `GUNICORN_CMD_ARGS`.
fn gunicorn_leaves(call: &Call, program: &Program) -> bool {
    let env = call.env.value("GUNICORN_CMD_ARGS").and_then(Text::known).unwrap_or_default();
    args(call, program).chain(env.split_whitespace()).any(|word| word == "-D" || word == "--daemon")
}

/// nginx leaves unless `daemon off` stands in `-g` or in the main context of its configuration file; so do not its
/// one-off runs, which end by themselves.
fn nginx_leaves(call: &Call, program: &Program) -> bool {
    let words: Vec<&str> = args(call, program).collect();
    let after = |flag: &str| words.iter().position(|w| *w == flag).and_then(|at| words.get(at + 1)).copied();
    if words.iter().any(|word| ["-t", "-T", "-v", "-V", "-s", "-h", "-?"].contains(word)) {
        return true;
    }
    let file = after("-c").unwrap_or("/etc/nginx/nginx.conf");
    let content = lookup::at(file, &call.cwd).and_then(|file| call.files.read(&file).ok());
    let conf = content.as_ref().map(Text::raw).unwrap_or_default();
    !(daemon_off(after("-g").unwrap_or_default()) || daemon_off(conf))
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
fn airflow_leaves(call: &Call, program: &Program) -> bool {
    let words: Vec<&str> = args(call, program).collect();
    let stays = [
        "webserver",
        "api-server",
        "scheduler",
        "triggerer",
        "dag-processor",
        "standalone",
        "worker",
        "flower",
    ];
    let command = words.iter().any(|word| stays.contains(word));
    !command || words.iter().any(|word| *word == "-D" || *word == "--daemon")
}

/// `kong start` leaves where nginx does: `KONG_NGINX_DAEMON=off` holds it. `kong docker-start` stays.
fn kong_leaves(call: &Call, program: &Program) -> bool {
    let held = call.env.value("KONG_NGINX_DAEMON").and_then(Text::known) == Some("off");
    match args(call, program).next() {
        Some("start" | "restart") => !held,
        Some("docker-start") => false,
        _ => true,
    }
}

fn uwsgi_leaves(call: &Call, program: &Program) -> bool {
    args(call, program).any(|word| word == "-d" || word.starts_with("--daemonize"))
}
