//! Expressions.

use std::rc::Rc;

use imgscan_model::Shape;
use ruff_python_ast::{self as ast, Expr as Ast, InterpolatedStringElement, Operator};
use ruff_text_size::{Ranged, TextRange};

use super::ir::{
    Arg, BinOp, Call, Clause, CmpOp, Code, Comprehension, ComprehensionInner, ComprehensionKind, Defaults,
    Element, Expr, ExprKind, FPiece, HolePiece, Literal, Name, Params, Stmt, StmtKind, Ternary, UnaryOp,
};
use super::scope::{self, Bound, ScopeKind};
use super::{Fault, Lower};

/// An operator of two operands.
pub(super) fn bin_op(op: Operator) -> BinOp {
    match op {
        Operator::Add => BinOp::Add,
        Operator::Sub => BinOp::Sub,
        Operator::Mult => BinOp::Mul,
        Operator::MatMult => BinOp::MatMul,
        Operator::Div => BinOp::Div,
        Operator::Mod => BinOp::Mod,
        Operator::Pow => BinOp::Pow,
        Operator::LShift => BinOp::LShift,
        Operator::RShift => BinOp::RShift,
        Operator::BitOr => BinOp::Or,
        Operator::BitXor => BinOp::Xor,
        Operator::BitAnd => BinOp::And,
        Operator::FloorDiv => BinOp::FloorDiv,
    }
}

fn cmp_op(op: ast::CmpOp) -> CmpOp {
    match op {
        ast::CmpOp::Eq => CmpOp::Eq,
        ast::CmpOp::NotEq => CmpOp::Ne,
        ast::CmpOp::Lt => CmpOp::Lt,
        ast::CmpOp::LtE => CmpOp::Le,
        ast::CmpOp::Gt => CmpOp::Gt,
        ast::CmpOp::GtE => CmpOp::Ge,
        ast::CmpOp::Is => CmpOp::Is,
        ast::CmpOp::IsNot => CmpOp::IsNot,
        ast::CmpOp::In => CmpOp::In,
        ast::CmpOp::NotIn => CmpOp::NotIn,
    }
}

