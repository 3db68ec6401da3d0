//! Random config modules over the grammar that is followed. The same seed gives the same program.

#![allow(dead_code, unreachable_pub)] // Each test uses its own part.

mod blocks;
mod containers;
mod data;
mod files;
mod numbers;
mod objects;
mod random;
mod snippets;
mod statements;
mod texts;

pub use files::SIBLINGS;
use random::Random;

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
        self.line(
            "import collections, contextlib, dataclasses, enum, functools, itertools, logging, pathlib",
        );
        self.line("from multiprocessing import cpu_count");
        let count = 3 + self.random.below(12);
        for _ in 0..count {
            self.statement(2);
        }
        self.out
    }

    pub(super) fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn fresh(&mut self) -> String {
        self.next += 1;
        let known = ["workers", "timeout", "bind", "keepalive", "threads", "loglevel", "raw_env"];
        if self.random.chance(10) {
            return self.random.pick(&known).to_owned();
        }
        format!("v{}", self.next)
    }

    pub(super) fn ty(&mut self) -> Ty {
        ALL[self.random.below(ALL.len())]
    }

    pub(super) fn bind(&mut self, name: &str, ty: Ty) {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), ty));
    }

    pub(super) fn var(&mut self, ty: Ty) -> Option<String> {
        let fitting: Vec<&str> =
            self.vars.iter().filter(|(_, t)| *t == ty).map(|(n, _)| n.as_str()).collect();
        if fitting.is_empty() { None } else { Some(self.random.pick(&fitting).to_owned()) }
    }

    /// Whether something that often raises may stand here: always where it is caught, else seldom.
    pub(super) fn risky(&mut self) -> bool {
        self.wrong >= 10 || self.random.chance(6)
    }

    /// An expression, mostly of the type.
    pub(super) fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if self.random.chance(self.wrong) {
            let other = self.ty();
            return self.typed(other, depth.min(1));
        }
        self.typed(ty, depth)
    }

    pub(super) fn typed(&mut self, ty: Ty, depth: usize) -> String {
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
}
