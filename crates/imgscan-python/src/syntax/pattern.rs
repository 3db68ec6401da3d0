//! Patterns of `match`.

use ruff_python_ast::{Pattern as Ast, Singleton};
use ruff_text_size::Ranged;

use super::ir::{Literal, Pattern};
use super::{Fault, Lower};

impl Lower<'_> {
    /// A pattern.
    pub(super) fn pattern(&mut self, pattern: &Ast) -> Result<Pattern, Fault> {
        self.nested(|lower| lower.pattern_inner(pattern))
    }

    fn pattern_inner(&mut self, pattern: &Ast) -> Result<Pattern, Fault> {
        Ok(match pattern {
            Ast::MatchValue(p) => Pattern::Value(self.expr(&p.value)?),
            Ast::MatchSingleton(p) => Pattern::Singleton(match p.value {
                Singleton::None => Literal::None,
                Singleton::True => Literal::Bool(true),
                Singleton::False => Literal::Bool(false),
            }),
            Ast::MatchAs(p) => {
                let target = p.name.as_ref().map(|n| self.name_target(n)).transpose()?;
                match (&p.pattern, target) {
                    (Some(inner), Some(target)) => Pattern::As(Box::new(self.pattern(inner)?), target),
                    (Some(inner), None) => self.pattern(inner)?,
                    (None, target) => Pattern::Capture(target),
                }
            }
            Ast::MatchOr(p) => Pattern::Or(self.patterns(&p.patterns)?),
            Ast::MatchStar(p) => {
                return Err(Fault::syntax("SyntaxError", "invalid syntax", p.range().start()));
            }
            Ast::MatchSequence(p) => self.sequence(&p.patterns)?,
            Ast::MatchMapping(p) => {
                let mut keys = Vec::new();
                for (key, value) in p.keys.iter().zip(&p.patterns) {
                    keys.push((self.expr(key)?, self.pattern(value)?));
                }
                let rest = p.rest.as_ref().map(|n| self.name_target(n)).transpose()?;
                Pattern::Mapping { keys, rest }
            }
            Ast::MatchClass(p) => {
                let mut keywords = Vec::new();
                for keyword in &p.arguments.keywords {
                    keywords
                        .push((self.ident(&keyword.attr, keyword.range())?, self.pattern(&keyword.pattern)?));
                }
                let class = self.expr(&p.cls)?;
                Pattern::Class { class, positional: self.patterns(&p.arguments.patterns)?, keywords }
            }
        })
    }

    fn patterns(&mut self, patterns: &[Ast]) -> Result<Vec<Pattern>, Fault> {
        patterns.iter().map(|p| self.pattern(p)).collect()
    }

    fn sequence(&mut self, patterns: &[Ast]) -> Result<Pattern, Fault> {
        let (mut before, mut star, mut after) = (Vec::new(), None, Vec::new());
        for pattern in patterns {
            match pattern {
                Ast::MatchStar(p) if star.is_none() => {
                    star = Some(p.name.as_ref().map(|n| self.name_target(n)).transpose()?);
                }
                other if star.is_some() => after.push(self.pattern(other)?),
                other => before.push(self.pattern(other)?),
            }
        }
        Ok(Pattern::Sequence { before, star, after })
    }
}
