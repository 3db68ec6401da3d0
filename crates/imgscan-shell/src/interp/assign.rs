//! Assignments.

use std::collections::BTreeMap;

use imgscan_model::Text;

use super::{Interp, Stop};
use crate::arith::Num;
use crate::shell::Shell;
use crate::state::{Value, Variable};
use crate::syntax::tree::{Arith, Assign, AssignValue, Element};

/// What an assignment gives a variable.
pub(crate) enum Assigned {
    Text(Text),
    Element(Arith, Text),
    Array(Vec<Element>),
}

impl Interp<'_> {
    /// Performs assignments that stay.
    pub(super) fn assign_all(&mut self, shell: &mut Shell, assigns: &[Assign]) -> Result<(), Stop> {
        for assign in assigns {
            self.step(shell)?;
            self.assign(shell, assign)?;
        }
        Ok(())
    }

    fn assign(&mut self, shell: &mut Shell, assign: &Assign) -> Result<(), Stop> {
        let origin = shell.origin(assign.span);
        let value = match (&assign.value, &assign.index) {
            (AssignValue::Array(elements), None) => Assigned::Array(elements.clone()),
            (AssignValue::Array(_), Some(_)) => return Err(Stop::Discard),
            (AssignValue::Word(word), None) => Assigned::Text(self.assigned(shell, word)?.through(&origin)),
            (AssignValue::Word(word), Some(index)) => {
                Assigned::Element(index.clone(), self.assigned(shell, word)?.through(&origin))
            }
        };
        self.assign_value(shell, &assign.name, value, assign.append)
    }

    /// Gives a variable a value.
    pub(crate) fn assign_value(
        &mut self,
        shell: &mut Shell,
        name: &str,
        value: Assigned,
        append: bool,
    ) -> Result<(), Stop> {
        if shell.is_readonly(name) {
            let origin = shell.here();
            shell.problem(origin, format!("`{name}` is read only"));
            return Err(readonly_error(shell));
        }
        match value {
            Assigned::Text(text) => {
                let text = self.with_integer(shell, name, text, append)?;
                shell.assign(name, text);
            }
            Assigned::Element(index, text) => self.assign_element(shell, name, &index, text, append)?,
            Assigned::Array(elements) => self.assign_array(shell, name, &elements, append)?,
        }
        Ok(())
    }

    /// `declare -i` makes a value arithmetic; `+=` appends, or adds.
    fn with_integer(
        &mut self,
        shell: &mut Shell,
        name: &str,
        text: Text,
        append: bool,
    ) -> Result<Text, Stop> {
        let integer = shell.local.variables.get(name).is_some_and(|v| v.integer);
        let old = if append { shell.local.variables.text(name).cloned() } else { None };
        if !integer {
            return Ok(match old {
                Some(old) => {
                    self.pay_for(shell, old.len() + text.len())?;
                    crate::texts::join2(&old, &text)
                }
                None => text,
            });
        }
        let whole = match old.filter(|t| !t.is_empty()) {
            Some(old) => {
                let (open, plus, close) = (text.respelled("("), text.respelled(")+("), text.respelled(")"));
                Text::concat([&open, &old, &plus, &text, &close])
            }
            None => text,
        };
        let span = shell.local.command;
        Ok(match self.arithmetic_text(shell, &whole, span)? {
            Ok(Num::Known(n)) => whole.respelled(n.to_string()),
            Ok(num) => crate::expand::num_text(shell, &num, span),
            Err(reason) => crate::texts::unknown(reason, whole.needs(), &shell.here()),
        })
    }

    fn assign_element(
        &mut self,
        shell: &mut Shell,
        name: &str,
        index: &Arith,
        text: Text,
        append: bool,
    ) -> Result<(), Stop> {
        if let Some(Value::Assoc(items)) = shell.local.variables.get(name).map(|v| v.value.clone()) {
            let key = self.arith_text(shell, index)?;
            let Some(key) = key.known() else {
                return Err(Stop::Lost(format!("which element of `{name}` is set is not known")));
            };
            let mut items = items;
            let new = appended(items.get(key), text, append);
            items.insert(key.to_owned(), new);
            let variable = Variable { value: Value::Assoc(items), ..shell.variable_for_change(name) };
            shell.put_variable(name, variable);
            return Ok(());
        }
        let number = match self.arithmetic(shell, index)? {
            Ok(Num::Known(n)) => n,
            _ => return Err(Stop::Lost(format!("which element of `{name}` is set is not known"))),
        };
        let items = indexed(shell, name);
        let number = if number < 0 { items.keys().last().map_or(number, |l| l + 1 + number) } else { number };
        if number < 0 {
            return Err(Stop::Discard);
        }
        let new = appended(items.get(&number), text, append);
        shell.assign_element(name, number, new);
        Ok(())
    }

    fn assign_array(
        &mut self,
        shell: &mut Shell,
        name: &str,
        elements: &[Element],
        append: bool,
    ) -> Result<(), Stop> {
        let is_assoc = matches!(shell.local.variables.get(name).map(|v| &v.value), Some(Value::Assoc(_)));
        if is_assoc {
            return self.assign_assoc(shell, name, elements, append);
        }
        let mut items = if append { indexed(shell, name) } else { BTreeMap::new() };
        let mut at = items.keys().last().map_or(0, |last| last + 1);
        for element in elements {
            self.step(shell)?;
            if let Some(index) = &element.index {
                at = match self.arithmetic(shell, index)? {
                    Ok(Num::Known(n)) if n >= 0 => n,
                    _ => return Err(Stop::Lost(format!("which element of `{name}` is set is not known"))),
                };
                let text = self.assigned(shell, &element.value)?;
                let new = appended(items.get(&at), text, element.append);
                items.insert(at, new);
                at += 1;
                continue;
            }
            let mut fields = Vec::new();
            self.word_fields(shell, &element.value, &mut fields)?;
            for field in fields {
                items.insert(at, field);
                at += 1;
            }
        }
        let variable = Variable { value: Value::Indexed(items), ..shell.variable_for_change(name) };
        shell.put_variable(name, variable);
        Ok(())
    }

    fn assign_assoc(
        &mut self,
        shell: &mut Shell,
        name: &str,
        elements: &[Element],
        append: bool,
    ) -> Result<(), Stop> {
        let mut items = match shell.local.variables.get(name).map(|v| v.value.clone()) {
            Some(Value::Assoc(items)) if append => items,
            _ => BTreeMap::new(),
        };
        for element in elements {
            self.step(shell)?;
            let Some(index) = &element.index else {
                return Err(Stop::Lost("an associative array is set without subscripts".into()));
            };
            let key = self.arith_text(shell, index)?;
            let Some(key) = key.known() else {
                return Err(Stop::Lost(format!("which element of `{name}` is set is not known")));
            };
            let text = self.assigned(shell, &element.value)?;
            let new = appended(items.get(key), text, element.append);
            items.insert(key.to_owned(), new);
        }
        let variable = Variable { value: Value::Assoc(items), ..shell.variable_for_change(name) };
        shell.put_variable(name, variable);
        Ok(())
    }
}

fn appended(old: Option<&Text>, text: Text, append: bool) -> Text {
    match old {
        Some(old) if append => crate::texts::join2(old, &text),
        _ => text,
    }
}

fn indexed(shell: &Shell, name: &str) -> BTreeMap<i64, Text> {
    match shell.local.variables.get(name).map(|v| v.value.clone()) {
        Some(Value::Indexed(items)) => items,
        Some(Value::Scalar(text)) => BTreeMap::from([(0, text)]),
        _ => BTreeMap::new(),
    }
}

/// What follows from an assignment to a readonly variable.
pub(crate) fn readonly_error(shell: &Shell) -> Stop {
    match shell.local.dialect {
        crate::dialect::Dialect::Bash => Stop::Discard,
        crate::dialect::Dialect::BashPosix => Stop::exit(crate::expand::error_status(shell)),
        _ => Stop::exit(2),
    }
}
