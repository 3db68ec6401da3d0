//! What a setting can be: known, unset, symbolic or unknown.

use std::fmt;

/// A value that is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Python's `None`, JSON's `null`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number. What does not fit is reported as unknown.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    List(Vec<Data>),
    /// Pairs in the order written.
    Map(Vec<(String, Data)>),
    /// An object that has only a name: `post_fork`, of type `function`.
    Object {
        /// Its name as the server would see it.
        name: String,
        /// Its type: `function`, `class`, `module` …
        kind: String,
    },
}

impl Data {
    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Data::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Data]> {
        match self {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Data::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Data::Str(text.to_owned())
    }
}

impl From<i64> for Data {
    fn from(number: i64) -> Self {
        Data::Int(number)
    }
}

impl From<bool> for Data {
    fn from(truth: bool) -> Self {
        Data::Bool(truth)
    }
}

/// As a person would write it: text bare, lists and maps as in Python.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::Str(s) => f.write_str(s),
            other => write_nested(other, f),
        }
    }
}

fn write_nested(data: &Data, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match data {
        Data::None => f.write_str("None"),
        Data::Bool(true) => f.write_str("True"),
        Data::Bool(false) => f.write_str("False"),
        Data::Int(n) => write!(f, "{n}"),
        Data::Float(x) => write!(f, "{x:?}"),
        Data::Str(s) => write!(f, "'{}'", s.replace('\\', "\\\\").replace('\'', "\\'")),
        Data::List(items) => {
            f.write_str("[")?;
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                write_nested(item, f)?;
            }
            f.write_str("]")
        }
        Data::Map(pairs) => {
            f.write_str("{")?;
            for (i, (key, value)) in pairs.iter().enumerate() {
                if i > 0 {
                    f.write_str(", ")?;
                }
                write!(f, "'{key}': ")?;
                write_nested(value, f)?;
            }
            f.write_str("}")
        }
        Data::Object { name, kind } => write!(f, "<{kind} {name}>"),
    }
}

/// What a value that is not known waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// The number of processors (`--cpus`).
    CpuCount,
    /// An environment variable (`--env`).
    Env(String),
    /// The host's name.
    Hostname,
    /// The time of day.
    Time,
    /// The process number.
    Pid,
    /// A file whose content is not in the image.
    File(String),
    /// Anything else, by a name a person understands.
    Other(String),
}

/// As in the report: `cpu_count`, `env:DB_HOST`, `file:/run/secrets/x`.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Need::CpuCount => f.write_str("cpu_count"),
            Need::Env(name) => write!(f, "env:{name}"),
            Need::Hostname => f.write_str("hostname"),
            Need::Time => f.write_str("time"),
            Need::Pid => f.write_str("pid"),
            Need::File(path) => write!(f, "file:{path}"),
            Need::Other(what) => f.write_str(what),
        }
    }
}

/// A value with its certainty. A reader that cannot be sure says so here; it never guesses.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// It is this.
    Known(Data),
    /// Nobody sets it and there is no default.
    Unset,
    /// It is this expression over things that only the run time knows.
    Symbolic {
        /// The expression as a person would write it, e.g. `cpu_count() * 2 + 1`.
        text: String,
        /// What it waits for.
        needs: Vec<Need>,
    },
    /// It cannot be told.
    Unknown {
        /// Why, in words.
        reason: String,
        /// What would settle it, if that can be named.
        needs: Vec<Need>,
    },
}

impl Value {
    /// An unknown value with the reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Value::Unknown { reason: reason.into(), needs: Vec::new() }
    }

    /// A known text.
    pub fn str(text: impl Into<String>) -> Self {
        Value::Known(Data::Str(text.into()))
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&Data> {
        match self {
            Value::Known(data) => Some(data),
            _ => None,
        }
    }

    /// What it waits for; empty where it is known.
    pub fn needs(&self) -> &[Need] {
        match self {
            Value::Symbolic { needs, .. } | Value::Unknown { needs, .. } => needs,
            _ => &[],
        }
    }
}

/// As a person would write it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Known(data) => data.fmt(f),
            Value::Unset => f.write_str("unset"),
            Value::Symbolic { text, .. } => f.write_str(text),
            Value::Unknown { reason, .. } => write!(f, "unknown: {reason}"),
        }
    }
}
