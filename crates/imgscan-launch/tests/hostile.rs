//! Nothing in an image or on the command line makes a launch panic or hang.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::launch;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides};
use proptest::prelude::*;

const WORDS: [&str; 62] = [
    "env",
    "-i",
    "-S",
    "A=1",
    "--",
    "-",
    "sh",
    "-c",
    "bash",
    "-lc",
    "exec gunicorn",
    "gunicorn",
    "x:y",
    "tini",
    "-g",
    "su",
    "app",
    "sudo",
    "-u",
    "python3",
    "-m",
    "supervisord",
    "-n",
    "-c",
    "/etc/s.conf",
    "honcho",
    "start",
    "/init",
    "/ep.sh",
    "/run.e",
    "execlineb",
    "-P",
    "if",
    "{",
    "}",
    " a",
    "",
    "foreground",
    "importas",
    "xargs",
    "timeout",
    "5",
    "poetry",
    "run",
    "uv",
    "pipenv",
    "pdm",
    "conda",
    "chpst",
    "-e",
    "dockerize",
    "-template",
    "a:b",
    "doppler",
    "busybox",
    "circusd",
    "/etc/c.ini",
    "runsvdir",
    "/etc/service",
    "flock",
    "env -S '-S ${A}'",
    "$A",
];

fn image(script: &str) -> MemoryFiles {
    MemoryFiles::new()
        .program("/bin/sh")
        .program("/usr/bin/env")
        .program("/usr/bin/execlineb")
        .program("/usr/bin/gunicorn")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1:1::/:/bin/sh\n")
        .executable("/ep.sh", &format!("#!/bin/sh\n{script}"))
        .executable("/run.e", &format!("#!/usr/bin/execlineb -P\n{script}"))
        .file("/etc/s.conf", &format!("[supervisord]\n[program:x]\n{script}"))
        .file("/etc/c.ini", &format!("[watcher:x]\n{script}"))
        .file("/Procfile", script)
        .file("/.env", script)
        .file("/pyproject.toml", script)
        .file("/Pipfile", script)
        .executable("/etc/service/x/run", script)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_words_over_any_files(
        words in prop::collection::vec(prop_oneof![prop::sample::select(&WORDS[..]).prop_map(str::to_owned), ".{0,8}"], 0..8),
        script in prop_oneof![r#"[\[\]{}=:;#'"\\$%a-c \t\n]{0,40}"#, "command=.{0,20}", ".{0,30}"],
        value in ".{0,12}",
    ) {
        let config = ImageConfig {
            entrypoint: Some(words),
            env: vec![ImageEnv::new("PATH", "/usr/bin:/bin", None), ImageEnv::new("A", &value, None)],
            user: if value.len() > 6 { value.clone() } else { String::new() },
            working_dir: script.clone(),
            ..ImageConfig::default()
        };
        let launched = launch(&config, image(&script).shared(), &Overrides::default());
        prop_assert!(launched.processes.len() <= 64);
    }
}

#[test]
fn scripts_that_start_themselves_end() {
    for script in ["#!/bin/sh\nexec \"$0\" \"$@\"\n", "#!/x\n", "#!/bin/sh\n\"$0\"\n"] {
        let files = image("").executable("/x", script);
        let config = ImageConfig { cmd: Some(vec!["/x".into()]), ..ImageConfig::default() };
        let launched = launch(&config, files.shared(), &Overrides::default());
        assert!(launched.processes.len() <= 1, "{script}");
        assert!(!launched.problems.is_empty(), "{script}");
    }
}

#[test]
fn loops_that_double_what_they_hold_end() {
    for body in [
        "a=x; while :; do a=${a//x/xx}; done",
        "a=x; while :; do a=${a//?/xx}; done",
        "a=(x); while :; do a+=(\"${a[@]}\"); done",
        "while :; do set -- \"$@\" \"$@\"; done",
    ] {
        let files = image("")
            .program("/bin/bash")
            .executable("/x", &format!("#!/bin/bash\n{body}\nexec gunicorn a:b\n"));
        let config = ImageConfig { cmd: Some(vec!["/x".into()]), ..ImageConfig::default() };
        let launched = launch(&config, files.shared(), &Overrides::default());
        assert!(launched.processes.is_empty(), "{body}: what stands behind an endless loop is never started");
    }
}
