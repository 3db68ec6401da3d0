//! Dicts, which are namespaces too.

use std::rc::Rc;

use indexmap::IndexMap;

use super::condition::Condition;
use super::key::{Key, NameKey};
use super::types::Type;
use super::value::Value;
use crate::source::Site;

/// A dict, a namespace, `os.environ`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dict {
    pub(crate) entries: IndexMap<Key, Entry>,
    pub(crate) kind: DictKind,
    /// Why there may be other entries.
    pub(crate) open: Option<Rc<str>>,
    /// Whether it is `os.environ` or a copy of it, so that a look-up is a read of the environment.
    pub(crate) is_environ: bool,
}

/// What kind of dict it is.
#[derive(Clone, Debug, Default)]
pub(crate) enum DictKind {
    #[default]
    Plain,
    Environ,
    Ordered,
    /// With what makes a missing value.
    Default(Value),
    Counter,
}

impl DictKind {
    /// Its class.
    pub(crate) fn class(&self) -> Type {
        match self {
            DictKind::Plain => Type::Dict,
            DictKind::Environ => Type::Environ,
            DictKind::Ordered => Type::OrderedDict,
            DictKind::Default(_) => Type::DefaultDict,
            DictKind::Counter => Type::Counter,
        }
    }
}

/// A value under a key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
    /// Where it was put there: of a name, the statement that bound it.
    pub(crate) site: Site,
    /// On what it depends whether it is there at all.
    pub(crate) maybe: Option<Condition>,
}

impl Dict {
    /// The entry under a name.
    pub(crate) fn name(&self, name: &str) -> Option<&Entry> {
        self.entries.get(&NameKey(name))
    }

    /// Puts a value under a name.
    pub(crate) fn set_name(&mut self, name: &Rc<str>, value: Value, site: Site) {
        if let Some(entry) = self.entries.get_mut(&NameKey(name)) {
            entry.value = value;
            entry.site = site;
            entry.maybe = None;
            return;
        }
        let key = Value::str(Rc::clone(name));
        self.entries.insert(Key::Str(Rc::clone(name)), Entry { key, value, site, maybe: None });
    }

    /// Puts a value under a key.
    pub(crate) fn set(&mut self, key: Key, key_value: Value, value: Value, site: Site) {
        match self.entries.get_mut(&key) {
            Some(entry) => {
                entry.value = value;
                entry.site = site;
                entry.maybe = None;
            }
            None => {
                self.entries.insert(key, Entry { key: key_value, value, site, maybe: None });
            }
        }
    }

    /// Whether it is certain which keys it has.
    pub(crate) fn is_certain(&self) -> bool {
        self.open.is_none() && self.entries.values().all(|e| e.maybe.is_none())
    }
}
