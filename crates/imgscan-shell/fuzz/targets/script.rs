//! Scripts: read as the shell that the first byte names reads them, and followed over a small image. `sh -c` and
//! `sh FILE` are followed too, as a launch does, within the same budget.

#![no_main]

use imgscan_model::testing::MemoryFiles;
use imgscan_model::{Env, EnvSource, FileView, Origin, StartFiles, Text, limits};
use imgscan_shell::{Command, Dialect, External, Host, PathEnd, State, parse};

const DIALECTS: [Dialect; 5] =
    [Dialect::Dash, Dialect::Bash, Dialect::BashPosix, Dialect::Ash, Dialect::Posix];

const PROGRAMS: &str = "awk basename bash cat chmod cp cut date dirname env envsubst expr find grep head id install ln \
     ls mkdir mktemp mv nproc printenv readlink rm sed seq sh sleep sort tail tee test touch tr wc xargs gunicorn gosu";

/// Follows shells; of other programs nothing is known, but that a server stays.
struct Image {
    dialect: Dialect,
}

impl Host for Image {
    fn external(&mut self, command: &Command) -> Vec<External> {
        let words: Option<Vec<&str>> = command.argv.iter().map(Text::known).collect();
        let text = match words.as_deref() {
            Some(["sh" | "bash" | "/bin/sh", "-c", ..]) => command.argv.get(2).cloned(),
            Some(["sh" | "bash" | "/bin/sh", path, ..]) if !path.starts_with('-') => {
                command.files.content(&format!("/app/{path}")).ok()
            }
            Some(["gunicorn", ..]) => return External::stays(command),
            _ => None,
        };
        let Some(text) = text else { return External::not_followed(command) };
        let mut state = State::new(self.dialect, &command.env, command.files.clone());
        state.cwd = command.cwd.clone();
        state.positional = command.argv.iter().skip(3).cloned().collect();
        state.stdin = command.stdin.clone();
        state.depth = command.depth + 1;
        state.budget = command.budget.clone();
        let (script, _) = parse(&text, self.dialect);
        External::of_paths(imgscan_shell::run(&script, state, self))
    }
}

fn text(text: &str) -> Text {
    Text::new(text, Origin::LayerFile { layer: None, path: "/s".into(), span: None, instruction: None })
}

fn image() -> MemoryFiles {
    let mut files = MemoryFiles::new().dir("/tmp").dir("/root").link("/bin", "usr/bin");
    for name in PROGRAMS.split_whitespace() {
        files = files.program(&format!("/usr/bin/{name}"));
    }
    files
        .file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        .file("/app/a.conf", "listen 80;\nname = ${E1}\n")
        .file("/app/b.sh", "echo b $1; exec \"$@\"\n")
        .file("/app/dir/c", "1\n2\n")
        .link("/app/loop", "loop")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let source = String::from_utf8_lossy(rest);
    let dialect = DIALECTS[usize::from(*first) % DIALECTS.len()];
    let mut env = Env::default();
    for (name, value) in [("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("E1", "x y"), ("E2", "a,b")] {
        env.set(name, text(value), EnvSource::Image);
    }
    let mut state = State::new(dialect, &env, StartFiles::over(image().shared()));
    state.cwd = text("/app");
    state.arg0 = text("/s");
    state.positional = ["gunicorn", "-w", "4"].map(text).to_vec();
    state.options.command_string = first & 0x80 != 0;
    let (script, _) = parse(&text(&source), dialect);
    let ends: Vec<PathEnd> = imgscan_shell::run(&script, state, &mut Image { dialect });
    assert!(!ends.is_empty() || script_is_empty(&source));
    assert!(ends.len() <= limits::PATHS * 4 + 1, "{} paths", ends.len());
});

/// Nothing ends where nothing begins.
fn script_is_empty(source: &str) -> bool {
    source.trim().is_empty()
}
