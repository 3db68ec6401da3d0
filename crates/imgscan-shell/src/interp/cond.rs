//! bash's `[[ … ]]`.

use imgscan_model::Text;

use super::{Interp, Paths, Stop, done, next};
use crate::builtin::test::{self, Fault};
use crate::builtin::unknown_status;
use crate::pattern::Tri;
use crate::shell::Shell;
use crate::syntax::tree::Cond;

impl Interp<'_> {
    pub(super) fn double_bracket(&mut self, cond: &Cond, mut shell: Box<Shell>) -> Paths {
        let mut asked = Vec::new();
        match self.cond(cond, &mut shell, &mut asked) {
            Err(stop) => self.stop(shell, stop),
            Ok(Tri::Yes) => done(shell, 0),
            Ok(Tri::No) => done(shell, 1),
            Ok(Tri::Maybe) => {
                self.unknowns += 1;
                unknown_status(&mut shell);
                let span = shell.local.command;
                let key = test::key(&shell, &asked);
                shell.local.status_key = Some(format!("{}{key}", shell.local.unit.raw(span)));
                next(shell)
            }
        }
    }

    fn cond(&mut self, cond: &Cond, shell: &mut Shell, asked: &mut Vec<Text>) -> Result<Tri, Stop> {
        self.step(shell)?;
        match cond {
            Cond::Not(inner) => Ok(self.cond(inner, shell, asked)?.not()),
            Cond::And(left, right) => match self.cond(left, shell, asked)? {
                Tri::No => Ok(Tri::No),
                Tri::Yes => self.cond(right, shell, asked),
                Tri::Maybe => Ok(match self.cond(right, shell, asked)? {
                    Tri::No => Tri::No,
                    _ => Tri::Maybe,
                }),
            },
            Cond::Or(left, right) => match self.cond(left, shell, asked)? {
                Tri::Yes => Ok(Tri::Yes),
                Tri::No => self.cond(right, shell, asked),
                Tri::Maybe => Ok(match self.cond(right, shell, asked)? {
                    Tri::Yes => Tri::Yes,
                    _ => Tri::Maybe,
                }),
            },
            Cond::Word(word) => {
                let text = self.single(shell, word)?;
                asked.push(text.clone());
                Ok(crate::texts::is_nonempty(&text).map_or(Tri::Maybe, Tri::from))
            }
            Cond::Unary(op, word) => {
                let text = self.single(shell, word)?;
                asked.push(text.clone());
                match op.as_str() {
                    "-n" => Ok(crate::texts::is_nonempty(&text).map_or(Tri::Maybe, Tri::from)),
                    "-z" => Ok(crate::texts::is_nonempty(&text).map_or(Tri::Maybe, Tri::from).not()),
                    op => Ok(test::unary(shell, op, &text).unwrap_or(Tri::Maybe)),
                }
            }
            Cond::Binary(op, left, right) => {
                let left = self.single(shell, left)?;
                asked.push(left.clone());
                self.binary_cond(op, &left, right, shell, asked)
            }
        }
    }

    fn binary_cond(
        &mut self,
        op: &str,
        left: &Text,
        right: &crate::syntax::tree::Word,
        shell: &mut Shell,
        asked: &mut Vec<Text>,
    ) -> Result<Tri, Stop> {
        match op {
            "=" | "==" | "!=" => {
                let pattern = self.pattern_of_test(shell, right)?;
                let matched = super::case::matches_in_case(shell, &pattern, left);
                Ok(if op == "!=" { matched.not() } else { matched })
            }
            "=~" => {
                let units = self.regex_units(shell, right)?;
                let raw = shell.local.unit.raw(right.span).to_owned();
                Ok(super::rematch::regex_match(shell, left, &units, &raw))
            }
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let right = self.single(shell, right)?;
                asked.push(right.clone());
                let span = shell.local.command;
                let a = self.arithmetic_text(shell, left, span)?;
                let b = self.arithmetic_text(shell, &right, span)?;
                let (Ok(crate::arith::Num::Known(a)), Ok(crate::arith::Num::Known(b))) = (a, b) else {
                    return Ok(Tri::Maybe);
                };
                Ok(Tri::from(match op {
                    "-eq" => a == b,
                    "-ne" => a != b,
                    "-lt" => a < b,
                    "-le" => a <= b,
                    "-gt" => a > b,
                    _ => a >= b,
                }))
            }
            op => {
                let right = self.single(shell, right)?;
                asked.push(right.clone());
                match test::binary(shell, left, op, &right) {
                    Ok(outcome) => Ok(outcome),
                    Err(Fault::Refused | Fault::Unsure) => Ok(Tri::Maybe),
                }
            }
        }
    }
}
