//! One recorded case: an image in memory, a command line, a question, and what nginx answered.

use std::sync::Arc;

use imgscan_dialects::Dialect;
use imgscan_dialects::nginx::Nginx;
use imgscan_dialects::nginx::select::Question;
use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Confidence, Env, EnvSource, Origin, Pid1, Pid1Role, Process, Program, Server, Text};
use serde_json::Value;

/// A recorded case.
pub(crate) struct Case {
    /// The line.
    pub(crate) json: Value,
}

impl Case {
    pub(crate) fn all(text: &str) -> Vec<Case> {
        text.lines().map(|line| Case { json: serde_json::from_str(line).unwrap() }).collect()
    }

    pub(crate) fn id(&self) -> &str {
        self.json["id"].as_str().unwrap()
    }

    pub(crate) fn kind(&self) -> &str {
        self.json["kind"].as_str().unwrap()
    }

    /// Whether the start runs scripts, which other crates evaluate.
    pub(crate) fn needs_scripts(&self) -> bool {
        !self.json["entrypoint"].is_null() || self.kind() == "entrypoint"
    }

    pub(crate) fn versions(&self) -> Vec<&str> {
        self.json["nginx"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
    }

    pub(crate) fn server(&self, version: &str) -> Server {
        Nginx.read(&self.process(version)).server
    }

    pub(crate) fn question(&self) -> Question {
        let q = &self.json["question"];
        let uri = q["uri"].as_str().filter(|u| !u.is_empty());
        Question {
            host: q["server_name"].as_str().map(str::to_owned),
            address: None,
            port: q["port"].as_u64().and_then(|p| u16::try_from(p).ok()),
            method: q["method"].as_str().map(str::to_owned),
            uri: uri.map(str::to_owned),
            stream: q["stream"].as_bool().unwrap_or(false),
        }
    }

    fn process(&self, version: &str) -> Process {
        let mut env = Env::default();
        env.set("NGINX_VERSION", image_env("NGINX_VERSION", version), EnvSource::Image);
        for (name, value) in self.json["env"].as_object().into_iter().flatten() {
            env.set(name, image_env(name, value.as_str().unwrap()), EnvSource::Image);
        }
        let argv = self.json["argv"].as_array().unwrap();
        let word = |(i, w): (usize, &Value)| {
            let index = u32::try_from(i).unwrap();
            Text::new(w.as_str().unwrap(), Origin::ImageCmd { index, chars: None, instruction: None })
        };
        process(argv.iter().enumerate().map(word).collect(), env, files(&self.json["files"]))
    }
}

/// A process as the launch stage would hand it over.
pub(crate) fn process(argv: Vec<Text>, env: Env, files: MemoryFiles) -> Process {
    Process {
        program: Program { name: "nginx".to_owned(), words: 1, ..Program::default() },
        argv,
        env,
        cwd: Text::new("/", Origin::Runtime { what: "working directory".into() }),
        user: Text::new("", Origin::ImageConfig { field: "User".into(), instruction: None }),
        pid1: Pid1 {
            role: Pid1Role::Server,
            program: "nginx".to_owned(),
            signals_reach_server: Some(true),
            because: None,
        },
        launched_by: Vec::new(),
        confidence: Confidence::Certain,
        condition: None,
        files: Arc::new(files),
        cpus: None,
    }
}

fn image_env(name: &str, value: &str) -> Text {
    Text::new(value, Origin::image_env(name, value, None))
}

fn files(json: &Value) -> MemoryFiles {
    // A chroot that nginx runs in has these.
    let mut files = MemoryFiles::new().dir("/tmp").dir("/run");
    for (path, content) in json.as_object().unwrap() {
        files = match content {
            Value::String(text) => files.file(path, text),
            other if other["symlink"].is_string() => files.link(path, other["symlink"].as_str().unwrap()),
            other if other["hex"].is_string() => files.file(path, &unhex(other["hex"].as_str().unwrap())),
            other => files.file(path, other["text"].as_str().unwrap()),
        };
    }
    files
}

fn unhex(hex: &str) -> String {
    let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    String::from_utf8((0..hex.len()).step_by(2).map(byte).collect()).unwrap()
}
