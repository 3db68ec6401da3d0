//! Real shells, in an empty directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Answer, Case};

/// Where every snippet runs.
pub(crate) const CWD: &str = "/tmp/imgscan-shell-truth";

/// Runs a snippet in a real shell. Its directory is made anew each time.
pub(crate) fn run(case: &Case, shell: &str) -> Answer {
    let cwd = Path::new(CWD);
    let _ = fs::remove_dir_all(cwd);
    fs::create_dir_all(cwd).unwrap();
    for (path, text) in &case.files {
        let path = cwd.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "5"]);
    match shell {
        "ash" => command.args(["busybox", "sh"]),
        other => command.arg(other),
    };
    if case.as_file {
        fs::write("/tmp/imgscan-shell-truth.sh", &case.script).unwrap();
        command.arg("/tmp/imgscan-shell-truth.sh");
    } else {
        command.args(["-c", &case.script, "sh"]);
    }
    let output = command
        .args(&case.args)
        .current_dir(cwd)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("LC_ALL", "C")])
        .envs(&case.env)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let mut files = BTreeMap::new();
    collect(cwd, "", &mut files);
    Answer {
        stdout: String::from_utf8(output.stdout).ok(),
        status: output.status.code().and_then(|code| u8::try_from(code).ok()),
        files,
        silent: false,
    }
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Option<String>>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            files.insert(name, Some(format!("-> {}", target.to_string_lossy())));
        } else {
            files.insert(name, fs::read_to_string(entry.path()).ok());
        }
    }
}
