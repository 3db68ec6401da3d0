//! Strings.

use super::{ENV, Generator, Ty};

impl Generator {
    pub(super) fn word(&mut self) -> &'static str {
        self.random.pick(&[
            "app",
            "prod",
            "production",
            "0.0.0.0:8000",
            "info",
            "a",
            "b",
            "x y",
            "42",
            "7",
            "",
            " pad ",
            "é",
            "A=1,B=2",
            "don't",
            "/var/log",
            "true",
            "no",
            "{}",
            "%s",
            "tab\\t",
            "3.5",
            "-w 4",
        ])
    }

    pub(super) fn str(&mut self, depth: usize) -> String {
        if depth == 0 {
            let word = self.word();
            return if word.contains('\'') { format!("\"{word}\"") } else { format!("'{word}'") };
        }
        let d = depth - 1;
        match self.random.below(30) {
            0..=2 => format!("({} + {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            3 | 4 => {
                let spec = self.random.pick(&["", "", "", ":>6", ":<8", ":^7", "!r", "!s:.3"]);
                format!("f\"<{{{}{spec}}}>\"", self.inside(Ty::Str, d))
            }
            5 | 6 => {
                let spec = self
                    .random
                    .pick(&["", "", ":d", ":03d", ":,", ":x", ":#b", ":+", ":>5", ":e", ":.1f", ":%"]);
                format!("f\"{{{}{spec}}}:{{{}}}\"", self.inside(Ty::Int, d), self.inside(Ty::Str, d))
            }
            7 => {
                let spec =
                    self.random.pick(&["", ":.2f", ":.3", ":g", ":e", ":010.3f", ":,.2f", ":.0%", ":8.1f"]);
                format!("f'{{{}{spec}}}'", self.inside(Ty::Float, d))
            }
            8 => format!("'%s-%d' % ({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Int, d)),
            9 => {
                let spec = self
                    .random
                    .pick(&["%5.1f", "%g", "%e", "%.3s", "%r", "%x", "%05d", "%-6d|", "%+d", "%c"]);
                let ty = if spec.contains(['f', 'g', 'e']) {
                    Ty::Float
                } else if spec == "%r" || spec == "%.3s" {
                    Ty::Str
                } else {
                    Ty::Int
                };
                format!("'{spec}' % ({},)", self.expr(ty, d))
            }
            10 => format!("'{{}}:{{:>4}}'.format({}, {})", self.expr(Ty::Str, d), self.expr(Ty::Int, d)),
            11 => format!(
                "'{{0}}{{name}}{{0!r}}'.format({}, name={})",
                self.expr(Ty::Str, d),
                self.expr(Ty::Int, d)
            ),
            12..=14 => {
                let method = self.random.pick(&[
                    "upper()",
                    "lower()",
                    "strip()",
                    "title()",
                    "capitalize()",
                    "swapcase()",
                    "lstrip('ap')",
                    "rstrip()",
                    "replace('a', 'b')",
                    "zfill(6)",
                    "center(9, '*')",
                    "ljust(5)",
                    "rjust(7, '.')",
                    "removeprefix('a')",
                    "partition(':')[0]",
                    "rpartition('/')[2]",
                    "split(',')[0]",
                    "expandtabs(4)",
                    "casefold()",
                ]);
                format!("({}).{method}", self.expr(Ty::Str, d))
            }
            15 => format!("({})[{}:{}]", self.expr(Ty::Str, d), self.random.below(3), self.random.below(6)),
            16 => format!("({})[::-1]", self.expr(Ty::Str, d)),
            17 => format!("str({})", self.expr(Ty::Int, d)),
            18 => {
                let ty = self.ty();
                let ty = if ty == Ty::Set { Ty::Ints } else { ty };
                format!("str({})", self.expr(ty, d))
            }
            19 => format!("repr({})", self.expr(Ty::Pair, d)),
            20 => format!("','.join({})", self.expr(Ty::Strs, d)),
            21 | 22 => format!("os.environ.get('{}', {})", self.random.pick(&ENV), self.expr(Ty::Str, d)),
            23 if self.risky() => format!("os.environ['{}']", self.random.pick(&ENV)),
            23 => "os.environ['WORKERS']".into(),
            24 => format!("os.getenv('{}', 'none')", self.random.pick(&ENV)),
            25 => format!("({} * {})", self.expr(Ty::Str, d), self.random.below(4)),
            26 => {
                let how = self.random.pick(&["basename", "dirname", "normpath"]);
                format!("os.path.{how}({})", self.expr(Ty::Str, d))
            }
            27 => format!("os.path.join('/app', {})", self.expr(Ty::Str, d)),
            28 => format!("json.dumps({})", self.expr(Ty::Dict, d)),
            _ => format!("re.sub('[0-9]+', '#', {})", self.expr(Ty::Str, d)),
        }
    }

    /// An expression that may stand inside an f-string of any version: no backslash, no quotes of the outer kind.
    pub(super) fn inside(&mut self, ty: Ty, depth: usize) -> String {
        if let Some(name) = self.var(ty) {
            return name;
        }
        let _ = depth;
        match ty {
            Ty::Int => self.random.below(2_000).to_string(),
            Ty::Float => self.random.pick(&["0.5", "1234.5678", "1e10", "0.001", "2.0"]).to_owned(),
            _ => format!("str({})", self.random.below(50)),
        }
    }
}
