//! `export`, `readonly`, `local`, `declare`, `unset`.

use std::collections::BTreeMap;

use imgscan_model::{Shape, Text};

use super::with_status;
use crate::dialect::Dialect;
use crate::interp::{Assigned, Interp, Paths, Stop, Words, done, readonly_error};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::state::{Value, Variable};
use crate::{syntax, texts};

/// What a declaration says of its names.
#[derive(Clone, Copy, Default)]
struct Attributes {
    export: Option<bool>,
    readonly: bool,
    integer: Option<bool>,
    array: bool,
    assoc: bool,
    nameref: bool,
    case: bool,
    local: bool,
    global: bool,
}

/// `export`
pub(super) fn export(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let attributes = Attributes { export: Some(true), ..Attributes::default() };
    declaration(interp, words, shell, attributes)
}

/// `readonly`
pub(super) fn readonly(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    declaration(interp, words, shell, Attributes { readonly: true, ..Attributes::default() })
}

/// `local`
pub(super) fn local(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    if shell.local.scopes.is_empty() {
        if shell.is_bash() {
            return done(shell, 1);
        }
        interp.exit(shell, Status::Known(2));
        return Vec::new();
    }
    declaration(interp, words, shell, Attributes { local: true, ..Attributes::default() })
}

/// `declare` and `typeset`
pub(super) fn declare(interp: &mut Interp<'_>, words: Words, shell: Box<Shell>) -> Paths {
    let local = !shell.local.scopes.is_empty();
    declaration(interp, words, shell, Attributes { local, ..Attributes::default() })
}

fn declaration(
    interp: &mut Interp<'_>,
    words: Words,
    mut shell: Box<Shell>,
    attributes: Attributes,
) -> Paths {
    let mut attributes = attributes;
    let arrays = std::mem::take(&mut shell.local.pending_arrays);
    let mut args = words.argv.get(1..).unwrap_or(&[]);
    let mut functions = None;
    while let Some(option) = args.first().and_then(|a| a.known()) {
        let Some(letters) = option.strip_prefix(['-', '+']).filter(|l| !l.is_empty()) else { break };
        let on = option.starts_with('-');
        args = args.get(1..).unwrap_or(&[]);
        if letters == "-" {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'x' => attributes.export = Some(on),
                'n' if attributes.export.is_some() => attributes.export = Some(false),
                'n' => attributes.nameref = true,
                'r' => attributes.readonly = on,
                'i' => attributes.integer = Some(on),
                'a' => attributes.array = true,
                'A' => attributes.assoc = true,
                'u' | 'l' | 'c' => attributes.case = true,
                'g' => attributes.global = true,
                'f' | 'F' => functions = Some(letter),
                'p' | 't' | 'I' => return listing(interp, shell),
                _ => return done(shell, 2),
            }
        }
    }
    if let Some(letter) = functions {
        return of_functions(interp, args, letter, shell);
    }
    if args.is_empty() {
        return listing(interp, shell);
    }
    if attributes.nameref || attributes.case {
        interp.lose(shell, "references to variables and changes of case on assignment are not followed");
        return Vec::new();
    }
    let mut status = 0;
    for arg in args {
        let array = arrays.iter().find(|(name, ..)| arg.known() == Some(name.as_str()));
        let result = match array {
            Some((name, elements, append)) => {
                one(interp, &mut shell, name, Some((Assigned::Array(elements.clone()), *append)), attributes)
            }
            None => argument(interp, &mut shell, arg, attributes),
        };
        match result {
            Ok(true) => {}
            Ok(false) => status = 1,
            Err(stop) => return interp.stop(shell, stop),
        }
    }
    if status != 0 && matches!(shell.local.dialect, Dialect::Dash | Dialect::Ash | Dialect::Posix) {
        interp.exit(shell, Status::Known(2));
        return Vec::new();
    }
    done(shell, status)
}

