//! The interpreter: it walks the tree over a heap of its own, follows both ways where a condition is not known, and
//! joins what came out.

mod args;
mod assign;
mod attribute;
mod binary;
mod call;
mod class;
mod compare;
mod comprehension;
mod dataclass;
mod enumeration;
mod error;
mod escape;
mod eval;
mod exec;
mod fork;
mod frame;
mod function;
pub(crate) mod generator;
mod import;
mod item;
mod iterate;
mod join;
mod loops;
mod matching;
mod module;
mod names;
mod opaque;
mod reads;
mod special;
mod store;
mod tries;
mod truth;
mod unary;
mod widen;
mod with;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use imgscan_model::{Origin, Problem, limits};

use crate::object::{Condition, Heap, Id, Object, Trace, Value};
use crate::outcome::Module;
use crate::source::{Site, Unit};

pub(crate) use args::Args;
pub(crate) use error::{Exc, Stop};
pub(crate) use frame::Frame;
pub(crate) use item::position;
pub(crate) use iterate::Next;
pub(crate) use reads::{Fallback, Read};

/// What evaluating gives: a value, or why it stopped.
pub(crate) type Res<T> = Result<T, Stop>;

/// Deepest recursion of the interpreter itself, in its own calls; each takes a few kilobytes of stack, of which the
/// thread has `limits::PARSER_STACK`.
const RECURSION: usize = 12_000;

/// Why the run may not reach its end.
#[derive(Clone, Debug)]
pub(crate) struct MaybeEnd {
    pub(crate) reason: String,
    pub(crate) site: Site,
}

/// A run.
pub(crate) struct Interp<'a> {
    /// The module and its world.
    pub(crate) world: &'a Module<'a>,
    pub(crate) heap: Heap,
    /// Sources, unit 1 first.
    pub(crate) units: Vec<Rc<Unit>>,
    /// Places outside of the sources.
    pub(crate) places: Vec<Origin>,
    /// Reads of the environment.
    pub(crate) reads: Vec<Read>,
    steps: u64,
    /// Where the steps end at present.
    limit: u64,
    recursion: usize,
    calls: usize,
    /// What catches exceptions, innermost last.
    catches: Vec<fork::Catch>,
    /// The conditions of the way that is followed.
    path: Vec<Condition>,
    /// What decided that this statement runs.
    pub(crate) control: Trace,
    pub(crate) maybe_end: Option<MaybeEnd>,
    /// The expression or statement that is evaluated.
    pub(crate) here: Site,
    /// Exceptions that are being handled, innermost last.
    handled: Vec<Value>,
    /// How deep alternatives are taken apart.
    apart: usize,
    /// `sys.modules`
    pub(crate) modules: Id,
    /// `os.environ`
    pub(crate) environ: Id,
    /// The current directory, a cell.
    pub(crate) cwd: Id,
    /// Library objects that must be the same at every look-up.
    pub(crate) singletons: HashMap<&'static str, Value>,
    /// Paths that the program has written to.
    pub(crate) written: Vec<Rc<str>>,
    /// Files of other modules that were read.
    pub(crate) imported: Vec<Arc<str>>,
    /// How deep installed packages are evaluated.
    packages: usize,
    /// Why files may exist that the tree does not show.
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Interp<'a> {
    /// A run that has not begun.
    pub(crate) fn new(world: &'a Module<'a>) -> Self {
        let mut heap = Heap::default();
        let modules = heap.add(Object::Dict(Default::default()));
        let environ = heap.add(Object::Dict(Default::default()));
        let cwd = heap.add(Object::Cell(world.cwd.map(Value::str)));
        let mut interp = Interp {
            world,
            heap,
            units: Vec::new(),
            places: Vec::new(),
            reads: Vec::new(),
            steps: 0,
            limit: limits::STEPS,
            recursion: 0,
            calls: 0,
            catches: Vec::new(),
            path: Vec::new(),
            control: Trace::default(),
            maybe_end: None,
            here: Site::default(),
            handled: Vec::new(),
            apart: 0,
            modules,
            environ,
            cwd,
            singletons: HashMap::new(),
            written: Vec::new(),
            imported: Vec::new(),
            packages: 0,
            problems: Vec::new(),
        };
        interp.fill_environ();
        interp
    }

    /// Counts work; stops the run where there was too much.
    pub(crate) fn charge(&mut self, steps: usize) -> Res<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limit {
            return Err(Stop::Bound(format!("the module takes more than {} steps", self.limit).into()));
        }
        Ok(())
    }

    /// Stops the run where a value would be too large.
    pub(crate) fn check_size(&mut self, size: usize) -> Res<()> {
        if size > limits::VALUE_SIZE {
            let words = format!(
                "a value is larger than the {} bytes or elements that are followed",
                limits::VALUE_SIZE
            );
            return Err(Stop::Bound(words.into()));
        }
        self.charge(size / 64)
    }

    /// Runs `body` one level deeper.
    pub(crate) fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.recursion += 1;
        if self.recursion > RECURSION {
            self.recursion -= 1;
            return Err(Stop::Bound("the module nests too deeply".into()));
        }
        let result = body(self);
        self.recursion -= 1;
        result
    }

    /// The number of a place outside of the sources.
    pub(crate) fn place(&mut self, origin: &Origin) -> u32 {
        let at = self.places.iter().position(|p| p == origin).unwrap_or_else(|| {
            self.places.push(origin.clone());
            self.places.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The interpreter's version, where it is known.
    pub(crate) fn version(&self) -> Option<(u8, u8)> {
        self.world.version
    }

    /// Whether the interpreter is at least of this version; a version that is not known counts as new.
    pub(crate) fn since(&self, major: u8, minor: u8) -> bool {
        self.world.version.is_none_or(|v| v >= (major, minor))
    }

    /// A new list.
    pub(crate) fn list(&mut self, items: Vec<Value>) -> Value {
        Value::object(self.heap.add(Object::List(items)))
    }
}
