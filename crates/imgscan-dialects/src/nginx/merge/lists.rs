//! Directives that accumulate, and those of which several make one setting.

use imgscan_model::{Candidate, Data, Setting, Status, Value};

use super::values::written;
use super::{Merger, Own, Settings, beaten, texts};
use crate::nginx::config::{BlockId, Entry, Fate};
use crate::nginx::table::Row;
use crate::nginx::units::{self, Unit};

impl Merger<'_> {
    /// All entries of a level, each an argument list.
    pub(super) fn list(&self, own: &Own<'_>, beaten: Vec<Candidate>) -> Setting {
        let candidates = own.entries.iter().map(|e| self.candidate(e, self.item(e))).collect();
        self.joined(candidates, beaten)
    }

    /// Entries that may stand several times and are not inherited.
    pub(super) fn accumulated(&self, row: &'static Row, own: &Own<'_>) -> Setting {
        let _ = row;
        self.list(own, Vec::new())
    }

    /// Candidates that are in effect together: their lists one after another, their pairs laid over one another.
    pub(super) fn joined(&self, candidates: Vec<Candidate>, losers: Vec<Candidate>) -> Setting {
        let value = join(candidates.iter().map(|c| &c.value));
        let several = candidates.len() > 1;
        let mut all = candidates.into_iter().map(|c| c.status(Status::Effective));
        let Some(winner) = all.next() else {
            return Setting::new(self.default_candidate(Value::Unset), losers);
        };
        let setting = Setting::new(winner, all.chain(losers).collect());
        if several { together(setting, value) } else { setting }
    }

    /// Bits that repeats on one level add to.
    pub(super) fn mask(&self, row: &'static Row, own: &Own<'_>, beaten: Vec<Candidate>) -> Setting {
        let mut losers = beaten;
        losers.extend(self.default(row).map(|d| d.status(Status::Dead)));
        if let [one] = own.entries.as_slice() {
            let value = match self.value(row, one) {
                Value::Known(_) => Value::Known(self.bits(row, one.args())),
                other => other,
            };
            return Setting::new(self.candidate(one, value), losers);
        }
        let candidates: Vec<Candidate> =
            own.entries.iter().map(|e| self.candidate(e, self.value(row, e))).collect();
        let not_known = own.entries.iter().find_map(|e| self.not_known(e));
        let words = own.entries.iter().flat_map(|e| e.args());
        let value = not_known.unwrap_or_else(|| Value::Known(self.bits(row, words)));
        together(self.joined(candidates, losers), value)
    }

    /// The words of a mask, each once; `off` switches all others off, and some are always there.
    fn bits<'a>(&self, row: &Row, words: impl Iterator<Item = &'a str>) -> Data {
        let mut bits: Vec<&str> = Vec::new();
        for word in words {
            if !bits.iter().any(|b| b.eq_ignore_ascii_case(word)) {
                bits.push(word);
            }
        }
        // `ngx_http_*_merge_loc_conf`: methods of a cache always hold GET and HEAD.
        if row.name.ends_with("_cache_methods") {
            for method in ["GET", "HEAD"] {
                if !bits.iter().any(|b| b.eq_ignore_ascii_case(method)) {
                    bits.push(method);
                }
            }
        }
        let off_wins = row.name.ends_with("_next_upstream") || row.name.ends_with("_cache_use_stale");
        if off_wins && bits.iter().any(|b| b.eq_ignore_ascii_case("off")) {
            bits = vec!["off"];
        }
        super::values::convert(row, &bits)
    }

    /// `allow` and `deny` are one list; each entry says which it is.
    pub(super) fn access(&self, id: BlockId, outer: &Settings, settings: &mut Settings) {
        let entries = &self.config.block(id).entries;
        let rules: Vec<&Entry> = entries
            .iter()
            .filter(|e| e.row.is_some_and(|r| matches!(r.name, "allow" | "deny") && !r.foreign))
            .filter(|e| e.fate != Fate::Refused)
            .collect();
        if rules.is_empty() {
            return;
        }
        let rule = |e: &&Entry| {
            let words = std::iter::once(e.name()).chain(e.args());
            let value = self.not_known(e).unwrap_or_else(|| Value::Known(Data::List(vec![texts(words)])));
            let written = format!("{} {}", e.name(), self.written(e));
            self.candidate(e, value).written(written)
        };
        let candidates: Vec<Candidate> = rules.iter().map(rule).collect();
        let losers = outer.get("allow").or_else(|| outer.get("deny")).map_or(Vec::new(), beaten);
        let setting = self.joined(candidates, losers);
        settings.insert("allow".to_owned(), setting.clone());
        settings.insert("deny".to_owned(), setting);
    }

    /// `add_header` and `add_trailer`: since 1.29.3 a switch says whether the outer ones come in behind the inner ones.
    pub(super) fn headers(&self, id: BlockId, name: &str, own: &Own<'_>, outer: &Settings) -> Setting {
        let candidates: Vec<Candidate> =
            own.entries.iter().map(|e| self.candidate(e, self.item(e))).collect();
        let outer_list = outer.get(name);
        if self.inherit_mode(id, name) != Some("merge") {
            return self.joined(candidates, outer_list.map_or(Vec::new(), beaten));
        }
        let Some(outer_list) = outer_list else { return self.joined(candidates, Vec::new()) };
        let (together, lost): (Vec<Candidate>, Vec<Candidate>) =
            outer_list.candidates().iter().cloned().partition(|c| c.status == Status::Effective);
        self.joined(candidates.into_iter().chain(together).collect(), lost)
    }

    /// `on`, `off` or `merge` of `add_header_inherit`, as it is in effect in a block.
    pub(super) fn inherit_mode(&self, id: BlockId, name: &str) -> Option<&str> {
        let switch = format!("{name}_inherit");
        let taken = |e: &&Entry| e.name() == switch && e.fate != Fate::Refused;
        let nearest = self.config.chain(id).find_map(|up| self.config.block(up).entries.iter().find(taken));
        nearest.and_then(|e| e.args().next())
    }

    /// `keepalive_timeout A [B]`: the second value is kept where an inner level gives the first alone.
    pub(super) fn keepalive(&self, own: &Own<'_>, outer: Option<&Setting>) -> Setting {
        let Some(entry) = own.entries.first() else {
            return Setting::new(self.default_candidate(Value::Unset), Vec::new());
        };
        let losers = outer.map_or(Vec::new(), beaten);
        if let Some(not_known) = self.not_known(entry) {
            return Setting::new(self.candidate(entry, not_known), losers);
        }
        let args: Vec<&str> = entry.args().collect();
        let single = |value: &str| match units::time(value, Unit::Milliseconds) {
            Some(ms) => Data::Int(ms),
            None => Data::from(value),
        };
        let value = match args.as_slice() {
            [one] => single(one),
            many => texts(many.iter().copied()),
        };
        let setting = Setting::new(self.candidate(entry, Value::Known(value)), losers);
        let header = outer.and_then(|s| s.value().known()).and_then(Data::as_list).and_then(|l| l.get(1));
        match (args.as_slice(), header) {
            ([one], Some(header)) => {
                together(setting, Value::Known(Data::List(vec![Data::from(*one), header.clone()])))
            }
            _ => setting,
        }
    }

    /// `ssl_session_cache`: the built-in cache and the shared one are inherited each for itself.
    pub(super) fn session_cache(&self, own: &Own<'_>, outer: Option<&Setting>) -> Setting {
        let losers = outer.map_or(Vec::new(), beaten);
        let Some(last) = own.entries.last() else {
            return Setting::new(self.default_candidate(Value::Unset), losers);
        };
        let winner = self.candidate(last, self.words(last));
        if own.entries.iter().any(|e| self.config.has_hole(e)) {
            return Setting::new(winner, losers);
        }
        let words_of = |data: &Data| match data {
            Data::Str(s) => vec![s.clone()],
            Data::Bool(false) => vec!["off".to_owned()],
            Data::List(items) => items.iter().filter_map(Data::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut words: Vec<String> = outer.and_then(|s| s.value().known()).map_or(Vec::new(), words_of);
        words.extend(own.entries.iter().flat_map(|e| e.args()).map(str::to_owned));
        let is_shared = |w: &&String| w.starts_with("shared:");
        let built_in = words.iter().rev().find(|w| !is_shared(w)).cloned();
        let shared = words.iter().rev().find(is_shared).cloned();
        let value = match (built_in.as_deref(), shared) {
            (Some("off"), _) => Data::Bool(false),
            (Some(word @ "none"), _) | (Some(word), None) => Data::from(word),
            (Some(word), Some(shared)) => texts([word, shared.as_str()]),
            (None, Some(shared)) => Data::Str(shared),
            (None, None) => return Setting::new(winner, losers),
        };
        together(Setting::new(winner, losers), Value::Known(value))
    }

    /// `root` and `alias`: the innermost of the two holds. Relative paths count from the prefix.
    pub(super) fn root(
        &self,
        _: BlockId,
        name: &str,
        own: &Own<'_>,
        outer: &Settings,
        settings: &mut Settings,
    ) {
        let Some(entry) = own.entries.first() else { return };
        let value = match (self.not_known(entry), entry.args().next().unwrap_or_default()) {
            (Some(not_known), _) => not_known,
            (None, path) => self.root_path(name, path),
        };
        let other = if name == "root" { "alias" } else { "root" };
        let mut losers = outer.get(name).map_or(Vec::new(), beaten);
        losers.extend(outer.get(other).map_or(Vec::new(), beaten));
        settings.insert(name.to_owned(), Setting::new(self.candidate(entry, value), losers));
        settings.remove(other);
    }

    fn root_path(&self, name: &str, path: &str) -> Value {
        let path = if name == "root" { path.strip_suffix('/').unwrap_or(path) } else { path };
        if path.starts_with('$') {
            return Value::str(path);
        }
        match self.paths.in_prefix(path) {
            Some(full) => Value::str(full),
            None => Value::unknown("the prefix that nginx was built with is not known"),
        }
    }

    /// A cache on a level switches the store off that comes from outside, and the other way round
    /// (`ngx_http_proxy_merge_loc_conf`).
    pub(super) fn stores(&self, id: BlockId, settings: &mut Settings) {
        for family in ["proxy", "fastcgi", "uwsgi", "scgi"] {
            for (here, other) in [("cache", "store"), ("store", "cache")] {
                let (here, other) = (format!("{family}_{here}"), format!("{family}_{other}"));
                let set = |name: &str| {
                    let first = self.config.named(id, name).next();
                    first.is_some_and(|e| e.args().next() != Some("off"))
                };
                if set(&here)
                    && self.config.named(id, &other).next().is_none()
                    && let Some(setting) = settings.get_mut(&other)
                {
                    let off = Value::Known(Data::Bool(false));
                    *setting = together(setting.clone(), off);
                }
            }
        }
    }
}

/// A setting whose effective value no single directive has, written as nginx writes it.
fn together(setting: Setting, value: Value) -> Setting {
    let text = written(&value);
    setting.joined_as(value, text)
}

/// Values one after another; one that is not known makes the whole not known.
fn join<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut items: Vec<Data> = Vec::new();
    let mut pairs: Vec<(String, Data)> = Vec::new();
    for value in values {
        match value {
            Value::Known(Data::List(more)) => items.extend(more.iter().cloned()),
            Value::Known(Data::Map(more)) => pairs.extend(more.iter().cloned()),
            Value::Known(other) => items.push(other.clone()),
            other => return other.clone(),
        }
    }
    if pairs.is_empty() {
        Value::Known(Data::List(items))
    } else {
        Value::Known(Data::Map(last_of_each(pairs)))
    }
}

/// Of equal keys the last value, in the place of the first.
fn last_of_each(pairs: Vec<(String, Data)>) -> Vec<(String, Data)> {
    let mut index: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut out: Vec<(String, Data)> = Vec::new();
    for (key, value) in pairs {
        match index.get(&key) {
            Some(at) => {
                if let Some(pair) = out.get_mut(*at) {
                    pair.1 = value;
                }
            }
            None => {
                index.insert(key.clone(), out.len());
                out.push((key, value));
            }
        }
    }
    out
}
