//! What is assigned to.

use ruff_python_ast::{Expr, Identifier};
use ruff_text_size::Ranged;

use super::ir::{Name, Target, TargetKind};
use super::scope;
use super::{Fault, Lower};

impl Lower<'_> {
    /// An assignment target.
    pub(super) fn target(&mut self, expr: &Expr) -> Result<Target, Fault> {
        self.nested(|lower| lower.target_inner(expr))
    }

    fn target_inner(&mut self, expr: &Expr) -> Result<Target, Fault> {
        let site = self.site(expr.range());
        let kind = match expr {
            Expr::Name(name) => TargetKind::Name(self.bound_name(&name.id, expr.range())?),
            Expr::Attribute(attribute) => {
                let name = self.ident(&attribute.attr, attribute.attr.range())?;
                TargetKind::Attr(Box::new(self.expr(&attribute.value)?), name)
            }
            Expr::Subscript(subscript) => TargetKind::Item(
                Box::new(self.expr(&subscript.value)?),
                Box::new(self.expr(&subscript.slice)?),
            ),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts)?,
            Expr::List(list) => self.unpack(&list.elts)?,
            Expr::Starred(starred) => {
                let message = "starred assignment target must be in a list or tuple";
                return Err(Fault::syntax("SyntaxError", message, starred.range().start()));
            }
            other => return Err(Fault::syntax("SyntaxError", "invalid syntax", other.range().start())),
        };
        Ok(Target { site, kind })
    }

    fn unpack(&mut self, elements: &[Expr]) -> Result<TargetKind, Fault> {
        let (mut before, mut star, mut after) = (Vec::new(), None, Vec::new());
        for element in elements {
            match element {
                Expr::Starred(starred) if star.is_some() => {
                    let message = "multiple starred expressions in assignment";
                    return Err(Fault::syntax("SyntaxError", message, starred.range().start()));
                }
                Expr::Starred(starred) => star = Some(Box::new(self.target(&starred.value)?)),
                other if star.is_some() => after.push(self.target(other)?),
                other => before.push(self.target(other)?),
            }
        }
        Ok(TargetKind::Unpack { before, star, after })
    }

    /// A name that is bound here.
    pub(super) fn bound_name(&mut self, id: &str, range: ruff_text_size::TextRange) -> Result<Name, Fault> {
        if id == "__debug__" {
            return Err(Fault::syntax("SyntaxError", "cannot assign to __debug__", range.start()));
        }
        let scope = scope::resolve(&self.scopes, id);
        Ok(Name { id: self.ident(id, range)?, scope })
    }

    /// A target that is a plain name with a range of its own.
    pub(super) fn name_target(&mut self, name: &Identifier) -> Result<Target, Fault> {
        let kind = TargetKind::Name(self.bound_name(name, name.range())?);
        Ok(Target { site: self.site(name.range()), kind })
    }
}
