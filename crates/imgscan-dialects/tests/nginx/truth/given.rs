//! Configurations that somebody wrote: `IMGSCAN_CONFIGS` names a directory of them, each a main file or what a main
//! file includes into `http`.

use std::fs;
use std::process::Command;

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::lexer::SourceKind;
use imgscan_dialects::nginx::parser::{Item, parse};

use super::real::{Content, Files, Real, Verdict};
use super::{Compared, compare, files, real};

/// What is wrapped around a file, by what stands in it.
fn around(text: &str) -> Files {
    let items = parse(text, SourceKind::File);
    let names: Vec<&str> =
        items.iter().filter_map(|i| if let Item::Directive(d) = i { Some(d.name()) } else { None }).collect();
    let has = |wanted: &[&str]| names.iter().any(|n| wanted.contains(n));
    if has(&["events"]) {
        return files(text, "");
    }
    if has(&["http", "stream"]) {
        return files("include snippets/a.conf;\nevents {}\n", text);
    }
    match has(&["server", "upstream", "map", "geo", "log_format"]) {
        true => files("events {}\nhttp {\ninclude snippets/a.conf;\n}\n", text),
        false => files("events {}\nhttp {\nserver {\ninclude snippets/a.conf;\n}\n}\n", text),
    }
}

/// Lays what is missing on this machine, an empty file for an `include`, a certificate and its key, and asks again, so
/// that nginx reads further.
fn test(real: &Real, files: &mut Files, pair: &[u8]) -> Verdict {
    for _ in 0..40 {
        real.lay(files);
        let verdict = real.test(&[]);
        let refusal = verdict.refusal.clone().unwrap_or_default();
        let quoted = refusal.split('"').nth(1).filter(|path| path.starts_with('/')).map(str::to_owned);
        let missing = refusal.contains("No such file or directory") || refusal.contains("no such file");
        match quoted.filter(|path| missing && !files.contains_key(path)) {
            Some(path) if refusal.starts_with("open() ") => {
                // What a pid file or a log lacks is its directory.
                let dir = path.ends_with(".pid") || path.ends_with(".log");
                let path = if dir { format!("{path}.imgscan") } else { path };
                files.insert(path, Content::Bytes(Vec::new()));
            }
            Some(path) if refusal.starts_with("cannot load certificate") => {
                files.insert(path, Content::Bytes(pair.to_owned()));
            }
            _ => return verdict,
        }
    }
    real.test(&[])
}

/// A certificate and its key in one file.
fn certificate() -> Vec<u8> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.example", "-days", "9"])
        .args(["-keyout", "-", "-out", "-"])
        .output()
        .unwrap();
    made.stdout
}

#[test]
fn given_configurations_are_taken_and_refused_as_nginx_does() {
    let (Some(real), Some(dir)) = (real(), std::env::var_os("IMGSCAN_CONFIGS")) else { return };
    let (mut asked, mut taken, mut conditions, mut unknown, mut faults) = (0, 0, 0, 0, 0);
    let pair = certificate();
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.is_file()) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        let mut files = around(&text);
        let theirs = test(&real, &mut files, &pair);
        let ours = Nginx.read(&real.process(&files, &[])).server;
        asked += 1;
        taken += usize::from(theirs.refusal.is_none());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match compare(&ours, &theirs) {
            Compared::Equal => {}
            // What hangs on names and files of the place where it runs is said, and here they are.
            Compared::Unknown(why) if why.starts_with("nginx starts only if ") => conditions += 1,
            Compared::Unknown(why) => {
                unknown += 1;
                eprintln!("{name}: not known: {why}; nginx {:?}", theirs.refusal);
            }
            other => {
                faults += 1;
                eprintln!("{name}: {other:?}");
            }
        }
    }
    eprintln!(
        "{asked} given configurations, nginx {}: {taken} taken, {conditions} on a condition, {unknown} not known, {faults} faults",
        real.version
    );
    assert_eq!(faults, 0);
}
