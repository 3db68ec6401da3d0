//! The environment of a process.

use crate::text::Text;

/// Who put a variable into the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvSource {
    /// `ENV` of the image.
    Image,
    /// An option of imgscan or a deployment file.
    Overlay,
    /// A start script, a wrapper or a supervisor.
    Script,
    /// The container runtime (`HOME`, `HOSTNAME`, the default `PATH`).
    Runtime,
}

/// A variable with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value, with its origins.
    pub value: Text,
    /// Who put it there.
    pub source: EnvSource,
}

/// An environment, in the order in which variables were first set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Env {
    vars: Vec<EnvVar>,
}

impl Env {
    /// The variable, if it is set (perhaps to the empty string).
    pub fn get(&self, name: &str) -> Option<&EnvVar> {
        self.vars.iter().find(|v| v.name == name)
    }

    /// The value, if the variable is set.
    pub fn value(&self, name: &str) -> Option<&Text> {
        self.get(name).map(|v| &v.value)
    }

    /// Sets a variable; one that was set keeps its position.
    pub fn set(&mut self, name: &str, value: Text, source: EnvSource) {
        match self.vars.iter_mut().find(|v| v.name == name) {
            Some(var) => (var.value, var.source) = (value, source),
            None => self.vars.push(EnvVar { name: name.to_owned(), value, source }),
        }
    }

    /// Takes a variable out.
    pub fn unset(&mut self, name: &str) {
        self.vars.retain(|v| v.name != name);
    }

    /// Takes all variables out.
    pub fn clear(&mut self) {
        self.vars.clear();
    }

    /// All variables in order.
    pub fn iter(&self) -> impl Iterator<Item = &EnvVar> {
        self.vars.iter()
    }
}
