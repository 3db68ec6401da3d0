//! Variables: reading with a note of who asks, assigning with scopes and attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgscan_model::{Env, EnvSource, Need, Origin, Shape, Text};

use super::Shell;
use crate::dialect::Dialect;
use crate::state::{EnvRead, Value, Variable};
use crate::texts;

/// A variable that the shell has from nobody but itself, as most are: neither exported nor read-only.
fn of_runtime(text: Text) -> Variable {
    Variable {
        value: Value::Scalar(text),
        exported: false,
        readonly: false,
        integer: false,
        source: EnvSource::Runtime,
    }
}

impl Shell {
    /// The variables that a shell of this kind sets by itself.
    pub(super) fn initial_variables(&mut self) {
        let runtime = |what: &str| Origin::Runtime { what: what.into() };
        let mut defaults: Vec<(&str, &str)> = vec![("IFS", " \t\n"), ("OPTIND", "1"), ("PS4", "+ ")];
        let path = match self.local.dialect {
            Dialect::Ash => "/sbin:/usr/sbin:/bin:/usr/bin",
            _ => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        };
        if self.local.variables.get("PATH").is_none() {
            defaults.push(("PATH", path));
        }
        for (name, value) in defaults {
            let text = Text::derived(value, runtime(name));
            self.put(name, of_runtime(text));
        }
        let cwd = self.local.cwd.clone();
        self.put("PWD", Variable { exported: true, ..of_runtime(cwd) });
        if self.is_bash() || self.local.dialect == Dialect::Ash {
            let level = self
                .local
                .variables
                .text("SHLVL")
                .and_then(|t| t.known())
                .and_then(|t| t.parse::<i64>().ok());
            let text = Text::derived((level.unwrap_or(0) + 1).to_string(), runtime("SHLVL"));
            self.put("SHLVL", Variable { exported: true, ..of_runtime(text) });
        }
        if self.is_bash() {
            self.bash_variables();
        }
    }

    fn bash_variables(&mut self) {
        let runtime = |what: &str| Origin::Runtime { what: what.into() };
        let uid = self.local.who.uid;
        for name in ["UID", "EUID"] {
            let text = match uid {
                Some(uid) => Text::derived(uid.to_string(), runtime(name)),
                None => texts::symbol(
                    format!("${name}"),
                    Shape::Number,
                    vec![Need::Other("user".into())],
                    &runtime(name),
                ),
            };
            self.put(name, Variable { readonly: true, integer: true, ..of_runtime(text) });
        }
        let needed = [
            ("HOSTNAME", Shape::Word, Need::Hostname),
            ("PPID", Shape::Number, Need::Pid),
            ("BASH_VERSION", Shape::Word, Need::Other("version of bash".into())),
            ("HOSTTYPE", Shape::Word, Need::Other("machine".into())),
            ("MACHTYPE", Shape::Word, Need::Other("machine".into())),
            ("OSTYPE", Shape::Word, Need::Other("build of bash".into())),
            ("BASH", Shape::Word, Need::Other("path of bash".into())),
        ];
        for (name, shape, need) in needed {
            if self.local.variables.get(name).is_none() {
                let text = texts::symbol(format!("${name}"), shape, vec![need], &runtime(name));
                self.put(name, of_runtime(text));
            }
        }
    }

    fn put(&mut self, name: &str, variable: Variable) {
        self.local.variables.set(name, variable);
    }

    /// Notes that an environment variable was asked for: one that the script has not set itself.
    pub(crate) fn note_read(&mut self, name: &str, default: Option<Text>, origin: &Origin) {
        let own = self.local.variables.get(name).is_some_and(|v| v.source == EnvSource::Script)
            || self.local.scopes.iter().any(|s| s.contains_key(name));
        let internal =
            matches!(name, "IFS" | "OPTIND" | "OPTARG" | "PWD" | "OLDPWD" | "REPLY" | "RANDOM" | "_");
        if own || internal || self.world.reads.len() >= 2_000 {
            return;
        }
        let known = |r: &EnvRead| r.name == name && r.origin == *origin;
        if !self.world.reads.iter().any(known) {
            let read = EnvRead { name: name.to_owned(), default, origin: origin.clone() };
            Arc::make_mut(&mut self.world.reads).push(read);
        }
    }

    /// The value of a variable as `$name` gives it; `None` where it is unset.
    pub(crate) fn value(&self, name: &str) -> Option<Text> {
        if let Some(text) = self.special_value(name) {
            return Some(text);
        }
        let value = self.local.variables.text(name).cloned();
        match &self.local.any_variable {
            Some(reason) if value.is_none() => {
                Some(texts::unknown(reason.clone(), vec![Need::Env(name.to_owned())], &self.here()))
            }
            _ => value,
        }
    }

