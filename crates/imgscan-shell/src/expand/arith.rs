//! Arithmetic inside words, and the variables that it reads and writes.

use imgscan_model::{Opaque, Shape, Text};

use crate::arith::{self, ArithError, ArithVars, Num};
use crate::dialect::Dialect;
use crate::interp::{Interp, Stop};
use crate::shell::{Shell, shown};
use crate::state::Value;
use crate::syntax::tree::{Arith, Span};
use crate::texts;

impl Interp<'_> {
    /// The value of `$(( … ))` as text.
    pub(super) fn arith_value(&mut self, shell: &mut Shell, arith: &Arith) -> Result<Text, Stop> {
        match self.arithmetic(shell, arith)? {
            Ok(num) => Ok(num_text(shell, &num, arith.span)),
            Err(reason) => {
                let text = self.arith_text(shell, arith).map(|t| t.needs()).unwrap_or_default();
                Ok(unknown_number(shell, &reason, text, arith.span))
            }
        }
    }

    /// Evaluates an expression. The inner error says why the number is not known.
    pub(crate) fn arithmetic(
        &mut self,
        shell: &mut Shell,
        arith: &Arith,
    ) -> Result<Result<Num, String>, Stop> {
        let text = self.arith_text(shell, arith)?;
        self.arithmetic_text(shell, &text, arith.span)
    }

    /// Evaluates an expression that is already expanded.
    pub(crate) fn arithmetic_text(
        &mut self,
        shell: &mut Shell,
        text: &Text,
        span: Span,
    ) -> Result<Result<Num, String>, Stop> {
        if text.len() > 16_384 {
            return Ok(Err("the expression is too long".into()));
        }
        self.steps(shell, 1 + text.len() as u64 / 16)?;
        let dialect = shell.local.dialect;
        let mut vars = Vars { shell, span };
        match arith::evaluate(text, dialect, &mut vars) {
            Ok(num) => Ok(Ok(num)),
            Err(ArithError::Unsure(reason)) => Ok(Err(reason)),
            Err(ArithError::Doubtful(reason)) => Err(Stop::Lost(reason)),
            Err(ArithError::Unset(name)) => Err(self.unset_error(shell, &name)),
            Err(ArithError::Refused) => {
                let origin = shell.origin(span);
                let text = shown(&text.display());
                shell.problem(origin, format!("the shell refuses this arithmetic: `{text}`"));
                Err(if shell.is_bash() { Stop::Discard } else { Stop::exit(2) })
            }
        }
    }
}

/// A number as text: known, or an expression.
pub(crate) fn num_text(shell: &Shell, num: &Num, span: Span) -> Text {
    let place = shell.local.unit.slice(span);
    match num {
        Num::Known(n) => place.respelled(n.to_string()),
        Num::Symbol(symbol) => {
            texts::symbol(symbol.text.clone(), Shape::Number, symbol.needs.clone(), &shell.origin(span))
        }
    }
}

fn unknown_number(shell: &Shell, reason: &str, needs: Vec<imgscan_model::Need>, span: Span) -> Text {
    let text = shown(shell.local.unit.raw(span));
    let reason = Some(reason.to_owned());
    Text::opaque(Opaque { text, needs, shape: Shape::Number, reason }, shell.origin(span))
}

struct Vars<'a> {
    shell: &'a mut Shell,
    span: Span,
}

impl ArithVars for Vars<'_> {
    fn read(&mut self, name: &str, index: Option<&Num>) -> Result<Option<Text>, ArithError> {
        let origin = self.shell.origin(self.span);
        self.shell.note_read(name, None, &origin);
        let value = match index {
            None => self.shell.value(name),
            Some(Num::Symbol(_)) => {
                return Err(ArithError::Unsure(format!("an element of `{name}` is not known")));
            }
            Some(Num::Known(index)) => match self.shell.local.variables.get(name).map(|v| &v.value) {
                Some(Value::Indexed(items)) => items.get(index).cloned(),
                Some(Value::Scalar(text)) if *index == 0 => Some(text.clone()),
                Some(Value::Assoc(_)) => {
                    return Err(ArithError::Unsure(format!("`{name}` is an associative array")));
                }
                _ => None,
            },
        };
        let strict = self.shell.is_bash() && self.shell.local.options.nounset;
        if value.is_none() && strict { Err(ArithError::Unset(name.to_owned())) } else { Ok(value) }
    }

    fn write(&mut self, name: &str, index: Option<&Num>, value: &Num) -> Result<(), ArithError> {
        if self.shell.is_readonly(name) {
            return Err(ArithError::Unsure(format!("`{name}` is read only")));
        }
        let text = num_text(self.shell, value, self.span);
        match index {
            None => self.shell.assign(name, text),
            Some(Num::Known(index)) if self.shell.local.dialect != Dialect::Ash => {
                self.shell.assign_element(name, *index, text);
            }
            Some(_) => return Err(ArithError::Unsure(format!("an element of `{name}` is not known"))),
        }
        Ok(())
    }
}
