//! Statements.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr as Ast, Stmt as AstStmt};
use ruff_text_size::Ranged;

use super::ir::{
    Block, Case, ClassBody, Code, Decorated, Defaults, For, Handler, If, ImportFrom, ImportName, Literal,
    Match, Name, Params, Stmt, StmtKind, Target, TargetKind, Try, While, With,
};
use super::scope::{Bound, ScopeKind};
use super::{Fault, Lower};

/// Most names of which it is remembered that an `if` decides them.
const DECIDED: usize = 64;

/// Whether the module asks for annotations that are never evaluated.
pub(super) fn has_future_annotations(body: &[AstStmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        AstStmt::ImportFrom(import) => {
            import.module.as_deref() == Some("__future__")
                && import.names.iter().any(|a| &*a.name == "annotations")
        }
        _ => false,
    })
}

impl Lower<'_> {
    /// Statements one after another.
    pub(super) fn block(&mut self, body: &[AstStmt]) -> Result<Block, Fault> {
        self.nested(|lower| body.iter().map(|stmt| lower.stmt(stmt)).collect())
    }

    fn stmt(&mut self, stmt: &AstStmt) -> Result<Stmt, Fault> {
        let yields = self.yields;
        let mut site = self.site(stmt.range());
        let kind = match stmt {
            AstStmt::Expr(s) => StmtKind::Expr(self.expr(&s.value)?),
            AstStmt::Assign(s) => {
                let value = self.expr(&s.value)?;
                let targets = s.targets.iter().map(|t| self.target(t)).collect::<Result<_, _>>()?;
                StmtKind::Assign { targets, value }
            }
            AstStmt::AugAssign(s) => StmtKind::AugAssign {
                value: self.expr(&s.value)?,
                target: self.target(&s.target)?,
                op: super::expr::bin_op(s.op),
            },
            AstStmt::AnnAssign(s) => self.annotated(s)?,
            AstStmt::Delete(s) => {
                StmtKind::Delete(s.targets.iter().map(|t| self.target(t)).collect::<Result<_, _>>()?)
            }
            AstStmt::If(s) => self.if_chain(&s.test, &s.body, &s.elif_else_clauses)?,
            AstStmt::While(s) => StmtKind::While(Rc::new(While {
                test: self.expr(&s.test)?,
                body: self.block(&s.body)?,
                orelse: self.block(&s.orelse)?,
            })),
            AstStmt::For(s) => StmtKind::For(Rc::new(For {
                iter: self.expr(&s.iter)?,
                target: self.target(&s.target)?,
                body: self.block(&s.body)?,
                orelse: self.block(&s.orelse)?,
                is_async: s.is_async,
            })),
            AstStmt::Try(s) => StmtKind::Try(Rc::new(self.try_statement(s)?)),
            AstStmt::With(s) => StmtKind::With(Rc::new(self.with(s)?)),
            AstStmt::Match(s) => StmtKind::Match(Rc::new(self.match_statement(s)?)),
            AstStmt::Raise(s) => StmtKind::Raise {
                error: self.optional(s.exc.as_deref())?,
                cause: self.optional(s.cause.as_deref())?,
            },
            AstStmt::Assert(s) => {
                StmtKind::Assert { test: self.expr(&s.test)?, message: self.optional(s.msg.as_deref())? }
            }
            AstStmt::Return(s) => StmtKind::Return(self.optional(s.value.as_deref())?),
            AstStmt::Break(_) => StmtKind::Break,
            AstStmt::Continue(_) => StmtKind::Continue,
            AstStmt::Pass(_) | AstStmt::Global(_) | AstStmt::Nonlocal(_) => StmtKind::Pass,
            AstStmt::Import(s) => StmtKind::Import(self.import(s)?),
            AstStmt::ImportFrom(s) => self.import_from(s)?,
            AstStmt::FunctionDef(s) => {
                site = self.site_between(s.name.range(), s.parameters.range());
                StmtKind::Def(Box::new(self.def(s)?))
            }
            AstStmt::ClassDef(s) => {
                let end = s.arguments.as_ref().map_or(s.name.range(), |a| a.range());
                site = self.site_between(s.name.range(), end);
                StmtKind::Class(Box::new(self.class(s)?))
            }
            AstStmt::TypeAlias(s) => {
                let kind = super::ir::ExprKind::Unclear("a `type` statement is not followed".into());
                let value = super::ir::Expr { site, kind };
                StmtKind::Assign { targets: vec![self.target(&s.name)?], value }
            }
            AstStmt::IpyEscapeCommand(s) => {
                return Err(Fault::syntax("SyntaxError", "invalid syntax", s.range().start()));
            }
        };
        Ok(Stmt { site, kind, yields: self.yields > yields })
    }

    pub(super) fn optional(&mut self, expr: Option<&Ast>) -> Result<Option<super::ir::Expr>, Fault> {
        expr.map(|e| self.expr(e)).transpose()
    }

    fn annotated(&mut self, stmt: &ast::StmtAnnAssign) -> Result<StmtKind, Fault> {
        let annotation = match self.later_annotations {
            true => {
                let range = stmt.annotation.range();
                let text =
                    self.unit.code().get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
                super::ir::Expr {
                    site: self.site(range),
                    kind: super::ir::ExprKind::Literal(Literal::Str(text.into())),
                }
            }
            false => self.expr(&stmt.annotation)?,
        };
        let value = self.optional(stmt.value.as_deref())?;
        Ok(StmtKind::AnnAssign { target: self.target(&stmt.target)?, annotation: Rc::new(annotation), value })
    }

    fn if_chain(
        &mut self,
        test: &Ast,
        body: &[AstStmt],
        clauses: &[ast::ElifElseClause],
    ) -> Result<StmtKind, Fault> {
        self.nested(|lower| {
            let test = lower.expr(test)?;
            let body = lower.block(body)?;
            let orelse = match clauses.split_first() {
                None => Rc::new([]),
                Some((first, rest)) => match &first.test {
                    None => lower.block(&first.body)?,
                    Some(test) => {
                        let site = lower.site(first.range());
                        let yields = lower.yields;
                        let kind = lower.if_chain(test, &first.body, rest)?;
                        Rc::new([Stmt { site, kind, yields: lower.yields > yields }])
                    }
                },
            };
            let mut decides = Vec::new();
            assigned(&body, &mut decides);
            assigned(&orelse, &mut decides);
            let jumps = leaves(&body) || leaves(&orelse);
            Ok(StmtKind::If(Rc::new(If { test, body, orelse, decides, jumps })))
        })
    }

    fn try_statement(&mut self, stmt: &ast::StmtTry) -> Result<Try, Fault> {
        let body = self.block(&stmt.body)?;
        let mut handlers = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
            handlers.push(Handler {
                site: self.site(handler.range()),
                class: self.optional(handler.type_.as_deref())?,
                name: handler.name.as_ref().map(|n| self.name_target(n)).transpose()?,
                body: self.block(&handler.body)?,
            });
        }
        for (i, handler) in stmt.handlers.iter().enumerate() {
            let ast::ExceptHandler::ExceptHandler(inner) = handler;
            if inner.type_.is_none() && i + 1 < stmt.handlers.len() {
                let message = "default 'except:' must be last";
                return Err(Fault::syntax("SyntaxError", message, inner.range().start()));
            }
        }
        Ok(Try {
            body,
            handlers,
            orelse: self.block(&stmt.orelse)?,
            finally: self.block(&stmt.finalbody)?,
            is_star: stmt.is_star,
        })
    }

    fn with(&mut self, stmt: &ast::StmtWith) -> Result<With, Fault> {
        let mut items = Vec::new();
        for item in &stmt.items {
            let context = self.expr(&item.context_expr)?;
            let target = item.optional_vars.as_deref().map(|t| self.target(t)).transpose()?;
            items.push((context, target));
        }
        Ok(With { items, body: self.block(&stmt.body)?, is_async: stmt.is_async })
    }

    fn match_statement(&mut self, stmt: &ast::StmtMatch) -> Result<Match, Fault> {
        let subject = self.expr(&stmt.subject)?;
        let mut cases = Vec::new();
        for case in &stmt.cases {
            cases.push(Case {
                pattern: self.pattern(&case.pattern)?,
                guard: self.optional(case.guard.as_deref())?,
                body: self.block(&case.body)?,
            });
        }
        Ok(Match { subject, cases })
    }

    fn import(&mut self, stmt: &ast::StmtImport) -> Result<Vec<ImportName>, Fault> {
        let mut names = Vec::new();
        for alias in &stmt.names {
            let module = self.ident(&alias.name, alias.name.range())?;
            let bound = match &alias.asname {
                Some(asname) => asname.to_string(),
                None => module.split('.').next().unwrap_or("").to_owned(),
            };
            let kind = TargetKind::Name(self.bound_name(&bound, alias.range())?);
            let target = Target { site: self.site(alias.range()), kind };
            names.push(ImportName { module, aliased: alias.asname.is_some(), target });
        }
        Ok(names)
    }

    fn import_from(&mut self, stmt: &ast::StmtImportFrom) -> Result<StmtKind, Fault> {
        let module: Rc<str> = match &stmt.module {
            Some(module) => self.ident(module, module.range())?,
            None => "".into(),
        };
        if &*module == "__future__" && stmt.level == 0 {
            return Ok(StmtKind::ImportFrom(Box::new(self.import_names(stmt, module)?)));
        }
        Ok(StmtKind::ImportFrom(Box::new(self.import_names(stmt, module)?)))
    }

    fn import_names(&mut self, stmt: &ast::StmtImportFrom, module: Rc<str>) -> Result<ImportFrom, Fault> {
        if stmt.names.first().is_some_and(|a| &*a.name == "*") {
            return Ok(ImportFrom { module, level: stmt.level, names: None });
        }
        let mut names = Vec::new();
        for alias in &stmt.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            let kind = TargetKind::Name(self.bound_name(bound, alias.range())?);
            let target = Target { site: self.site(alias.range()), kind };
            names.push((self.ident(&alias.name, alias.name.range())?, target));
        }
        Ok(ImportFrom { module, level: stmt.level, names: Some(names) })
    }

    fn def(&mut self, stmt: &ast::StmtFunctionDef) -> Result<Decorated<Code>, Fault> {
        let decorators =
            stmt.decorator_list.iter().map(|d| self.expr(&d.expression)).collect::<Result<_, _>>()?;
        let defaults = self.defaults(&stmt.parameters)?;
        let mut bound = Bound::of_body(&stmt.body);
        bound.add_parameters(&stmt.parameters);
        let is_generator = bound.has_yield;
        let target = self.name_target(&stmt.name)?;
        let qualname = self.qualname(&stmt.name);
        let site = self.site_between(stmt.name.range(), stmt.parameters.range());
        self.push(ScopeKind::Function, &stmt.name, bound);
        let params = self.params(&stmt.parameters)?;
        let doc = self.docstring(&stmt.body);
        let yields = self.yields;
        let body = self.block(&stmt.body)?;
        self.yields = yields;
        self.pop();
        let name = stmt.name.as_str().into();
        let code = Code { site, name, qualname, params, body, is_generator, is_async: stmt.is_async, doc };
        Ok(Decorated { decorators, target, inner: Rc::new(code), defaults })
    }

    fn class(&mut self, stmt: &ast::StmtClassDef) -> Result<Decorated<ClassBody>, Fault> {
        let decorators =
            stmt.decorator_list.iter().map(|d| self.expr(&d.expression)).collect::<Result<_, _>>()?;
        let bases = match &stmt.arguments {
            Some(arguments) => self.arguments(arguments)?,
            None => Vec::new(),
        };
        let target = self.name_target(&stmt.name)?;
        let qualname = self.qualname(&stmt.name);
        self.push(ScopeKind::Class, &stmt.name, Bound::of_body(&stmt.body));
        let doc = self.docstring(&stmt.body);
        let body = self.block(&stmt.body)?;
        self.pop();
        let inner = ClassBody { name: stmt.name.as_str().into(), qualname, bases, body, doc };
        Ok(Decorated { decorators, target, inner: Rc::new(inner), defaults: Defaults::default() })
    }

    fn docstring(&self, body: &[AstStmt]) -> Option<Rc<str>> {
        let AstStmt::Expr(first) = body.first()? else { return None };
        match &*first.value {
            Ast::StringLiteral(literal) => Some(literal.value.to_str().into()),
            _ => None,
        }
    }

    /// The default values, evaluated where the function is defined.
    pub(super) fn defaults(&mut self, parameters: &ast::Parameters) -> Result<Defaults, Fault> {
        let mut defaults = Defaults::default();
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            if let Some(default) = &parameter.default {
                defaults.positional.push(self.expr(default)?);
            }
        }
        for (i, parameter) in parameters.kwonlyargs.iter().enumerate() {
            if let Some(default) = &parameter.default {
                defaults.keywords.push((i, self.expr(default)?));
            }
        }
        Ok(defaults)
    }

    /// The names of the parameters.
    pub(super) fn params(&mut self, parameters: &ast::Parameters) -> Result<Params, Fault> {
        let mut params = Params { positional_only: parameters.posonlyargs.len(), ..Params::default() };
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            params.positional.push(self.ident(parameter.name(), parameter.range())?);
        }
        for parameter in &parameters.kwonlyargs {
            params.keyword_only.push(self.ident(parameter.name(), parameter.range())?);
        }
        if let Some(parameter) = &parameters.vararg {
            params.varargs = Some(self.ident(&parameter.name, parameter.range())?);
        }
        if let Some(parameter) = &parameters.kwarg {
            params.kwargs = Some(self.ident(&parameter.name, parameter.range())?);
        }
        Ok(params)
    }
}

