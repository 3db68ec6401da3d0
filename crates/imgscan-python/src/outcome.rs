//! What goes into an evaluation and what comes out of it.

use std::sync::Arc;

use imgscan_model::{Env, FileView, Need, Origin, Place, Problem, Text};
use num_bigint::BigInt;

/// A module to evaluate and the world it runs in.
pub struct Module<'a> {
    /// The source.
    pub source: &'a Text,
    /// Its path, for tracebacks.
    pub path: &'a str,
    /// `__name__`, e.g. `__config__`.
    pub name: &'a str,
    /// `__file__`; `None` where the loader leaves it undefined.
    pub file: Option<String>,
    /// The files that `open` and `import` see.
    pub files: &'a dyn FileView,
    /// `os.environ`.
    pub env: &'a Env,
    /// `os.getcwd()`; `None` where not known.
    pub cwd: Option<&'a str>,
    /// `sys.path`, first one first.
    pub python_path: &'a [Arc<str>],
    /// `sys.argv`.
    pub argv: &'a [Text],
    /// `(major, minor)` of the interpreter; `None` where not known.
    pub version: Option<(u8, u8)>,
    /// What `cpu_count()` answers; symbolic where `None`.
    pub cpus: Option<u32>,
}

/// A value as it stands when the module has run.
#[derive(Clone, Debug, PartialEq)]
pub enum PyValue {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(BigInt),
    /// `float`
    Float(f64),
    /// `str`
    Str(String),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `list`
    List(Vec<PyValue>),
    /// `tuple`
    Tuple(Vec<PyValue>),
    /// `set` or `frozenset`, in an order of our own.
    Set(Vec<PyValue>),
    /// `dict`, in order.
    Dict(Vec<(PyValue, PyValue)>),
    /// A function, method, lambda or builtin.
    Function {
        /// `__module__`, when known.
        module: Option<String>,
        /// `__qualname__`.
        name: String,
        /// How many positional arguments it takes; `None` where not known.
        arity: Option<Arity>,
    },
    /// A class.
    Class {
        /// `__module__`, when known.
        module: Option<String>,
        /// `__qualname__`.
        name: String,
    },
    /// A module.
    Module(String),
    /// Any other object of which the type is known.
    Object {
        /// The type's name, e.g. `PosixPath`, `date`, `Logger`.
        type_name: String,
        /// `repr()` as far as it can be told.
        text: String,
    },
    /// An expression over things that only the run time knows.
    Symbolic {
        /// The expression in Python.
        text: String,
        /// What it waits for.
        needs: Vec<Need>,
        /// The type's name where it is certain: `int`, `str`, `bool`, `float` …
        type_name: Option<&'static str>,
    },
    /// It cannot be told.
    Unknown {
        /// Why, in words.
        reason: String,
        /// What would settle it, if that can be named.
        needs: Vec<Need>,
    },
}

/// How many positional arguments a function takes, as `inspect` would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// Parameters without a default (`self` of a bound method not counted).
    pub required: usize,
    /// All positional parameters.
    pub positional: usize,
    /// Whether it has `*args`.
    pub varargs: bool,
    /// Keyword-only parameters without a default.
    pub required_keywords: usize,
    /// `len(inspect.signature(f).parameters)` counting every parameter of any kind.
    pub parameters: usize,
}

/// A read of an environment variable that a value hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvRead {
    /// The variable's name.
    pub name: String,
    /// What is used where it is unset; `None` where that raises or is not known.
    pub default: Option<PyValue>,
    /// The reading expression.
    pub origin: Origin,
}

/// A name of the module's namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// What it holds.
    pub value: PyValue,
    /// The statement that bound it last, and the places the value came through.
    pub place: Place,
    /// Whether the value holds something like a credential.
    pub secret: bool,
    /// The condition under which the name is bound at all, as text; `None` where it always is.
    pub condition: Option<String>,
    /// The environment variables that decide the value, whether set or not.
    pub reads: Vec<EnvRead>,
}

/// How the module's run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It ran to its end.
    Finished,
    /// An exception left it.
    Raised {
        /// The traceback's last line, e.g. `NameError: name 'x' is not defined`.
        message: String,
        /// Where it was raised.
        origin: Origin,
    },
    /// `sys.exit` or `SystemExit`.
    Exited {
        /// The status; `None` where not known.
        status: Option<i32>,
        /// Where.
        origin: Origin,
    },
    /// It may or may not have reached its end: an exception depends on the run time, a bound was passed.
    Unknown {
        /// Why, in words.
        reason: String,
        /// Where.
        origin: Origin,
    },
}

/// The module's namespace and how its run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The namespace in order of first assignment (the names of the interpreter's own, `__name__` …, left out).
    pub bindings: Vec<Binding>,
    /// How it ended.
    pub end: End,
    /// Every environment variable that was read or asked for, each once, in order.
    pub reads: Vec<EnvRead>,
    /// Other modules' files that were read from the image, in order.
    pub imported: Vec<Arc<str>>,
    /// Why names that are not in `bindings` may be bound all the same (a write under a name that is not known, a
    /// bound that was passed); `None` where the list is complete.
    pub open: Option<String>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
}
