//! Cases as text: a root file system, an image config, options, and what must come out.

use std::sync::Arc;

use imgscan_launch::{Launched, RunOptions, launch};
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, FileView, ImageConfig, ImageEnv, Pid1Role, Process, Text};
use serde_json::{Map, Value, json};

/// One case of a file.
pub(crate) struct Case {
    pub(crate) name: String,
    config: ImageConfig,
    options: RunOptions,
    files: MemoryFiles,
    expect: Vec<String>,
}

impl Case {
    /// Reads the cases of a file: they begin at lines `=== name`.
    pub(crate) fn read_all(text: &str) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut base = String::new();
        for chunk in format!("\n{text}").split("\n=== ") {
            match chunk.split_once('\n') {
                Some(("base", body)) => base = body.to_owned(),
                Some((name, body)) if !name.is_empty() => cases.push(Case::read(name, &base, body)),
                _ => {}
            }
        }
        cases
    }

    fn read(name: &str, base: &str, body: &str) -> Case {
        let mut case = Case {
            name: name.to_owned(),
            config: ImageConfig::default(),
            options: RunOptions::default(),
            files: MemoryFiles::new(),
            expect: Vec::new(),
        };
        for section in format!("\n{base}\n{body}").split("\n== ").skip(1) {
            let (head, content) = section.split_once('\n').unwrap_or((section, ""));
            case.section(&head.split(' ').collect::<Vec<_>>(), content);
        }
        case
    }

    fn section(&mut self, head: &[&str], content: &str) {
        let files = std::mem::take(&mut self.files);
        let content_nl = format!("{}\n", content.trim_end_matches('\n')).replace("<CR>", "\r");
        self.files = match head {
            ["config"] => {
                content.lines().filter(|l| !l.is_empty()).for_each(|line| self.instruction(line));
                files
            }
            ["run"] => {
                content.lines().filter(|l| !l.is_empty()).for_each(|line| self.option(line));
                files
            }
            ["expect"] => {
                self.expect = content.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
                files
            }
            ["file", path] => files.file(path, &content_nl),
            ["file", path, mode] => {
                files.file_with_mode(path, &content_nl, u32::from_str_radix(mode, 8).unwrap())
            }
            ["program", paths @ ..] => paths.iter().fold(files, |files, path| files.program(path)),
            ["link", path, target] => files.link(path, target),
            ["dir", path] => files.dir(path),
            ["unknown", path] => files.unknown(path, "a mount covers it"),
            other => panic!("{}: section {other:?}", self.name),
        };
    }

    fn instruction(&mut self, line: &str) {
        let (keyword, rest) = line.split_once(' ').unwrap();
        let words = || serde_json::from_str::<Vec<String>>(rest).unwrap();
        match keyword {
            "ENTRYPOINT" => self.config.entrypoint = Some(words()),
            "CMD" => self.config.cmd = Some(words()),
            "ENV" => {
                let (name, value) = rest.split_once('=').unwrap();
                self.config.env.push(ImageEnv::new(name, value, Some(line.into())));
            }
            "WORKDIR" => self.config.working_dir = rest.to_owned(),
            "USER" => self.config.user = rest.to_owned(),
            other => panic!("{}: instruction {other}", self.name),
        }
    }

    fn option(&mut self, line: &str) {
        let (flag, rest) = line.split_once(' ').unwrap_or((line, ""));
        match flag {
            "--env" => self.options.env.push(rest.to_owned()),
            "--env-file" => self.options.env_files.push(("file.env".into(), rest.replace("\\n", "\n"))),
            "--entrypoint" => self.options.entrypoint = Some(rest.to_owned()),
            "--workdir" => self.options.workdir = Some(rest.to_owned()),
            "--user" => self.options.user = Some(rest.to_owned()),
            "--cpus" => self.options.cpus = rest.parse().ok(),
            "--" => self.options.args = serde_json::from_str(rest).unwrap(),
            other => panic!("{}: option {other}", self.name),
        }
    }

    /// Launches the case and says what differs from what is expected: one line `{…}` a process, in order, of which
    /// the named fields are compared; lines `problem: …` hold a part of a problem's message.
    pub(crate) fn failures(&self) -> Vec<String> {
        let files: Arc<dyn FileView> = Arc::new(self.files.clone());
        let overrides = match self.options.overrides(&|name| (name == "ON_HOST").then(|| "host".into())) {
            Ok(overrides) => overrides,
            Err(error) => return self.compare_error(&error.to_string()),
        };
        let launched = launch(&self.config, files, &overrides);
        let mut failures = Vec::new();
        let wanted: Vec<&String> = self.expect.iter().filter(|line| line.starts_with('{')).collect();
        if wanted.len() != launched.processes.len() {
            failures.push(format!("{} processes instead of {}", launched.processes.len(), wanted.len()));
            failures.extend(launched.processes.iter().map(|p| describe(p).to_string()));
        }
        for (line, process) in wanted.iter().zip(&launched.processes) {
            let wanted: Map<String, Value> = serde_json::from_str(line).unwrap();
            let got = describe(process);
            for (key, value) in &wanted {
                let answer = field(&got, key, value);
                if answer != *value {
                    failures.push(format!("{key}: {answer} instead of {value}"));
                }
            }
        }
        failures.extend(self.problems(&launched));
        failures
    }

    fn problems(&self, launched: &Launched) -> Vec<String> {
        let mut left: Vec<&str> = launched.problems.iter().map(|p| p.message.as_str()).collect();
        let mut failures = Vec::new();
        for wanted in self.expect.iter().filter_map(|line| line.strip_prefix("problem: ")) {
            match left.iter().position(|message| message.contains(wanted)) {
                Some(at) => drop(left.remove(at)),
                None => failures.push(format!("no problem says `{wanted}`")),
            }
        }
        failures.extend(left.iter().map(|message| format!("unexpected problem: {message}")));
        failures
    }

    fn compare_error(&self, message: &str) -> Vec<String> {
        match self.expect.iter().find_map(|line| line.strip_prefix("error: ")) {
            Some(wanted) if message.contains(wanted) => Vec::new(),
            _ => vec![format!("error: {message}")],
        }
    }
}

