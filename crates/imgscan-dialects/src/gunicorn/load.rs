//! The configuration while gunicorn loads it: what each setting holds, who tried to set it, and whether gunicorn is
//! still running.

use std::collections::BTreeMap;

use imgscan_model::{
    Candidate, EnvRead, Need, Origin, Place, Setting, Source, Start, StartStatus, Status, Value,
};
use imgscan_python::PyValue;

use super::settings::{Spec, Table};
use super::validate::World;
use super::value::to_value;
use crate::resolve::{Ranks, resolve};

/// gunicorn's order, strongest first: the last writer wins, and it is the command line (`gunicorn/app/base.py`,
/// `Application.load_config`, the same from 19.8 to 27.0).
const RANKS: &Ranks =
    &[Source::Flag, Source::EnvArgs, Source::File, Source::App, Source::EnvDefault, Source::Default];

/// Position in [`RANKS`].
fn rank(source: Source) -> usize {
    RANKS.iter().position(|s| *s == source).unwrap_or(RANKS.len())
}

/// A value on its way to a setting.
pub(crate) struct Attempt<'a> {
    /// By which way it comes.
    pub source: Source,
    /// The value before the validator.
    pub value: &'a PyValue,
    /// Where it stands.
    pub place: Place,
    /// As it is written, where that says more than the value.
    pub written: Option<String>,
    /// The environment variables that decide the value.
    pub reads: Vec<EnvRead>,
    /// Whether it holds something like a credential.
    pub secret: bool,
}

impl Attempt<'_> {
    /// As a candidate with the value that the validator made of it.
    fn candidate(self, value: &PyValue, status: Status) -> Candidate {
        let mut candidate = Candidate::new(self.source, to_value(value), self.place).status(status);
        if let (Some(written), Value::Known(_)) = (self.written, &candidate.value) {
            candidate = candidate.written(written);
        }
        candidate.reads = self.reads;
        candidate.secret = self.secret;
        candidate
    }
}

/// The configuration so far.
pub(crate) struct Load<'a> {
    table: &'a Table,
    world: &'a World<'a>,
    version: &'a str,
    defaults: BTreeMap<String, Candidate>,
    /// In the order in which gunicorn meets them.
    candidates: BTreeMap<String, Vec<Candidate>>,
    stored: BTreeMap<String, PyValue>,
    /// Settings that a file binds on some runs only, with the condition.
    conditional: BTreeMap<String, (String, Vec<Need>)>,
    /// Settings that a source may set besides what is known of it, with the reason.
    open: Vec<(Source, Vec<String>, String, Vec<Need>)>,
    end: Option<Start>,
    doubt: Option<Start>,
    /// Whether what is in doubt may also end gunicorn without a complaint.
    may_exit: bool,
}

impl<'a> Load<'a> {
    /// The class defaults in an empty environment.
    pub(crate) fn new(table: &'a Table, world: &'a World<'a>, version: &'a str) -> Self {
        let mut load = Load {
            table,
            world,
            version,
            defaults: BTreeMap::new(),
            candidates: BTreeMap::new(),
            stored: BTreeMap::new(),
            conditional: BTreeMap::new(),
            open: Vec::new(),
            end: None,
            doubt: None,
            may_exit: false,
        };
        for spec in &table.specs {
            load.default(spec, &spec.default);
        }
        load
    }

    /// Sets the built-in default of a setting. It is validated like any other value, `None` is not.
    pub(crate) fn default(&mut self, spec: &Spec, value: &PyValue) {
        self.default_from(spec, value, None);
    }

    /// The same for a default that is made from something at a place.
    pub(crate) fn default_from(&mut self, spec: &Spec, value: &PyValue, from: Option<Place>) {
        let via = from.into_iter().flat_map(|place| std::iter::once(place.origin).chain(place.via)).collect();
        let place = Place { origin: self.default_origin(), via };
        let stored = match value {
            PyValue::None => PyValue::None,
            value => match spec.validator.check(value, self.world) {
                Ok(stored) => {
                    if let Some(doubt) = stored.doubt {
                        self.doubt(&format!("`{}`: {doubt}", spec.name), None);
                    }
                    stored.value
                }
                Err(message) => {
                    self.fail(&format!("Error: {message}"), None);
                    value.clone()
                }
            },
        };
        self.defaults.insert(spec.name.clone(), Candidate::new(Source::Default, to_value(&stored), place));
        self.stored.insert(spec.name.clone(), stored);
    }

    /// The origin of a built-in default.
    pub(crate) fn default_origin(&self) -> Origin {
        Origin::default_of("gunicorn", Some(self.version))
    }

    /// Hands a value to a setting (`Config.set`). Answers gunicorn's words where it refuses the value.
    pub(crate) fn set(&mut self, name: &str, attempt: Attempt<'_>) -> Result<(), String> {
        let Some(spec) = self.table.get(name) else { return Ok(()) };
        let verdict = spec.validator.check(attempt.value, self.world);
        let (value, status) = match &verdict {
            Ok(stored) => (stored.value.clone(), Status::Overridden),
            Err(_) => (attempt.value.clone(), Status::Invalid),
        };
        let origin = attempt.place.origin.clone();
        self.candidates.entry(name.to_owned()).or_default().push(attempt.candidate(&value, status));
        let stored = verdict?;
        self.stored.insert(name.to_owned(), stored.value);
        self.conditional.remove(name);
        if let Some(doubt) = stored.doubt {
            self.doubt(&format!("`{name}`: {doubt}"), Some(origin));
        }
        Ok(())
    }

