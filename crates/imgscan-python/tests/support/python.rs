//! A real interpreter, asked over a pipe.

#![allow(dead_code, unreachable_pub, clippy::panic)] // Each test uses its own part.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

/// What the real interpreter answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub names: Vec<(String, String)>,
    pub error: Option<String>,
    pub exit: Option<i64>,
    pub texts: BTreeMap<String, String>,
}

/// A running interpreter.
pub struct Python {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Python {
    pub fn start(program: &str) -> Python {
        let harness = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/harness.py");
        let mut child = Command::new(program)
            .args(["-W", "ignore", "-B", harness])
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Python { child, input, output }
    }

    /// `PYTHON`, else the machine's `python3` and its version; `None` where there is none that is followed.
    pub fn found() -> Option<(Python, (u8, u8))> {
        let program = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let asked = "import sys; print(*sys.version_info[:2])";
        let output = Command::new(&program).args(["-I", "-c", asked]).output().ok()?;
        let said = String::from_utf8(output.stdout).ok()?;
        let (major, minor) = said.trim().split_once(' ')?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        (version >= (3, 10)).then(|| (Python::start(&program), version))
    }

    /// What the interpreter made of a program.
    pub fn run(
        &mut self,
        source: &str,
        env: &[(String, String)],
        cpus: u32,
        texts: &[String],
        root: Option<&str>,
    ) -> Answer {
        parse(&self.ask(source, env, cpus, texts, root))
    }

    /// The same as it came over the pipe.
    pub fn ask(
        &mut self,
        source: &str,
        env: &[(String, String)],
        cpus: u32,
        texts: &[String],
        root: Option<&str>,
    ) -> Json {
        let env: serde_json::Map<String, Json> = env.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        let task = json!({"source": source, "env": env, "cpus": cpus, "texts": texts, "root": root});
        writeln!(self.input, "{task}").expect("the interpreter listens");
        self.input.flush().expect("the interpreter listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the interpreter answers");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}\n{source}"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn parse(answer: &Json) -> Answer {
    let text = |v: &Json| v.as_str().map(str::to_owned);
    Answer {
        names: answer["names"]
            .as_array()
            .map(|names| names.iter().filter_map(|pair| Some((text(&pair[0])?, text(&pair[1])?))).collect())
            .unwrap_or_default(),
        error: text(&answer["error"]),
        exit: answer["exit"].as_i64(),
        texts: answer["texts"]
            .as_object()
            .map(|o| o.iter().filter_map(|(k, v)| Some((k.clone(), text(v)?))).collect())
            .unwrap_or_default(),
    }
}
