//! The errors that CPython's compiler finds after parsing: `return` outside a function, a name that is global and
//! a parameter, and the like. The parser's own checker finds them; it is told here where it stands.

use std::cell::RefCell;
use std::collections::HashMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
    SemanticSyntaxErrorKind, YieldOutsideFunctionKind,
};
use ruff_text_size::{Ranged, TextRange};

use super::Fault;
use super::scope::{Bound, comprehension_targets};

/// The first error of `body`, as CPython words it.
pub(super) fn check(source: &str, body: &[Stmt], version: Option<(u8, u8)>) -> Option<Fault> {
    let version = version.map_or(PythonVersion::latest(), |(major, minor)| PythonVersion { major, minor });
    let mut walk = Walk {
        checker: Some(SemanticSyntaxChecker::new()),
        here: Here {
            source,
            version,
            places: vec![Scope::new(Kind::Module, Bound::of_body(body), body)],
            found: RefCell::new(Vec::new()),
            later_annotations: super::stmt::has_future_annotations(body),
        },
    };
    body.iter().for_each(|stmt| walk.visit_stmt(stmt));
    let found = walk.here.found.into_inner();
    let error = found.iter().find(|e| is_refused(e, version))?;
    Some(Fault::syntax("SyntaxError", words(error), error.range().start()))
}

/// The checker also tells what only newer or only older versions refuse.
fn is_refused(error: &SemanticSyntaxError, version: PythonVersion) -> bool {
    match &error.kind {
        SemanticSyntaxErrorKind::AsyncComprehensionInSyncComprehension(_) => {
            version < (PythonVersion { major: 3, minor: 11 })
        }
        _ => true,
    }
}