    /// Lists a value that never reaches the setting: one that a later word of the same source replaces, one in a file
    /// that is not loaded.
    pub(crate) fn list(&mut self, name: &str, attempt: Attempt<'_>, status: Status) {
        let Some(spec) = self.table.get(name) else { return };
        let value = spec.validator.check(attempt.value, self.world);
        let value = value.map_or_else(|_| attempt.value.clone(), |stored| stored.value);
        self.candidates.entry(name.to_owned()).or_default().push(attempt.candidate(&value, status));
    }

    /// Notes that the last value of a setting is there only under a condition.
    pub(crate) fn only_if(&mut self, name: &str, condition: &str, needs: Vec<Need>) {
        self.conditional.insert(name.to_owned(), (condition.to_owned(), needs.clone()));
        let reason = format!("set only if {condition}");
        self.stored.insert(name.to_owned(), PyValue::Unknown { reason, needs });
    }

    /// Notes that a source may set these settings besides what is known of it.
    pub(crate) fn open(&mut self, source: Source, names: Vec<String>, reason: &str, needs: Vec<Need>) {
        self.open.push((source, names, reason.to_owned(), needs));
    }

    /// Once all sources have spoken: what a source that is not known in full may have set is not known.
    pub(crate) fn settle(&mut self) {
        for (source, names, reason, needs) in &self.open {
            for name in names {
                let candidates = self.candidates.get(name).into_iter().flatten();
                let strongest =
                    candidates.filter(|c| c.status == Status::Overridden).map(|c| rank(c.source)).min();
                if strongest.is_none_or(|strongest| rank(*source) <= strongest) {
                    let value = PyValue::Unknown { reason: reason.clone(), needs: needs.clone() };
                    self.stored.insert(name.clone(), value);
                }
            }
        }
    }

    /// What a setting holds now.
    pub(crate) fn stored(&self, name: &str) -> &PyValue {
        self.stored.get(name).unwrap_or(&PyValue::None)
    }

    /// Where the value that a setting holds now stands.
    pub(crate) fn origin(&self, name: &str) -> Option<Origin> {
        let set = self
            .candidates
            .get(name)
            .and_then(|all| all.iter().rev().find(|c| c.status == Status::Overridden));
        set.map(|candidate| candidate.place.origin.clone())
    }

    /// gunicorn ends here with this complaint. What it would say later is not heard any more.
    pub(crate) fn fail(&mut self, message: &str, origin: Option<Origin>) {
        self.end.get_or_insert_with(|| Start::fails(message, origin));
    }

    /// gunicorn ends here without a complaint.
    pub(crate) fn exit(&mut self, message: &str, origin: Option<Origin>) {
        self.end.get_or_insert_with(|| Start::exits(message, origin));
    }

    /// gunicorn may end here.
    pub(crate) fn doubt(&mut self, message: &str, origin: Option<Origin>) {
        if self.end.is_none() {
            self.doubt.get_or_insert_with(|| Start::unknown(message, origin));
        }
    }

    /// gunicorn may end here, with a complaint or without.
    pub(crate) fn doubt_end(&mut self, message: &str, origin: Option<Origin>) {
        self.may_exit |= self.end.is_none();
        self.doubt(message, origin);
    }

    /// The table that the settings are of.
    pub(crate) fn table(&self) -> &'a Table {
        self.table
    }

    /// Whether it starts, and its settings.
    pub(crate) fn finish(mut self) -> (Start, BTreeMap<String, Setting>) {
        let start = self.start();
        let mut settings = BTreeMap::new();
        for (name, default) in std::mem::take(&mut self.defaults) {
            let candidates = self.candidates.remove(&name).unwrap_or_default();
            let setting = resolve(RANKS, default, candidates);
            let joined = self.joined(&name, &setting);
            settings.insert(name, joined.map_or(setting.clone(), |value| setting.joined(value)));
        }
        (start, settings)
    }

    /// A failure stands whether or not gunicorn fails before it; an end without a complaint does not.
    fn start(&mut self) -> Start {
        match (self.end.take(), self.doubt.take()) {
            (Some(end), Some(doubt)) if end.status == StartStatus::Exits || self.may_exit => doubt,
            (Some(end), _) => end,
            (None, Some(doubt)) => doubt,
            (None, None) => Start::ok(),
        }
    }

    /// The effective value where it is not simply the winner's.
    fn joined(&self, name: &str, setting: &Setting) -> Option<Value> {
        let winner = setting.winner();
        let open = self.open.iter().find(|(source, names, ..)| {
            rank(*source) <= rank(winner.source) && names.iter().any(|n| n == name)
        });
        if let Some((_, _, reason, needs)) = open {
            return Some(Value::Unknown { reason: reason.clone(), needs: needs.clone() });
        }
        let (condition, needs) = self.conditional.get(name).filter(|_| winner.source == Source::File)?;
        let other =
            setting.losers().iter().find(|c| !matches!(c.status, Status::NotLoaded | Status::Invalid))?;
        if other.value == winner.value {
            return None;
        }
        let text = format!("{} if {condition} else {}", winner.text, other.text);
        let mut needs = needs.clone();
        needs.extend(winner.value.needs().iter().chain(other.value.needs()).cloned());
        Some(Value::Symbolic { text, needs })
    }
}
