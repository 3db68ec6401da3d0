//! What a parameter holds, before an operator is applied.

use std::collections::BTreeMap;

use imgscan_model::{Need, Shape, Text};

use super::is_open;
use crate::dialect::Dialect;
use crate::interp::{Interp, Stop};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::state::Value;
use crate::syntax::tree::{Index, Name, Param};
use crate::texts;

/// What a parameter holds.
#[derive(Clone, Debug)]
pub(super) enum Got {
    Unset,
    One(Text),
    /// `@` or `*`, of the positional parameters or an array.
    Many {
        items: Vec<Text>,
        star: bool,
        positional: bool,
    },
}

impl Interp<'_> {
    /// What the parameter of an expansion holds.
    pub(super) fn got(&mut self, shell: &mut Shell, param: &Param) -> Result<Got, Stop> {
        match &param.name {
            Name::Special('@') => {
                Ok(Got::Many { items: shell.local.positional.clone(), star: false, positional: true })
            }
            Name::Special('*') => {
                Ok(Got::Many { items: shell.local.positional.clone(), star: true, positional: true })
            }
            Name::Special(c) => Ok(special(shell, *c, param)),
            Name::Positional(n) => Ok(positional(shell, *n)),
            Name::Variable(name) => {
                let name = name.clone();
                self.variable(shell, &name, param.index.as_ref(), param)
            }
        }
    }

    /// A variable or what a subscript picks of it.
    pub(super) fn variable(
        &mut self,
        shell: &mut Shell,
        name: &str,
        index: Option<&Index>,
        param: &Param,
    ) -> Result<Got, Stop> {
        let origin = shell.origin(param.span);
        if let Some(array) = own_array(shell, name) {
            return self.picked(shell, array, index, param);
        }
        let Some(index) = index else {
            return Ok(shell.value(name).map_or(Got::Unset, Got::One));
        };
        let value = shell.local.variables.get(name).map(|v| v.value.clone());
        match value {
            Some(Value::Indexed(items)) => self.picked(shell, items, Some(index), param),
            Some(Value::Assoc(items)) => match index {
                Index::At | Index::Star => {
                    if items.len() > 1 {
                        // bash keeps them in the order of its hash table.
                        let needs = texts::needs_of(items.values());
                        let hole =
                            texts::unknown("the order of an associative array is not known", needs, &origin);
                        return Ok(many(vec![hole.unquoted()], index));
                    }
                    Ok(many(items.into_values().collect(), index))
                }
                Index::Of(arith) => {
                    let key = self.arith_text(shell, arith)?;
                    match key.known() {
                        Some(key) => Ok(items.get(key).cloned().map_or(Got::Unset, Got::One)),
                        None => {
                            Ok(Got::One(texts::unknown("the subscript is not known", key.needs(), &origin)))
                        }
                    }
                }
            },
            // What is not known may have been an array.
            Some(Value::Scalar(text)) if text.known().is_none() => {
                let hole = |reason: &str| texts::unknown(reason, text.needs(), &origin);
                Ok(match index {
                    Index::At | Index::Star => {
                        many(vec![hole("how many elements it has is not known").unquoted()], index)
                    }
                    Index::Of(_) => Got::One(hole("what its elements are is not known")),
                })
            }
            Some(Value::Scalar(text)) => self.picked(shell, BTreeMap::from([(0, text)]), Some(index), param),
            Some(Value::Unset) | None => self.picked(shell, BTreeMap::new(), Some(index), param),
        }
    }

    fn picked(
        &mut self,
        shell: &mut Shell,
        items: BTreeMap<i64, Text>,
        index: Option<&Index>,
        param: &Param,
    ) -> Result<Got, Stop> {
        let arith = match index {
            None => return Ok(items.get(&0).cloned().map_or(Got::Unset, Got::One)),
            Some(index @ (Index::At | Index::Star)) => return Ok(many(items.into_values().collect(), index)),
            Some(Index::Of(arith)) => arith,
        };
        let origin = shell.origin(param.span);
        if items.values().any(is_open) {
            let reason = "how many elements stand before it is not known";
            return Ok(Got::One(texts::unknown(reason, texts::needs_of(items.values()), &origin)));
        }
        match self.arithmetic(shell, arith)? {
            Ok(crate::arith::Num::Known(n)) => {
                let n = if n < 0 { items.keys().last().map_or(n, |last| last + 1 + n) } else { n };
                Ok(items.get(&n).cloned().map_or(Got::Unset, Got::One))
            }
            _ => Ok(Got::One(texts::unknown("the subscript is not known", Vec::new(), &origin))),
        }
    }
}

