//! Which names a body binds, and where a name that it reads lives (the rules of CPython's `symtable.c`).

use std::collections::HashSet;
use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};

use super::ir::Scope;

/// What kind of scope it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    Function,
    /// A function scope that walrus targets pass through.
    Comprehension,
    /// Code of `exec` or `eval` with a namespace beside the module's: every name is looked up in both.
    Code,
}

/// One scope while its body is lowered.
#[derive(Debug)]
pub(super) struct ScopeFrame {
    pub(super) kind: ScopeKind,
    /// The name of the class or function, for qualified names and for private names.
    pub(super) name: Rc<str>,
    pub(super) bound: Bound,
}

/// What a body binds.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) names: HashSet<String>,
    pub(super) globals: HashSet<String>,
    pub(super) nonlocals: HashSet<String>,
    pub(super) has_yield: bool,
}

impl Bound {
    /// What the statements bind in their own scope.
    pub(super) fn of_body(body: &[Stmt]) -> Bound {
        let mut collector = Collector::default();
        for stmt in body {
            collector.visit_stmt(stmt);
        }
        collector.into_bound()
    }

    /// What a lambda's body binds.
    pub(super) fn of_expr(expr: &Expr) -> Bound {
        let mut collector = Collector::default();
        collector.visit_expr(expr);
        collector.into_bound()
    }

    /// Adds the parameters.
    pub(super) fn add_parameters(&mut self, parameters: &Parameters) {
        for parameter in parameters {
            self.names.insert(parameter.name().to_string());
        }
    }
}

/// Where `name` lives, seen from the innermost of `frames`.
pub(super) fn resolve(frames: &[ScopeFrame], name: &str) -> Scope {
    let Some((here, outer)) = frames.split_last() else { return Scope::Global };
    match here.kind {
        ScopeKind::Module => return Scope::Global,
        ScopeKind::Code if !here.bound.globals.contains(name) => return Scope::Class,
        _ if here.bound.globals.contains(name) => return Scope::Global,
        ScopeKind::Class if here.bound.names.contains(name) && !here.bound.nonlocals.contains(name) => {
            return Scope::Class;
        }
        ScopeKind::Function | ScopeKind::Comprehension
            if here.bound.names.contains(name) && !here.bound.nonlocals.contains(name) =>
        {
            return Scope::Local;
        }
        _ => {}
    }
    let mut depth = 0;
    for frame in outer.iter().rev() {
        match frame.kind {
            ScopeKind::Function | ScopeKind::Comprehension => {
                if frame.bound.globals.contains(name) {
                    return Scope::Global;
                }
                if frame.bound.names.contains(name) && !frame.bound.nonlocals.contains(name) {
                    return Scope::Enclosing(depth);
                }
                depth += 1;
            }
            ScopeKind::Class | ScopeKind::Module | ScopeKind::Code => {}
        }
    }
    Scope::Global
}

/// Walks one scope and does not enter the scopes within it.
#[derive(Default)]
struct Collector {
    bound: Bound,
    /// Inside a comprehension: only walrus targets leave it.
    comprehensions: usize,
}

impl Collector {
    fn into_bound(mut self) -> Bound {
        for name in self.bound.globals.iter().chain(&self.bound.nonlocals) {
            self.bound.names.remove(name);
        }
        self.bound
    }

    fn bind(&mut self, name: &str) {
        self.bound.names.insert(name.to_owned());
    }

    fn alias(&mut self, name: &str, asname: Option<&str>) {
        match asname {
            Some(asname) => self.bind(asname),
            None => self.bind(name.split('.').next().unwrap_or(name)),
        }
    }
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.bind(&def.name);
                def.decorator_list.iter().for_each(|d| self.visit_decorator(d));
                for parameter in def.parameters.iter_non_variadic_params() {
                    parameter.default.iter().for_each(|d| self.visit_expr(d));
                }
                return;
            }
            Stmt::ClassDef(class) => {
                self.bind(&class.name);
                class.decorator_list.iter().for_each(|d| self.visit_decorator(d));
                class.arguments.iter().for_each(|a| self.visit_arguments(a));
                return;
            }
            Stmt::Import(import) => {
                import.names.iter().for_each(|a| self.alias(&a.name, a.asname.as_deref()));
            }
            Stmt::ImportFrom(import) => {
                import.names.iter().for_each(|a| self.alias(&a.name, a.asname.as_deref()));
            }
            Stmt::Global(global) => {
                self.bound.globals.extend(global.names.iter().map(ToString::to_string));
            }
            Stmt::Nonlocal(nonlocal) => {
                self.bound.nonlocals.extend(nonlocal.names.iter().map(ToString::to_string));
            }
            Stmt::AnnAssign(assign) => {
                // A bare annotation makes the name local as an assignment does.
                if let Expr::Name(name) = &*assign.target {
                    self.bind(&name.id);
                }
                self.visit_expr(&assign.target);
                assign.value.iter().for_each(|v| self.visit_expr(v));
                return;
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if self.comprehensions == 0 => {
                if matches!(name.ctx, ExprContext::Store | ExprContext::Del) {
                    self.bind(&name.id);
                }
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.bind(&name.id);
                }
                self.visit_expr(&named.value);
                return;
            }
            Expr::Lambda(lambda) => {
                for parameter in lambda.parameters.iter().flat_map(|p| p.iter_non_variadic_params()) {
                    parameter.default.iter().for_each(|d| self.visit_expr(d));
                }
                return;
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehensions += 1;
                visitor::walk_expr(self, expr);
                self.comprehensions -= 1;
                return;
            }
            Expr::Yield(_) | Expr::YieldFrom(_) if self.comprehensions == 0 => self.bound.has_yield = true,
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        inner.name.iter().for_each(|name| self.bind(name));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(p) => p.name.iter().for_each(|name| self.bind(name)),
            Pattern::MatchStar(p) => p.name.iter().for_each(|name| self.bind(name)),
            Pattern::MatchMapping(p) => p.rest.iter().for_each(|name| self.bind(name)),
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// The names that the targets of a comprehension bind.
pub(super) fn comprehension_targets<'a>(targets: impl Iterator<Item = &'a Expr>) -> Bound {
    let mut collector = Collector::default();
    targets.for_each(|t| collector.visit_expr(t));
    collector.into_bound()
}
