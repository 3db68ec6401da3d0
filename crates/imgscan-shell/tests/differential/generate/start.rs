//! Start scripts: what images do between their `ENTRYPOINT` and their server, put together at random.
//!
//! The idioms are written with holes: `§v` a variable of the environment, `§n` a variable of the script, `§w` a word,
//! `§t` a plain word, `§p` a pattern, `§f` a file, `§c` a condition of `test`, `§e` an arithmetic expression,
//! `§d` a default.

use std::collections::BTreeMap;

use super::Generator;
use super::idioms::{ARGUMENTS, ASH, BASH, ENDS, EVERYWHERE, OPENINGS};
use crate::Case;

/// Variables that the environment may hold.
const VARIABLES: [&str; 6] = ["E1", "E2", "PORT", "HOSTS", "WORKERS", "OPTS"];

/// A start script with what it is given.
pub(super) fn case(g: &mut Generator) -> Case {
    let mut script = g.idiom(&OPENINGS);
    for _ in 0..2 + g.random.below(5) {
        script.push('\n');
        let more: &[&str] = if g.bash {
            &BASH
        } else if g.ash {
            &ASH
        } else {
            &[]
        };
        let text = match g.random.below(10) {
            0..=1 => g.idiom(&ARGUMENTS),
            2..=4 if !more.is_empty() => g.idiom(more),
            5 => g.statement(),
            _ => g.idiom(&EVERYWHERE),
        };
        script.push_str(&wrapped(g, text));
    }
    script.push('\n');
    script.push_str(&g.idiom(&ENDS));
    script.push('\n');
    let args = (0..g.random.below(4))
        .map(|_| {
            let from = [
                "gunicorn",
                "app:app",
                "-w",
                "--bind=:80",
                "start",
                "--",
                "nginx",
                "a b",
                "",
                "-g",
                "daemon off;",
                "*",
            ];
            g.random.pick(&from).to_owned()
        })
        .collect();
    Case {
        script,
        args,
        env: environment(g),
        files: files(g),
        as_file: g.random.chance(60),
        cwd: String::new(),
    }
}

/// Puts an idiom into a function, a condition or a subshell now and then.
fn wrapped(g: &mut Generator, text: String) -> String {
    let is_plain = !text.contains("<<") && !text.contains("exec ") && !text.contains("f()");
    match g.random.below(12) {
        0 => format!("part() {{\n{text}\n}}\npart \"$@\""),
        1 => format!("if [ {} ]; then\n{text}\nfi", g.condition()),
        2 if is_plain => format!("( {text} )"),
        3 if is_plain => format!("{{ {text}; }} 2>/dev/null"),
        4 if is_plain => format!("r=$({text}) || echo \"failed $?\"; echo \"[$r]\""),
        5 => format!("if probe {}; then\n{text}\nfi", g.literal()),
        _ => text,
    }
}

fn environment(g: &mut Generator) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    for name in VARIABLES {
        if g.random.chance(55) {
            let value = match name {
                "PORT" => g.random.pick(&["80", "8000", "", "08", "x"]),
                "HOSTS" => g.random.pick(&["a,b,c", "a b", "db:5432", "a,,b,", " x , y", "k=v,l=w"]),
                "WORKERS" => g.random.pick(&["4", "", "0", "2 ", "max"]),
                "OPTS" => {
                    g.random.pick(&["-w 4", "--a 'b c' --d", "", "-b \"0.0.0.0:80\"", "--x=$E1", "* -k"])
                }
                _ => g.random.pick(&[
                    "",
                    "x y",
                    "4",
                    "a:b:c",
                    "/etc/x.conf",
                    "true",
                    "false",
                    "no",
                    "E2",
                    "a\\b&c",
                    "p@ss/w",
                ]),
            };
            env.insert(name.to_owned(), value.to_owned());
        }
    }
    env
}

fn files(g: &mut Generator) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (name, texts) in [
        ("f1", ["", "one\ntwo\n", "A=1\nB=two words\n#c\n\nC=$E1\n", "no newline"]),
        ("f2.conf", ["listen 80;\nname @NAME@;\n", "port = ${PORT}\nhost: $HOSTS\n", "a=1\nb=2\n", ""]),
        (
            "dir/g.sh",
            ["echo in g $#\nG=1\n", "export G=\"$E1\"\n", "false\n", ": \"${WORKERS:=9}\"\nreturn 0\n"],
        ),
        ("dir/h.envsh", ["H=2\n", "export PORT=81\n", "set -u\n", "echo h\n"]),
        ("secret", ["s3cret", "two\nlines\n", "x\n\n", ""]),
    ] {
        if g.random.chance(65) {
            files.insert(name.to_owned(), g.random.pick(&texts).to_owned());
        }
    }
    files
}

impl Generator {
    /// One of the idioms, its holes filled.
    fn idiom(&mut self, from: &[&str]) -> String {
        let mut text = String::new();
        let mut chars = self.random.pick(from).chars();
        while let Some(c) = chars.next() {
            if c != '§' {
                text.push(c);
                continue;
            }
            let filled = match chars.next() {
                Some('v') => self.random.pick(&VARIABLES).to_owned(),
                Some('n') => self.name().to_owned(),
                Some('w') => self.word(),
                Some('t') => self.random.pick(&["x", "conf", "app:app", "a b", "0.0.0.0:80", "1"]).to_owned(),
                Some('p') => self.pattern().to_owned(),
                Some('f') => self.random.pick(&["f1", "f2.conf", "secret", "dir/g.sh", "new"]).to_owned(),
                Some('c') => self.condition(),
                Some('e') => self.deeper(|g| g.arith(1)),
                Some('d') => {
                    self.random.pick(&["4", "", "x y", "$E2", "0.0.0.0:${PORT:-80}", "$(echo d)"]).to_owned()
                }
                _ => String::new(),
            };
            text.push_str(&filled);
        }
        text
    }
}
