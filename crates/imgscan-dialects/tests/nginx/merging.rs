//! The whole configuration as one text.

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::merged::merged;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, MergedConfig, MergedLine, Need, Opaque, Origin, Server, Shape, Text};

use crate::case::process;

const MAIN: &str = "worker_processes 2; # two\nevents {}\nhttp {\n  log_format own '$uri '\n     'x\ny\t\\.';\n  \
                    include conf.d/*.conf;\n  include nosuch/*;\n}\n";
const SITE: &str = "server {\n  listen 8080;\n  location ~ \\.php$ { return 404; }\n  if ($uri = \"a b\") { return 403; }\n}\n";

fn server(files: MemoryFiles, words: &[&str]) -> Server {
    let word = |(i, w): (usize, &&str)| {
        let index = u32::try_from(i).unwrap();
        Text::new(*w, Origin::ImageCmd { index, chars: None, instruction: None })
    };
    Nginx.read(&process(words.iter().enumerate().map(word).collect(), Env::default(), files)).server
}

fn site() -> MemoryFiles {
    MemoryFiles::new().file("/etc/nginx/nginx.conf", MAIN).file("/etc/nginx/conf.d/a.conf", SITE)
}

fn line<'a>(merged: &'a MergedConfig, start: &str) -> &'a MergedLine {
    merged.lines.iter().find(|l| l.text.starts_with(start)).unwrap()
}

/// The lines as one file.
fn text(merged: &MergedConfig) -> String {
    merged.lines.iter().map(|l| format!("{}{}\n", "    ".repeat(l.depth), l.text)).collect()
}

fn settings(server: &Server) -> Vec<String> {
    let scopes = server.scopes.iter();
    let in_scopes =
        scopes.flat_map(|s| s.settings.iter().map(|(n, v)| format!("{} {n} {}", s.id, v.value())));
    let of_all = server.settings.iter().map(|(n, v)| format!("{n} {}", v.value()));
    of_all.chain(in_scopes).collect()
}

#[test]
fn the_text_is_the_same_configuration() {
    let server = server(site(), &["nginx"]);
    let text = text(&merged(&server).unwrap());
    let again = self::server(MemoryFiles::new().file("/etc/nginx/nginx.conf", &text), &["nginx"]);
    assert_eq!(settings(&again), settings(&server), "{text}");
    assert_eq!(again.start, server.start);
    assert!(text.contains("    log_format own '$uri '\n"), "{text}");
}

#[test]
fn every_line_knows_its_place() {
    let merged = merged(&server(site(), &["nginx", "-g", "daemon off;"])).unwrap();
    let place = |start: &str| {
        let origin = line(&merged, start).place.as_ref().unwrap().origin.clone();
        (origin.path().unwrap_or("CMD").to_owned(), origin.span().map_or(0, |s| s.line))
    };
    assert_eq!(place("daemon"), ("CMD".to_owned(), 0));
    assert_eq!(place("# include conf.d"), ("/etc/nginx/nginx.conf".to_owned(), 7));
    assert_eq!(place("location"), ("/etc/nginx/conf.d/a.conf".to_owned(), 3));
    assert!(merged.notes.is_empty(), "{:?}", merged.notes);
    assert!(merged.lines.iter().all(|l| l.notes.is_empty()));
}

#[test]
fn what_nginx_says_stands_at_its_line() {
    let files = MemoryFiles::new().file(
        "/etc/nginx/nginx.conf",
        "events {}\nhttp {\n  server { root /a;\n    root /b;\n    include gone.conf;\n  }\n}\n}\n",
    );
    let merged = merged(&server(files, &["nginx"])).unwrap();
    let said = |start: &str| line(&merged, start).notes.join("|");
    assert_eq!(said("root /a"), "");
    assert_eq!(said("root /b"), "nginx refuses: \"root\" directive is duplicate in /etc/nginx/nginx.conf:4");
    assert!(said("# include gone.conf").contains("open() \"/etc/nginx/gone.conf\" failed"));
    assert_eq!(merged.notes, ["nginx refuses: unexpected \"}\" in /etc/nginx/nginx.conf:8"]);
}

#[test]
fn what_is_not_known_is_told_and_not_guessed() {
    let origin = Origin::ImageCmd { index: 2, chars: None, instruction: None };
    let count = Opaque {
        text: "$(nproc)".to_owned(),
        needs: vec![Need::CpuCount],
        shape: Shape::Number,
        reason: None,
    };
    let start = Text::new("worker_processes ", origin.clone());
    let end = Text::new(";", origin.clone());
    let option = Text::new("-g", Origin::ImageCmd { index: 1, chars: None, instruction: None });
    let directives = Text::concat([&start, &Text::opaque(count, origin), &end]);
    let files = MemoryFiles::new().file("/etc/nginx/nginx.conf", "events {}\n");
    let name = Text::new("nginx", Origin::ImageCmd { index: 0, chars: None, instruction: None });
    let process = process(vec![name, option, directives], Env::default(), files);
    let merged = merged(&Nginx.read(&process).server).unwrap();
    let line = line(&merged, "worker_processes");
    assert_eq!(line.text, "worker_processes $(nproc);");
    assert_eq!(line.notes.last().unwrap(), "it hangs on `cpu_count`");
}

#[test]
fn credentials_are_marked() {
    let secret = Text::new("s3cr3t!", Origin::image_env("TOKEN", "s3cr3t!", None)).into_secret();
    let origin = Origin::ImageCmd { index: 2, chars: None, instruction: None };
    let directives =
        Text::concat([&Text::new("env TOKEN=", origin.clone()), &secret, &Text::new(";", origin)]);
    let word =
        |text: &str, index| Text::new(text, Origin::ImageCmd { index, chars: None, instruction: None });
    let files = MemoryFiles::new().file("/etc/nginx/nginx.conf", "events {}\n");
    let process = process(vec![word("nginx", 0), word("-g", 1), directives], Env::default(), files);
    let merged = merged(&Nginx.read(&process).server).unwrap();
    assert!(line(&merged, "env").secret);
    assert!(!line(&merged, "events").secret);
}
