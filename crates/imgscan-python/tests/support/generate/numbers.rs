//! Numbers and conditions.

use super::{ENV, Generator, Ty};

impl Generator {
    pub(super) fn int(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.below(8) {
                0 => "cpu_count()".into(),
                1 => "0".into(),
                2 => format!("-{}", self.random.below(20)),
                3 => format!("0x{:x}", self.random.below(300)),
                4 => format!("{}_000", 1 + self.random.below(90)),
                _ => self.random.below(30).to_string(),
            };
        }
        let d = depth - 1;
        match self.random.below(24) {
            0..=4 => {
                let op = self.random.pick(&["+", "-", "*", "//", "%", "|", "&", "^"]);
                let divides = matches!(op, "//" | "%");
                let right = match divides && !self.risky() {
                    true => (1 + self.random.below(9)).to_string(),
                    false => self.expr(Ty::Int, d),
                };
                format!("({} {op} {right})", self.expr(Ty::Int, d))
            }
            5 => format!("({} ** {})", self.expr(Ty::Int, d), self.random.below(6)),
            6 => format!("({} << {})", self.expr(Ty::Int, d), self.random.below(9)),
            7 => format!("({} >> {})", self.expr(Ty::Int, d), self.random.below(5)),
            8 => {
                let of = self.random.pick(&[Ty::Str, Ty::Ints, Ty::Strs, Ty::Dict, Ty::Set].each_ref());
                format!("len({})", self.expr(*of, d))
            }
            9 => {
                let how = self.random.pick(&["max", "min"]);
                format!("{how}({}, {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d))
            }
            10 => {
                let how = self.random.pick(&["sum", "max", "min", "len"]);
                let how = if matches!(how, "max" | "min") && !self.risky() { "sum" } else { how };
                format!("{how}({})", self.expr(Ty::Ints, d))
            }
            11 if self.risky() => format!("int({})", self.expr(Ty::Str, d)),
            11 => format!("int('{}')", self.random.pick(&["7", " 12 ", "1_000", "-3", "0"])),
            12 => format!("int({})", self.expr(Ty::Float, d)),
            13 => format!("round({})", self.expr(Ty::Float, d)),
            14 => format!("abs({})", self.expr(Ty::Int, d)),
            15 if self.risky() => format!("({})[{}]", self.expr(Ty::Ints, d), self.random.below(3)),
            15 => format!("([9, 8] + {})[{}]", self.expr(Ty::Ints, d), self.random.below(2)),
            16 => format!(
                "({}).get({}, {})",
                self.expr(Ty::Dict, d),
                self.expr(Ty::Str, d),
                self.expr(Ty::Int, 0)
            ),
            17 => {
                let name = if self.risky() {
                    self.random.pick(&ENV)
                } else {
                    self.random.pick(&["WORKERS", "UNSET"])
                };
                format!("int(os.environ.get('{name}', '{}'))", self.random.below(100))
            }
            18 => {
                let name = if self.risky() {
                    self.random.pick(&ENV)
                } else {
                    self.random.pick(&["WORKERS", "UNSET"])
                };
                format!("int(os.getenv('{name}') or {})", self.random.below(100))
            }
            19 => format!("-{}", self.expr(Ty::Int, d)),
            20 => format!("~{}", self.expr(Ty::Int, d)),
            21 => {
                let how = self.random.pick(&["floor", "ceil", "trunc"]);
                format!("math.{how}({})", self.expr(Ty::Float, d))
            }
            22 => {
                let how = self.random.pick(&["count", "find", "rfind"]);
                format!("({}).{how}({})", self.expr(Ty::Str, d), self.expr(Ty::Str, d))
            }
            _ => format!("({} or {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
        }
    }

    pub(super) fn float(&mut self, depth: usize) -> String {
        if depth == 0 {
            let whole = self.random.below(40);
            return self.random.pick(&["0.5", "1.0", "2.5", "-0.1", "1e3", "0.1", "3.75"]).to_owned()
                + if whole > 38 { " * 2" } else { "" };
        }
        let d = depth - 1;
        match self.random.below(9) {
            0..=2 => {
                let op = self.random.pick(&["+", "-", "*", "/", "//", "%"]);
                let divides = matches!(op, "/" | "//" | "%");
                let right = match divides && !self.risky() {
                    true => self.random.pick(&["0.3", "2.0", "-1.5"]).to_owned(),
                    false => self.expr(Ty::Float, d),
                };
                format!("({} {op} {right})", self.expr(Ty::Float, d))
            }
            3 => format!("({} / {})", self.expr(Ty::Int, d), 1 + self.random.below(7)),
            4 => format!("float({})", self.expr(Ty::Int, d)),
            5 if self.risky() => format!("float({})", self.expr(Ty::Str, d)),
            5 => format!("float('{}')", self.random.pick(&["1.5", "2", " 1e2 ", ".5"])),
            6 => format!("round({}, {})", self.expr(Ty::Float, d), self.random.below(4)),
            7 => format!("abs({})", self.expr(Ty::Float, d)),
            _ => format!("({} * {})", self.expr(Ty::Int, d), self.expr(Ty::Float, d)),
        }
    }

    pub(super) fn bool(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.below(6) {
                0 => format!("'{}' in os.environ", self.random.pick(&ENV)),
                1 => "cpu_count() > 2".into(),
                _ => self.random.pick(&["True", "False"]).to_owned(),
            };
        }
        let d = depth - 1;
        match self.random.below(18) {
            0..=3 => {
                let op = self.random.pick(&["<", ">", "<=", ">=", "==", "!="]);
                format!("({} {op} {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d))
            }
            4 => {
                let op = self.random.pick(&["<", ">", "==", "!="]);
                format!("({} {op} {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d))
            }
            5 => {
                format!("({} < {} < {})", self.expr(Ty::Int, d), self.expr(Ty::Int, d), self.expr(Ty::Int, d))
            }
            6 => format!("({} in {})", self.expr(Ty::Int, d), self.expr(Ty::Ints, d)),
            7 => format!("({} in {})", self.expr(Ty::Str, d), self.expr(Ty::Str, d)),
            8 => format!("({} not in {})", self.expr(Ty::Str, d), self.expr(Ty::Dict, d)),
            9 => format!("not {}", self.expr(Ty::Bool, d)),
            10 => {
                let op = self.random.pick(&["and", "or"]);
                format!("({} {op} {})", self.expr(Ty::Bool, d), self.expr(Ty::Bool, d))
            }
            11 => {
                let how = self.random.pick(&[
                    "isdigit()",
                    "startswith('a')",
                    "endswith(('n', 'x'))",
                    "isupper()",
                    "islower()",
                    "isalpha()",
                    "istitle()",
                    "isspace()",
                    "isalnum()",
                ]);
                format!("({}).{how}", self.expr(Ty::Str, d))
            }
            12 => {
                let how = self.random.pick(&["any", "all"]);
                format!("{how}(x > {} for x in {})", self.random.below(9), self.expr(Ty::Ints, d))
            }
            13 => {
                let ty = self.ty();
                let class = self.random.pick(&["int", "str", "(int, float)", "list", "bool", "dict"]);
                format!("isinstance({}, {class})", self.expr(ty, d))
            }
            14 => format!("({} is None)", self.expr(Ty::Maybe, d)),
            15 => {
                let ty = self.ty();
                format!("bool({})", self.expr(ty, d))
            }
            16 => format!("({} == {})", self.expr(Ty::Ints, d), self.expr(Ty::Ints, d)),
            _ => format!("os.environ.get('{}', '').lower() in ('1', 'true', 'yes')", self.random.pick(&ENV)),
        }
    }
}
