//! What the arguments of a directive are as a value: sizes in bytes, times in milliseconds, switches, else as written.

use imgscan_model::{Data, Need, Text, Value};

use super::{Merger, texts};
use crate::nginx::config::{BlockKind, Entry};
use crate::nginx::lexer::quote;
use crate::nginx::table::{Kind, Row};
use crate::nginx::units::{self, Unit};

impl Merger<'_> {
    /// The value that an entry sets.
    pub(super) fn value(&self, row: &Row, entry: &Entry) -> Value {
        if let Some(block) = entry.block {
            return Value::Known(self.pairs(block));
        }
        if let Some(not_known) = self.not_known(entry) {
            return not_known;
        }
        let args: Vec<&str> = entry.args().collect();
        Value::Known(convert(row, &args))
    }

    /// The arguments as written, whatever they mean.
    pub(super) fn words(&self, entry: &Entry) -> Value {
        if let Some(not_known) = self.not_known(entry) {
            return not_known;
        }
        let args: Vec<&str> = entry.args().collect();
        Value::Known(plain(&args))
    }

    /// The arguments of one entry of a list: `[[…]]`.
    pub(super) fn item(&self, entry: &Entry) -> Value {
        if let Some(block) = entry.block {
            return Value::Known(self.pairs(block));
        }
        match self.not_known(entry) {
            Some(not_known) => not_known,
            None => Value::Known(Data::List(vec![texts(entry.args())])),
        }
    }

    /// The value of an entry with arguments that are not known.
    pub(super) fn not_known(&self, entry: &Entry) -> Option<Value> {
        if !self.config.has_hole(entry) {
            return None;
        }
        let words = (0..entry.directive.args().len()).filter_map(|i| self.config.word(entry, i));
        let words: Vec<Text> = words.collect();
        let mut needs: Vec<Need> = Vec::new();
        words.iter().flat_map(Text::needs).for_each(|n| {
            if !needs.contains(&n) {
                needs.push(n);
            }
        });
        let reason = words.iter().flat_map(Text::holes).find_map(|(_, opaque)| opaque.reason.clone());
        Some(match reason {
            Some(reason) => Value::Unknown { reason, needs },
            None => {
                let text = words.iter().map(Text::display).collect::<Vec<_>>().join(" ");
                Value::Symbolic { text, needs }
            }
        })
    }

    /// The arguments as a person would write them.
    pub(super) fn written(&self, entry: &Entry) -> String {
        if entry.block.is_some() {
            let head: Vec<String> = entry.args().map(quote).collect();
            return format!("{} {{…}}", head.join(" ")).trim_start().to_owned();
        }
        if self.config.has_hole(entry) {
            let words = (0..entry.directive.args().len()).filter_map(|i| self.config.word(entry, i));
            return words.map(|w| w.display()).collect::<Vec<_>>().join(" ");
        }
        entry.args().map(quote).collect::<Vec<_>>().join(" ")
    }

    /// The pairs of a block: of two equal keys the last one stands; `types` by extension.
    fn pairs(&self, block: crate::nginx::config::BlockId) -> Data {
        debug_assert!(self.config.block(block).kind == BlockKind::Pairs);
        let by_extension = self.config.head(block).is_some_and(|h| h.name() == "types");
        let mut pairs: Vec<(String, Data)> = Vec::new();
        let mut index: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
        let mut put = |key: String, value: Data| match index.get(&key) {
            Some(at) => {
                if let Some(pair) = pairs.get_mut(*at) {
                    pair.1 = value;
                }
            }
            None => {
                index.insert(key.clone(), pairs.len());
                pairs.push((key, value));
            }
        };
        for entry in &self.config.block(block).entries {
            if by_extension {
                entry.args().for_each(|ext| put(ext.to_ascii_lowercase(), entry.name().into()));
            } else {
                let args: Vec<&str> = entry.args().collect();
                put(entry.name().to_owned(), plain(&args));
            }
        }
        Data::Map(pairs)
    }
}

/// One word as a text, several as a list.
fn plain(args: &[&str]) -> Data {
    match args {
        [] => Data::Bool(true),
        [one] => Data::from(*one),
        many => texts(many.iter().copied()),
    }
}

/// The arguments of a directive as a value. Those that nginx refuses stay as written.
pub(super) fn convert(row: &Row, args: &[&str]) -> Data {
    let [value] = args else { return plain(args) };
    let number = match (&row.kind, row.name) {
        // Linux cannot set it: nginx warns and goes on with 0.
        (Kind::Size, name) if name.ends_with("send_lowat") => Some(0),
        (Kind::Size | Kind::ComplexSize, _) => units::size(value),
        (Kind::Offset, _) | (Kind::Custom, "directio") => units::offset(value),
        (Kind::Msec, _) | (Kind::Custom, "keepalive_timeout") => units::time(value, Unit::Milliseconds),
        (Kind::Sec, _) => units::time(value, Unit::Seconds),
        _ => None,
    };
    if let Some(number) = number {
        return Data::Int(number);
    }
    match switch(row, value) {
        Some(on) => Data::Bool(on),
        None => Data::from(*value),
    }
}

/// A value as nginx writes it: switches as `on` and `off`, lists as words, directives that hold together with `;` between
/// two.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Known(data) => in_words(data),
        other => other.to_string(),
    }
}

fn in_words(data: &Data) -> String {
    match data {
        Data::Bool(true) => "on".to_owned(),
        Data::Bool(false) => "off".to_owned(),
        Data::Str(text) => quote(text),
        Data::List(items) => {
            let nested = items.iter().any(|item| item.as_list().is_some());
            let words: Vec<String> = items.iter().map(in_words).collect();
            words.join(if nested { "; " } else { " " })
        }
        Data::Map(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{} {}", quote(key), in_words(value))).collect();
            pairs.join("; ")
        }
        other => other.to_string(),
    }
}

/// `on` and `off`, where they are switches and no names.
fn switch(row: &Row, value: &str) -> Option<bool> {
    let in_any_case = matches!(row.kind, Kind::Flag | Kind::Enum(_) | Kind::Mask(_));
    let takes_text = matches!(row.kind, Kind::Str | Kind::Strs | Kind::Path | Kind::Pairs | Kind::Params)
        || matches!(row.name, "root" | "alias" | "default_type" | "return" | "user" | "use");
    let is = |word: &str| value == word || (in_any_case && value.eq_ignore_ascii_case(word));
    match takes_text {
        true => None,
        false if is("on") => Some(true),
        false if is("off") => Some(false),
        false => None,
    }
}
