//! Words and what they are made of.

use super::Generator;

impl Generator {
    pub(super) fn words(&mut self) -> String {
        let count = self.random.below(4);
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn word(&mut self) -> String {
        let count = 1 + self.random.below(3);
        (0..count).map(|_| self.piece(false)).collect()
    }

    pub(super) fn literal(&mut self) -> &'static str {
        self.random.pick(&[
            "a", "b", "xy", "1", "42", "-n", "a.b", "/x/y", "k=v", "a:b", ",", "%", "x~", "e", "\\*", "\\\\",
            "\\ ", "0",
        ])
    }

    pub(super) fn piece(&mut self, quoted: bool) -> String {
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

    pub(super) fn pattern(&mut self) -> &'static str {
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

    pub(super) fn parameter(&mut self, quoted: bool) -> String {
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

    pub(super) fn default_word(&mut self, quoted: bool) -> String {
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

    pub(super) fn arith(&mut self, depth: usize) -> String {
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
}
