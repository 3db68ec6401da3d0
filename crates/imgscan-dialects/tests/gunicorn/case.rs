//! Recorded cases: what gunicorn was started with and what it answered.

use imgscan_model::testing::MemoryFiles;
use imgscan_model::{ConfigFileStatus, Data, Server, Source, StartStatus, Value};
use serde_json::Value as Json;

use super::setup::{Start, read, root};

/// A case.
pub(crate) struct Case {
    pub id: String,
    pub versions: Vec<String>,
    json: Json,
}

/// How an answer compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything asked is answered.
    Exact,
    /// Something is said to be unknown.
    Open,
    /// Something differs.
    Wrong,
}

impl Case {
    /// The cases of a file.
    pub(crate) fn load(file: &str) -> Vec<Case> {
        let text = std::fs::read_to_string(file).unwrap();
        text.lines().map(|line| Case::of(serde_json::from_str(line).unwrap())).collect()
    }

    fn of(json: Json) -> Case {
        Case { id: json["id"].as_str().unwrap().to_owned(), versions: strings(&json["versions"]), json }
    }

    /// What the dialect answers for a version.
    pub(crate) fn read(&self, version: &str) -> Server {
        let json = &self.json;
        let mut files = root(version);
        for (path, text) in pairs(&json["files"]) {
            files = files.file(path, text.as_str().unwrap());
        }
        for dir in strings(&json["dirs"]) {
            files = files.dir(&dir);
        }
        for (path, target) in pairs(&json["symlinks"]) {
            files = files.link(path, target.as_str().unwrap());
        }
        let cwd = json["workdir"].as_str().unwrap();
        if !pairs(&json["symlinks"]).iter().any(|(path, _)| *path == cwd) {
            files = files.dir(cwd);
        }
        if json["argv"].to_string().contains("paste") {
            files = with_paste(files);
        }
        let env: Vec<(String, String)> = pairs(&json["env"])
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.as_str().unwrap().to_owned()))
            .collect();
        let start = Start {
            argv: &strings(&json["argv"]),
            env: &env,
            cwd,
            user: json["user"].as_str().unwrap_or(""),
            cpus: json["cpus"].as_u64().unwrap_or(4) as u32,
        };
        read(&start, files)
    }

    /// Compares the dialect's answer with the recorded one. `fails_later`: gunicorn's arbiter would refuse what its
    /// loader took.
    pub(crate) fn judge(&self, version: &str, fails_later: bool) -> (Outcome, Vec<String>) {
        let server = self.read(version);
        let mut judge = Judge { open: false, faults: Vec::new() };
        match self.json["expect_error"].as_str() {
            Some(expected) => judge.refused(&server, expected, self.json["expect_exit"].as_i64() == Some(0)),
            None => self.started(&server, fails_later || self.json["arbiter_refuses"] == true, &mut judge),
        }
        let outcome = match (judge.faults.is_empty(), judge.open) {
            (false, _) => Outcome::Wrong,
            (true, true) => Outcome::Open,
            (true, false) => Outcome::Exact,
        };
        (outcome, judge.faults)
    }

    fn started(&self, server: &Server, fails_later: bool, judge: &mut Judge) {
        match server.start.status {
            StartStatus::Fails if !fails_later => {
                judge.fault(format!("start fails: {:?}", server.start.message))
            }
            StartStatus::Exits => {
                let checks = ["check_config", "print_config"];
                if !checks.iter().any(|s| {
                    server.settings.get(*s).is_some_and(|s| *s.value() == Value::Known(Data::Bool(true)))
                }) {
                    judge.fault("start exits".to_owned());
                }
            }
            _ => {}
        }
        for (name, expected) in pairs(&self.json["expect"]) {
            match server.settings.get(name) {
                Some(setting) => judge.value(name, setting.value(), expected),
                None => judge.fault(format!("{name} is not listed")),
            }
        }
        for (name, expected) in pairs(&self.json["expect_origin"]) {
            judge.origin(server, name, expected.as_str().unwrap());
        }
        for name in strings(&self.json["expect_absent"]) {
            if server.settings.contains_key(&name) {
                judge.fault(format!("{name} is listed"));
            }
        }
        if self.json.get("expect_config_files").is_some() {
            let expected = strings(&self.json["expect_config_files"]);
            let loaded = server.config_files.iter().filter(|f| f.status == ConfigFileStatus::Loaded).count();
            if loaded != expected.len() && server.start.status != StartStatus::Unknown {
                judge.fault(format!("{loaded} config files are loaded, not {expected:?}"));
            }
        }
    }
}

fn with_paste(files: MemoryFiles) -> MemoryFiles {
    files.file(&format!("{}/paste/deploy/__init__.py", super::setup::PACKAGES), "")
}

struct Judge {
    open: bool,
    faults: Vec<String>,
}

impl Judge {
    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    fn refused(&mut self, server: &Server, expected: &str, exits: bool) {
        let message = server.start.message.as_deref().unwrap_or("");
        match server.start.status {
            StartStatus::Unknown => self.open = true,
            StartStatus::Fails if exits => {
                self.fault(format!("fails with {message}, really ends with status 0"))
            }
            StartStatus::Fails if message.contains(expected) => {}
            StartStatus::Fails => self.fault(format!("fails with {message}, really with {expected}")),
            StartStatus::Exits if exits => {}
            status => self.fault(format!("{status:?}, really fails with {expected}")),
        }
    }

    fn value(&mut self, name: &str, value: &Value, expected: &Json) {
        match value {
            Value::Known(data) if equal(data, expected) => {}
            Value::Known(data) => self.fault(format!("{name} is {data:?}, really {expected}")),
            _ => self.open = true,
        }
    }

    fn origin(&mut self, server: &Server, name: &str, expected: &str) {
        let Some(setting) = server.settings.get(name) else { return };
        if setting.value().known().is_none() {
            return;
        }
        let expected = match expected {
            "default" => Source::Default,
            "env-default" => Source::EnvDefault,
            "file" => Source::File,
            "cmd_args" => Source::EnvArgs,
            "cli" => Source::Flag,
            _ => Source::App,
        };
        let source = setting.winner().source;
        if source != expected {
            self.fault(format!("{name} comes from {source:?}, really from {expected:?}"));
        }
    }
}

pub(crate) fn equal(data: &Data, expected: &Json) -> bool {
    match (data, expected) {
        (Data::None, Json::Null) => true,
        (Data::Bool(a), Json::Bool(b)) => a == b,
        (Data::Int(a), Json::Number(b)) => b.as_i64() == Some(*a),
        (Data::Float(a), Json::Number(b)) => b.as_f64() == Some(*a),
        (Data::Str(a), Json::String(b)) => a == b,
        (Data::List(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Data::Map(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        (Data::Object { name, kind }, Json::Object(fields)) => {
            let text = fields.get("__repr__").and_then(Json::as_str).unwrap_or("");
            text.starts_with(&format!("<{kind} ")) && text.ends_with(&format!(".{name}>"))
                || text == name
                || text.contains(&format!("{kind}('{name}')"))
        }
        _ => false,
    }
}

pub(crate) fn strings(json: &Json) -> Vec<String> {
    json.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

pub(crate) fn pairs(json: &Json) -> Vec<(&str, &Json)> {
    json.as_object().into_iter().flatten().map(|(k, v)| (k.as_str(), v)).collect()
}
