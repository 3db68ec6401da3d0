//! Real shells, in an empty directory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Answer, Case};

/// Where the applets of busybox stand under their own names.
pub(crate) const APPLETS: &str = "/tmp/imgscan-shell-applets";

/// Where the stubs stand: programs that show with what they were started.
pub(crate) const STUBS: &str = "/tmp/imgscan-shell-stubs";

/// The stubs of servers and of what starts them: they write their words and their environment.
pub(crate) const SERVERS: [&str; 3] = ["gunicorn", "nginx", "gosu"];

/// The variables that a stub does not show: shells set them of their own accord.
pub(crate) const OWN_VARIABLES: [&str; 4] = ["_", "PWD", "OLDPWD", "SHLVL"];

/// The stub of a server.
const SERVER: &str = r#"#!/usr/bin/dash
printf '<%s>' "${0##*/}" "$@"
echo
/usr/bin/tr '\0' '\n' < /proc/$$/environ | LC_ALL=C /usr/bin/sort |
    /usr/bin/grep -vE '^(_|PWD|OLDPWD|SHLVL)='
"#;

/// A program of which the reader knows nothing: its status hangs on its words.
const PROBE: &str = r#"#!/usr/bin/dash
echo probed
exit $(( (${#1} + $#) % 2 ))
"#;

/// bash by the name `sh`: it begins in POSIX mode.
const BASH_AS_SH: &str = "/tmp/imgscan-shell-posix/sh";

/// The `PATH` of a shell's snippets.
pub(crate) fn path(shell: &str) -> &'static str {
    if shell == "alpine" {
        "/tmp/imgscan-shell-applets:/tmp/imgscan-shell-stubs"
    } else {
        "/usr/bin:/bin:/tmp/imgscan-shell-stubs"
    }
}

/// Makes the stubs.
fn install_stubs() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        fs::create_dir_all(STUBS).unwrap();
        fs::create_dir_all(Path::new(BASH_AS_SH).parent().unwrap()).unwrap();
        let _ = std::os::unix::fs::symlink("/usr/bin/bash", BASH_AS_SH);
        for (name, text) in SERVERS.iter().map(|name| (*name, SERVER)).chain([("probe", PROBE)]) {
            // Written beside and moved: another test run may be starting it.
            let (path, fresh) =
                (format!("{STUBS}/{name}"), format!("{STUBS}/.{name}-{}", std::process::id()));
            fs::write(&fresh, text).unwrap();
            fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
            fs::rename(fresh, path).unwrap();
        }
    });
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
    install_stubs();
    let cwd = Path::new(&case.cwd);
    let _ = fs::remove_dir_all(cwd);
    fs::create_dir_all(cwd).unwrap();
    for (path, text) in &case.files {
        let path = cwd.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new("/usr/bin/timeout");
    command.args(["-k", "1", "10"]);
    match shell {
        "ash" => command.args(["busybox", "sh"]),
        "alpine" => {
            install_applets();
            command.args(["/usr/bin/busybox", "sh"])
        }
        "posix" => command.arg(BASH_AS_SH),
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
