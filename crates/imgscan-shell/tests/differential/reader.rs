//! The reader, on a tree in memory that looks like the machine on which the real shells run.

use std::collections::BTreeMap;

use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, EnvSource, FileView, NodeKind, Origin, StartFiles, Text};
use imgscan_shell::{Command, Dialect, End, External, Host, Outcome, PathEnd, State, Status, Stream, parse};

use crate::real::{self, APPLETS};
use crate::{Answer, Case};

/// Knows what the stubs of servers do, and of no other program anything.
struct Stubs;

impl Host for Stubs {
    fn external(&mut self, command: &Command) -> Vec<External> {
        let path = command.program.as_ref().map(|node| node.path.to_string()).unwrap_or_default();
        let name = path.strip_prefix(real::STUBS).and_then(|name| name.strip_prefix('/'));
        let Some(name) = name.filter(|name| real::SERVERS.contains(name)) else {
            return External::not_followed(command);
        };
        let output = shown(name, command).map(|text| self::text(&text));
        let outcome = Outcome::Ended { status: Status::Known(0), output };
        vec![External { outcome, files: command.files.clone(), condition: None }]
    }
}

/// What the stub of a server writes; `None` where a word or a variable is not known.
fn shown(name: &str, command: &Command) -> Option<String> {
    let words: Option<Vec<&str>> = command.argv.iter().skip(1).map(Text::known).collect();
    let mut lines = Vec::new();
    for var in command.env.iter().filter(|var| !real::OWN_VARIABLES.contains(&var.name.as_str())) {
        lines.push(format!("{}={}", var.name, var.value.known()?));
    }
    let all = lines.join("\n");
    let mut lines: Vec<&str> = all.split('\n').collect();
    lines.retain(|line| !real::OWN_VARIABLES.iter().any(|name| line.starts_with(&format!("{name}="))));
    lines.sort_unstable();
    let words: String = std::iter::once(name).chain(words?).map(|word| format!("<{word}>")).collect();
    Some(format!("{words}\n{}\n", lines.join("\n")))
}

/// Programs of the machine that snippets use.
pub(crate) const PROGRAMS: &str = "[ awk basename cat chmod chown cp cut date dir dirname echo env envsubst expr false find getconf \
     grep egrep fgrep head hostname id install ln ls md5sum mkdir mktemp mv nproc od printenv printf pwd readlink realpath \
     rm rmdir sed seq sha1sum sha256sum sleep sort stat tac tail tee test touch tr true uname uniq wc which whoami xargs rev nl sh dash bash busybox";

/// Those that Debian's busybox does not have.
pub(crate) const NO_APPLETS: [&str; 6] = ["dir", "envsubst", "getconf", "dash", "bash", "install"];

fn tree(case: &Case, shell: &str) -> MemoryFiles {
    let mut files =
        MemoryFiles::new().file_with_mode("/tmp/.x", "", 0o600).dir("/root").dir("/etc").dir(&case.cwd);
    let present = |name: &&str| shell != "alpine" || !NO_APPLETS.contains(name);
    for name in PROGRAMS.split_whitespace().filter(present) {
        files = match shell {
            "alpine" => files.link(&format!("{APPLETS}/{name}"), "/usr/bin/busybox"),
            _ => files.program(&format!("/usr/bin/{name}")),
        };
    }
    files = files.program("/usr/bin/busybox");
    for name in real::SERVERS.iter().chain(&["probe"]) {
        files = files.executable(&format!("{}/{name}", real::STUBS), "#!/usr/bin/dash\n");
    }
    if shell == "alpine" {
        files = files.link("/usr/bin/cat", "busybox");
    }
    files = files
        .link("/bin", "usr/bin")
        .file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n")
        .file("/etc/hostname", "h\n");
    for entry in std::fs::read_dir("/").unwrap().flatten() {
        let path = format!("/{}", entry.file_name().to_string_lossy());
        if !files.exists(&path).unwrap_or(true) {
            files = if entry.path().is_dir() { files.dir(&path) } else { files.file(&path, "") };
        }
    }
    for (path, text) in &case.files {
        files = files.file(&format!("{}/{path}", case.cwd), text);
    }
    files
}

pub(crate) fn dialect(shell: &str) -> Dialect {
    match shell {
        "dash" => Dialect::Dash,
        "bash" => Dialect::Bash,
        "posix" => Dialect::BashPosix,
        _ => Dialect::Ash,
    }
}

fn text(text: &str) -> Text {
    Text::new(text, Origin::Option { flag: "test".into(), text: text.into(), chars: None })
}

/// All ends of a snippet.
pub(crate) fn ends(case: &Case, shell: &str) -> Vec<PathEnd> {
    let mut env = Env::default();
    for (name, value) in [("PATH", real::path(shell)), ("HOME", "/root"), ("LC_ALL", "C")] {
        env.set(name, text(value), EnvSource::Image);
    }
    for (name, value) in &case.env {
        env.set(name, text(value), EnvSource::Image);
    }
    let mut state = State::new(dialect(shell), &env, StartFiles::over(tree(case, shell).shared()));
    state.cwd = text(&case.cwd);
    state.arg0 = text(&if case.as_file { format!("{}.sh", case.cwd) } else { "sh".to_owned() });
    state.positional = case.args.iter().map(|a| text(a)).collect();
    state.stdin = Stream::Null;
    state.options.command_string = !case.as_file;
    let origin = Origin::LayerFile { layer: None, path: "/s".into(), span: None, instruction: None };
    let (script, _) = parse(&Text::new(case.script.as_str(), origin), state.dialect);
    imgscan_shell::run(&script, state, &mut Stubs)
}

/// What the reader says of a snippet: one answer for each path.
pub(crate) fn run(case: &Case, shell: &str) -> Vec<Answer> {
    ends(case, shell).iter().map(|end| answer(case, end)).collect()
}

fn answer(case: &Case, end: &PathEnd) -> Answer {
    if matches!(end.end, End::Lost { .. } | End::Replaced | End::Stays { .. }) {
        return Answer { silent: true, ..Answer::default() };
    }
    let status = match &end.end {
        End::Exit(Status::Known(n)) => Some(*n),
        _ => None,
    };
    let stdout = end.output.as_ref().and_then(|t| t.known()).map(str::to_owned);
    let mut files = BTreeMap::new();
    let prefix = format!("{}/", case.cwd);
    end.state.files.for_each(&mut |node| {
        if let Some(name) = node.path.strip_prefix(&prefix) {
            match &node.kind {
                NodeKind::Dir => {}
                NodeKind::Symlink(target) => {
                    files.insert(name.to_owned(), Some(format!("-> {target}")));
                }
                _ => {
                    let content = end.state.files.content(&node.path).ok();
                    files.insert(name.to_owned(), content.and_then(|t| t.known().map(str::to_owned)));
                }
            }
        }
    });
    let changed = end.state.files.changed().filter_map(|path| path.strip_prefix(&prefix).zip(Some(path)));
    let doubtful = changed.filter(|(_, path)| end.state.files.unknown(path).is_some());
    let doubtful = doubtful.map(|(name, _)| name.to_owned()).collect();
    Answer { stdout, status, files, doubtful, silent: false }
}
