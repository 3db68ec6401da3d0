//! Random config modules over the grammar that is followed. The same seed gives the same program.

#![allow(dead_code, unreachable_pub)] // Each test uses its own part.

/// A small generator of random numbers (xorshift64*), so that seeds mean the same for ever.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % n.max(1)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'t, T: ?Sized>(&mut self, items: &[&'t T]) -> &'t T {
        items[self.below(items.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Int,
    Float,
    Str,
    Bool,
    Ints,
    Strs,
    Dict,
    Pair,
    Set,
    Maybe,
}

const ALL: [Ty; 10] =
    [Ty::Int, Ty::Float, Ty::Str, Ty::Bool, Ty::Ints, Ty::Strs, Ty::Dict, Ty::Pair, Ty::Set, Ty::Maybe];

/// Names of variables that programs read; which are set is up to the test.
pub const ENV: [&str; 8] = ["PORT", "WORKERS", "APP_ENV", "DEBUG", "HOST", "TIMEOUT", "EMPTY", "UNSET"];

/// A generator of one program.
pub struct Generator {
    pub random: Random,
    vars: Vec<(String, Ty)>,
    functions: Vec<(String, Vec<Ty>, Ty)>,
    classes: Vec<String>,
    out: String,
    indent: usize,
    next: usize,
    /// How often an expression of another type stands where one is wanted, in percent.
    wrong: usize,
    in_loop: usize,
    in_function: usize,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        let mut random = Random::new(seed);
        let wrong = usize::from(random.chance(25));
        Generator {
            random,
            vars: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            out: String::new(),
            indent: 0,
            next: 0,
            wrong,
            in_loop: 0,
            in_function: 0,
        }
    }

    /// A whole module.
    pub fn program(mut self) -> String {
        self.line("import os, json, math, re, shlex, sys");
        self.line("from multiprocessing import cpu_count");
        let count = 3 + self.random.below(12);
        for _ in 0..count {
            self.statement(2);
        }
        self.out
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fresh(&mut self) -> String {
        self.next += 1;
        let known = ["workers", "timeout", "bind", "keepalive", "threads", "loglevel", "raw_env"];
        if self.random.chance(10) {
            return self.random.pick(&known).to_owned();
        }
        format!("v{}", self.next)
    }

    fn ty(&mut self) -> Ty {
        ALL[self.random.below(ALL.len())]
    }

    fn bind(&mut self, name: &str, ty: Ty) {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), ty));
    }

    fn var(&mut self, ty: Ty) -> Option<String> {
        let fitting: Vec<&str> =
            self.vars.iter().filter(|(_, t)| *t == ty).map(|(n, _)| n.as_str()).collect();
        if fitting.is_empty() { None } else { Some(self.random.pick(&fitting).to_owned()) }
    }

    fn block(&mut self, depth: usize) {
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

    fn statement(&mut self, depth: usize) {
        let kind = self.random.below(if depth == 0 { 12 } else { 40 });
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
            12..=18 => self.condition(depth),
            19..=22 => self.for_loop(depth),
            23 | 24 => self.while_loop(depth),
            25..=28 => self.try_block(depth),
            29..=31 => self.function(depth),
            32 | 33 => self.class(depth),
            34 => self.match_block(depth),
            35 => self.with_block(depth),
            36 => self.generator_function(),
            37 => self.namespace_write(),
            38 => self.delete(),
            _ => self.assertion(),
        }
    }

    fn assign(&mut self) {
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

    fn augment(&mut self) {
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

    fn mutate(&mut self) {
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

    fn unpack(&mut self) {
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

    fn jump(&mut self) {
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

    fn error(&mut self) -> String {
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

    fn condition(&mut self, depth: usize) {
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

    fn for_loop(&mut self, depth: usize) {
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

    fn while_loop(&mut self, depth: usize) {
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

    fn try_block(&mut self, depth: usize) {
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

    fn function(&mut self, depth: usize) {
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
        {
            if self.in_function == 0 {
                self.line(&format!("global {global}"));
                let n = self.random.below(50);
                self.line(&format!("{global} = {n}"));
            }
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

    fn expr_with(&mut self, types: &[Ty], result: Ty) -> String {
        let vars = self.vars.clone();
        for (at, ty) in types.iter().enumerate() {
            self.bind(&format!("p{at}"), *ty);
        }
        let value = self.expr(result, 2);
        self.vars = vars;
        value
    }

    fn class(&mut self, depth: usize) {
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

    fn match_block(&mut self, depth: usize) {
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

    fn with_block(&mut self, depth: usize) {
        self.line("import contextlib");
        let class = self.random.pick(&["ValueError", "Exception", "KeyError, TypeError"]);
        let wrong = std::mem::replace(&mut self.wrong, 12);
        self.line(&format!("with contextlib.suppress({class}):"));
        self.block(depth);
        self.wrong = wrong;
    }

    fn generator_function(&mut self) {
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

    fn namespace_write(&mut self) {
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

    fn delete(&mut self) {
        if self.vars.is_empty() || self.in_function > 0 {
            return self.assign();
        }
        let at = self.random.below(self.vars.len());
        let (name, _) = self.vars.remove(at);
        self.line(&format!("del {name}"));
    }

    fn assertion(&mut self) {
        let test = self.expr(Ty::Bool, 1);
        if self.random.chance(30) {
            self.line(&format!("assert {test} or True, 'checked'"));
        } else {
            self.assign();
        }
    }

    /// Whether something that often raises may stand here: always where it is caught, else seldom.
    fn risky(&mut self) -> bool {
        self.wrong >= 10 || self.random.chance(6)
    }

    /// An expression, mostly of the type.
    fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if self.random.chance(self.wrong) {
            let other = self.ty();
            return self.typed(other, depth.min(1));
        }
        self.typed(ty, depth)
    }

    fn typed(&mut self, ty: Ty, depth: usize) -> String {
        if self.random.chance(35)
            && let Some(name) = self.var(ty)
        {
            return name;
        }
        if depth > 0 && self.random.chance(8) {
            let fitting: Vec<(String, Vec<Ty>)> = self
                .functions
                .iter()
                .filter(|(_, _, result)| *result == ty)
                .map(|(name, types, _)| (name.clone(), types.clone()))
                .collect();
            if !fitting.is_empty() {
                let (name, types) = fitting[self.random.below(fitting.len())].clone();
                let args: Vec<String> = types.iter().map(|t| self.expr(*t, depth - 1)).collect();
                return format!("{name}({})", args.join(", "));
            }
        }
        if depth > 0 && self.random.chance(6) {
            let (a, b, c) =
                (self.expr(ty, depth - 1), self.expr(Ty::Bool, depth - 1), self.expr(ty, depth - 1));
            return format!("({a} if {b} else {c})");
        }
        match ty {
            Ty::Int => self.int(depth),
            Ty::Float => self.float(depth),
            Ty::Str => self.str(depth),
            Ty::Bool => self.bool(depth),
            Ty::Ints => self.ints(depth),
            Ty::Strs => self.strs(depth),
            Ty::Dict => self.dict(depth),
            Ty::Pair => {
                let (a, b) = (
                    self.expr(Ty::Int, depth.saturating_sub(1)),
                    self.expr(Ty::Str, depth.saturating_sub(1)),
                );
                match self.random.below(4) {
                    0 if depth > 0 => format!("divmod({a}, 7)[:1] + ({b},)"),
                    _ => format!("({a}, {b})"),
                }
            }
            Ty::Set => self.set(depth),
            Ty::Maybe => match self.random.below(3) {
                0 => "None".into(),
                1 => format!("os.environ.get('{}')", self.random.pick(&ENV)),
                _ => self.int(depth),
            },
        }
    }

    fn int(&mut self, depth: usize) -> String {
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

    fn float(&mut self, depth: usize) -> String {
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

    fn word(&mut self) -> &'static str {
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

    fn str(&mut self, depth: usize) -> String {
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
    fn inside(&mut self, ty: Ty, depth: usize) -> String {
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

    fn bool(&mut self, depth: usize) -> String {
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

    fn ints(&mut self, depth: usize) -> String {
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

    fn strs(&mut self, depth: usize) -> String {
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

    fn dict(&mut self, depth: usize) -> String {
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

    fn set(&mut self, depth: usize) -> String {
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
