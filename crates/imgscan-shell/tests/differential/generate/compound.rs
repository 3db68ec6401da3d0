//! Compound commands.

use super::Generator;

impl Generator {
    pub(super) fn if_statement(&mut self) -> String {
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

    pub(super) fn case_statement(&mut self) -> String {
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

    pub(super) fn for_statement(&mut self) -> String {
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

    pub(super) fn while_statement(&mut self) -> String {
        let body = self.block(2);
        let limit = self.random.below(4);
        let kind = self.random.pick(&["while [ $n -lt", "until [ $n -ge"]);
        format!("n=0\n{kind} {limit} ]; do\nn=$((n+1))\n{body}\ndone")
    }

    pub(super) fn function_statement(&mut self) -> String {
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

    pub(super) fn here_document(&mut self) -> String {
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

    pub(super) fn read_loop(&mut self) -> String {
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
}
