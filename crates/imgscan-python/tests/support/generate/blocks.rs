//! Compound statements.

use super::{Generator, Ty};

impl Generator {
    pub(super) fn condition(&mut self, depth: usize) {
        let test = self.expr(Ty::Bool, 2);
        self.line(&format!("if {test}:"));
        self.block(depth);
        if self.random.chance(30) {
            let test = self.expr(Ty::Bool, 2);
            self.line(&format!("elif {test}:"));
            self.block(depth);
        }
        if self.random.chance(60) {
            self.line("else:");
            self.block(depth);
        }
    }

    pub(super) fn for_loop(&mut self, depth: usize) {
        let name = self.fresh();
        let (target, iter, bound): (String, String, Vec<(String, Ty)>) = match self.random.below(7) {
            0 => (name.clone(), format!("range({})", self.random.below(5)), vec![(name, Ty::Int)]),
            1 => (name.clone(), self.expr(Ty::Ints, 2), vec![(name, Ty::Int)]),
            2 => (name.clone(), self.expr(Ty::Strs, 2), vec![(name, Ty::Str)]),
            3 => {
                let value = self.expr(Ty::Dict, 2);
                let other = self.fresh();
                (
                    format!("{name}, {other}"),
                    format!("({value}).items()"),
                    vec![(name, Ty::Str), (other, Ty::Int)],
                )
            }
            4 => {
                let value = self.expr(Ty::Strs, 2);
                let other = self.fresh();
                (
                    format!("{name}, {other}"),
                    format!("enumerate({value})"),
                    vec![(name, Ty::Int), (other, Ty::Str)],
                )
            }
            5 => {
                let (a, b) = (self.expr(Ty::Ints, 2), self.expr(Ty::Strs, 2));
                let other = self.fresh();
                (
                    format!("{name}, {other}"),
                    format!("zip({a}, {b})"),
                    vec![(name, Ty::Int), (other, Ty::Str)],
                )
            }
            _ => (name.clone(), format!("sorted({})", self.expr(Ty::Set, 2)), vec![(name, Ty::Int)]),
        };
        self.line(&format!("for {target} in {iter}:"));
        for (name, ty) in bound {
            self.bind(&name, ty);
        }
        self.in_loop += 1;
        self.block(depth);
        self.in_loop -= 1;
        if self.random.chance(25) {
            self.line("else:");
            self.block(depth);
        }
    }

    pub(super) fn while_loop(&mut self, depth: usize) {
        self.next += 1;
        let name = format!("n{}", self.next);
        let most = 1 + self.random.below(4);
        self.line(&format!("{name} = 0"));
        let test = match self.random.below(3) {
            0 => format!("{name} < {most}"),
            1 => format!("{name} < {most} and {}", self.expr(Ty::Bool, 1)),
            _ => "True".to_owned(),
        };
        let endless = test == "True";
        self.line(&format!("while {test}:"));
        self.indent += 1;
        self.line(&format!("{name} += 1"));
        if endless {
            self.line(&format!("if {name} > {most}: break"));
        }
        self.indent -= 1;
        self.in_loop += 1;
        self.block(depth);
        self.in_loop -= 1;
        if self.random.chance(25) {
            self.line("else:");
            self.block(depth);
        }
    }

    pub(super) fn try_block(&mut self, depth: usize) {
        let wrong = std::mem::replace(&mut self.wrong, 12);
        self.line("try:");
        self.block(depth);
        self.wrong = wrong;
        let finally = self.random.chance(25);
        if !finally || self.random.chance(70) {
            let class = self.random.pick(&[
                "ValueError",
                "(TypeError, KeyError)",
                "Exception",
                "ZeroDivisionError",
                "LookupError",
                "ArithmeticError",
            ]);
            match self.random.below(3) {
                0 => {
                    self.line(&format!("except {class} as error:"));
                    let name = self.fresh();
                    self.indent += 1;
                    let how = self.random.pick(&["str(error)", "type(error).__name__", "repr(error)"]);
                    self.line(&format!("{name} = {how}"));
                    self.indent -= 1;
                    self.block(depth);
                }
                _ => {
                    self.line(&format!("except {class}:"));
                    self.block(depth);
                }
            }
            if class != "Exception" && self.random.chance(70) {
                self.line("except Exception:");
                self.block(depth);
            }
            if self.random.chance(20) {
                self.line("else:");
                self.block(depth);
            }
        }
        if finally {
            self.line("finally:");
            self.block(depth);
        }
    }

    pub(super) fn function(&mut self, depth: usize) {
        let name = format!("f{}", self.next);
        self.next += 1;
        let result = self.ty();
        let count = self.random.below(4);
        let types: Vec<Ty> = (0..count).map(|_| self.ty()).collect();
        let mut params: Vec<String> = Vec::new();
        let mut optional = false;
        for (at, ty) in types.iter().enumerate() {
            optional |= self.random.chance(30);
            let default = if optional { format!("={}", self.expr(*ty, 1)) } else { String::new() };
            params.push(format!("p{at}{default}"));
        }
        match self.random.below(6) {
            0 => params.push("*rest".into()),
            1 => params.push("**more".into()),
            2 => params.push("*, only=3".into()),
            _ => {}
        }
        if self.random.chance(15) {
            let value = self.expr_with(&types, result);
            self.line(&format!("{name} = lambda {}: {value}", params.join(", ")));
            self.functions.push((name, types, result));
            return;
        }
        self.line(&format!("def {name}({}):", params.join(", ")));
        let (vars, functions, in_loop) =
            (self.vars.clone(), self.functions.clone(), std::mem::take(&mut self.in_loop));
        self.indent += 1;
        if self.random.chance(25)
            && let Some(global) = self.var(Ty::Int)
            && self.in_function == 0
        {
            self.line(&format!("global {global}"));
            let n = self.random.below(50);
            self.line(&format!("{global} = {n}"));
        }
        for (at, ty) in types.iter().enumerate() {
            self.bind(&format!("p{at}"), *ty);
        }
        self.in_function += 1;
        let statements = self.random.below(3);
        for _ in 0..statements {
            self.statement(depth.saturating_sub(2));
        }
        self.in_function -= 1;
        let value = self.expr(result, 2);
        self.line(&format!("return {value}"));
        self.indent -= 1;
        (self.vars, self.functions, self.in_loop) = (vars, functions, in_loop);
        self.functions.push((name, types, result));
    }