impl Lower<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &Ast) -> Result<Expr, Fault> {
        let site = self.site(expr.range());
        let kind = self.nested(|lower| lower.kind_of(expr))?;
        Ok(Expr { site, kind })
    }

    fn boxed(&mut self, expr: &Ast) -> Result<Box<Expr>, Fault> {
        Ok(Box::new(self.expr(expr)?))
    }

    fn kind_of(&mut self, expr: &Ast) -> Result<ExprKind, Fault> {
        Ok(match expr {
            Ast::NoneLiteral(_) => ExprKind::Literal(Literal::None),
            Ast::BooleanLiteral(e) => ExprKind::Literal(Literal::Bool(e.value)),
            Ast::EllipsisLiteral(_) => ExprKind::Literal(Literal::Ellipsis),
            Ast::NumberLiteral(e) => self.number(&e.value),
            Ast::StringLiteral(e) => self.string(&e.value),
            Ast::BytesLiteral(e) => ExprKind::Literal(self.bytes(&e.value)?),
            Ast::FString(e) => self.f_string(&e.value)?,
            Ast::Name(e) => self.name(&e.id, e.range())?,
            Ast::Attribute(e) => {
                let name = self.ident(&e.attr, e.attr.range())?;
                ExprKind::Attr(self.boxed(&e.value)?, name)
            }
            Ast::Subscript(e) => ExprKind::Item(self.boxed(&e.value)?, self.boxed(&e.slice)?),
            Ast::Slice(e) => ExprKind::Slice(Box::new([
                self.optional(e.lower.as_deref())?,
                self.optional(e.upper.as_deref())?,
                self.optional(e.step.as_deref())?,
            ])),
            Ast::Call(e) => {
                let func = self.expr(&e.func)?;
                ExprKind::Call(Box::new(Call { func, args: self.arguments(&e.arguments)? }))
            }
            Ast::BinOp(e) => {
                let operands = Box::new([self.expr(&e.left)?, self.expr(&e.right)?]);
                ExprKind::Binary(bin_op(e.op), operands)
            }
            Ast::UnaryOp(e) => {
                let op = match e.op {
                    ast::UnaryOp::Not => UnaryOp::Not,
                    ast::UnaryOp::UAdd => UnaryOp::Plus,
                    ast::UnaryOp::USub => UnaryOp::Minus,
                    ast::UnaryOp::Invert => UnaryOp::Invert,
                };
                ExprKind::Unary(op, self.boxed(&e.operand)?)
            }
            Ast::BoolOp(e) => ExprKind::Bool(e.op == ast::BoolOp::And, self.exprs(&e.values)?),
            Ast::Compare(e) => {
                let first = self.boxed(&e.left)?;
                let mut rest = Vec::new();
                for (op, operand) in e.ops.iter().zip(&e.comparators) {
                    rest.push((cmp_op(*op), self.expr(operand)?));
                }
                ExprKind::Compare(first, rest)
            }
            Ast::If(e) => ExprKind::Ternary(Box::new(Ternary {
                test: self.expr(&e.test)?,
                yes: self.expr(&e.body)?,
                no: self.expr(&e.orelse)?,
            })),
            Ast::Named(e) => ExprKind::Walrus(Box::new((self.target(&e.target)?, self.expr(&e.value)?))),
            Ast::Lambda(e) => self.lambda(e)?,
            Ast::Tuple(e) => ExprKind::Tuple(self.elements(&e.elts)?),
            Ast::List(e) => ExprKind::List(self.elements(&e.elts)?),
            Ast::Set(e) => ExprKind::Set(self.elements(&e.elts)?),
            Ast::Dict(e) => {
                let mut items = Vec::new();
                for item in &e.items {
                    items.push((self.optional(item.key.as_ref())?, self.expr(&item.value)?));
                }
                ExprKind::Dict(items)
            }
            Ast::ListComp(e) => {
                self.comprehension(ComprehensionKind::List, &e.elt, None, &e.generators, e.range())?
            }
            Ast::SetComp(e) => {
                self.comprehension(ComprehensionKind::Set, &e.elt, None, &e.generators, e.range())?
            }
            Ast::DictComp(e) => match &e.key {
                Some(key) => {
                    let kind = ComprehensionKind::Dict;
                    self.comprehension(kind, key, Some(&e.value), &e.generators, e.range())?
                }
                None => ExprKind::Unclear("unpacking in a comprehension is not followed".into()),
            },
            Ast::Generator(e) => {
                self.comprehension(ComprehensionKind::Generator, &e.elt, None, &e.generators, e.range())?
            }
            Ast::Yield(e) => {
                self.yields += 1;
                ExprKind::Yield(e.value.as_deref().map(|v| self.boxed(v)).transpose()?)
            }
            Ast::YieldFrom(e) => {
                self.yields += 1;
                ExprKind::YieldFrom(self.boxed(&e.value)?)
            }
            Ast::Await(e) => ExprKind::Await(self.boxed(&e.value)?),
            Ast::Starred(e) => {
                return Err(Fault::syntax(
                    "SyntaxError",
                    "can't use starred expression here",
                    e.range().start(),
                ));
            }
            Ast::TString(_) => ExprKind::Unclear("t-strings are not followed".into()),
            Ast::IpyEscapeCommand(_) => ExprKind::Unclear("an IPython command is not followed".into()),
        })
    }

    fn exprs(&mut self, exprs: &[Ast]) -> Result<Vec<Expr>, Fault> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    /// A name that is read; or a part of the source that is not known.
    fn name(&mut self, id: &str, range: TextRange) -> Result<ExprKind, Fault> {
        if self.unit.has_holes() {
            let mut chars = id.chars();
            if let (Some(c), None) = (chars.next(), chars.next())
                && let Some(hole) = self.unit.hole_of(c)
            {
                return match self.unit.shape_of(hole) {
                    Shape::Any => Err(Fault::Unclear("a part of the source is not known".into())),
                    _ => Ok(ExprKind::Literal(Literal::Holes([HolePiece::Hole(hole)].into()))),
                };
            }
        }
        Ok(ExprKind::Name(Name { id: self.ident(id, range)?, scope: scope::resolve(&self.scopes, id) }))
    }

    fn elements(&mut self, elements: &[Ast]) -> Result<Vec<Element>, Fault> {
        let mut out = Vec::with_capacity(elements.len());
        for element in elements {
            out.push(match element {
                Ast::Starred(starred) => Element { value: self.expr(&starred.value)?, starred: true },
                other => Element { value: self.expr(other)?, starred: false },
            });
        }
        Ok(out)
    }

    /// The arguments of a call or the bases of a class, in the order in which they stand.
    pub(super) fn arguments(&mut self, arguments: &ast::Arguments) -> Result<Vec<Arg>, Fault> {
        let mut args: Vec<(TextRange, Arg)> = Vec::new();
        for argument in &arguments.args {
            let arg = match argument {
                Ast::Starred(starred) => Arg::Starred(self.expr(&starred.value)?),
                other => Arg::Positional(self.expr(other)?),
            };
            args.push((argument.range(), arg));
        }
        for keyword in &arguments.keywords {
            let value = self.expr(&keyword.value)?;
            let arg = match &keyword.arg {
                Some(name) => Arg::Keyword(self.ident(name, name.range())?, value),
                None => Arg::DoubleStarred(value),
            };
            args.push((keyword.range(), arg));
        }
        // CPython evaluates positional arguments before keyword arguments whatever their order in the source.
        Ok(args.into_iter().map(|(_, arg)| arg).collect())
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) -> Result<ExprKind, Fault> {
        let mut bound = Bound::of_expr(&lambda.body);
        let mut defaults = Defaults::default();
        if let Some(parameters) = &lambda.parameters {
            defaults = self.defaults(parameters)?;
            bound.add_parameters(parameters);
        }
        let is_generator = bound.has_yield;
        let qualname = self.qualname("<lambda>");
        self.push(ScopeKind::Function, "<lambda>", bound);
        let params = match &lambda.parameters {
            Some(parameters) => self.params(parameters)?,
            None => Params::default(),
        };
        let yields = self.yields;
        let value = self.expr(&lambda.body)?;
        self.yields = yields;
        self.pop();
        let statement = Stmt { site: value.site, kind: StmtKind::Return(Some(value)), yields: is_generator };
        let body = Rc::new([statement]);
        let site = self.site(lambda.range());
        let name = "<lambda>".into();
        let code = Code { site, name, qualname, params, body, is_generator, is_async: false, doc: None };
        Ok(ExprKind::Lambda(Box::new((Rc::new(code), defaults))))
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        element: &Ast,
        value: Option<&Ast>,
        clauses: &[ast::Comprehension],
        range: TextRange,
    ) -> Result<ExprKind, Fault> {
        let Some((head, rest)) = clauses.split_first() else {
            return Ok(ExprKind::Unclear("a comprehension without `for`".into()));
        };
        if matches!(element, Ast::Starred(_)) {
            return Ok(ExprKind::Unclear("unpacking in a comprehension is not followed".into()));
        }
        let first = self.expr(&head.iter)?;
        let bound = scope::comprehension_targets(clauses.iter().map(|c| &c.target));
        self.push(ScopeKind::Comprehension, "<comprehension>", bound);
        let mut lowered = vec![self.clause(head, None)?];
        for clause in rest {
            let iter = self.expr(&clause.iter)?;
            lowered.push(self.clause(clause, Some(iter))?);
        }
        let element = self.expr(element)?;
        let value = self.optional(value)?;
        self.pop();
        let site = self.site(range);
        let inner = Rc::new(ComprehensionInner { site, element, value, clauses: lowered });
        Ok(ExprKind::Comprehension(Box::new(Comprehension { kind, first, inner })))
    }

    fn clause(&mut self, clause: &ast::Comprehension, iter: Option<Expr>) -> Result<Clause, Fault> {
        let target = self.target(&clause.target)?;
        Ok(Clause { target, iter, conditions: self.exprs(&clause.ifs)?, is_async: clause.is_async })
    }

    fn f_string(&mut self, value: &ast::FStringValue) -> Result<ExprKind, Fault> {
        let mut pieces = Vec::new();
        for part in value {
            match part {
                ast::FStringPart::Literal(literal) => {
                    if literal.value.contains('\u{FFFD}') {
                        return Ok(ExprKind::Unclear("the string may hold half of a surrogate pair".into()));
                    }
                    pieces.push(FPiece::Literal(self.text(&literal.value)));
                }
                ast::FStringPart::FString(f_string) => {
                    let range = f_string.range();
                    let source =
                        self.unit.code().get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
                    pieces.extend(self.f_pieces(&f_string.elements, source)?);
                }
            }
        }
        Ok(ExprKind::FString(pieces))
    }

    fn f_pieces<'b>(
        &mut self,
        elements: impl IntoIterator<Item = &'b InterpolatedStringElement>,
        source: &str,
    ) -> Result<Vec<FPiece>, Fault> {
        let mut pieces = Vec::new();
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    if self.may_hold_surrogate(&literal.value, source) {
                        return Err(Fault::Unclear("an f-string holds half of a surrogate pair".into()));
                    }
                    pieces.push(FPiece::Literal(self.text(&literal.value)));
                }
                InterpolatedStringElement::Interpolation(inner) => {
                    let value = self.expr(&inner.expression)?;
                    let spec = match &inner.format_spec {
                        Some(spec) => Some(self.nested(|lower| lower.f_pieces(&spec.elements, source))?),
                        None => None,
                    };
                    let conversion = match inner.conversion {
                        ast::ConversionFlag::None => None,
                        ast::ConversionFlag::Str => Some('s'),
                        ast::ConversionFlag::Ascii => Some('a'),
                        ast::ConversionFlag::Repr => Some('r'),
                    };
                    let debug = inner.debug_text.as_ref().map(|text| text.as_str().into());
                    pieces.push(FPiece::Value { value, conversion, spec, debug });
                }
            }
        }
        Ok(pieces)
    }
}
