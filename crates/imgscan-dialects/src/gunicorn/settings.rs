//! The settings of each gunicorn version. The tables are written by `cargo xtask gunicorn-settings`, which asks the
//! real packages; here they are read and put together.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use imgscan_python::{Arity, PyValue};
use serde_json::Value as Json;

use super::py::argparse::{Action, Kind, Opt};
use super::validate::Validator;

/// The first version in full, and for each later one what changed.
const DATA: &str = include_str!("../../data/gunicorn/settings.json");

static CHANGES: LazyLock<Vec<Json>> = LazyLock::new(|| match serde_json::from_str(DATA) {
    Ok(Json::Array(versions)) => versions,
    // The file is part of the program and a test reads it.
    _ => Vec::new(),
});

/// The table after each version, made when it is first asked for.
static TABLES: LazyLock<Vec<OnceLock<Table>>> =
    LazyLock::new(|| CHANGES.iter().map(|_| OnceLock::new()).collect());

/// A version number; parts that are missing count as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(pub [u32; 3]);

impl Number {
    /// The number of a version: of `20.1.0` and of `20.1rc1` the leading digits of each part.
    pub(crate) fn of(version: &str) -> Number {
        let mut parts = version.split('.').map(|part| {
            let digits = part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
            digits.parse().unwrap_or(0)
        });
        Number(std::array::from_fn(|_| parts.next().unwrap_or(0)))
    }
}

/// A setting as one version defines it (`gunicorn.config.Setting`).
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Its name in a config file.
    pub name: String,
    /// Its option on the command line, if it has one.
    pub option: Option<Opt>,
    /// What converts and checks a value.
    pub validator: Validator,
    /// The default before the validator, in an empty environment; `None` means unset.
    pub default: PyValue,
    /// The default after the validator, where the two differ.
    #[cfg(test)]
    pub stored: Option<PyValue>,
    /// The environment variables that the default is made from.
    pub from: Vec<String>,
}

/// The settings of one version: those with options in the order of gunicorn's parser, then the others.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The version that the table is of.
    pub version: String,
    /// Its number.
    pub number: Number,
    /// The settings.
    pub specs: Vec<Spec>,
}

impl Table {
    /// The table for a version: its own, or that of the nearest known version below it; for a version below all, the
    /// first.
    pub(crate) fn of(version: &str) -> &'static Table {
        let wanted = Number::of(version);
        let known = |change: &Json| Number::of(change["version"].as_str().unwrap_or("")) <= wanted;
        let count = CHANGES.iter().take_while(|change| known(change)).count().max(1);
        Table::after(count)
    }

    /// The table of the newest known version.
    pub(crate) fn newest() -> &'static Table {
        Table::after(CHANGES.len())
    }

    fn after(count: usize) -> &'static Table {
        static NONE: LazyLock<Table> = LazyLock::new(|| Table::build(0));
        let slot = count.checked_sub(1).and_then(|at| TABLES.get(at));
        slot.map_or_else(|| &*NONE, |slot| slot.get_or_init(|| Table::build(count)))
    }

    fn build(count: usize) -> Table {
        let mut rows: Vec<&Json> = Vec::new();
        let mut version = "";
        for change in CHANGES.iter().take(count) {
            version = change["version"].as_str().unwrap_or("");
            apply(&mut rows, change);
        }
        let number = Number::of(version);
        let specs = rows.into_iter().map(|row| spec(row, number)).collect();
        Table { version: version.to_owned(), number, specs }
    }

    /// The setting of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Spec> {
        self.specs.iter().find(|s| s.name == name)
    }

    /// Whether the table's version is this or a later one.
    pub(crate) fn at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        self.number >= Number([major, minor, patch])
    }
}

/// The name of every setting of every version.
pub(crate) fn all_names() -> BTreeSet<&'static str> {
    CHANGES.iter().flat_map(rows_of).map(name).collect()
}

/// Every flag of every version with the name of its setting.
pub(crate) fn all_flags() -> Vec<(&'static str, &'static str)> {
    let rows = CHANGES.iter().flat_map(rows_of);
    rows.flat_map(|row| texts(row, "flags").map(move |flag| (flag, name(row)))).collect()
}

fn rows_of(change: &Json) -> impl Iterator<Item = &Json> {
    change["set"].as_array().into_iter().flatten()
}

fn name(row: &Json) -> &str {
    row["name"].as_str().unwrap_or("")
}

fn texts<'a>(row: &'a Json, field: &str) -> impl Iterator<Item = &'a str> {
    row[field].as_array().into_iter().flatten().filter_map(Json::as_str)
}

/// Takes out what a version removed and puts in what it added or changed, at the place that each row names.
fn apply<'a>(rows: &mut Vec<&'a Json>, change: &'a Json) {
    let removed: Vec<&str> = texts(change, "remove").collect();
    rows.retain(|row| !removed.contains(&name(row)));
    for row in rows_of(change) {
        let position = |wanted: &str| rows.iter().position(|r| name(r) == wanted);
        match (position(name(row)), row["after"].as_str().and_then(position)) {
            (Some(at), _) => rows[at] = row,
            (None, Some(before)) => rows.insert(before + 1, row),
            (None, None) => rows.insert(0, row),
        }
    }
}

