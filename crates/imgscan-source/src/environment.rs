//! The environment variables and the home directory that sources consult, as data: tests and the service give their
//! own instead of the process's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Where variables are looked up.
#[derive(Clone, Debug)]
pub struct Environment(Variables);

#[derive(Clone, Debug)]
enum Variables {
    Process,
    Given(Arc<BTreeMap<String, String>>),
}

impl Environment {
    /// The process's own environment.
    pub fn of_process() -> Self {
        Environment(Variables::Process)
    }

    /// An environment that consists of these variables only (`HOME` is the home directory).
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let map = variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        Environment(Variables::Given(Arc::new(map)))
    }

    /// A variable that is set to something: an empty one counts as unset, and so does one that is no UTF-8.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Variables::Process => std::env::var(name).ok(),
            Variables::Given(map) => map.get(name).cloned(),
        }
        .filter(|value| !value.is_empty())
    }

    /// A place of the system; `None` for an environment that was given: it has no system.
    pub(crate) fn system(&self, path: &str) -> Option<PathBuf> {
        matches!(self.0, Variables::Process).then(|| PathBuf::from(path))
    }

    /// Gives a program this environment.
    pub(crate) fn give_to(&self, command: &mut std::process::Command) {
        if let Variables::Given(map) = &self.0 {
            command.env_clear().envs(map.iter());
        }
    }

    /// The home directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}
