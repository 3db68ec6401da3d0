//! Utilities that turn a text into another.

use super::Generator;

impl Generator {
    /// A filter of its standard input.
    pub(super) fn filter(&mut self) -> String {
        match self.random.below(14) {
            0..=4 => self.sed(),
            5 | 6 => self.grep(),
            7 => self.cut(),
            8 => self.tr(),
            9 => format!(
                "sort{}",
                self.random.pick(&["", " -r", " -u", " -n", " -V", " -k2", " -t: -k2", " -f"])
            ),
            10 => format!(
                "{} {}",
                self.random.pick(&["head", "tail"]),
                self.random.pick(&["-n 1", "-n 2", "-1", "-n 0", "-c 3", "-n +2"])
            ),
            11 => format!("uniq{}", self.random.pick(&["", " -c", " -d", " -u"])),
            12 => self
                .random
                .pick(&["wc -l", "wc -c", "wc -w", "rev", "tac", "nl", "tee f7", "tee -a f1"])
                .to_owned(),
            _ => format!("envsubst{}", self.random.pick(&["", " '$a'", " '$E1 $E2'", " '${E2}'", " \"$a\""])),
        }
    }

    /// A filter of a file, or of what a command writes.
    pub(super) fn filtered(&mut self) -> String {
        match self.random.below(5) {
            0 => format!("{} < {}", self.filter(), self.file()),
            1 => format!("printf 'a=1 x\\nb: 2\\n  #c y\\n' | {} | {}", self.filter(), self.filter()),
            2 => format!("cat {} 2>/dev/null | {}", self.file(), self.filter()),
            3 => format!("{}=$({} < f1)", self.name(), self.filter()),
            _ => format!("printf '%s\\n' {} | {} > f8", self.words(), self.filter()),
        }
    }

    fn file(&mut self) -> &'static str {
        self.random.pick(&["f1", "f2.conf", "f1", "f3"])
    }

    fn sed(&mut self) -> String {
        let extended = self.random.chance(30);
        let quiet = self.random.chance(20);
        let options = match (extended, quiet) {
            (true, true) => " -nE",
            (true, false) => " -E",
            (false, true) => " -n",
            (false, false) => self.random.pick(&["", "", "", " -e"]),
        };
        format!("sed{options} '{}'", self.sed_script(extended))
    }

    /// `sed -i` on a file.
    pub(super) fn sed_in_place(&mut self) -> String {
        let extended = self.random.chance(30);
        let flag = if extended { " -E" } else { "" };
        let script = self.sed_script(extended);
        let suffix = self.random.pick(&["", "", "", ".bak"]);
        let quoted = if self.random.chance(30) && !script.contains(['$', '`', '"', '\\', '!']) {
            format!("\"{script}\"")
        } else {
            format!("'{script}'")
        };
        format!("sed{flag} -i{suffix} {quoted} {}", self.file())
    }

    fn sed_script(&mut self, extended: bool) -> String {
        let count = 1 + self.random.below(2);
        let commands: Vec<String> = (0..count).map(|_| self.sed_command(extended)).collect();
        commands.join(self.random.pick(&[";", "\n"]))
    }

    fn sed_command(&mut self, extended: bool) -> String {
        let address = self.random.pick(&[
            "", "", "", "1", "2", "$", "/a/", "/^ *#/", "1,2", "/a/,/c/", "2,$", "/x/!", "$!", "/a/,+1",
            "0,/b/", "/^$/",
        ]);
        match self.random.below(12) {
            0..=6 => {
                let d = self.random.pick(&["/", "|", "#", ","]);
                let flags = self.random.pick(&["", "g", "p", "2", "I", "gI", "2g"]);
                format!("{address}s{d}{}{d}{}{d}{flags}", self.regex(extended), self.replacement(extended))
            }
            7 => format!("{address}d"),
            8 => format!("{address}p"),
            9 => format!("{address}{}\\\nnew line\\\nand 2", self.random.pick(&["a", "i", "c"])),
            10 => format!("{address}y/abc/xyz/"),
            _ => format!(
                "{address}{}",
                self.random.pick(&[
                    "{s/a/b/;s/b/c/}",
                    "q",
                    "n;d",
                    "N;s/\\n/+/",
                    "=",
                    "h;G",
                    "{p;d}",
                    "x",
                    ":l;s/a/b/;tl"
                ])
            ),
        }
    }

    fn regex(&mut self, extended: bool) -> &'static str {
        if extended {
            self.random.pick(&[
                "a|b",
                "(a)(b?)",
                "^[a-z]+",
                "x{1,2}",
                ".*",
                " +$",
                "(^|:)",
                "[0-9]+",
                "^(.*)=(.*)$",
                "a?",
                "(a|b)+ ",
                "\\.",
                "\\$",
                "[[:space:]]*$",
                "([a-z])=",
                "(x|(y))",
            ])
        } else {
            self.random.pick(&[
                "a",
                "b*",
                "^",
                "$",
                ".",
                "[ab]",
                "[^a]",
                "x=",
                " *$",
                "\\(a\\)",
                "\\(.\\)\\(.\\)",
                "^.*$",
                "a\\|b",
                "[[:digit:]]\\+",
                "#",
                "a.c",
                "\\.",
                "l[a-z]*",
                "\\bl",
                "^\\s*",
                "=.*",
                "a\\?b",
                "\\(a\\)\\1",
                "[a-",
            ])
        }
    }

    fn replacement(&mut self, extended: bool) -> &'static str {
        if extended {
            self.random.pick(&["", "X", "[&]", "<\\1>", "\\1", "a b", "\\&"])
        } else {
            self.random.pick(&["", "X", "[&]", "&&", "a\\nb", "\\&", "a b", ";", "\\t"])
        }
    }

    fn grep(&mut self) -> String {
        let options = self
            .random
            .pick(&["", "-v", "-c", "-i", "-n", "-o", "-q", "-x", "-w", "-m1", "-l", "-vE", "-F", "-e"]);
        let extended = options.contains('E');
        let pattern = self.regex(extended);
        format!("grep {options} '{pattern}'")
    }

    fn cut(&mut self) -> String {
        let d = self.random.pick(&["-d:", "-d' '", "-d=", "-d,"]);
        match self.random.below(3) {
            0 => format!("cut {d} -f{}", self.random.pick(&["1", "2", "2-", "-2", "1,3", "3"])),
            1 => format!("cut {d} -s -f2"),
            _ => format!("cut -c{}", self.random.pick(&["1", "2-3", "-2", "3-"])),
        }
    }

    fn tr(&mut self) -> String {
        self.random
            .pick(&[
                "tr a-z A-Z",
                "tr -d 'a '",
                "tr -s ' '",
                "tr ' ' '\\n'",
                "tr -cd 'a-z\\n'",
                "tr '[:upper:]' '[:lower:]'",
                "tr : '\\n'",
                "tr -d '\\n\\r'",
                "tr ab x",
                "tr -s a-c",
                "tr '.-' '_'",
                "tr -c 'a-z\\n' _",
                "tr -cs a-z .",
            ])
            .to_owned()
    }
}
