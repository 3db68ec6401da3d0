//! The tree that is evaluated: Python's grammar with names resolved to scopes, constants decoded, and every node
//! with its site. Owned and reference-counted, so that functions can keep their bodies.

use std::rc::Rc;

use num_bigint::BigInt;

use crate::source::Site;

/// A statement with the place that a binding made by it is reported at.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) site: Site,
    pub(crate) kind: StmtKind,
    /// Whether a `yield` of the function stands in it.
    pub(crate) yields: bool,
}

/// Statements one after another; shared, so that a generator can hold where it stands.
pub(crate) type Block = Rc<[Stmt]>;

#[derive(Debug)]
pub(crate) enum StmtKind {
    Expr(Expr),
    Assign { targets: Vec<Target>, value: Expr },
    AugAssign { target: Target, op: BinOp, value: Expr },
    AnnAssign { target: Target, annotation: Rc<Expr>, value: Option<Expr> },
    Delete(Vec<Target>),
    If(Rc<If>),
    While(Rc<While>),
    For(Rc<For>),
    Try(Rc<Try>),
    With(Rc<With>),
    Match(Rc<Match>),
    Raise { error: Option<Expr>, cause: Option<Expr> },
    Assert { test: Expr, message: Option<Expr> },
    Return(Option<Expr>),
    Break,
    Continue,
    Pass,
    Import(Vec<ImportName>),
    ImportFrom(Box<ImportFrom>),
    Def(Box<Decorated<Code>>),
    Class(Box<Decorated<ClassBody>>),
}

#[derive(Debug)]
pub(crate) struct If {
    pub(crate) test: Expr,
    pub(crate) body: Block,
    pub(crate) orelse: Block,
    /// Names that are assigned in either branch: the test decides them even where the branch is not taken.
    pub(crate) decides: Vec<Name>,
    /// Whether a branch may leave the loop or function, so that the test decides whatever follows.
    pub(crate) jumps: bool,
}

#[derive(Debug)]
pub(crate) struct While {
    pub(crate) test: Expr,
    pub(crate) body: Block,
    pub(crate) orelse: Block,
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iter: Expr,
    pub(crate) body: Block,
    pub(crate) orelse: Block,
    pub(crate) is_async: bool,
}

#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) body: Block,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) orelse: Block,
    pub(crate) finally: Block,
    pub(crate) is_star: bool,
}

#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) site: Site,
    pub(crate) class: Option<Expr>,
    pub(crate) name: Option<Target>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct With {
    pub(crate) items: Vec<(Expr, Option<Target>)>,
    pub(crate) body: Block,
    pub(crate) is_async: bool,
}

#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) subject: Expr,
    pub(crate) cases: Vec<Case>,
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) pattern: Pattern,
    pub(crate) guard: Option<Expr>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) enum Pattern {
    Value(Expr),
    /// `None`, `True`, `False`: compared by identity.
    Singleton(Literal),
    /// The subject bound to a name, or to nothing (`_`).
    Capture(Option<Target>),
    As(Box<Pattern>, Target),
    Or(Vec<Pattern>),
    /// Patterns before, the star and what it binds, patterns after.
    Sequence {
        before: Vec<Pattern>,
        star: Option<Option<Target>>,
        after: Vec<Pattern>,
    },
    Mapping {
        keys: Vec<(Expr, Pattern)>,
        rest: Option<Target>,
    },
    Class {
        class: Expr,
        positional: Vec<Pattern>,
        keywords: Vec<(Rc<str>, Pattern)>,
    },
}

impl Pattern {
    /// The targets that are bound where it matches, each once (alternatives bind the same names).
    pub(crate) fn captures<'p>(&'p self, out: &mut Vec<&'p Target>) {
        match self {
            Pattern::Value(_) | Pattern::Singleton(_) => {}
            Pattern::Capture(target) => out.extend(target),
            Pattern::As(inner, target) => {
                inner.captures(out);
                out.push(target);
            }
            Pattern::Or(alternatives) => {
                if let Some(first) = alternatives.first() {
                    first.captures(out);
                }
            }
            Pattern::Sequence { before, star, after } => {
                before.iter().chain(after).for_each(|p| p.captures(out));
                out.extend(star.iter().flatten());
            }
            Pattern::Mapping { keys, rest } => {
                keys.iter().for_each(|(_, p)| p.captures(out));
                out.extend(rest);
            }
            Pattern::Class { positional, keywords, .. } => {
                positional.iter().chain(keywords.iter().map(|(_, p)| p)).for_each(|p| p.captures(out));
            }
        }
    }
}

