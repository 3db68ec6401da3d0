//! Random snippets from a grammar of what start scripts are made of. Only builtins and harmless utilities are used, and
//! files only in the directory of the snippet.

use crate::Case;

/// A small random number generator (xorshift), so that a seed gives the same snippet everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..8).for_each(|_| {
            random.next();
        });
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

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
        bash: shell == "bash",
        ash: shell == "ash",
        depth: 0,
        loops: 0,
        function: false,
    };
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
    let mut case = Case { script, args, as_file: g.random.chance(30), ..Case::default() };
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
        let kinds = if self.depth > 3 { 12 } else { 30 };
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
            27 => {
                self.deeper(|g| format!("{} {}", g.random.pick(&["!", "{ :; } &&", "true &&"]), g.simple()))
            }
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

    fn words(&mut self) -> String {
        let count = self.random.below(4);
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn word(&mut self) -> String {
        let count = 1 + self.random.below(3);
        (0..count).map(|_| self.piece(false)).collect()
    }

    fn literal(&mut self) -> &'static str {
        self.random.pick(&[
            "a", "b", "xy", "1", "42", "-n", "a.b", "/x/y", "k=v", "a:b", ",", "%", "x~", "e", "\\*", "\\\\",
            "\\ ", "0",
        ])
    }

    fn piece(&mut self, quoted: bool) -> String {
        match self.random.below(if quoted { 7 } else { 12 }) {
            0 | 1 => {
                if quoted {
                    self.random.pick(&["a", " ", "x y", "'", "*", ":", "\\$", "\\\\", "/", ""]).to_owned()
                } else {
                    self.literal().to_owned()
                }
            }
            2 | 3 => format!("${{{}}}", self.name()),
            4 => self.parameter(quoted),
            5 if self.depth < 3 => self.deeper(|g| format!("$({})", g.simple())),
            6 => format!("$(({}))", self.deeper(|g| g.arith(1))),
            7 => format!("'{}'", self.random.pick(&["", "a b", "*", "$a", "\\n", "\"", "x"])),
            8 | 9 => {
                let count = self.random.below(3);
                let inner: String = (0..count).map(|_| self.piece(true)).collect();
                format!("\"{inner}\"")
            }
            10 => self
                .random
                .pick(&[
                    "$1", "$2", "$#", "\"$@\"", "$@", "$*", "\"$*\"", "$?", "\"$1\"", "${10}", "$E1",
                    "\"$E2\"",
                ])
                .to_owned(),
            11 => self
                .random
                .pick(&["*", "f*", "?1", "[fd]*", "*.conf", "dir/*", "nomatch*", "\"*\""])
                .to_owned(),
            _ => "z".to_owned(),
        }
    }

    fn pattern(&mut self) -> &'static str {
        self.random.pick(&[
            "a",
            "*",
            "?",
            "*a",
            "a*",
            "[ab]",
            "[!a]",
            "*/",
            "/*",
            "*.",
            ".*",
            "x",
            "\"*\"",
            "\\*",
            "*:",
            ":*",
            "$b",
            "[[:digit:]]",
            "' '",
            " *",
            "??",
            "",
        ])
    }

    fn parameter(&mut self, quoted: bool) -> String {
        let name =
            if self.random.chance(80) { self.name() } else { self.random.pick(&["1", "@", "*", "E1", "#"]) };
        let simple_name = name.chars().all(|c| c.is_alphanumeric());
        match self.random.below(if self.bash {
            20
        } else if self.ash {
            14
        } else {
            11
        }) {
            0 | 1 => {
                let op = self.random.pick(&[":-", "-", ":+", "+"]);
                let word = self.default_word(quoted);
                format!("${{{name}{op}{word}}}")
            }
            2 if simple_name && name.starts_with(|c: char| c.is_alphabetic()) => {
                let op = self.random.pick(&[":=", "="]);
                let word = self.default_word(quoted);
                format!("${{{name}{op}{word}}}")
            }
            3 if simple_name => format!("${{#{name}}}"),
            4..=10 if simple_name => {
                let op = self.random.pick(&["#", "##", "%", "%%"]);
                format!("${{{name}{op}{}}}", self.pattern())
            }
            11 | 12 if simple_name => {
                let op = self.random.pick(&["/", "//"]);
                format!(
                    "${{{name}{op}{}/{}}}",
                    self.random.pick(&["a", "?", "x", "[ab]", ":", " ", "b*"]),
                    self.random.pick(&["", "Z", "$c", "a b"])
                )
            }
            13 | 14 if simple_name => {
                let offset = self.random.pick(&["0", "1", "2", " -1", "$#"]);
                let length = self.random.pick(&["", ":1", ":2", ":0"]);
                format!("${{{name}:{offset}{length}}}")
            }
            15 if simple_name => format!(
                "${{{name}/{}{}/{}}}",
                self.random.pick(&["#", "%"]),
                self.random.pick(&["a", "b", "x"]),
                self.random.pick(&["", "Q"])
            ),
            16 | 17 if simple_name => {
                format!("${{{name}{}}}", self.random.pick(&["^", "^^", ",", ",,", "@Q", "@U"]))
            }
            18 => format!("${{@:{}}}", self.random.pick(&["1", "2", "1:1", "0:1"])),
            19 => "${arr[@]}".to_owned(),
            _ => format!("${{{name}}}"),
        }
    }

    fn default_word(&mut self, quoted: bool) -> String {
        if self.depth > 2 {
            return "d".to_owned();
        }
        let from = if quoted {
            ["d", "x y", "$b", "", "\"q q\"", "$(echo hi)", "'s'"]
        } else {
            ["d", "x y", "$b", "", "\"q q\"", "$(echo h i)", "'s s'"]
        };
        self.random.pick(&from).to_owned()
    }

    fn arith(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.chance(30) {
            return self.random.pick(&["1", "2", "7", "0", "10", "$#", "0x1f", "010"]).to_owned();
        }
        match self.random.below(6) {
            0 => format!("({})", self.arith(depth - 1)),
            1 => format!(
                "{}{}",
                self.random.pick(&["-", "!", "~", "+"]),
                self.random.pick(&["1", "5", "0", "(2)"])
            ),
            2 => format!("{} ? {} : {}", self.arith(depth - 1), self.arith(depth - 1), self.arith(depth - 1)),
            3 if self.bash || self.ash => {
                self.random.pick(&["i++", "++i", "i += 2", "2 ** 3", "i--"]).to_owned()
            }
            3 => self.random.pick(&["i = 3", "i += 2"]).to_owned(),
            _ => {
                let op = self.random.pick(&[
                    "+", "-", "*", "/", "%", "<", ">", "<=", "==", "!=", "&&", "||", "&", "|", "^", "<<",
                    ">>",
                ]);
                let right = if matches!(op, "/" | "%" | "<<" | ">>") {
                    self.random.pick(&["1", "2", "3"]).to_owned()
                } else {
                    self.arith(depth - 1)
                };
                format!("{} {op} {right}", self.arith(depth - 1))
            }
        }
    }

    fn condition(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("\"${}\" = {}", self.name(), self.random.pick(&["a", "\"\"", "\"$b\"", "x"])),
            1 => format!("\"${}\" != \"{}\"", self.name(), self.random.pick(&["a", "", "1"])),
            2 => format!("-z \"${}\"", self.name()),
            3 => format!("-n \"${}\"", self.name()),
            4 => format!(
                "{} {} {}",
                self.random.pick(&["1", "$#", "3", "\"$#\""]),
                self.random.pick(&["-eq", "-ne", "-lt", "-gt", "-ge", "-le"]),
                self.random.pick(&["1", "0", "$#", "2"])
            ),
            5 => format!(
                "{} {}",
                self.random.pick(&["-f", "-d", "-e", "-s", "-r", "-x", "-L"]),
                self.random.pick(&["f1", "dir", "nofile", "\"$a\"", "f2.conf", ".", "dir/g.sh", "/dev/null"])
            ),
            6 => format!("! {} = {}", self.random.pick(&["a", "\"$a\""]), self.random.pick(&["a", "b"])),
            7 => format!("\"${}\" = a -o -n \"$b\"", self.name()),
            8 => "\"${1#-}\" != \"$1\"".to_owned(),
            9 => format!("\"$1\" = \"{}\" -a $# -gt 0", self.random.pick(&["one", "nginx"])),
            10 => format!("\"${}\"", self.name()),
            _ => "\"${E1:-}\"".to_owned(),
        }
    }

    fn if_statement(&mut self) -> String {
        let condition =
            if self.random.chance(70) { format!("[ {} ]", self.condition()) } else { self.simple() };
        let body = self.block(2);
        match self.random.below(3) {
            0 => format!("if {condition}; then\n{body}\nfi"),
            1 => format!("if {condition}; then\n{body}\nelse\n{}\nfi", self.block(2)),
            _ => format!(
                "if {condition}; then\n{body}\nelif [ {} ]; then\n{}\nfi",
                self.condition(),
                self.block(1)
            ),
        }
    }

    fn case_statement(&mut self) -> String {
        let subject = self.random.pick(&["\"$a\"", "$1", "$b", "\"$1\"", "abc", "\"$#\"", "x$c"]);
        let arms = 1 + self.random.below(3);
        let mut text = format!("case {subject} in\n");
        for _ in 0..arms {
            let pattern = self.random.pick(&[
                "a*", "*", "one|two*", "?", "[a-c]*", "''", "\"$b\"", "-*", "*.conf", "$c", "0|1", "a",
                "\"a\"*",
            ]);
            text.push_str(&format!("{pattern}) {};;\n", self.block(1)));
        }
        text + "esac"
    }

    fn for_statement(&mut self) -> String {
        let name = self.name();
        let words = match self.random.below(4) {
            0 => String::new(),
            1 => "in \"$@\"".to_owned(),
            2 => "in 1 2 3".to_owned(),
            _ => format!("in {}", self.words()),
        };
        self.loops += 1;
        let body = self.block(2);
        let jump = if self.random.chance(25) {
            format!("\n[ \"${name}\" = 2 ] && {}", self.random.pick(&["break", "continue"]))
        } else {
            String::new()
        };
        self.loops -= 1;
        format!("for {name} {words}; do\n{body}{jump}\ndone")
    }

    fn while_statement(&mut self) -> String {
        let body = self.block(2);
        let limit = self.random.below(4);
        let kind = self.random.pick(&["while [ $n -lt", "until [ $n -ge"]);
        format!("n=0\n{kind} {limit} ]; do\nn=$((n+1))\n{body}\ndone")
    }

    fn function_statement(&mut self) -> String {
        if self.function {
            return "true".to_owned();
        }
        self.function = true;
        let local = if self.random.chance(60) {
            format!("local {}={}\n", self.name(), self.random.pick(&["1", "\"$1\"", "$2", "\"$a\""]))
        } else {
            String::new()
        };
        let body = self.block(2);
        let ret = self.random.pick(&["", "\nreturn", "\nreturn 3", "\nreturn 0"]);
        self.function = false;
        let call = self.random.pick(&[
            "f",
            "f one 'two 2'",
            "f \"$@\"",
            "f && echo ok",
            "a=$(f x)",
            "f || echo bad",
            "if f y; then echo t; fi",
        ]);
        format!("f() {{\n{local}{body}{ret}\n}}\n{call}")
    }

    fn redirected(&mut self) -> String {
        let file = self.random.pick(&["f1", "f3", "dir/h", "\"f 4\""]);
        let command = self.simple();
        let redirect = self.random.pick(&[">", ">>", "2>/dev/null >", ">"]);
        format!("{command} {redirect} {file}")
    }

    fn here_document(&mut self) -> String {
        let quoted = self.random.chance(30);
        let delimiter = if quoted { "'EOF'" } else { "EOF" };
        let line = self.random.pick(&[
            "a=$a",
            "x ${b:-def} y",
            "$(echo in)",
            "\\$a \\\\ \"q\" 'q'",
            "$((1+2))",
            "plain *",
            "\ttab",
        ]);
        let (op, tail) = if self.random.chance(30) { ("<<-", "\t") } else { ("<<", "") };
        let to = self.random.pick(&["", " > f5", " >> f1"]);
        format!(
            "cat {op}{delimiter}{to}\n{line}\n{}\n{tail}EOF",
            self.random.pick(&["last", "$c", "  two  words"])
        )
    }

    fn read_loop(&mut self) -> String {
        let ifs = self.random.pick(&["", "IFS= ", "IFS=: ", "IFS=, "]);
        let flags = self.random.pick(&["-r ", ""]);
        let names = self.random.pick(&["a", "a b", "x", "a b c"]);
        let body =
            self.random.pick(&["echo \"[$a]\"", "printf '<%s>' \"$a\" \"$b\"", "d=$d$a", "echo $x >> f6"]);
        let input = self.random.pick(&["f1", "f2.conf"]);
        match self.random.below(3) {
            0 => format!("[ -f {input} ] && while {ifs}read {flags}{names}; do {body}; done < {input}"),
            1 => format!(
                "while {ifs}read {flags}{names}; do {body}; done <<EOF\nl1 x y\n  l2:z\\t\na,b,c\n$a\nEOF"
            ),
            _ => format!("printf '%s\\n' {} | while {ifs}read {flags}{names}; do {body}; done", self.words()),
        }
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

    fn bash_statement(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("arr=({})", self.words()),
            1 => format!("arr+=({})", self.word()),
            2 => "printf '{%s}' \"${arr[@]}\" \"${#arr[@]}\"; echo".to_owned(),
            3 => format!("[[ {} ]] && echo yes", self.bash_condition()),
            4 => format!(
                "echo {}",
                self.random.pick(&[
                    "{a,b}c",
                    "x{1..3}",
                    "{a,b{1,2}}",
                    "{$a,z}",
                    "{03..1}",
                    "{a..c}",
                    "a{,b}",
                    "{x}",
                    "{a,b"
                ])
            ),
            5 => format!("(( {} )) && echo nz", self.arith(2)),
            6 => format!(
                "declare {} d={}",
                self.random.pick(&["-i", "-x", ""]),
                self.random.pick(&["3", "2+3", "x"])
            ),
            7 => format!("read -r a b <<< {}", self.word()),
            8 => format!("for ((i=0; i<{}; i++)); do echo $i; done", self.random.below(3)),
            9 => format!("a+={}", self.word()),
            10 => format!("arr[{}]={}", self.random.pick(&["0", "2", "$#", "1+1"]), self.word()),
            _ => format!(
                "echo {}",
                self.random.pick(&[
                    "${arr[0]}",
                    "${arr[-1]}",
                    "${!a}",
                    "${arr[*]}",
                    "\"${arr[@]:1}\"",
                    "${!arr[@]}",
                    "$'a\\tb'",
                    "\"${arr[@]/a/b}\""
                ])
            ),
        }
    }

    fn bash_condition(&mut self) -> String {
        match self.random.below(7) {
            0 => format!(
                "${} == {}",
                self.name(),
                self.pattern().replace("' '", "x").replace(" *", "y*").trim().to_owned() + "z*"
            ),
            1 => format!("-n ${}", self.name()),
            2 => format!("$# -gt {} && -f f1", self.random.below(3)),
            3 => format!("! $a = \"{}\"", self.random.pick(&["a", "*"])),
            4 => "( -z $b || $c != x* )".to_owned(),
            5 => "$a < $b".to_owned(),
            _ => "-v a".to_owned(),
        }
    }
}
