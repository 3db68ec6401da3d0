//! `testdata/wrappers.jsonl`: random calls of wrappers with what the real programs started (Debian 12), or `null` where
//! they refused.

#![allow(clippy::unwrap_used, clippy::panic)] // A test helper fails by panicking.

use imgscan_launch::launch;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ImageConfig, ImageEnv, Overrides, Process, Text};
use serde_json::{Value, json};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
const WRAPPERS: [&str; 24] = [
    "env",
    "nice",
    "timeout",
    "setpriv",
    "gosu",
    "chpst",
    "runuser",
    "setuidgid",
    "s6-setuidgid",
    "s6-envdir",
    "envdir",
    "stdbuf",
    "ionice",
    "tini",
    "dumb-init",
    "catatonit",
    "prlimit",
    "flock",
    "chrt",
    "taskset",
    "nohup",
    "setsid",
    "sudo",
    "execlineb",
];
const NAMES: [&str; 18] = [
    "A", "B", "X", "Y", "Z", "W", "V", "K", "Q", "X1", "X2", "HOME", "PATH", "USER", "LOGNAME", "SHELL", "C",
    "D",
];

fn start(argv: &Value) -> Option<Process> {
    let mut files = MemoryFiles::new()
        .file("/etc/passwd", PASSWD)
        .file("/etc/sudoers", include_str!("../testdata/sudoers"))
        .file("/tmp/wr/envd/X1", "one  \n")
        .file("/tmp/wr/envd/X2", "two\nthree")
        .file("/tmp/wr/envd/B", "")
        .file("/etc/debian_version", "12.9\n")
        .program("/usr/local/bin/probe");
    for name in WRAPPERS {
        files = files.program(&format!("/usr/bin/{name}"));
    }
    let words = argv.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    let env =
        [("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("A", "1"), ("B", "2"), ("HOME", "/root")];
    let config = ImageConfig {
        cmd: Some(words.collect()),
        env: env.map(|(name, value)| ImageEnv::new(name, value, None)).to_vec(),
        working_dir: "/srv".to_owned(),
        ..ImageConfig::default()
    };
    launch(&config, files.shared(), &Overrides::default()).processes.into_iter().next()
}

fn uid(user: &str) -> Value {
    let name = user.split(':').next().unwrap();
    let line = PASSWD.lines().find(|line| line.split(':').next() == Some(name));
    let uid =
        line.and_then(|line| line.split(':').nth(2)).unwrap_or(if name.is_empty() { "0" } else { name });
    json!(uid.parse::<u64>().unwrap())
}

fn found(process: &Process) -> Value {
    let value = |name: &&str| process.env.value(name).map_or(Value::Null, |text| json!(text.display()));
    json!({
        "argv": process.argv.iter().map(Text::display).collect::<Vec<_>>(),
        "env": NAMES.iter().map(value).collect::<Vec<_>>(),
        "cwd": process.cwd.display(),
        "uid": uid(&process.user.display()),
    })
}

fn wanted(answer: &Value) -> Value {
    json!({
        "argv": answer["argv"],
        "env": NAMES.iter().map(|name| answer["env"][name].clone()).collect::<Vec<_>>(),
        "cwd": answer["cwd"],
        "uid": answer["uid"],
    })
}

#[test]
fn no_wrapper_starts_anything_that_the_real_one_does_not() {
    let (mut failed, mut unknown, mut count) = (Vec::new(), 0, 0);
    for line in include_str!("../testdata/wrappers.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        count += 1;
        let process = start(&case["argv"])
            .filter(|process| process.program.name == "probe" && process.program.path.is_some());
        match (process, case["answer"].is_object()) {
            (Some(process), true) if found(&process) != wanted(&case["answer"]) => {
                failed.push(format!(
                    "{}\n   got {}\n  want {}",
                    case["argv"],
                    found(&process),
                    wanted(&case["answer"])
                ));
            }
            // What a kernel without these rights refuses is no business of a scanner.
            (Some(_), false) if case["stderr"].as_str().unwrap().contains("ermi") => {}
            (Some(_), false) => failed.push(format!("{} does not start: {}", case["argv"], case["stderr"])),
            (None, true) => {
                unknown += 1;
                if std::env::var_os("IMGSCAN_SHOW_UNKNOWN").is_some() {
                    failed.push(format!("unknown: {}", case["argv"]));
                }
            }
            _ => {}
        }
    }
    let first = failed.iter().take(60).cloned().collect::<Vec<_>>().join("\n");
    assert!(failed.is_empty(), "{} of {count} differ, {unknown} unknown\n{first}", failed.len());
}