/// `a.b.c as d`.
#[derive(Debug)]
pub(crate) struct ImportName {
    pub(crate) module: Rc<str>,
    /// Whether the module itself is bound (`as`) rather than its first package.
    pub(crate) aliased: bool,
    pub(crate) target: Target,
}

#[derive(Debug)]
pub(crate) struct ImportFrom {
    /// The module without the leading dots; empty for `from . import x`.
    pub(crate) module: Rc<str>,
    /// How many leading dots.
    pub(crate) level: u32,
    /// The names with where they go; `None` for `*`.
    pub(crate) names: Option<Vec<(Rc<str>, Target)>>,
}

/// A function or class with its decorators and the name it goes to.
#[derive(Debug)]
pub(crate) struct Decorated<T> {
    pub(crate) decorators: Vec<Expr>,
    pub(crate) target: Target,
    pub(crate) inner: Rc<T>,
    /// Default values, evaluated where the function is defined (empty for a class).
    pub(crate) defaults: Defaults,
}

/// Default values of parameters, in order.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    /// Of the last positional parameters.
    pub(crate) positional: Vec<Expr>,
    /// Of the keyword-only parameters, by position among these.
    pub(crate) keywords: Vec<(usize, Expr)>,
}

/// A body that runs in a scope of its own: function, lambda, generator expression.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) site: Site,
    pub(crate) name: Rc<str>,
    pub(crate) qualname: Rc<str>,
    pub(crate) params: Params,
    pub(crate) body: Block,
    pub(crate) is_generator: bool,
    pub(crate) is_async: bool,
    pub(crate) doc: Option<Rc<str>>,
}

#[derive(Debug, Default)]
pub(crate) struct Params {
    pub(crate) positional_only: usize,
    /// Positional parameters, the positional-only ones first.
    pub(crate) positional: Vec<Rc<str>>,
    pub(crate) varargs: Option<Rc<str>>,
    pub(crate) keyword_only: Vec<Rc<str>>,
    pub(crate) kwargs: Option<Rc<str>>,
}

#[derive(Debug)]
pub(crate) struct ClassBody {
    pub(crate) name: Rc<str>,
    pub(crate) qualname: Rc<str>,
    pub(crate) bases: Vec<Arg>,
    pub(crate) body: Block,
    pub(crate) doc: Option<Rc<str>>,
}

/// Where a name lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In the running function.
    Local,
    /// In the module, then among the builtins.
    Global,
    /// In the function so many function scopes further out (0 is the nearest).
    Enclosing(usize),
    /// In the class body that is running, then in the module, then among the builtins.
    Class,
}

#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) id: Rc<str>,
    pub(crate) scope: Scope,
}

/// What can be assigned to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) site: Site,
    pub(crate) kind: TargetKind,
}

#[derive(Debug)]
pub(crate) enum TargetKind {
    Name(Name),
    Attr(Box<Expr>, Rc<str>),
    Item(Box<Expr>, Box<Expr>),
    /// Targets, at most one of them starred.
    Unpack {
        before: Vec<Target>,
        star: Option<Box<Target>>,
        after: Vec<Target>,
    },
}