/// `name` or `name=value`. `Ok(false)` where that is no name.
fn argument(
    interp: &mut Interp<'_>,
    shell: &mut Shell,
    arg: &Text,
    attributes: Attributes,
) -> Result<bool, Stop> {
    let raw = arg.raw();
    let end = raw.find('=').unwrap_or(raw.len());
    if arg.slice(0..end).known().is_none() {
        // `export $(…)` of a text that is not known: any variable may hold anything now.
        let reason = "it may have been declared by a word that is not known";
        let origin = shell.here();
        shell.problem(origin, format!("which variables are declared is not known: `{}`", arg.display()));
        shell.forget_variables(reason);
        return Ok(true);
    }
    let (name, append) = match raw.get(..end).unwrap_or("").strip_suffix('+') {
        Some(name) if end < raw.len() => (name, true),
        _ => (raw.get(..end).unwrap_or(""), false),
    };
    let is_name =
        name.bytes().all(syntax::is_name_byte) && name.bytes().next().is_some_and(syntax::is_name_start);
    if !is_name {
        if name.contains('[') {
            return Err(Stop::Lost("the declaration of an element is not followed".into()));
        }
        return Ok(false);
    }
    let value = (end < raw.len()).then(|| (Assigned::Text(arg.slice(end + 1..raw.len())), append));
    one(interp, shell, name, value, attributes)
}

fn one(
    interp: &mut Interp<'_>,
    shell: &mut Shell,
    name: &str,
    value: Option<(Assigned, bool)>,
    attributes: Attributes,
) -> Result<bool, Stop> {
    if shell.local.dialect == Dialect::Bash
        && shell.is_readonly(name)
        && (value.is_some() || attributes.local)
    {
        // bash's own builtins fail; they do not end the line as an assignment does.
        let origin = shell.here();
        shell.problem(origin, format!("`{name}` is read only"));
        shell.complain();
        return Ok(false);
    }
    if attributes.local && !attributes.global && shell.make_local(name) {
        if shell.is_readonly(name) {
            return Err(readonly_error(shell));
        }
        // A new local is unset; dash leaves it the value of the variable that it hides.
        let keeps = matches!(shell.local.dialect, Dialect::Dash);
        if shell.local.dialect == Dialect::Posix && value.is_none() && shell.value(name).is_some() {
            return Err(Stop::Lost(format!(
                "shells disagree on what a local `{name}` without a value holds"
            )));
        }
        let old = shell.local.variables.get(name).cloned();
        let exported = old.as_ref().is_some_and(|v| v.exported);
        if !keeps {
            let fresh = Variable { value: Value::Unset, exported, ..shell.variable_for_change(name) };
            shell.put_variable(name, Variable { integer: false, ..fresh });
        }
    }
    if attributes.assoc || attributes.array {
        let mut variable = shell.variable_for_change(name);
        variable.value = match (variable.value, attributes.assoc) {
            (Value::Assoc(items), true) => Value::Assoc(items),
            (_, true) => Value::Assoc(BTreeMap::new()),
            (Value::Indexed(items), false) => Value::Indexed(items),
            (Value::Scalar(text), false) => Value::Indexed(BTreeMap::from([(0, text)])),
            (_, false) => Value::Indexed(BTreeMap::new()),
        };
        shell.put_variable(name, variable);
    }
    if let Some(integer) = attributes.integer {
        let variable = Variable { integer, ..shell.variable_for_change(name) };
        shell.put_variable(name, variable);
    }
    let origin = shell.here();
    match value {
        Some((Assigned::Text(text), append)) => {
            interp.assign_value(shell, name, Assigned::Text(text.through(&origin)), append)?;
        }
        Some((value, append)) => interp.assign_value(shell, name, value, append)?,
        None => shell.note_export(name, attributes.export == Some(true)),
    }
    if attributes.export.is_some() || attributes.readonly {
        let known = shell.local.variables.get(name).cloned();
        let source = known.as_ref().map(|v| v.source);
        let mut variable = shell.variable_for_change(name);
        if let (Some(source), false) = (source, attributes.readonly) {
            variable.source = source;
        }
        variable.exported = attributes.export.unwrap_or(variable.exported);
        variable.readonly |= attributes.readonly;
        shell.put_variable(name, variable);
    }
    Ok(true)
}