/// Whether a statement may leave the loop or function around the block.
fn leaves(block: &Block) -> bool {
    block.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If(inner) => inner.jumps,
        StmtKind::For(inner) => leaves(&inner.body) || leaves(&inner.orelse),
        StmtKind::While(inner) => leaves(&inner.body) || leaves(&inner.orelse),
        StmtKind::With(inner) => leaves(&inner.body),
        StmtKind::Try(inner) => leaves(&inner.body) || inner.handlers.iter().any(|h| leaves(&h.body)),
        StmtKind::Match(inner) => inner.cases.iter().any(|c| leaves(&c.body)),
        _ => false,
    })
}

/// Adds the names that the statements assign directly.
fn assigned(block: &Block, names: &mut Vec<Name>) {
    let mut add = |target: &Target| {
        if let TargetKind::Name(name) = &target.kind
            && names.len() < DECIDED
            && !names.iter().any(|n| n.id == name.id)
        {
            names.push(name.clone());
        }
    };
    let mut inner: Vec<&If> = Vec::new();
    for stmt in block.iter() {
        match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().for_each(&mut add),
            StmtKind::AugAssign { target, .. } | StmtKind::AnnAssign { target, value: Some(_), .. } => {
                add(target)
            }
            StmtKind::If(nested) => inner.push(nested),
            _ => {}
        }
    }
    for nested in inner {
        for name in &nested.decides {
            if names.len() < DECIDED && !names.iter().any(|n| n.id == name.id) {
                names.push(name.clone());
            }
        }
    }
}
