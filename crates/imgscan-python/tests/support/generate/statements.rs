//! Simple statements.

use super::{ENV, Generator, Ty};

impl Generator {
    pub(super) fn block(&mut self, depth: usize) {
        self.indent += 1;
        let vars = self.vars.clone();
        let count = 1 + self.random.below(3);
        let before = self.out.len();
        for _ in 0..count {
            self.statement(depth.saturating_sub(1));
        }
        if self.out.len() == before {
            self.line("pass");
        }
        // What was bound inside may not be bound outside: seldom it is used all the same.
        if self.random.chance(96) {
            self.vars = vars;
        }
        self.indent -= 1;
    }

    pub(super) fn statement(&mut self, depth: usize) {
        let kind = self.random.below(if depth == 0 { 15 } else { 68 });
        match kind {
            0..=6 => self.assign(),
            7 => self.augment(),
            8 => self.mutate(),
            9 => self.unpack(),
            10 => {
                let ty = self.ty();
                let value = self.expr(ty, 2);
                self.line(&value);
            }
            11 => self.jump(),
            12 => self.formatted(),
            13 => self.reckoned(),
            14..=17 => self.idiom(),
            18..=24 => self.condition(depth),
            25..=28 => self.for_loop(depth),
            29 | 30 => self.while_loop(depth),
            31..=34 => self.try_block(depth),
            35..=37 => self.function(depth),
            38 | 39 => self.class(depth),
            40 => self.match_block(depth),
            41 => self.with_block(depth),
            42 => self.generator_function(),
            43 => self.namespace_write(),
            44 => self.delete(),
            45..=47 => self.read_file(),
            48 | 49 => self.closure(),
            50 | 51 => self.rich_class(),
            52..=65 => self.snippet(),
            _ => self.assertion(),
        }
    }

    pub(super) fn assign(&mut self) {
        let ty = self.ty();
        let value = self.expr(ty, 3);
        let name = match self.var(ty) {
            Some(name) if self.random.chance(30) => name,
            _ => self.fresh(),
        };
        match self.random.below(12) {
            0 => {
                let other = self.fresh();
                self.line(&format!("{name} = {other} = {value}"));
                self.bind(&other, ty);
            }
            1 => {
                let annotation = self.random.pick(&["int", "str", "list", "'x'", "object"]);
                self.line(&format!("{name}: {annotation} = {value}"));
            }
            2 => self.line(&format!("({name} := {value})")),
            _ => self.line(&format!("{name} = {value}")),
        }
        self.bind(&name, ty);
    }

    pub(super) fn augment(&mut self) {
        let (ty, ops): (Ty, &[&str]) = match self.random.below(5) {
            0 => (Ty::Str, &["+="]),
            1 => (Ty::Ints, &["+=", "+="]),
            2 => (Ty::Float, &["+=", "-=", "*="]),
            3 => (Ty::Set, &["|=", "&=", "-=", "^="]),
            _ => (Ty::Int, &["+=", "-=", "*=", "//=", "%=", "|=", "&=", "<<=", "**="]),
        };
        let Some(name) = self.var(ty) else { return self.assign() };
        let op = self.random.pick(ops);
        let value = match op {
            "<<=" | "**=" => self.random.below(5).to_string(),
            _ => self.expr(ty, 2),
        };
        self.line(&format!("{name} {op} {value}"));
    }

    pub(super) fn mutate(&mut self) {
        match self.random.below(6) {
            0 => {
                if let Some(name) = self.var(Ty::Ints) {
                    let value = self.expr(Ty::Int, 2);
                    let method = self.random.pick(&["append", "insert(0, ", "append", "extend"]);
                    match method {
                        "insert(0, " => self.line(&format!("{name}.insert(0, {value})")),
                        "extend" => {
                            let more = self.expr(Ty::Ints, 2);
                            self.line(&format!("{name}.extend({more})"));
                        }
                        method => self.line(&format!("{name}.{method}({value})")),
                    }
                }
            }
            1 => {
                if let Some(name) = self.var(Ty::Dict) {
                    let (key, value) = (self.expr(Ty::Str, 1), self.expr(Ty::Int, 2));
                    self.line(&format!("{name}[{key}] = {value}"));
                }
            }
            2 => {
                if let Some(name) = self.var(Ty::Dict) {
                    let more = self.expr(Ty::Dict, 2);
                    self.line(&format!("{name}.update({more})"));
                }
            }
            3 => {
                if let Some(name) = self.var(Ty::Strs) {
                    let how = self.random.pick(&[
                        "sort()",
                        "reverse()",
                        "sort(reverse=True)",
                        "sort(key=len)",
                        "clear()",
                    ]);
                    self.line(&format!("{name}.{how}"));
                }
            }
            4 => {
                if let Some(name) = self.var(Ty::Set) {
                    let value = self.expr(Ty::Int, 2);
                    let how = self.random.pick(&["add", "discard", "add"]);
                    self.line(&format!("{name}.{how}({value})"));
                }
            }
            _ => {
                let value = self.expr(Ty::Str, 2);
                let name = self.random.pick(&ENV);
                self.line(&format!("os.environ['{name}'] = {value}"));
            }
        }
        if self.random.chance(50) {
            self.assign();
        }
    }

