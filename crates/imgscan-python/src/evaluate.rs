//! The way in: a module and its world go in, an outcome comes out.

use imgscan_model::{Origin, Place, Problem, limits};

use crate::interp::{Exc, Interp, Stop};
use crate::object::{Id, Kind, Object, Step, Type, Value};
use crate::outcome::{Binding, End, Module, Outcome, PyValue};

/// What the names of `module` hold when it has run. The module is in `sys.modules` under its name.
///
/// Never fails: what cannot be told is [`PyValue::Unknown`] or [`End::Unknown`] with the reason. Where the end is
/// [`End::Unknown`], the names are as they stand if the module does reach its end.
pub fn evaluate(module: &Module<'_>) -> Outcome {
    on_large_stack(module, true)
}

/// The same for a module that its loader runs without putting it into `sys.modules` (`exec` of a file's source).
pub fn evaluate_detached(module: &Module<'_>) -> Outcome {
    on_large_stack(module, false)
}

/// Trees of hostile sources nest so deeply that walking or dropping them overflows an ordinary stack.
fn on_large_stack(module: &Module<'_>, listed: bool) -> Outcome {
    let builder = std::thread::Builder::new().stack_size(limits::PARSER_STACK);
    let outcome = std::thread::scope(|scope| {
        let thread = builder.spawn_scoped(scope, || run(module, listed));
        thread.ok().and_then(|thread| thread.join().ok())
    });
    outcome.unwrap_or_else(|| nothing_known(module, "there is not enough memory to evaluate the module"))
}

/// An outcome of which nothing is known.
fn nothing_known(module: &Module<'_>, reason: &str) -> Outcome {
    let origin =
        module.source.whole().map_or_else(|| Origin::Runtime { what: module.path.into() }, |p| p.origin);
    Outcome {
        bindings: Vec::new(),
        end: End::Unknown { reason: reason.to_owned(), origin: origin.clone() },
        reads: Vec::new(),
        imported: Vec::new(),
        open: Some(reason.to_owned()),
        problems: vec![Problem::at(origin, reason)],
    }
}

fn run(module: &Module<'_>, listed: bool) -> Outcome {
    if module.version.is_some_and(|(major, _)| major < 3) {
        return nothing_known(module, "Python 2 is not followed");
    }
    let mut interp = Interp::new(module);
    let (_, names) = interp.main_module(listed);
    let result = interp.run_module(names, module.path, module.source);
    let (end, bound) = match result {
        Ok(()) => (interp.normal_end(), None),
        Err(Stop::Bound(reason)) => (interp.unknown_end(&reason), Some(reason.to_string())),
        Err(Stop::Opaque(value)) => {
            let reason = interp.why(&value);
            (interp.unknown_end(&reason), Some(reason))
        }
        Err(Stop::Raise(exc)) => (interp.raised_end(&exc), None),
    };
    interp.outcome(names, end, bound)
}

/// Names that are the interpreter's own.
fn is_own(name: &str) -> bool {
    matches!(
        name,
        "__name__"
            | "__doc__"
            | "__package__"
            | "__loader__"
            | "__spec__"
            | "__builtins__"
            | "__file__"
            | "__cached__"
            | "__path__"
            | "__annotations__"
            | "__annotate__"
            | "__conditional_annotations__"
    )
}

impl Interp<'_> {
    fn normal_end(&mut self) -> End {
        match self.maybe_end.take() {
            None => End::Finished,
            Some(maybe) => End::Unknown { reason: maybe.reason, origin: self.origin(maybe.site) },
        }
    }

    fn unknown_end(&mut self, reason: &str) -> End {
        End::Unknown { reason: reason.to_owned(), origin: self.origin(self.here) }
    }

    /// The end that an exception makes. Where another one may come before it, nothing is certain.
    fn raised_end(&mut self, exc: &Exc) -> End {
        let origin = self.origin(exc.site);
        if let Some(maybe) = self.maybe_end.take() {
            return End::Unknown { reason: maybe.reason, origin: self.origin(maybe.site) };
        }
        match self.is_exception_of(&exc.value, Type::SystemExit) {
            Some(true) => return End::Exited { status: self.exit_status(&exc.value), origin },
            None if !exc.value.is_known() => {
                let reason = self.why(&exc.value);
                return End::Unknown { reason, origin };
            }
            _ => {}
        }
        match self.traceback_line(exc) {
            Some(message) => End::Raised { message, origin },
            None => End::Unknown { reason: "an exception that is not modelled is raised".to_owned(), origin },
        }
    }

    /// The status of `SystemExit`: nothing is 0, a number itself, anything else is printed and 1.
    fn exit_status(&mut self, value: &Value) -> Option<i32> {
        let code = self.get_attribute(value, "code").ok()?;
        match &code.kind {
            Kind::None => Some(0),
            Kind::Symbolic(_) | Kind::Unknown(_) => None,
            _ => match code.as_int() {
                Some(n) => i32::try_from(&n).ok().map(|n| n & 0xFF),
                None => Some(1),
            },
        }
    }

    fn outcome(mut self, names: Id, end: End, bound: Option<String>) -> Outcome {
        let dict = self.heap.dict(names).cloned().unwrap_or_default();
        let mut bindings = Vec::new();
        for entry in dict.entries.values() {
            let Some(name) = entry.key.as_str() else { continue };
            if is_own(name) {
                continue;
            }
            let (trace, form) = self.deep_trace(&entry.value);
            let origin = self.origin(entry.site);
            let value = match &bound {
                Some(reason) => PyValue::Unknown { reason: reason.clone(), needs: Vec::new() },
                None => self.snapshot(&entry.value),
            };
            bindings.push(Binding {
                name: name.to_owned(),
                value,
                place: Place { via: self.via(trace.steps(), &origin), origin },
                secret: form || trace.is_secret(),
                condition: entry.maybe.as_ref().map(|c| c.text.to_string()),
                reads: self.reads_of(&trace),
            });
        }
        let open = bound.or_else(|| dict.open.as_ref().map(ToString::to_string));
        let reads = self.all_reads();
        let imported = std::mem::take(&mut self.imported);
        Outcome { bindings, end, reads, imported, open, problems: std::mem::take(&mut self.problems) }
    }

    /// The places behind a value, nearest first, each once.
    fn via(&self, steps: &[Step], own: &Origin) -> Vec<Origin> {
        let mut via: Vec<Origin> = Vec::new();
        for step in steps {
            let origin = match step {
                Step::Site(site) => self.origin(*site),
                Step::Elsewhere(at) => match self.places.get(*at as usize) {
                    Some(origin) => origin.clone(),
                    None => continue,
                },
            };
            if origin != *own && !via.contains(&origin) {
                via.push(origin);
            }
        }
        via
    }

    /// The directory of the file that is running.
    pub(crate) fn caller_directory(&self) -> Option<String> {
        let unit = usize::from(self.here.unit).checked_sub(1).and_then(|i| self.units.get(i))?;
        let file = match unit.path.starts_with('/') {
            true => unit.path.to_string(),
            false => imgscan_model::path::join(self.world.cwd?, &unit.path),
        };
        Some(imgscan_model::path::parent(&file).to_owned())
    }

    /// The namespace of an object that has one.
    pub(crate) fn names_of(&self, id: Id) -> Option<Id> {
        match self.heap.get(id) {
            Object::Instance(instance) => Some(instance.names),
            Object::Class(class) => Some(class.names),
            Object::Module(module) => Some(module.names),
            _ => None,
        }
    }
}