/// A list of variables, which is written in an order of the shell's own.
fn listing(interp: &mut Interp<'_>, shell: Box<Shell>) -> Paths {
    interp
        .ran(
            crate::tool::Ran::Unknown("a list of variables is written in an order of the shell's own".into()),
            shell,
        )
        .into_iter()
        .map(|mut path| {
            path.shell.set_status(Status::Known(0));
            path
        })
        .collect()
}

/// `declare -f name`, `declare -F name`, `export -f name`: whether the functions are there.
fn of_functions(interp: &mut Interp<'_>, args: &[Text], letter: char, mut shell: Box<Shell>) -> Paths {
    let mut all = true;
    for arg in args {
        match arg.known() {
            Some(name) => {
                let there = shell.local.functions.contains_key(name);
                all &= there;
                if there && letter == 'F' {
                    let origin = shell.here();
                    shell.write(1, Text::derived(format!("{name}\n"), origin.clone()), &origin);
                }
            }
            None => {
                interp.lose(shell, "which function is meant is not known");
                return Vec::new();
            }
        }
    }
    if letter == 'f' || args.is_empty() {
        let origin = shell.here();
        let hole = texts::symbol("$(declare -f)", Shape::Any, Vec::new(), &origin);
        shell.write_unknown(1, &hole, &origin);
    }
    done(shell, u8::from(!all))
}

/// `unset`
pub(super) fn unset(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut args = words.argv.get(1..).unwrap_or(&[]);
    let mut functions = false;
    let mut variables = false;
    while let Some(option) = args.first().and_then(|a| a.known()).filter(|a| a.starts_with('-')) {
        match option {
            "-f" => functions = true,
            "-v" => variables = true,
            "--" => {
                args = args.get(1..).unwrap_or(&[]);
                break;
            }
            _ => return done(shell, 2),
        }
        args = args.get(1..).unwrap_or(&[]);
    }
    for arg in args {
        let Some(name) = arg.known() else {
            interp.lose(shell, format!("which variable is unset is not known: `{}`", arg.display()));
            return Vec::new();
        };
        if functions {
            std::sync::Arc::make_mut(&mut shell.local.functions).remove(name);
            continue;
        }
        if shell.is_readonly(name) {
            if shell.is_bash() && shell.local.dialect == Dialect::Bash {
                return done(shell, 1);
            }
            interp.exit(shell, Status::Known(2));
            return Vec::new();
        }
        if let Some((array, index)) = name.strip_suffix(']').and_then(|n| n.split_once('[')) {
            let Some(items) = element_removed(&shell, array, index) else {
                interp.lose(shell, "which element is unset is not known");
                return Vec::new();
            };
            let variable = Variable { value: items, ..shell.variable_for_change(array) };
            shell.put_variable(array, variable);
            continue;
        }
        let there = shell.local.variables.get(name).is_some();
        shell.unset(name);
        if !there && !variables && shell.is_bash() {
            std::sync::Arc::make_mut(&mut shell.local.functions).remove(name);
        }
    }
    with_status(shell, Status::Known(0))
}

fn element_removed(shell: &Shell, array: &str, index: &str) -> Option<Value> {
    match shell.local.variables.get(array).map(|v| v.value.clone())? {
        Value::Indexed(mut items) => {
            let index: i64 = index.trim_matches(['"', '\'']).parse().ok()?;
            items.remove(&index);
            Some(Value::Indexed(items))
        }
        Value::Assoc(mut items) => {
            items.remove(index.trim_matches(['"', '\'']));
            Some(Value::Assoc(items))
        }
        _ => None,
    }
}