impl Target {
    /// Whether both are the same plain name.
    pub(crate) fn is_same_name(&self, other: &Target) -> bool {
        match (&self.kind, &other.kind) {
            (TargetKind::Name(a), TargetKind::Name(b)) => a.id == b.id,
            _ => false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) site: Site,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Literal(Literal),
    Name(Name),
    Attr(Box<Expr>, Rc<str>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<[Option<Expr>; 3]>),
    Call(Box<Call>),
    Binary(BinOp, Box<[Expr; 2]>),
    Unary(UnaryOp, Box<Expr>),
    /// `and` (true) or `or` (false).
    Bool(bool, Vec<Expr>),
    Compare(Box<Expr>, Vec<(CmpOp, Expr)>),
    Ternary(Box<Ternary>),
    Lambda(Box<(Rc<Code>, Defaults)>),
    Tuple(Vec<Element>),
    List(Vec<Element>),
    Set(Vec<Element>),
    /// Keys with values; a key of `None` is `**value`.
    Dict(Vec<(Option<Expr>, Expr)>),
    Comprehension(Box<Comprehension>),
    FString(Vec<FPiece>),
    Walrus(Box<(Target, Expr)>),
    Yield(Option<Box<Expr>>),
    YieldFrom(Box<Expr>),
    Await(Box<Expr>),
    /// An expression that is not modelled, with the reason.
    Unclear(Rc<str>),
}

#[derive(Debug)]
pub(crate) struct Ternary {
    pub(crate) test: Expr,
    pub(crate) yes: Expr,
    pub(crate) no: Expr,
}

/// An element of a display, perhaps starred.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) value: Expr,
    pub(crate) starred: bool,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) func: Expr,
    pub(crate) args: Vec<Arg>,
}

#[derive(Debug)]
pub(crate) enum Arg {
    Positional(Expr),
    Starred(Expr),
    Keyword(Rc<str>, Expr),
    DoubleStarred(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

#[derive(Debug)]
pub(crate) struct Comprehension {
    pub(crate) kind: ComprehensionKind,
    /// Evaluated in the scope around.
    pub(crate) first: Expr,
    pub(crate) inner: Rc<ComprehensionInner>,
}

/// The part of a comprehension that runs in its own scope.
#[derive(Debug)]
pub(crate) struct ComprehensionInner {
    pub(crate) site: Site,
    /// The element; the key of a dict comprehension.
    pub(crate) element: Expr,
    /// The value of a dict comprehension.
    pub(crate) value: Option<Expr>,
    pub(crate) clauses: Vec<Clause>,
}

#[derive(Debug)]
pub(crate) struct Clause {
    pub(crate) target: Target,
    /// `None` in the first clause, whose iterable comes from outside.
    pub(crate) iter: Option<Expr>,
    pub(crate) conditions: Vec<Expr>,
    pub(crate) is_async: bool,
}

/// A piece of an f-string.
#[derive(Debug)]
pub(crate) enum FPiece {
    Literal(Literal),
    Value {
        value: Expr,
        /// `s`, `r`, `a`
        conversion: Option<char>,
        spec: Option<Vec<FPiece>>,
        /// `x = ` of `f"{x = }"`.
        debug: Option<Rc<str>>,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Literal {
    None,
    Ellipsis,
    Bool(bool),
    Int(Rc<BigInt>),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    /// A string with parts of the source that are not known, as indices into the unit's holes.
    Holes(Rc<[HolePiece]>),
}

/// A piece of a string literal around a part of the source that is not known.
#[derive(Clone, Debug)]
pub(crate) enum HolePiece {
    Text(Rc<str>),
    /// Index into the unit's holes.
    Hole(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    MatMul,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    Or,
    Xor,
    And,
    FloorDiv,
}

impl BinOp {
    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            BinOp::Add => "+",
            BinOp::Sub => "-",
            BinOp::Mul => "*",
            BinOp::MatMul => "@",
            BinOp::Div => "/",
            BinOp::Mod => "%",
            BinOp::Pow => "**",
            BinOp::LShift => "<<",
            BinOp::RShift => ">>",
            BinOp::Or => "|",
            BinOp::Xor => "^",
            BinOp::And => "&",
            BinOp::FloorDiv => "//",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not,
    Plus,
    Minus,
    Invert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
    In,
    NotIn,
}

impl CmpOp {
    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            CmpOp::Eq => "==",
            CmpOp::Ne => "!=",
            CmpOp::Lt => "<",
            CmpOp::Le => "<=",
            CmpOp::Gt => ">",
            CmpOp::Ge => ">=",
            CmpOp::Is => "is",
            CmpOp::IsNot => "is not",
            CmpOp::In => "in",
            CmpOp::NotIn => "not in",
        }
    }
}