    /// From here on no variable is known, set or not (a file that is not known was sourced); those that shells keep
    /// by themselves stay.
    pub(crate) fn forget_variables(&mut self, reason: &str) {
        let own = ["IFS", "PWD", "OLDPWD", "OPTIND", "UID", "EUID", "PPID", "SHLVL", "PS4"];
        let names: Vec<String> = self
            .local
            .variables
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| !own.contains(&name.as_str()))
            .collect();
        let here = self.here();
        for name in names {
            let text = texts::unknown(reason, vec![Need::Env(name.clone())], &here);
            let variable = Variable { value: Value::Scalar(text), ..self.variable_for_change(&name) };
            self.put(&name, variable);
        }
        self.local.any_variable = Some(reason.to_owned());
    }

    /// Notes that a variable without a value of its own is to be exported once it has one.
    pub(crate) fn note_export(&mut self, name: &str, exports: bool) {
        if exports && self.local.variables.get(name).is_none() {
            let fresh = Variable { exported: true, ..self.variable_for_change(name) };
            self.put(name, fresh);
        }
    }

    /// Variables whose value changes by itself.
    fn special_value(&self, name: &str) -> Option<Text> {
        let dynamic =
            |need: Need| Some(texts::symbol(format!("${name}"), Shape::Number, vec![need], &self.here()));
        let bash = self.is_bash();
        let ash = self.local.dialect == Dialect::Ash;
        // Once unset they lose their meaning; a script that assigns them gives them a start value only.
        match name {
            "RANDOM" if bash || ash => dynamic(Need::Other("a random number".into())),
            "SRANDOM" if bash => dynamic(Need::Other("a random number".into())),
            "SECONDS" if bash => dynamic(Need::Time),
            "EPOCHSECONDS" | "EPOCHREALTIME" if bash || ash => dynamic(Need::Time),
            "BASHPID" if bash => dynamic(Need::Pid),
            "LINENO" => {
                let line = self.here().span().map(|s| s.line)?;
                Some(texts::symbol(
                    format!("{line}"),
                    Shape::Number,
                    vec![Need::Other("line number".into())],
                    &self.here(),
                ))
            }
            _ => None,
        }
    }

    /// Whether a variable may be assigned; bash and dash refuse readonly ones.
    pub(crate) fn is_readonly(&self, name: &str) -> bool {
        self.local.variables.get(name).is_some_and(|v| v.readonly)
    }

    /// Sets a variable's text (element 0 of an array), attributes kept.
    pub(crate) fn assign(&mut self, name: &str, text: Text) {
        let mut variable = self.variable_for_change(name);
        match &mut variable.value {
            Value::Indexed(items) => {
                items.insert(0, text);
            }
            Value::Assoc(items) => {
                items.insert("0".into(), text);
            }
            other => *other = Value::Scalar(text),
        }
        self.put(name, variable);
    }

    /// The variable as it stands, or a new one, marked as set by the script.
    pub(crate) fn variable_for_change(&self, name: &str) -> Variable {
        let mut variable = self.local.variables.get(name).cloned().unwrap_or(Variable {
            value: Value::Unset,
            exported: false,
            readonly: false,
            integer: false,
            source: EnvSource::Script,
        });
        variable.source = EnvSource::Script;
        variable.exported |= self.local.options.allexport;
        variable
    }

    /// Puts a variable as it is.
    pub(crate) fn put_variable(&mut self, name: &str, variable: Variable) {
        self.put(name, variable);
    }

    /// Sets one element of an array.
    pub(crate) fn assign_element(&mut self, name: &str, index: i64, text: Text) {
        let mut variable = self.variable_for_change(name);
        let mut items = match variable.value {
            Value::Indexed(items) => items,
            Value::Scalar(text) => BTreeMap::from([(0, text)]),
            _ => BTreeMap::new(),
        };
        items.insert(index, text);
        variable.value = Value::Indexed(items);
        self.put(name, variable);
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) {
        self.local.variables.remove(name);
    }

    /// Makes a variable local to the function under way: what it held comes back when the function ends.
    pub(crate) fn make_local(&mut self, name: &str) -> bool {
        let old = self.local.variables.get(name).cloned();
        let Some(scope) = self.local.scopes.last_mut() else { return false };
        if scope.contains_key(name) {
            return false;
        }
        scope.insert(name.to_owned(), old);
        true
    }

    /// Ends the innermost scope.
    pub(crate) fn end_scope(&mut self) {
        let Some(scope) = self.local.scopes.pop() else { return };
        for (name, old) in scope {
            match old {
                Some(variable) => self.put(&name, variable),
                None => self.unset(&name),
            }
        }
    }

    /// What programs see: the exported variables that have a value.
    pub(crate) fn environment(&self) -> Env {
        let mut env = Env::default();
        for (name, variable) in self.local.variables.iter() {
            if let (true, Value::Scalar(text)) = (variable.exported, &variable.value) {
                env.set(name, text.clone(), variable.source);
            }
        }
        env
    }
}
