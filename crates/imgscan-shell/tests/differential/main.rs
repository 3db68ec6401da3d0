//! The reader against real shells. The answers of dash, bash and busybox to the snippets of `testdata/cases.jsonl` are
//! kept beside them; with `IMGSCAN_TRUTH=1` they are made anew, and random snippets are compared as well.

#![allow(clippy::unwrap_used)] // A test helper fails by panicking.

mod generate;
mod reader;
mod real;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

/// A snippet with what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub script: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub files: BTreeMap<String, String>,
    /// Run as a script file rather than by `-c`.
    pub as_file: bool,
    /// The directory it runs in; one that no other run uses at the same time.
    pub cwd: String,
}

/// What a shell did, or is said to do. `None` where the reader does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub stdout: Option<String>,
    pub status: Option<u8>,
    pub files: BTreeMap<String, Option<String>>,
    /// Paths of which it is not known whether anything is there.
    pub doubtful: BTreeSet<String>,
    /// Whether nothing at all is known.
    pub silent: bool,
}

/// The shells: with GNU's utilities, `posix`, which is bash called `sh`, and `alpine`, which is busybox with its own.
pub(crate) const SHELLS: [&str; 5] = ["dash", "bash", "ash", "posix", "alpine"];

/// The directory of the recorded cases.
const CWD: &str = "/tmp/imgscan-shell-truth";

impl Case {
    pub(crate) fn of(value: &Value) -> Case {
        let map = |name: &str| -> BTreeMap<String, String> {
            let entries = value.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            entries.into_iter().map(|(k, v)| (k, v.as_str().unwrap_or_default().to_owned())).collect()
        };
        let args = value.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
        Case {
            script: value["script"].as_str().unwrap_or_default().to_owned(),
            args: args.iter().map(|a| a.as_str().unwrap_or_default().to_owned()).collect(),
            env: map("env"),
            files: map("files"),
            as_file: value.get("as_file").is_some_and(|v| v == true),
            cwd: CWD.to_owned(),
        }
    }
}

impl Answer {
    fn of(value: &Value) -> Answer {
        let files = value.get("files").and_then(Value::as_object).cloned().unwrap_or_default();
        Answer {
            stdout: value["stdout"].as_str().map(str::to_owned),
            status: value["status"].as_u64().and_then(|n| u8::try_from(n).ok()),
            files: files.into_iter().map(|(k, v)| (k, v.as_str().map(str::to_owned))).collect(),
            ..Answer::default()
        }
    }

    fn to_json(&self) -> Value {
        let files: Map<String, Value> = self
            .files
            .iter()
            .map(|(k, v)| (k.clone(), v.clone().map_or(Value::Null, Value::String)))
            .collect();
        serde_json::json!({"stdout": self.stdout, "status": self.status, "files": files})
    }
}

/// What the reader says that the shell does not do; nothing where all that it knows of one of its paths is right.
pub(crate) fn wrong(said: &[Answer], real: &Answer) -> Option<String> {
    let mut faults = Vec::new();
    for said in said {
        faults.push(wrong_path(said, real)?);
    }
    if said.is_empty() { Some("no path".to_owned()) } else { Some(faults.join("\n    or ")) }
}

/// Whether a path is the only one and its output and status are known.
fn is_known(said: &[Answer]) -> bool {
    matches!(said, [only] if only.stdout.is_some() && only.status.is_some())
}

fn wrong_path(said: &Answer, real: &Answer) -> Option<String> {
    if said.silent {
        return None;
    }
    if let (Some(said), Some(real)) = (&said.stdout, &real.stdout)
        && said != real
    {
        return Some(format!("stdout: said {said:?}, is {real:?}"));
    }
    if let (Some(said), Some(real)) = (said.status, real.status)
        && said != real
    {
        return Some(format!("status: said {said}, is {real}"));
    }
    for (path, content) in &said.files {
        match (content, real.files.get(path)) {
            (_, None) => return Some(format!("file {path}: said to be there")),
            (Some(said), Some(Some(real))) if said != real => {
                return Some(format!("file {path}: said {said:?}, is {real:?}"));
            }
            _ => {}
        }
    }
    let unsaid = real.files.keys().find(|path| {
        let doubtful = |d: &String| *path == d || path.starts_with(&format!("{d}/"));
        !said.files.contains_key(*path) && !said.doubtful.iter().any(doubtful)
    });
    unsaid.map(|path| format!("file {path}: not said to be there"))
}

fn cases_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases.jsonl")
}

fn truth_wanted() -> bool {
    std::env::var_os("IMGSCAN_TRUTH").is_some_and(|v| v == "1")
}

#[test]
fn recorded_answers_of_real_shells() {
    let text = std::fs::read_to_string(cases_path()).unwrap();
    let mut faults = Vec::new();
    let (mut known, mut total) = (0, 0);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let case = Case::of(&value);
        for shell in SHELLS {
            let wanted = match value.get("shells") {
                Some(shells) => shells.as_array().is_some_and(|all| all.iter().any(|s| s == shell)),
                None => shell != "alpine",
            };
            if !wanted {
                continue;
            }
            let real = match value.get("expect").and_then(|e| e.get(shell)) {
                Some(answer) if !truth_wanted() => Answer::of(answer),
                _ => {
                    let answer = real::run(&case, shell);
                    value["expect"][shell] = answer.to_json();
                    answer
                }
            };
            let said = reader::run(&case, shell);
            total += 1;
            known += usize::from(is_known(&said));
            if let Some(fault) = wrong(&said, &real) {
                faults.push(format!("{shell}: {}\n    {fault}", case.script));
            } else if !is_known(&said) && value.get("may_be_unknown").is_none() {
                faults.push(format!("{shell}: {}\n    not known: is {:?}", case.script, real.stdout));
            }
        }
        lines.push(value.to_string());
    }
    if truth_wanted() {
        std::fs::write(cases_path(), lines.join("\n") + "\n").unwrap();
    }
    println!("{known} of {total} known");
    assert!(faults.is_empty(), "{} of {total}:\n{}", faults.len(), faults.join("\n"));
}

/// Whether a real shell can be asked here.
fn is_installed(shell: &str) -> bool {
    let program = match shell {
        "ash" | "alpine" => "busybox",
        "posix" => "bash",
        other => other,
    };
    Path::new("/usr/bin").join(program).exists()
}

/// Random snippets, a few of them without `IMGSCAN_TRUTH=1`; `IMGSCAN_CASES` says how many, `IMGSCAN_SEED` with which
/// seed to begin.
#[test]
fn random_snippets() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    let count = number("IMGSCAN_CASES", if truth_wanted() { 2_000 } else { 25 });
    let first = number("IMGSCAN_SEED", 1);
    let cwd = format!("/tmp/imgscan-shell-{}", std::process::id());
    let mut faults = Vec::new();
    let (mut known, mut total) = (0, 0);
    for seed in first..first + count {
        for shell in SHELLS.into_iter().filter(|shell| is_installed(shell)) {
            let mut case = generate::case(seed, shell);
            case.cwd.clone_from(&cwd);
            let said = reader::run(&case, shell);
            let real = real::run(&case, shell);
            total += 1;
            known += u64::from(is_known(&said));
            if let Some(fault) = wrong(&said, &real) {
                let given = format!("{:?} {:?} {:?}", case.args, case.env, case.files);
                faults.push(format!("seed {seed} {shell}: {given}\n{}\n    {fault}", case.script));
            }
        }
        if faults.len() > 20 {
            break;
        }
    }
    real::clean_up(&cwd);
    println!("{total} runs, {known} known, {} wrong", faults.len());
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