/// CPython's words for an error.
fn words(error: &SemanticSyntaxError) -> String {
    use SemanticSyntaxErrorKind as Kind;
    match &error.kind {
        Kind::LateFutureImport => "from __future__ imports must occur at the beginning of the file".into(),
        Kind::ReboundComprehensionVariable => {
            "assignment expression cannot rebind comprehension iteration variable".into()
        }
        Kind::MultipleCaseAssignment(name) => format!("multiple assignments to name '{name}' in pattern"),
        Kind::WriteToDebug(_) => "cannot assign to __debug__".into(),
        Kind::LoadBeforeGlobalDeclaration { name, .. } => {
            format!("name '{name}' is used prior to global declaration")
        }
        Kind::LoadBeforeNonlocalDeclaration { name, .. } => {
            format!("name '{name}' is used prior to nonlocal declaration")
        }
        Kind::InvalidStarExpression => "can't use starred expression here".into(),
        Kind::YieldOutsideFunction(kind) => match kind {
            YieldOutsideFunctionKind::Yield | YieldOutsideFunctionKind::YieldFrom => {
                "'yield' outside function".into()
            }
            YieldOutsideFunctionKind::Await => "'await' outside function".into(),
        },
        Kind::ReturnOutsideFunction => "'return' outside function".into(),
        Kind::AwaitOutsideAsyncFunction(_) => "'await' outside async function".into(),
        Kind::DuplicateParameter(name) => format!("duplicate argument '{name}' in function definition"),
        Kind::DuplicateKeywordArgument(name) => format!("keyword argument repeated: {name}"),
        Kind::NonlocalAndGlobal(name) => format!("name '{name}' is nonlocal and global"),
        Kind::AnnotatedGlobal(name) => format!("annotated name '{name}' can't be global"),
        Kind::AnnotatedNonlocal(name) => format!("annotated name '{name}' can't be nonlocal"),
        Kind::YieldFromInAsyncFunction => "'yield from' inside async function".into(),
        Kind::NonModuleImportStar(_) => "import * only allowed at module level".into(),
        Kind::MultipleStarredExpressions => "multiple starred expressions in assignment".into(),
        Kind::FutureFeatureNotDefined(name) => format!("future feature {name} is not defined"),
        Kind::BreakOutsideLoop => "'break' outside loop".into(),
        Kind::ContinueOutsideLoop => "'continue' not properly in loop".into(),
        Kind::GlobalParameter(name) => format!("name '{name}' is parameter and global"),
        Kind::NonlocalParameter(name) => format!("name '{name}' is parameter and nonlocal"),
        Kind::DifferentMatchPatternBindings => "alternative patterns bind different names".into(),
        Kind::NonlocalWithoutBinding(name) => format!("no binding for nonlocal '{name}' found"),
        Kind::ReturnInGenerator => "'return' with value in async generator".into(),
        Kind::IrrefutableCasePattern(kind) => match kind {
            ast::IrrefutablePatternKind::Name(name) => {
                format!("name capture '{name}' makes remaining patterns unreachable")
            }
            ast::IrrefutablePatternKind::Wildcard => "wildcard makes remaining patterns unreachable".into(),
        },
        Kind::DuplicateMatchClassAttribute(name) => {
            format!("attribute name repeated in class pattern: {name}")
        }
        _ => error.to_string(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Function { is_async: bool },
    Lambda,
    Comprehension { is_async: bool, is_generator: bool },
}

struct Scope {
    kind: Kind,
    bound: Bound,
    globals: HashMap<String, TextRange>,
    parameters: Vec<String>,
    loops: usize,
}

impl Scope {
    fn new(kind: Kind, bound: Bound, body: &[Stmt]) -> Scope {
        let mut declarations = Declarations::default();
        body.iter().for_each(|stmt| declarations.visit_stmt(stmt));
        Scope { kind, bound, globals: declarations.globals, parameters: Vec::new(), loops: 0 }
    }
}

/// The `global` statements of one scope.
#[derive(Default)]
struct Declarations {
    globals: HashMap<String, TextRange>,
}

impl<'a> Visitor<'a> for Declarations {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Global(global) => {
                for name in &global.names {
                    self.globals.entry(name.to_string()).or_insert(name.range());
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Where the walk stands.
struct Here<'a> {
    source: &'a str,
    version: PythonVersion,
    places: Vec<Scope>,
    found: RefCell<Vec<SemanticSyntaxError>>,
    later_annotations: bool,
}

impl Here<'_> {
    fn scope(&self) -> Option<&Scope> {
        self.places.last()
    }

    fn nearest(&self, wanted: impl Fn(Kind) -> bool) -> Option<Kind> {
        self.places.iter().rev().map(|s| s.kind).find(|k| wanted(*k))
    }
}

impl SemanticSyntaxContext for Here<'_> {
    fn future_annotations_or_stub(&self) -> bool {
        self.later_annotations
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        None
    }

    fn python_version(&self) -> PythonVersion {
        self.version
    }

    fn source(&self) -> &str {
        self.source
    }

    fn global(&self, name: &str) -> Option<TextRange> {
        self.scope()?.globals.get(name).copied()
    }

    fn has_nonlocal_binding(&self, name: &str) -> bool {
        let outer = self.places.iter().rev().skip(1);
        outer
            .filter(|s| matches!(s.kind, Kind::Function { .. } | Kind::Lambda | Kind::Comprehension { .. }))
            .any(|s| s.bound.names.contains(name))
    }

    fn in_async_context(&self) -> bool {
        let nearest = self.nearest(|k| matches!(k, Kind::Function { .. } | Kind::Lambda | Kind::Class));
        matches!(nearest, Some(Kind::Function { is_async: true }))
    }

    fn in_await_allowed_context(&self) -> bool {
        let nearest = self.nearest(|k| !matches!(k, Kind::Comprehension { .. }));
        matches!(nearest, Some(Kind::Function { .. } | Kind::Lambda))
            || matches!(self.scope().map(|s| s.kind), Some(Kind::Comprehension { is_generator: true, .. }))
    }

    fn in_yield_allowed_context(&self) -> bool {
        matches!(self.scope().map(|s| s.kind), Some(Kind::Function { .. } | Kind::Lambda))
    }

    fn in_sync_comprehension(&self) -> bool {
        self.places
            .iter()
            .rev()
            .take_while(|s| matches!(s.kind, Kind::Comprehension { .. }))
            .any(|s| matches!(s.kind, Kind::Comprehension { is_async: false, is_generator: false }))
    }

    fn in_class_body_comprehension(&self) -> bool {
        let nearest = self.nearest(|k| !matches!(k, Kind::Comprehension { .. }));
        nearest == Some(Kind::Class)
    }

    fn in_module_scope(&self) -> bool {
        self.places.len() == 1
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.scope().map(|s| s.kind), Some(Kind::Function { .. }))
    }

    fn in_generator_context(&self) -> bool {
        matches!(self.scope().map(|s| s.kind), Some(Kind::Comprehension { is_generator: true, .. }))
    }

    fn in_notebook(&self) -> bool {
        false
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.found.borrow_mut().push(error);
    }

    fn in_loop_context(&self) -> bool {
        self.scope().is_some_and(|s| s.loops > 0)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        self.scope().is_some_and(|s| s.parameters.iter().any(|p| p == name))
    }
}

struct Walk<'a> {
    /// Taken out while it looks at a node, since it also borrows the place.
    checker: Option<SemanticSyntaxChecker>,
    here: Here<'a>,
}

