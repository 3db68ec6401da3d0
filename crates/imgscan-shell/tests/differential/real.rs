//! Real shells, in an empty directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Answer, Case};

/// Where the applets of busybox stand under their own names.
pub(crate) const APPLETS: &str = "/tmp/imgscan-shell-applets";

/// The `PATH` of a shell's snippets.
pub(crate) fn path(shell: &str) -> &'static str {
    if shell == "alpine" { APPLETS } else { "/usr/bin:/bin" }
}

/// Makes the applets; several test runs may do so at once.
fn install_applets() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        fs::create_dir_all(APPLETS).unwrap();
        let names = crate::reader::PROGRAMS.split_whitespace();
        for name in names.filter(|name| !crate::reader::NO_APPLETS.contains(name)) {
            let _ = std::os::unix::fs::symlink("/usr/bin/busybox", Path::new(APPLETS).join(name));
        }
    });
}

/// Runs a snippet in a real shell. Its directory is made anew each time.
pub(crate) fn run(case: &Case, shell: &str) -> Answer {
    let cwd = Path::new(&case.cwd);
    let _ = fs::remove_dir_all(cwd);
    fs::create_dir_all(cwd).unwrap();
    for (path, text) in &case.files {
        let path = cwd.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new("/usr/bin/timeout");
    command.args(["-k", "1", "5"]);
    match shell {
        "ash" => command.args(["busybox", "sh"]),
        "alpine" => {
            install_applets();
            command.args(["/usr/bin/busybox", "sh"])
        }
        other => command.arg(other),
    };
    if case.as_file {
        let script = format!("{}.sh", case.cwd);
        fs::write(&script, &case.script).unwrap();
        command.arg(script);
    } else {
        command.args(["-c", &case.script, "sh"]);
    }
    let output = command
        .args(&case.args)
        .current_dir(cwd)
        .env_clear()
        .envs([("PATH", path(shell)), ("HOME", "/root"), ("LC_ALL", "C")])
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
        ..Answer::default()
    }
}

/// Takes away what runs in a directory left.
pub(crate) fn clean_up(cwd: &str) {
    let _ = fs::remove_dir_all(cwd);
    let _ = fs::remove_file(format!("{cwd}.sh"));
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
