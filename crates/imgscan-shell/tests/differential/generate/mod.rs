//! Random snippets: of odd seeds from a grammar of commands, of even ones start scripts put together from idioms. Only
//! builtins, harmless utilities and stubs of servers are used, and files only in the directory of the snippet.

mod compound;
mod conditions;
mod files;
mod filters;
mod idioms;
mod random;
mod start;
mod words;

use std::collections::BTreeMap;

use crate::Case;
use random::Random;

struct Generator {
    random: Random,
    bash: bool,
    ash: bool,
    depth: usize,
    loops: usize,
    function: bool,
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "u"];

/// The snippet of a seed. `shell` decides whether what only bash or busybox knows may stand in it.
pub(crate) fn case(seed: u64, shell: &str) -> Case {
    let mut g = Generator {
        random: Random::new(seed),
        bash: matches!(shell, "bash" | "posix"),
        ash: matches!(shell, "ash" | "alpine"),
        depth: 0,
        loops: 0,
        function: false,
    };
    if seed.is_multiple_of(2) {
        return start::case(&mut g);
    }
    let mut script = String::new();
    let count = 2 + g.random.below(6);
    for _ in 0..count {
        script.push_str(&g.statement());
        script.push('\n');
    }
    script.push_str("printf '[%s]' \"$a\" \"$b\" \"${c-unset}\" \"${d}\" \"$#\" \"$@\" \"$?\"; echo\n");
    let args = (0..g.random.below(4))
        .map(|_| g.random.pick(&["one", "two three", "", "-x", "*", "a/b.c", "nginx"]).to_owned())
        .collect();
    let mut case = Case {
        script,
        args,
        env: BTreeMap::new(),
        files: BTreeMap::new(),
        as_file: g.random.chance(30),
        cwd: String::new(),
    };
    for name in ["E1", "E2"] {
        if g.random.chance(50) {
            let value = g.random.pick(&["", "x y", "4", "a:b:c", "/etc/x.conf", "a,b"]);
            case.env.insert(name.to_owned(), value.to_owned());
        }
    }
    for name in ["f1", "f2.conf", "dir/g.sh"] {
        if g.random.chance(60) {
            let text = g.random.pick(&[
                "",
                "one\n",
                "a b\nc d\n",
                "x=1\ny=2\n",
                "no newline",
                "  lead\n\ntail \n",
                "k: v\nlisten 80;\n#c\n",
            ]);
            case.files.insert(name.to_owned(), text.to_owned());
        }
    }
    case
}

impl Generator {
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn name(&mut self) -> &'static str {
        self.random.pick(&NAMES)
    }

    fn statement(&mut self) -> String {
        let kinds = if self.depth > 3 { 12 } else { 36 };
        match self.random.below(kinds) {
            0 | 1 => format!("{}={}", self.name(), self.word()),
            2 => format!("printf '<%s>' {}; echo", self.words()),
            3 => format!("echo {}", self.words()),
            4 => format!("set -- {}", self.words()),
            5 => self.redirected(),
            6 => format!("{} {} {}", self.simple(), self.random.pick(&["&&", "||"]), self.simple()),
            7 => self
                .random
                .pick(&[
                    "shift",
                    "shift 2",
                    "set -f",
                    "set +f",
                    "IFS=:",
                    "IFS=', '",
                    "IFS=",
                    "unset IFS",
                    "unset c",
                    "true",
                    "false",
                    ":",
                ])
                .to_owned(),
            8 => format!("export {}={}", self.name(), self.word()),
            9 => format!("{}=$({})", self.name(), self.simple()),
            10 => format!("{}=$(({}))", self.name(), self.arith(2)),
            11 => self.pipeline(),
            12 | 13 => self.deeper(Self::if_statement),
            14 | 15 => self.deeper(Self::case_statement),
            16 => self.deeper(Self::for_statement),
            17 => self.deeper(Self::while_statement),
            18 => self.deeper(|g| format!("( {} )", g.block(2))),
            19 => self.deeper(|g| format!("{{ {}; }} > f1", g.block(2))),
            20 | 21 => self.deeper(Self::function_statement),
            22 => self.here_document(),
            23 => self.read_loop(),
            24 => format!("eval \"{}={}\"", self.name(), self.random.pick(&["1", "\\$a", "'x y'", "$b"])),
            25 => self
                .random
                .pick(&["set -e", "set +e", "set -u", "set +u", "trap 'echo bye' EXIT", "umask 077"])
                .to_owned(),
            26 => self.getopts(),
            35 => self.filtered(),
            27 => {
                self.deeper(|g| format!("{} {}", g.random.pick(&["!", "{ :; } &&", "true &&"]), g.simple()))
            }
            30 | 31 => self.filtered(),
            32 | 33 => self.change_of_files(),
            34 => self.change_of_shell(),
            28 => format!("{}={} {}", self.name(), self.word(), self.simple()),
            _ if self.bash => self.bash_statement(),
            _ if self.ash => format!(
                "[[ {} = {} ]] && echo y",
                self.random.pick(&["abc", "$#", "x"]),
                self.random.pick(&["a*", "x", "0"])
            ),
            _ => format!("test {} || echo n", self.condition()),
        }
    }

    fn block(&mut self, most: usize) -> String {
        let count = 1 + self.random.below(most);
        (0..count).map(|_| self.statement()).collect::<Vec<_>>().join("\n")
    }

    fn simple(&mut self) -> String {
        match self.random.below(9) {
            0 => format!("echo {}", self.words()),
            1 => format!("printf '%s,' {}", self.words()),
            2 => format!("[ {} ]", self.condition()),
            3 => format!("test {}", self.condition()),
            4 if !self.function => self.random.pick(&["true", "false", ":", "f 2>/dev/null"]).to_owned(),
            4 => self.random.pick(&["true", "false", ":"]).to_owned(),
            5 => format!("printf '%s\\n' {}", self.words()),
            6 => format!("cat {} 2>/dev/null", self.random.pick(&["f1", "f2.conf", "nofile"])),
            7 => format!("basename {}", self.random.pick(&["/a/b.c .c", "\"$a\"", "x/y/", "$0"])),
            _ => format!("{{ {}={}; }}", self.name(), self.word()),
        }
    }

    fn redirected(&mut self) -> String {
        let file = self.random.pick(&["f1", "f3", "dir/h", "\"f 4\""]);
        let command = self.simple();
        let redirect = self.random.pick(&[">", ">>", "2>/dev/null >", ">"]);
        format!("{command} {redirect} {file}")
    }

    fn getopts(&mut self) -> String {
        let options = self.random.pick(&["ab:", ":ab:c", "x"]);
        format!(
            "OPTIND=1; while getopts {options} o {}; do echo \"$o=${{OPTARG-}}\"; done; echo $OPTIND",
            self.random.pick(&["\"$@\"", "-a -b val rest", "-ab v", "-c", "-bval -- -a", "-a -x"])
        )
    }

    fn pipeline(&mut self) -> String {
        let source = self.simple();
        let filter = self.random.pick(&[
            "cat",
            "tr a b",
            "cat -",
            "while read -r l; do echo \"$l!\"; done",
            "{ read l; echo \"1:$l\"; }",
            "head -n 1",
            "sort",
            "sed 's/a/X/'",
            "grep a",
            "cut -d' ' -f1",
            "wc -l",
            "tail -n 1",
            "tr -d '\\n'",
        ]);
        format!("{source} | {filter}")
    }
}