impl Walk<'_> {
    fn with_checker(&mut self, look: impl FnOnce(&mut SemanticSyntaxChecker, &Here<'_>)) {
        if let Some(mut checker) = self.checker.take() {
            look(&mut checker, &self.here);
            self.checker = Some(checker);
        }
    }

    fn enter(&mut self, scope: Scope, inside: impl FnOnce(&mut Self)) {
        self.here.places.push(scope);
        inside(self);
        self.here.places.pop();
    }

    fn looped(&mut self, body: &[Stmt]) {
        if let Some(scope) = self.here.places.last_mut() {
            scope.loops += 1;
        }
        body.iter().for_each(|stmt| self.visit_stmt(stmt));
        if let Some(scope) = self.here.places.last_mut() {
            scope.loops -= 1;
        }
    }

    fn function(&mut self, def: &ast::StmtFunctionDef) {
        def.decorator_list.iter().for_each(|d| self.visit_decorator(d));
        let annotations = def.parameters.iter().filter_map(|p| p.annotation());
        for annotation in annotations.chain(def.returns.as_deref()) {
            self.visit_annotation(annotation);
        }
        self.defaults(&def.parameters);
        let mut bound = Bound::of_body(&def.body);
        bound.add_parameters(&def.parameters);
        let mut scope = Scope::new(Kind::Function { is_async: def.is_async }, bound, &def.body);
        scope.parameters = def.parameters.iter().map(|p| p.name().to_string()).collect();
        self.enter(scope, |walk| def.body.iter().for_each(|stmt| walk.visit_stmt(stmt)));
    }

    fn defaults(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            parameter.default.iter().for_each(|d| self.visit_expr(d));
        }
    }

    fn comprehension<'b>(
        &mut self,
        clauses: &'b [ast::Comprehension],
        elements: impl Iterator<Item = &'b Expr>,
        is_generator: bool,
    ) {
        let Some(first) = clauses.first() else { return };
        self.visit_expr(&first.iter);
        let bound = comprehension_targets(clauses.iter().map(|c| &c.target));
        let is_async = clauses.iter().any(|c| c.is_async);
        let scope = Scope::new(Kind::Comprehension { is_async, is_generator }, bound, &[]);
        self.enter(scope, |walk| {
            for (i, clause) in clauses.iter().enumerate() {
                walk.visit_expr(&clause.target);
                if i > 0 {
                    walk.visit_expr(&clause.iter);
                }
                clause.ifs.iter().for_each(|c| walk.visit_expr(c));
            }
            elements.for_each(|e| walk.visit_expr(e));
        });
    }
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.with_checker(|checker, here| checker.visit_stmt(stmt, here));
        match stmt {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|d| self.visit_decorator(d));
                class.arguments.iter().for_each(|a| self.visit_arguments(a));
                let scope = Scope::new(Kind::Class, Bound::of_body(&class.body), &class.body);
                self.enter(scope, |walk| class.body.iter().for_each(|stmt| walk.visit_stmt(stmt)));
            }
            Stmt::For(stmt) => {
                self.visit_expr(&stmt.iter);
                self.visit_expr(&stmt.target);
                self.looped(&stmt.body);
                stmt.orelse.iter().for_each(|s| self.visit_stmt(s));
            }
            Stmt::While(stmt) => {
                self.visit_expr(&stmt.test);
                self.looped(&stmt.body);
                stmt.orelse.iter().for_each(|s| self.visit_stmt(s));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.with_checker(|checker, here| checker.visit_expr(expr, here));
        match expr {
            Expr::Lambda(lambda) => {
                let mut bound = Bound::of_expr(&lambda.body);
                let mut names = Vec::new();
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                    bound.add_parameters(parameters);
                    names = parameters.iter().map(|p| p.name().to_string()).collect();
                }
                let mut scope = Scope::new(Kind::Lambda, bound, &[]);
                scope.parameters = names;
                self.enter(scope, |walk| walk.visit_expr(&lambda.body));
            }
            Expr::ListComp(c) => self.comprehension(&c.generators, std::iter::once(&*c.elt), false),
            Expr::SetComp(c) => self.comprehension(&c.generators, std::iter::once(&*c.elt), false),
            Expr::DictComp(c) => {
                let elements = c.key.as_deref().into_iter().chain(std::iter::once(&*c.value));
                self.comprehension(&c.generators, elements, false);
            }
            Expr::Generator(c) => self.comprehension(&c.generators, std::iter::once(&*c.elt), true),
            _ => visitor::walk_expr(self, expr),
        }
    }
}