fn spec(row: &Json, number: Number) -> Spec {
    let validator = Validator::of(row["validator"].as_str().unwrap_or(""), number);
    Spec {
        name: name(row).to_owned(),
        option: option(row),
        validator,
        default: value(&row["default"], validator.arity()),
        #[cfg(test)]
        stored: row.get("stored").map(|json| value(json, None)),
        from: texts(row, "from").map(str::to_owned).collect(),
    }
}

/// As `Setting.add_option` builds it.
fn option(row: &Json) -> Option<Opt> {
    let flags: Vec<String> = texts(row, "flags").map(str::to_owned).collect();
    let optional = row["nargs"] == "?";
    let (action, constant) = match row["action"].as_str() {
        Some("store_true") => (Action::Constant, PyValue::Bool(true)),
        Some("store_const") => (Action::Constant, value(&row["const"], None)),
        Some("append") => (Action::Append, PyValue::None),
        _ if optional => (Action::StoreOptional, value(&row["const"], None)),
        _ => (Action::Store, PyValue::None),
    };
    let kind = match row["type"].as_str() {
        Some("int") => Kind::Int,
        Some("auto_int") => Kind::AutoInt,
        _ => Kind::Str,
    };
    (!flags.is_empty()).then(|| Opt { flags, dest: name(row).to_owned(), action, kind, constant })
}

/// A value of the data file. `{"python": name}` is a function with as many parameters as its validator asks for,
/// `{"python": text, "type": name}` an object.
fn value(json: &Json, arity: Option<usize>) -> PyValue {
    match json {
        Json::Null => PyValue::None,
        Json::Bool(truth) => PyValue::Bool(*truth),
        Json::Number(number) => number.as_i64().map_or(PyValue::None, |n| PyValue::Int(n.into())),
        Json::String(text) => PyValue::Str(text.clone()),
        Json::Array(items) => PyValue::List(items.iter().map(|i| value(i, None)).collect()),
        Json::Object(fields) => match (fields.get("python").and_then(Json::as_str), fields.get("type")) {
            (Some(text), Some(kind)) => {
                PyValue::Object { type_name: kind.as_str().unwrap_or("").to_owned(), text: text.to_owned() }
            }
            (Some(name), None) => function(name, arity),
            (None, _) => {
                PyValue::Dict(fields.iter().map(|(k, v)| (PyValue::Str(k.clone()), value(v, None))).collect())
            }
        },
    }
}

fn function(name: &str, arity: Option<usize>) -> PyValue {
    let arity = arity.map(|count| Arity {
        required: count,
        positional: count,
        varargs: false,
        required_keywords: 0,
        parameters: count,
    });
    PyValue::Function { module: Some("gunicorn.config".to_owned()), name: name.to_owned(), arity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gunicorn::validate::{Stored, World};

    const COUNTS: [(&str, usize, usize); 28] = [
        ("19.9.0", 81, 63),
        ("19.10.0", 82, 64),
        ("20.0.0", 82, 64),
        ("20.0.2", 83, 65),
        ("20.0.3", 83, 65),
        ("20.0.4", 83, 65),
        ("20.1.0", 85, 65),
        ("21.0.0", 87, 66),
        ("21.0.1", 87, 66),
        ("21.1.0", 87, 66),
        ("21.2.0", 87, 66),
        ("22.0.0", 92, 71),
        ("23.0.0", 93, 72),
        ("24.0.0", 98, 77),
        ("24.1.0", 99, 78),
        ("24.1.1", 99, 78),
        ("25.0.0", 113, 88),
        ("25.0.1", 113, 88),
        ("25.0.2", 114, 89),
        ("25.0.3", 114, 89),
        ("25.1.0", 117, 92),
        ("25.2.0", 118, 93),
        ("25.3.0", 118, 93),
        ("26.0.0", 118, 93),
        ("26.1.0", 118, 93),
        ("26.2.0", 119, 94),
        ("27.0.0", 120, 95),
        ("27.0.1", 120, 95),
    ];

    #[test]
    fn every_version_has_the_settings_that_were_counted_in_the_real_packages() {
        for (version, settings, flags) in COUNTS {
            let table = Table::of(version);
            assert_eq!(table.version, version);
            let with_flag = table.specs.iter().filter(|s| s.option.is_some()).count();
            assert_eq!((table.specs.len(), with_flag), (settings, flags), "{version}");
            let names: BTreeSet<&str> = table.specs.iter().map(|s| s.name.as_str()).collect();
            assert_eq!(names.len(), settings, "{version}: a name stands twice");
        }
        assert_eq!(Table::newest().version, "27.0.1");
    }

    #[test]
    fn every_default_passes_its_own_validator_and_becomes_what_gunicorn_stores() {
        for (version, ..) in COUNTS {
            for spec in &Table::of(version).specs {
                assert_ne!(spec.validator, Validator::Unmodelled, "{version} {}", spec.name);
                if spec.default == PyValue::None || spec.name == "chdir" {
                    continue;
                }
                let stored = spec.validator.check(&spec.default, &World::for_tests());
                let expected = spec.stored.clone().unwrap_or_else(|| spec.default.clone());
                assert_eq!(stored, Ok(Stored::sure(expected)), "{version} {}", spec.name);
            }
        }
    }

    #[test]
    fn a_version_between_two_known_ones_takes_the_lower_table() {
        assert_eq!(Table::of("20.0.1").version, "20.0.0");
        assert_eq!(Table::of("99.1").version, "27.0.1");
        assert_eq!(Table::of("18.0").version, "19.9.0");
        assert!(Number::of("20.1rc1") < Number::of("20.1.1"));
    }
}
