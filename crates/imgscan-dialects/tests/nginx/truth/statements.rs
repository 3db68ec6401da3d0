//! Statements that random configurations are made of, and each of them alone.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::table::{Contexts, Kind, Table};
use imgscan_dialects::nginx::version::Version;

use super::real::{Files, Real};
use super::{Compared, compare, files, real};

/// Statements by the context they are meant for, good ones and bad ones.
const WRITTEN: &str = include_str!("../../../../../testdata/nginx/truth/statements.conf");

/// The headings of the statements, with the context they stand for.
pub(super) const HEADINGS: &[(&str, Contexts)] = &[
    ("main", Contexts::MAIN),
    ("events", Contexts::EVENTS),
    ("http", Contexts::HTTP),
    ("server", Contexts::SERVER),
    ("location", Contexts::LOCATION),
    ("stream", Contexts::STREAM),
    ("stream-server", Contexts::STREAM_SERVER),
];

/// What `http` may hold for the statements of servers and locations to refer to.
pub(super) const REFERRED: &str = "upstream u1 { server 127.0.0.1:8001; }\n\
    limit_req_zone $binary_remote_addr zone=rz1:1m rate=5r/s;\n\
    limit_conn_zone $binary_remote_addr zone=cz1:1m;\n\
    proxy_cache_path /var/lib/nginx/c1 keys_zone=pc1:1m;\nlog_format l1 '$remote_addr - $request';\n\
    map $uri $m1 { default 0; /a 1; }\n";

/// The statements under a heading (`## http`).
pub(super) fn of(heading: &str) -> Vec<&'static str> {
    let mut here = false;
    let mut found = Vec::new();
    for line in WRITTEN.lines() {
        match line.strip_prefix("## ") {
            Some(name) => here = name == heading,
            None if here && !line.trim().is_empty() => found.push(line),
            None => {}
        }
    }
    found
}

/// A statement in a configuration where nothing else is wrong.
pub(super) fn alone(heading: &str, statement: &str, load_stream: bool) -> Files {
    let load = match load_stream && heading.starts_with("stream") {
        true => "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n",
        false => "",
    };
    let text = match heading {
        "main" => format!("{statement}\nevents {{}}\n"),
        "events" => format!("events {{\n{statement}\n}}\n"),
        "http" => format!("events {{}}\nhttp {{\n{statement}\nserver {{ }}\n}}\n"),
        "server" => format!("events {{}}\nhttp {{\n{REFERRED}server {{\n{statement}\n}}\n}}\n"),
        "location" => {
            format!("events {{}}\nhttp {{\n{REFERRED}server {{ location / {{\n{statement}\n}} }}\n}}\n")
        }
        "stream" => format!("{load}events {{}}\nstream {{\n{statement}\n}}\n"),
        _ => {
            let usual = if statement.starts_with("listen") { "return x;" } else { "listen 7100;" };
            format!(
                "{load}events {{}}\nstream {{\nupstream su1 {{ server 127.0.0.1:1; }}\nserver {{\n{usual}\n{statement}\n}}\n}}\n"
            )
        }
    };
    files(&text, "")
}

/// The statements that nginx takes where nothing else is wrong.
pub(super) fn taken(real: &Real) -> Vec<&'static str> {
    let all = HEADINGS.iter().flat_map(|(heading, _)| of(heading).into_iter().map(|s| (*heading, s)));
    all.filter(|(heading, statement)| {
        real.lay(&alone(heading, statement, real.is_debian));
        real.test(&[]).refusal.is_none()
    })
    .map(|(_, statement)| statement)
    .collect()
}

#[test]
fn each_statement_is_taken_or_refused_as_nginx_does() {
    let Some(real) = real() else { return };
    let (mut asked, mut unknown, mut faults) = (0, 0, 0);
    let composed = composed(Version::parse(&real.version));
    let written =
        HEADINGS.iter().flat_map(|(heading, _)| of(heading).into_iter().map(|s| (*heading, s.to_owned())));
    for (heading, statement) in written.chain(composed) {
        let files = alone(heading, &statement, real.is_debian);
        real.lay(&files);
        let theirs = real.test(&[]);
        let ours = Nginx.read(&real.process(&files, &[])).server;
        asked += 1;
        match compare(&ours, &theirs) {
            Compared::Equal => {}
            Compared::Unknown(why) => {
                unknown += 1;
                eprintln!("{heading}: {statement}  not known: {why}; nginx {:?}", theirs.refusal);
            }
            other => {
                faults += 1;
                eprintln!("{heading}: {statement}  {other:?}");
            }
        }
    }
    eprintln!("{asked} statements alone, nginx {}: {unknown} not known, {faults} faults", real.version);
    assert_eq!(faults, 0);
}

/// Every directive that has a usual type, with good and bad arguments, in each context.
fn composed(version: Option<Version>) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (heading, context) in HEADINGS {
        for row in Table::get().rows(version).filter(|r| r.contexts.meet(*context) && !r.arity.block) {
            for value in values(&row.kind) {
                all.push((*heading, format!("{} {value};", row.name)));
            }
        }
    }
    all
}

/// Arguments worth trying.
fn values(kind: &Kind) -> Vec<String> {
    let words: &[&str] = match kind {
        Kind::Flag => &["on", "Off", "x"],
        Kind::Size | Kind::ComplexSize => &["0", "1", "4k", "3m", "1g", "-1", "\"\""],
        Kind::Offset => &["1g", "x"],
        Kind::Num(..) => &["0", "1", "7", "64", "65536", "-1", "x", "99999999999999999999"],
        Kind::Msec | Kind::Sec => &["0", "1h30m", "1M", "1ms", "x"],
        Kind::Enum(words) | Kind::Mask(words) => {
            return words.iter().map(|w| (*w).to_owned()).chain(["nonsense".to_owned()]).collect();
        }
        Kind::Bufs => &["1 1k", "2 4k", "8 64k", "0 4k", "x 4k", "4 0"],
        Kind::Custom | Kind::Obsolete => &["", "x", "on", "a b", "a b c d e f g h"],
        _ => &["x", "$uri", "$nosuchvariable", "\"\"", "x y", "off"],
    };
    words.iter().map(|w| (*w).to_owned()).collect()
}