/// What is asked of a process; of `env` only the names that are asked for.
fn field(got: &Value, key: &str, wanted: &Value) -> Value {
    match (key, wanted) {
        ("env", Value::Object(names)) => {
            let value = |name: &String| (name.clone(), got["env"].get(name).cloned().unwrap_or(Value::Null));
            Value::Object(names.keys().map(value).collect())
        }
        _ => got.get(key).cloned().unwrap_or(Value::Null),
    }
}

fn text(text: &Text) -> Value {
    match text.known() {
        Some(known) => json!(known),
        None => json!({ "?": text.display() }),
    }
}

fn env(env: &Env) -> Value {
    Value::Object(env.iter().map(|var| (var.name.clone(), text(&var.value))).collect())
}

fn describe(process: &Process) -> Value {
    let role = match process.pid1.role {
        Pid1Role::Server => "self",
        Pid1Role::Shell => "shell",
        Pid1Role::Init => "init",
        Pid1Role::Supervisor => "supervisor",
        Pid1Role::Other => "other",
    };
    json!({
        "argv": process.argv.iter().map(text).collect::<Vec<_>>(),
        "program": process.program.name,
        "words": process.program.words,
        "path": process.program.path.as_deref(),
        "python_path": process.program.python_path.iter().map(|p| &**p).collect::<Vec<_>>(),
        "python": process.program.python_version.map(|(a, b)| format!("{a}.{b}")),
        "env": env(&process.env),
        "cwd": text(&process.cwd),
        "user": text(&process.user),
        "role": role,
        "pid1": process.pid1.program,
        "signals": process.pid1.signals_reach_server,
        "steps": process.launched_by.iter().map(|step| step.what.as_str()).collect::<Vec<_>>(),
        "confidence": format!("{:?}", process.confidence).to_lowercase(),
        "condition": process.condition,
    })
}
