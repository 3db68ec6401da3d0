//! Lists, dicts and sets.

use super::{Generator, Ty};

impl Generator {
    pub(super) fn ints(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .random
                .pick(&["[]", "[1, 2, 3]", "[5]", "[3, 1, 2]", "[0, -4, 9, 9]", "list(range(4))"])
                .to_owned();
        }
        let d = depth - 1;
        match self.random.below(13) {
            0 | 1 => {
                let count = self.random.below(4);
                let items: Vec<String> = (0..count).map(|_| self.expr(Ty::Int, d)).collect();
                format!("[{}]", items.join(", "))
            }
            2 => format!("[x * {} for x in {}]", self.random.below(5), self.expr(Ty::Ints, d)),
            3 => format!("[x for x in {} if x % 2 == {}]", self.expr(Ty::Ints, d), self.random.below(2)),
            4 => format!(
                "sorted({}, reverse={})",
                self.expr(Ty::Ints, d),
                self.random.pick(&["True", "False"])
            ),
            5 => format!("({} + {})", self.expr(Ty::Ints, d), self.expr(Ty::Ints, d)),
            6 => format!("({})[{}:]", self.expr(Ty::Ints, d), self.random.below(3)),
            7 => format!("list(map(abs, {}))", self.expr(Ty::Ints, d)),
            8 => format!("[len(s) for s in {}]", self.expr(Ty::Strs, d)),
            9 => {
                format!("[a + b for a in {} for b in {}][:5]", self.expr(Ty::Ints, d), self.expr(Ty::Ints, d))
            }
            10 => format!("list(filter(lambda x: x > {}, {}))", self.random.below(5), self.expr(Ty::Ints, d)),
            11 => format!("[*{}, {}]", self.expr(Ty::Ints, d), self.expr(Ty::Int, d)),
            _ => format!("list(({}).values())", self.expr(Ty::Dict, d)),
        }
    }

    pub(super) fn strs(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .random
                .pick(&["[]", "['a', 'b']", "['0.0.0.0:80']", "['x', '', 'long one']"])
                .to_owned();
        }
        let d = depth - 1;
        match self.random.below(11) {
            0 | 1 => {
                let count = self.random.below(4);
                let items: Vec<String> = (0..count).map(|_| self.expr(Ty::Str, d)).collect();
                format!("[{}]", items.join(", "))
            }
            2 => {
                let how = self.random.pick(&[
                    "split()",
                    "split(',')",
                    "split('a', 1)",
                    "rsplit(' ', 1)",
                    "splitlines()",
                    "split(None, 1)",
                ]);
                format!("({}).{how}", self.expr(Ty::Str, d))
            }
            3 => format!("[s.upper() for s in {} if s]", self.expr(Ty::Strs, d)),
            4 => format!("[f'0.0.0.0:{{p}}' for p in {}]", self.expr(Ty::Ints, d)),
            5 => format!("sorted({})", self.expr(Ty::Strs, d)),
            6 => format!("list({})", self.expr(Ty::Dict, d)),
            7 => format!("['%s=%s' % kv for kv in ({}).items()]", self.expr(Ty::Dict, d)),
            8 if self.risky() => format!("shlex.split({})", self.expr(Ty::Str, d)),
            9 => format!("re.findall('[a-z]+', {})", self.expr(Ty::Str, d)),
            _ => format!("({} + {})", self.expr(Ty::Strs, d), self.expr(Ty::Strs, d)),
        }
    }

    pub(super) fn dict(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .random
                .pick(&["{}", "{'a': 1}", "{'b': 2, 'a': 5}", "dict(workers=3, b=4)"])
                .to_owned();
        }
        let d = depth - 1;
        match self.random.below(9) {
            0 | 1 => {
                let count = self.random.below(4);
                let items: Vec<String> = (0..count)
                    .map(|_| format!("{}: {}", self.expr(Ty::Str, d), self.expr(Ty::Int, d)))
                    .collect();
                format!("{{{}}}", items.join(", "))
            }
            2 => format!("{{s: len(s) for s in {}}}", self.expr(Ty::Strs, d)),
            3 => format!("{{**{}, 'c': {}}}", self.expr(Ty::Dict, d), self.expr(Ty::Int, d)),
            4 => format!("dict({}, z={})", self.expr(Ty::Dict, d), self.expr(Ty::Int, d)),
            5 => format!("dict(zip({}, {}))", self.expr(Ty::Strs, d), self.expr(Ty::Ints, d)),
            6 => format!(
                "json.loads('{{\"a\": {}, \"q\": {}}}')",
                self.random.below(50),
                self.random.below(50)
            ),
            7 => format!(
                "{{k: v for k, v in ({}).items() if v > {}}}",
                self.expr(Ty::Dict, d),
                self.random.below(5)
            ),
            _ => format!("dict.fromkeys({}, {})", self.expr(Ty::Strs, d), self.expr(Ty::Int, d)),
        }
    }

    pub(super) fn set(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.random.pick(&["set()", "{1, 2}", "{3}", "{4, 1, 9}"]).to_owned();
        }
        let d = depth - 1;
        match self.random.below(5) {
            0 => format!("set({})", self.expr(Ty::Ints, d)),
            1 => {
                let op = self.random.pick(&["|", "&", "-", "^"]);
                format!("({} {op} {})", self.expr(Ty::Set, d), self.expr(Ty::Set, d))
            }
            2 => format!("{{x % 5 for x in {}}}", self.expr(Ty::Ints, d)),
            3 => format!("{{{}, {}}}", self.expr(Ty::Int, d), self.expr(Ty::Int, d)),
            _ => format!("frozenset({})", self.expr(Ty::Ints, d)),
        }
    }
}
