//! From source text to the tree that is evaluated.

mod expr;
mod fault;
pub(crate) mod ir;
mod literal;
mod pattern;
mod rules;
mod scope;
mod stmt;
mod target;

use std::rc::Rc;

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::source::{Site, Unit};
use ir::Block;
use scope::{Bound, ScopeFrame, ScopeKind};

pub(crate) use fault::Fault;

/// Deepest nesting of expressions and blocks that is followed. CPython's own parser gives up at 200 nested
/// parentheses and 100 indentations; chains such as `a + b + c …` nest without either.
const NESTING: usize = 1_000;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// A module, or code that runs in a module's namespace.
    Module,
    /// Code that runs with a namespace beside the module's.
    Code,
}

/// The statements of a module or of code given to `exec`.
pub(crate) fn parse_module(
    unit: &Unit,
    number: u16,
    version: Option<(u8, u8)>,
    kind: SourceKind,
) -> Result<Block, Fault> {
    let ruff_python_ast::Mod::Module(module) = parse(unit, version, Mode::Module)? else {
        return Err(Fault::Unclear("the source is no module".into()));
    };
    if let Some(fault) = rules::check(unit.code(), &module.body, version) {
        return Err(fault);
    }
    let mut lower = Lower::new(unit, number);
    lower.push(scope_kind(kind), "", Bound::of_body(&module.body));
    lower.later_annotations = stmt::has_future_annotations(&module.body);
    lower.block(&module.body)
}

/// The expression of code given to `eval`.
pub(crate) fn parse_expression(
    unit: &Unit,
    number: u16,
    version: Option<(u8, u8)>,
    kind: SourceKind,
) -> Result<ir::Expr, Fault> {
    let ruff_python_ast::Mod::Expression(expression) = parse(unit, version, Mode::Expression)? else {
        return Err(Fault::Unclear("the source is no expression".into()));
    };
    let mut lower = Lower::new(unit, number);
    lower.push(scope_kind(kind), "", Bound::of_expr(&expression.body));
    lower.expr(&expression.body)
}

fn scope_kind(kind: SourceKind) -> ScopeKind {
    match kind {
        SourceKind::Module => ScopeKind::Module,
        SourceKind::Code => ScopeKind::Code,
    }
}

fn parse(unit: &Unit, version: Option<(u8, u8)>, mode: Mode) -> Result<ruff_python_ast::Mod, Fault> {
    fault::screen(unit.code())?;
    let mut options = ParseOptions::from(mode);
    if let Some((major, minor)) = version {
        options = options.with_target_version(PythonVersion { major, minor });
    }
    let parsed = parse_unchecked(unit.code(), options);
    if let Some(error) = parsed.errors().first() {
        return Err(match unit.has_holes() {
            true => Fault::Unclear(
                "a part of the source that is not known stands where it decides the syntax".into(),
            ),
            false => fault::of_parse_error(unit.code(), error, version),
        });
    }
    if version.is_some()
        && let Some(error) = parsed.unsupported_syntax_errors().iter().find(|e| fault::is_refused(e))
    {
        return Err(Fault::syntax("SyntaxError", "invalid syntax", error.range().start()));
    }
    Ok(parsed.into_syntax())
}

/// What carries on while a tree is made from the parser's.
pub(super) struct Lower<'a> {
    unit: &'a Unit,
    number: u16,
    scopes: Vec<ScopeFrame>,
    depth: usize,
    /// How many `yield`s were met.
    yields: usize,
    /// `from __future__ import annotations`
    later_annotations: bool,
}

impl<'a> Lower<'a> {
    fn new(unit: &'a Unit, number: u16) -> Self {
        Lower { unit, number, scopes: Vec::new(), depth: 0, yields: 0, later_annotations: false }
    }

    fn site(&self, range: TextRange) -> Site {
        Site { unit: self.number, start: range.start().into(), end: range.end().into() }
    }

    fn site_between(&self, from: TextRange, to: TextRange) -> Site {
        Site { unit: self.number, start: from.start().into(), end: to.end().into() }
    }

    fn push(&mut self, kind: ScopeKind, name: &str, bound: Bound) {
        self.scopes.push(ScopeFrame { kind, name: name.into(), bound });
    }

    fn pop(&mut self) {
        self.scopes.pop();
    }

    /// Runs `body` one level deeper.
    fn nested<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(Fault::Unclear("the source is nested too deeply".into()));
        }
        let result = body(self);
        self.depth -= 1;
        result
    }

    /// `__qualname__` of a function or class of this name defined here.
    fn qualname(&self, name: &str) -> Rc<str> {
        let mut parts: Vec<&str> = Vec::new();
        for scope in self.scopes.iter().skip(1) {
            match scope.kind {
                ScopeKind::Function => parts.extend([&*scope.name, "<locals>"]),
                ScopeKind::Class => parts.push(&scope.name),
                ScopeKind::Comprehension | ScopeKind::Module | ScopeKind::Code => {}
            }
        }
        if self.scopes.last().is_some_and(|s| s.bound.globals.contains(name)) {
            parts.clear();
        }
        parts.push(name);
        parts.join(".").into()
    }

    /// An identifier, with the class's name put before a private one (`__x` in class `C` is `_C__x`). Fails where
    /// a part of it is not known.
    fn ident(&self, name: &str, range: TextRange) -> Result<Rc<str>, Fault> {
        if self.unit.has_holes() && name.chars().any(|c| self.unit.hole_of(c).is_some()) {
            return Err(Fault::Unclear("a name in the source is not known".into()));
        }
        let _ = range;
        if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
            return Ok(name.into());
        }
        let class = self.scopes.iter().rev().find(|s| s.kind == ScopeKind::Class);
        match class.map(|c| c.name.trim_start_matches('_')) {
            Some(class) if !class.is_empty() => Ok(format!("_{class}{name}").into()),
            _ => Ok(name.into()),
        }
    }
}