    pub(super) fn unpack(&mut self) {
        let (a, b) = (self.fresh(), self.fresh());
        match self.random.below(4) {
            0 => {
                let value = self.expr(Ty::Pair, 2);
                self.line(&format!("{a}, {b} = {value}"));
                self.bind(&a, Ty::Int);
                self.bind(&b, Ty::Str);
            }
            1 => {
                let value = self.expr(Ty::Ints, 2);
                self.line(&format!("{a}, *{b} = [4] + {value}"));
                self.bind(&a, Ty::Int);
                self.bind(&b, Ty::Ints);
            }
            2 => {
                let (x, y) = (self.expr(Ty::Int, 2), self.expr(Ty::Str, 2));
                self.line(&format!("{a}, {b} = {x}, {y}"));
                self.bind(&a, Ty::Int);
                self.bind(&b, Ty::Str);
            }
            _ => {
                let value = self.expr(Ty::Pair, 1);
                let c = self.fresh();
                let more = self.expr(Ty::Int, 1);
                self.line(&format!("({a}, {b}), {c} = {value}, {more}"));
                self.bind(&a, Ty::Int);
                self.bind(&b, Ty::Str);
                self.bind(&c, Ty::Int);
            }
        }
    }

    pub(super) fn jump(&mut self) {
        let condition = self.expr(Ty::Bool, 2);
        if self.in_loop > 0 && self.random.chance(60) {
            let word = self.random.pick(&["break", "continue"]);
            self.line(&format!("if {condition}: {word}"));
        } else if self.in_function > 0 {
            let value = self.expr(Ty::Int, 2);
            self.line(&format!("if {condition}: return {value}"));
        } else if self.random.chance(20) {
            let error = self.error();
            self.line(&format!("if {condition}: raise {error}"));
        } else {
            self.assign();
        }
    }

    pub(super) fn error(&mut self) -> String {
        let text = self.expr(Ty::Str, 1);
        match self.random.below(6) {
            0 => "ValueError".into(),
            1 => format!("KeyError({text})"),
            2 => format!("RuntimeError({text}, 1)"),
            3 => format!("SystemExit({})", self.random.below(5)),
            4 if !self.classes.is_empty() => "Exception('own')".into(),
            _ => format!("ValueError({text})"),
        }
    }

    pub(super) fn delete(&mut self) {
        if self.vars.is_empty() || self.in_function > 0 {
            return self.assign();
        }
        let at = self.random.below(self.vars.len());
        let (name, _) = self.vars.remove(at);
        self.line(&format!("del {name}"));
    }

    pub(super) fn assertion(&mut self) {
        let test = self.expr(Ty::Bool, 1);
        if self.random.chance(30) {
            self.line(&format!("assert {test} or True, 'checked'"));
        } else {
            self.assign();
        }
    }

    pub(super) fn namespace_write(&mut self) {
        if self.in_function > 0 {
            return self.assign();
        }
        let name = self.fresh();
        let value = self.expr(Ty::Int, 2);
        match self.random.below(5) {
            0 => self.line(&format!("globals()['{name}'] = {value}")),
            1 => self.line(&format!("globals().update({{'{name}': {value}}})")),
            2 => self.line(&format!("setattr(sys.modules[__name__], '{name}', {value})")),
            3 => {
                let n = self.random.below(9);
                self.line(&format!("exec('{name} = 5 + {n}')"));
            }
            _ => self.line(&format!("vars()['{name}'] = {value}")),
        }
        self.bind(&name, Ty::Int);
    }
}