fn many(items: Vec<Text>, index: &Index) -> Got {
    Got::Many { items, star: matches!(index, Index::Star), positional: false }
}

/// Arrays that bash keeps by itself and that depend on where the script stands.
fn own_array(shell: &Shell, name: &str) -> Option<BTreeMap<i64, Text>> {
    if !shell.is_bash() {
        return None;
    }
    match name {
        "BASH_SOURCE" => Some(BTreeMap::from([(0, shell.local.source_path.clone())])),
        "PIPESTATUS" => {
            let text = |status: &Status| match status {
                Status::Known(n) => Text::derived(n.to_string(), shell.here()),
                Status::Unknown(what) | Status::Failed(what) => {
                    let need = vec![Need::Other(format!("status of `{what}`"))];
                    texts::symbol("$PIPESTATUS", Shape::Number, need, &shell.here())
                }
            };
            Some((0..).zip(shell.local.pipe_statuses.iter().map(text)).collect())
        }
        _ => None,
    }
}

fn positional(shell: &Shell, n: usize) -> Got {
    if n == 0 {
        return Got::One(shell.local.arg0.clone());
    }
    let before = shell.local.positional.get(..n).unwrap_or(&shell.local.positional);
    if before.iter().any(is_open) {
        let needs = texts::needs_of(before);
        return Got::One(texts::symbol(format!("${n}"), Shape::Any, needs, &shell.here()));
    }
    shell.local.positional.get(n - 1).cloned().map_or(Got::Unset, Got::One)
}

fn special(shell: &Shell, c: char, param: &Param) -> Got {
    let place = || shell.local.unit.slice(param.span);
    let origin = shell.origin(param.span);
    let pid = |text: &str| texts::symbol(text, Shape::Number, vec![Need::Pid], &origin);
    match c {
        '#' => {
            let all = &shell.local.positional;
            if all.iter().any(is_open) {
                return Got::One(texts::symbol("$#", Shape::Number, texts::needs_of(all), &origin));
            }
            Got::One(place().respelled(all.len().to_string()))
        }
        '?' => match &shell.local.status {
            Status::Known(n) => Got::One(place().respelled(n.to_string())),
            Status::Unknown(what) | Status::Failed(what) => {
                let need = vec![Need::Other(format!("status of `{what}`"))];
                Got::One(texts::symbol("$?", Shape::Number, need, &origin))
            }
        },
        '$' => Got::One(pid("$$")),
        '!' if shell.local.has_background => Got::One(pid("$!")),
        '-' => Got::One(place().respelled(flags(shell))),
        _ => Got::Unset,
    }
}

/// `$-`, in the order in which each shell writes it.
fn flags(shell: &Shell) -> String {
    let options = shell.local.options;
    let mut flags = String::new();
    let command_string = options.command_string && shell.local.dialect != Dialect::Dash;
    let letters = if shell.is_bash() {
        [
            (options.allexport, 'a'),
            (options.errexit, 'e'),
            (options.noglob, 'f'),
            (true, 'h'),
            (options.noexec, 'n'),
            (options.nounset, 'u'),
            (options.xtrace, 'x'),
            (true, 'B'),
            (options.noclobber, 'C'),
            (command_string, 'c'),
        ]
    } else {
        [
            (options.nounset, 'u'),
            (options.allexport, 'a'),
            (options.noclobber, 'C'),
            (options.xtrace, 'x'),
            (command_string, 'c'),
            (options.noexec, 'n'),
            (options.noglob, 'f'),
            (options.errexit, 'e'),
            (false, 'm'),
            (false, 'i'),
        ]
    };
    flags.extend(letters.iter().filter(|(on, _)| *on).map(|(_, letter)| letter));
    flags
}