    pub(super) fn expr_with(&mut self, types: &[Ty], result: Ty) -> String {
        let vars = self.vars.clone();
        for (at, ty) in types.iter().enumerate() {
            self.bind(&format!("p{at}"), *ty);
        }
        let value = self.expr(result, 2);
        self.vars = vars;
        value
    }

    pub(super) fn class(&mut self, depth: usize) {
        let name = format!("C{}", self.next);
        self.next += 1;
        let base = match self.classes.last() {
            Some(base) if self.random.chance(40) => format!("({base})"),
            _ => String::new(),
        };
        self.line(&format!("class {name}{base}:"));
        self.indent += 1;
        let value = self.expr(Ty::Int, 2);
        self.line(&format!("level = {value}"));
        let text = self.expr(Ty::Str, 1);
        self.line(&format!("def __init__(self, n=1): self.n = n; self.t = {text}"));
        self.line("def total(self): return self.n + self.level");
        if self.random.chance(50) {
            self.line("@property");
            self.line("def double(self): return self.n * 2");
        }
        if self.random.chance(30) {
            self.line("@staticmethod");
            self.line("def fixed(x): return x + 1");
        }
        if self.random.chance(30) {
            self.line("@classmethod");
            self.line("def make(cls): return cls(7)");
        }
        self.indent -= 1;
        let instance = self.fresh();
        let n = self.expr(Ty::Int, 1);
        self.line(&format!("{instance} = {name}({n}).total()"));
        self.bind(&instance, Ty::Int);
        if self.random.chance(50) {
            let read = self.fresh();
            self.line(&format!("{read} = {name}.level"));
            self.bind(&read, Ty::Int);
        }
        self.classes.push(name);
        let _ = depth;
    }

    pub(super) fn match_block(&mut self, depth: usize) {
        match self.random.below(3) {
            0 => {
                let subject = self.expr(Ty::Str, 2);
                self.line(&format!("match {subject}:"));
                self.indent += 1;
                self.line("case 'production' | 'prod':");
                self.block(depth);
                self.line("case x if len(x) > 4:");
                self.block(depth);
                self.line("case _:");
                self.block(depth);
                self.indent -= 1;
            }
            1 => {
                let subject = self.expr(Ty::Ints, 2);
                self.line(&format!("match {subject}:"));
                self.indent += 1;
                self.line("case []:");
                self.block(depth);
                self.line("case [first, *_] if first > 2:");
                self.block(depth);
                self.line("case [_, second, *rest]:");
                self.block(depth);
                self.indent -= 1;
            }
            _ => {
                let subject = self.expr(Ty::Dict, 2);
                self.line(&format!("match {subject}:"));
                self.indent += 1;
                self.line("case {'a': int(x)} if x > 1:");
                self.block(depth);
                self.line("case {'b': y, **others}:");
                self.block(depth);
                self.line("case None | str():");
                self.block(depth);
                self.indent -= 1;
            }
        }
    }

    pub(super) fn with_block(&mut self, depth: usize) {
        let class = self.random.pick(&["ValueError", "Exception", "KeyError, TypeError"]);
        let wrong = std::mem::replace(&mut self.wrong, 12);
        self.line(&format!("with contextlib.suppress({class}):"));
        self.block(depth);
        self.wrong = wrong;
    }

    pub(super) fn generator_function(&mut self) {
        let name = format!("g{}", self.next);
        self.next += 1;
        self.line(&format!("def {name}(n):"));
        self.indent += 1;
        match self.random.below(4) {
            0 => {
                self.line("for i in range(n):");
                self.line("    if i == 2: continue");
                self.line("    yield i * 2");
            }
            1 => {
                self.line("yield from range(n)");
                self.line("yield 99");
            }
            2 => {
                self.line("try:");
                self.line("    yield 1");
                self.line("    yield 10 // n");
                self.line("except ZeroDivisionError:");
                self.line("    yield -1");
                self.line("finally:");
                self.line("    yield 5");
            }
            _ => {
                self.line("k = 0");
                self.line("while True:");
                self.line("    k += 1");
                self.line("    if k > n: return");
                self.line("    yield k");
            }
        }
        self.indent -= 1;
        let result = self.fresh();
        let n = self.random.below(5);
        let how = self.random.pick(&["list", "sum", "tuple", "sorted", "max"]);
        self.line(&format!("{result} = {how}({name}({n}))"));
        let ty = match how {
            "list" | "sorted" => Ty::Ints,
            "sum" | "max" => Ty::Int,
            _ => Ty::Maybe,
        };
        if ty != Ty::Maybe {
            self.bind(&result, ty);
        }
    }
}
