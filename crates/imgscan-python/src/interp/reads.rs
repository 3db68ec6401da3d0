//! The environment of the process, and every read of it.

use std::rc::Rc;

use imgscan_model::{EnvVar, Need, Origin, Text, secret};

use crate::object::key::NameKey;
use crate::object::{Dict, DictKind, Id, Kind, Level, Object, Piece, Step, Symbolic, Trace, Unknown, Value};
use crate::outcome::{EnvRead, PyValue};
use crate::source::Site;
use crate::syntax::ir::{Expr, ExprKind, Literal};

use super::error::Stop;
use super::{Interp, Res};

/// A read of the environment.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) name: Rc<str>,
    pub(crate) default: Option<PyValue>,
    pub(crate) site: Site,
    /// Whether the program asked for it by name (rather than walking over all variables).
    pub(crate) asked: bool,
}

/// What a look-up falls back to.
#[derive(Clone, Copy)]
pub(crate) enum Fallback<'v> {
    /// It raises.
    None,
    /// This value.
    Value(&'v Value),
}

impl Interp<'_> {
    /// Fills `os.environ`.
    pub(super) fn fill_environ(&mut self) {
        let mut dict = Dict { kind: DictKind::Environ, is_environ: true, ..Dict::default() };
        let vars: Vec<EnvVar> = self.world.env.iter().cloned().collect();
        for var in vars {
            let name: Rc<str> = var.name.as_str().into();
            let read = self.add_read(&name, None, Site::default(), false);
            let value = self.env_value(&var, read);
            dict.set_name(&name, value, Site::default());
        }
        if let Some(slot) = self.heap.get_mut(self.environ) {
            *slot = Object::Dict(dict);
        }
    }

    fn env_value(&mut self, var: &EnvVar, read: u32) -> Value {
        let shown = format!("os.environ['{}']", var.name);
        let need = Need::Env(var.name.clone());
        let value = self.text_value(&var.value, &shown, &need);
        let is_secret = value.trace.is_secret() || secret::is_secret_name(&var.name);
        let trace = Trace::of_read(read, value.trace.steps().to_vec(), is_secret);
        value.traced(trace)
    }

    fn add_read(&mut self, name: &Rc<str>, default: Option<PyValue>, site: Site, asked: bool) -> u32 {
        let at = self.reads.len();
        self.reads.push(Read { name: Rc::clone(name), default, site, asked });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// A text of the image as a value; `shown` is what stands for it where it is not known as a whole.
    pub(crate) fn text_value(&mut self, text: &Text, shown: &str, need: &Need) -> Value {
        let mut steps = Vec::new();
        if let Some(place) = text.whole() {
            for origin in std::iter::once(&place.origin).chain(&place.via) {
                steps.push(Step::Elsewhere(self.place(origin)));
            }
        }
        let is_secret = text.is_secret() || text.known().is_some_and(secret::is_secret_value);
        let trace = Trace::of_steps(steps, is_secret);
        if text.known().is_some() {
            return Value::str(text.raw()).traced(trace);
        }
        let reason = text.holes().find_map(|(_, opaque)| opaque.reason.clone());
        let needs = |needs: &[Need]| -> Rc<[Need]> {
            if needs.is_empty() { Rc::new([need.clone()]) } else { needs.into() }
        };
        if let Some(reason) = reason {
            let unknown = Unknown::new(reason).needing(needs(&text.needs()));
            let unknown = Unknown { class: Some(crate::object::Type::Str), ..unknown };
            return Value::new(Kind::Unknown(Rc::new(unknown))).traced(trace);
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        for (range, opaque) in text.holes() {
            pieces.push(Piece::Text(text.raw().get(at..range.start).unwrap_or("").into()));
            let whole = range.start == 0 && range.end == text.len();
            pieces.push(Piece::Hole {
                text: if whole { shown.into() } else { opaque.text.as_str().into() },
                level: Level::Atom,
                shape: opaque.shape,
                needs: needs(&opaque.needs),
            });
            at = range.end;
        }
        pieces.push(Piece::Text(text.raw().get(at..).unwrap_or("").into()));
        let mut symbolic = Symbolic::of_pieces(pieces);
        if let Some([Piece::Hole { .. }]) = symbolic.pieces.as_deref() {
            symbolic.text = shown.into();
        }
        Value::symbolic(symbolic).traced(trace)
    }

    /// Notes that the program asks for a variable, and what it uses where that is unset.
    pub(crate) fn note_read(&mut self, name: &Rc<str>, fallback: Fallback<'_>) -> Trace {
        let default = match fallback {
            Fallback::None => None,
            Fallback::Value(value) => Some(self.snapshot(value)),
        };
        let default = default.filter(|d| !matches!(d, PyValue::Unknown { .. }));
        let read = self.add_read(name, default, self.here, true);
        Trace::of_read(read, Vec::new(), false)
    }

    /// A variable's value as a look-up finds it, with the read noted; `None` where it is unset.
    pub(crate) fn read_environ(
        &mut self,
        dict: Id,
        name: &Rc<str>,
        fallback: Fallback<'_>,
    ) -> Res<Option<Value>> {
        let read = self.note_read(name, fallback);
        let found = self.heap.dict(dict);
        let open = found.and_then(|d| d.open.clone());
        let Some(entry) = found.and_then(|d| d.entries.get(&NameKey(name))).cloned() else {
            let reason = open.or_else(|| self.coerced_locale(name).map(Rc::from));
            return Ok(reason.map(|reason| Value::unknown(reason).traced(read)));
        };
        let mut value = entry.value;
        let trace = read.merge(&Trace::of_steps(value.trace.steps().to_vec(), value.trace.is_secret()));
        value.trace = trace;
        value.site = self.here;
        match entry.maybe {
            None => Ok(Some(value)),
            Some(condition) => {
                let key = Value::str(&**name);
                self.maybe_there(value, &condition, &key, fallback)
            }
        }
    }

    /// The read that gave a value itself, with nothing done to it since.
    fn direct_read(&self, value: &Value) -> Option<usize> {
        let index = *value.trace.reads().first()? as usize;
        let read = self.reads.get(index)?;
        let bare = matches!(read.default, None | Some(PyValue::None));
        (read.asked && bare && read.site == value.site).then_some(index)
    }

    /// `os.getenv('A') or x`: `x` is what is used where the variable is unset.
    pub(super) fn default_of_read(&mut self, value: &Value, next: &Value, is_and: bool) {
        if is_and || !next.is_known() {
            return;
        }
        if let Some(index) = self.direct_read(value) {
            let default = self.snapshot(next);
            if let Some(read) = self.reads.get_mut(index) {
                read.default = Some(default);
            }
        }
    }

    /// The same where the variable is set and `x` is a constant.
    pub(super) fn default_behind(&mut self, value: &Value, rest: &[Expr], is_and: bool) {
        let (false, [Expr { kind: ExprKind::Literal(literal), .. }]) = (is_and, rest) else { return };
        let default = match literal {
            Literal::Bool(b) => PyValue::Bool(*b),
            Literal::Int(n) => PyValue::Int((**n).clone()),
            Literal::Float(x) => PyValue::Float(*x),
            Literal::Str(text) => PyValue::Str(text.to_string()),
            _ => return,
        };
        if let Some(index) = self.direct_read(value)
            && let Some(read) = self.reads.get_mut(index)
        {
            read.default = Some(default);
        }
    }

    /// `'A' in os.environ` is a read too.
    pub(super) fn noted_membership(&mut self, result: Value, item: &Value, container: &Value) -> Value {
        let environ = container.id().and_then(|id| self.heap.dict(id)).is_some_and(|d| d.is_environ);
        match &item.kind {
            Kind::Str(name) if environ => {
                let trace = self.note_read(&Rc::clone(name), Fallback::None);
                result.also(&trace)
            }
            _ => result,
        }
    }

    /// What is used where the variable that was asked for last is unset.
    pub(crate) fn default_read(&self, value: Value) -> Value {
        match self.last_read() {
            Some(trace) => Value { site: self.here, ..value.also(&trace) },
            None => value,
        }
    }

    /// An exception that the variable that was asked for last decided.
    pub(crate) fn with_last_read(&self, stop: Stop) -> Stop {
        match (stop, self.last_read()) {
            (Stop::Raise(mut exc), Some(trace)) => {
                exc.value.trace = exc.value.trace.merge(&trace);
                Stop::Raise(exc)
            }
            (stop, _) => stop,
        }
    }

    fn last_read(&self) -> Option<Trace> {
        let read = u32::try_from(self.reads.len().checked_sub(1)?).ok()?;
        Some(Trace::of_read(read, Vec::new(), false))
    }

    /// Since 3.7 the interpreter sets `LC_CTYPE` itself where the locale would be `C` (PEP 538).
    fn coerced_locale(&self, name: &str) -> Option<&'static str> {
        let is_set = |name: &str| self.world.env.value(name).is_some_and(|v| !v.is_empty());
        (name == "LC_CTYPE" && !is_set("LC_ALL") && !is_set("LANG"))
            .then_some("the interpreter may set `LC_CTYPE` itself")
    }

    /// The reads behind a trace, each variable once.
    pub(crate) fn reads_of(&self, trace: &Trace) -> Vec<EnvRead> {
        let mut reads: Vec<EnvRead> = Vec::new();
        for index in trace.reads() {
            let Some(read) = self.reads.get(*index as usize) else { continue };
            match reads.iter_mut().find(|r| r.name == *read.name) {
                Some(known) if known.default.is_none() => known.default.clone_from(&read.default),
                Some(_) => {}
                None => reads.push(self.env_read(read)),
            }
        }
        reads
    }

    /// Every variable that was asked for by name, each once, in order.
    pub(crate) fn all_reads(&self) -> Vec<EnvRead> {
        let mut reads: Vec<EnvRead> = Vec::new();
        for read in self.reads.iter().filter(|r| r.asked) {
            if !reads.iter().any(|r| r.name == *read.name) {
                reads.push(self.env_read(read));
            }
        }
        reads
    }

    fn env_read(&self, read: &Read) -> EnvRead {
        EnvRead { name: read.name.to_string(), default: read.default.clone(), origin: self.origin(read.site) }
    }

    /// The place of a site in the image.
    pub(crate) fn origin(&self, site: Site) -> Origin {
        let unit = usize::from(site.unit).checked_sub(1).and_then(|i| self.units.get(i));
        match unit {
            Some(unit) => unit.place(site.start, site.end).map_or_else(|| unit.origin(), |p| p.origin),
            None => match self.units.first() {
                Some(unit) => unit.origin(),
                None => Origin::Runtime { what: self.world.path.into() },
            },
        }
    }
}
