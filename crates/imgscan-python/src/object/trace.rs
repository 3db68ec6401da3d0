//! What a value came through: other places of the source, places outside of it, environment variables.

use std::rc::Rc;

use crate::source::Site;

/// A place that a value came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// In a unit that is evaluated.
    Site(Site),
    /// Anywhere else: an index into the interpreter's table of places.
    Elsewhere(u32),
}

/// The environment reads and places behind a value. Most values have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Option<Rc<TraceData>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct TraceData {
    /// Nearest first.
    steps: Vec<Step>,
    /// Indices into the interpreter's table of reads.
    reads: Vec<u32>,
    secret: bool,
}

/// Most places that are remembered of a value.
const STEPS: usize = 12;
/// Most environment reads that are remembered of a value.
const READS: usize = 48;

impl Trace {
    /// The trace of a value that an environment read gives.
    pub(crate) fn of_read(read: u32, steps: Vec<Step>, secret: bool) -> Trace {
        Trace(Some(Rc::new(TraceData { steps, reads: vec![read], secret })))
    }

    /// The trace of a value that comes from elsewhere, a file for instance.
    pub(crate) fn of_steps(steps: Vec<Step>, secret: bool) -> Trace {
        if steps.is_empty() && !secret {
            return Trace(None);
        }
        Trace(Some(Rc::new(TraceData { steps, reads: Vec::new(), secret })))
    }

    /// Nearest first.
    pub(crate) fn steps(&self) -> &[Step] {
        self.0.as_ref().map_or(&[], |t| &t.steps)
    }

    /// Indices into the interpreter's table of reads.
    pub(crate) fn reads(&self) -> &[u32] {
        self.0.as_ref().map_or(&[], |t| &t.reads)
    }

    /// Whether a credential went into the value.
    pub(crate) fn is_secret(&self) -> bool {
        self.0.as_ref().is_some_and(|t| t.secret)
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Both traces, this one's places first.
    pub(crate) fn merge(&self, other: &Trace) -> Trace {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, _) => other.clone(),
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => self.clone(),
            (Some(a), Some(b)) => {
                let adds = b.steps.iter().any(|s| !a.steps.contains(s))
                    || b.reads.iter().any(|r| !a.reads.contains(r))
                    || b.secret && !a.secret;
                if !adds {
                    return self.clone();
                }
                let mut data = TraceData::clone(a);
                data.secret |= b.secret;
                add(&mut data.steps, &b.steps, STEPS);
                add(&mut data.reads, &b.reads, READS);
                Trace(Some(Rc::new(data)))
            }
        }
    }

    /// This trace with what decided that the value is this one: its reads, not its secrets.
    pub(crate) fn decided_by(&self, control: &Trace) -> Trace {
        if control.reads().is_empty() || control.reads().iter().all(|r| self.reads().contains(r)) {
            return self.clone();
        }
        let mut data = self.0.as_deref().cloned().unwrap_or_default();
        add(&mut data.reads, control.reads(), READS);
        Trace(Some(Rc::new(data)))
    }

    /// The same without its secret: of a truth value or a length.
    pub(crate) fn harmless(&self) -> Trace {
        match &self.0 {
            Some(data) if data.secret => {
                let mut data = TraceData::clone(data);
                data.secret = false;
                Trace(Some(Rc::new(data)))
            }
            _ => self.clone(),
        }
    }

    /// The trace with a place put in front.
    pub(crate) fn through(&self, step: Step) -> Trace {
        if self.steps().first() == Some(&step) {
            return self.clone();
        }
        let mut data = self.0.as_deref().cloned().unwrap_or_default();
        data.steps.retain(|s| *s != step);
        data.steps.insert(0, step);
        data.steps.truncate(STEPS);
        Trace(Some(Rc::new(data)))
    }
}

fn add<T: PartialEq + Copy>(into: &mut Vec<T>, more: &[T], most: usize) {
    for item in more {
        if into.len() >= most {
            return;
        }
        if !into.contains(item) {
            into.push(*item);
        }
    }
}
