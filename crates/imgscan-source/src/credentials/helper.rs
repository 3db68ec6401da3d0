//! Credential helpers (`docker-credential-NAME get`): programs that Docker, Podman, ECR, ACR and Google ship.
//!
//! The protocol is that of `docker/docker-credential-helpers`: the server on standard input, JSON on standard output;
//! a status other than 0 with words about "credentials not found" means that there are none.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use imgscan_model::limits;
use serde::Deserialize;

use super::Credential;
use crate::environment::Environment;

/// Most bytes read of what a program prints.
const MOST: u64 = 64 << 10;

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Asks a helper; `None` where it has nothing for the server. The error says in words what failed.
pub(super) fn ask(environment: &Environment, name: &str, server: &str) -> Result<Option<Credential>, String> {
    let program = format!("docker-credential-{name}");
    let shown = crate::shown::text(&program);
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err(format!("`{shown}` is no name of a credential helper"));
    }
    let (success, output) = run(environment, &program, &["get"], server, limits::HELPER)?;
    if !success {
        let said = crate::shown::bytes(&output);
        let lower = said.to_ascii_lowercase();
        if lower.contains("credentials not found") || lower.contains("no credentials") {
            return Ok(None);
        }
        return Err(format!("the credential helper `{shown}` fails: {said}"));
    }
    let answer: Answer = serde_json::from_slice(&output)
        .map_err(|_| format!("the credential helper `{shown}` answers no JSON"))?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    Ok(Some(Credential::of_pair(&answer.username, &answer.secret)))
}

/// Runs a program of `$PATH` for a limited time. Whether it succeeded, and what it printed.
pub(super) fn run(
    environment: &Environment,
    program: &str,
    arguments: &[&str],
    input: &str,
    time: Duration,
) -> Result<(bool, Vec<u8>), String> {
    let shown = crate::shown::text(program);
    let path = find(environment, program).ok_or_else(|| format!("the program `{shown}` is not installed"))?;
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    environment.give_to(&mut command);
    let fails = |e: std::io::Error| format!("the program `{shown}` cannot be run: {e}");
    let mut child = command.spawn().map_err(fails)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input is free not to.
        let _ = stdin.write_all(input.as_bytes());
    }
    let (sender, output) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // It is not waited for: a child of the program may hold the pipe open for ever.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stdout.take(MOST).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    let until = Instant::now() + time;
    let late = || format!("the program `{shown}` has not answered for {} s", time.as_secs_f32());
    let bytes = output.recv_timeout(time);
    loop {
        match child.try_wait().map_err(fails)? {
            Some(status) => return Ok((status.success(), bytes.map_err(|_| late())?)),
            None if Instant::now() < until && bytes.is_ok() => std::thread::sleep(Duration::from_millis(2)),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(late());
            }
        }
    }
}

fn find(environment: &Environment, program: &str) -> Option<PathBuf> {
    let path = environment.get("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::credentials::Secret;

    fn with(script: &str) -> (tempfile::TempDir, Environment) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-x");
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let environment = Environment::of([("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))]);
        (folder, environment)
    }

    #[test]
    fn what_helpers_answer() {
        let (_folder, environment) =
            with(r#"read s; echo "{\"ServerURL\":\"$s\",\"Username\":\"$s\",\"Secret\":\"$1\"}""#);
        let found = ask(&environment, "x", "quay.io\n");
        assert_eq!(found, Ok(Some(Credential::basic("quay.io", "get"))));
        let (_folder, environment) = with(r#"echo '{"Username":"<token>","Secret":"t"}'"#);
        assert_eq!(ask(&environment, "x", "s"), Ok(Some(Credential::Identity(Secret::new("t")))));
        let (_folder, environment) = with("echo credentials not found in native keychain; exit 1");
        assert_eq!(ask(&environment, "x", "s"), Ok(None));
        let (_folder, environment) = with(r#"echo '{"Username":"","Secret":""}'"#);
        assert_eq!(ask(&environment, "x", "s"), Ok(None));
    }

    #[test]
    fn what_fails_is_told() {
        let (_folder, environment) = with("echo locked; exit 1");
        assert!(ask(&environment, "x", "s").unwrap_err().contains("locked"));
        assert!(ask(&environment, "gone", "s").unwrap_err().contains("not installed"));
        assert!(ask(&environment, "../x", "s").unwrap_err().contains("no name"));
        let (_folder, environment) = with("echo secret");
        let error = ask(&environment, "x", "s").unwrap_err();
        assert!(error.contains("no JSON") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn a_helper_that_hangs_is_ended() {
        for script in ["sleep 60", "sleep 60 & echo '{}'; exec sleep 60", "exec >&-; sleep 60"] {
            let (_folder, environment) = with(script);
            let started = Instant::now();
            let result = run(&environment, "docker-credential-x", &["get"], "s", Duration::from_millis(200));
            assert!(result.unwrap_err().contains("0.2 s"), "{script}");
            assert!(started.elapsed() < Duration::from_secs(30), "{script}");
        }
    }
}
