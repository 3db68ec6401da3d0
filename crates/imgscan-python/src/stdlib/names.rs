//! Which modules the standard library has, and which names they have.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

use crate::object::{ExternalKind, Value};

/// Newest version that the tables speak of.
const NEWEST: (u8, u8) = (3, 13);

/// The first and last version that has something.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    first: Option<(u8, u8)>,
    last: Option<(u8, u8)>,
}

impl Span {
    fn parse(text: &str) -> Span {
        let version = |text: &str| -> Option<(u8, u8)> {
            let (major, minor) = text.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        match text.split_once('-') {
            Some((first, last)) => Span { first: version(first), last: version(last) },
            None => Span::default(),
        }
    }

    /// Whether the version has it; `None` where that is not known.
    fn has(self, version: Option<(u8, u8)>) -> Option<bool> {
        match version {
            _ if self.first.is_none() && self.last.is_none() => match version {
                Some(v) if v > NEWEST => None,
                _ => Some(true),
            },
            None => None,
            Some(v) => {
                if self.first.is_some_and(|first| v < first) || self.last.is_some_and(|last| v > last) {
                    Some(false)
                } else if v > NEWEST {
                    None
                } else {
                    Some(true)
                }
            }
        }
    }
}

struct ModuleRow {
    is_package: bool,
    span: Span,
}

fn modules() -> &'static HashMap<&'static str, ModuleRow> {
    static ROWS: OnceLock<HashMap<&'static str, ModuleRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let mut rows = HashMap::new();
        for line in include_str!("../../data/stdlib_modules.txt").lines().filter(|l| !l.starts_with('#')) {
            let (name, span) = line.split_once(' ').unwrap_or((line, ""));
            let row = ModuleRow { is_package: name.ends_with('/'), span: Span::parse(span) };
            rows.insert(name.trim_end_matches('/'), row);
        }
        rows
    })
}

fn lines() -> &'static HashMap<&'static str, &'static str> {
    static LINES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    LINES.get_or_init(|| {
        include_str!("../../data/stdlib_names.txt")
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|line| line.split_once(' '))
            .collect()
    })
}

/// Whether the standard library of the version has the module; `None` where that is not known.
pub(crate) fn has_module(name: &str, version: Option<(u8, u8)>) -> Option<bool> {
    match modules().get(name) {
        Some(row) => row.span.has(version).or_else(|| row.is_stable().then_some(true)),
        None if version.is_some_and(|v| v > NEWEST) && !name.contains('.') => {
            // Modules that newer versions add.
            match name {
                "annotationlib" | "compression" => None,
                _ => Some(false),
            }
        }
        None => Some(false),
    }
}

impl ModuleRow {
    fn is_stable(&self) -> bool {
        self.span.first.is_none() && self.span.last.is_none()
    }
}

/// Whether it is a package of the standard library.
pub(crate) fn is_package(name: &str) -> bool {
    modules().get(name).is_some_and(|row| row.is_package)
}

/// What is known of a name of a module.
pub(crate) enum Known {
    /// The module does not have it.
    Missing,
    Value(Value),
    /// A module of this name.
    Module(String),
    /// Nothing is known of the module's names, or not whether this version has it.
    Unclear,
}

/// What is known of `module.name`.
pub(crate) fn look_up(module: &str, name: &str, version: Option<(u8, u8)>, harmless: bool) -> Known {
    let Some(line) = lines().get(module) else { return Known::Unclear };
    let row = line.split(' ').find(|row| row.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
    let Some((_, kind)) = row.and_then(|row| row.split_once(':')) else {
        return match version {
            // The tables list public names only.
            Some(v) if v <= NEWEST && !name.starts_with('_') => Known::Missing,
            _ => Known::Unclear,
        };
    };
    let kind = kind.trim_start_matches(['!', '?']);
    let (kind, span) = cut_span(kind);
    match span.has(version) {
        Some(false) => return Known::Missing,
        None if span.first.is_some() || span.last.is_some() => return Known::Unclear,
        _ => {}
    }
    let external = |kind| Known::Value(Value::external(module, name, kind, harmless));
    match kind.split_once('=') {
        Some(("i", n)) => match n.parse::<num_bigint::BigInt>() {
            Ok(n) => Known::Value(Value::int(n)),
            Err(_) => external(ExternalKind::Unclear),
        },
        Some(("e", n)) => external(n.parse().map_or(ExternalKind::Unclear, ExternalKind::Member)),
        Some(("s", text)) => Known::Value(Value::str(text.replace("\\x20", " "))),
        Some(("b", truth)) => Known::Value(Value::bool(truth == "1")),
        _ => match kind {
            "c" => external(ExternalKind::Class),
            "f" => external(ExternalKind::Function),
            "m" => Known::Module(name.to_owned()),
            _ => external(ExternalKind::Unclear),
        },
    }
}

/// Cuts `@first-last` off.
fn cut_span(kind: &str) -> (&str, Span) {
    let Some((before, span)) = kind.rsplit_once('@') else { return (kind, Span::default()) };
    let is_span = span.contains('-') && span.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    if is_span { (before, Span::parse(span)) } else { (kind, Span::default()) }
}

/// The names that `from module import *` brings; `None` where that is not known.
pub(crate) fn star(module: &str, version: Option<(u8, u8)>) -> Option<Vec<Rc<str>>> {
    let line = lines().get(module)?;
    let mut names = Vec::new();
    for row in line.split(' ') {
        let (name, kind) = row.split_once(':')?;
        if kind.starts_with('!') {
            continue;
        }
        if kind.starts_with('?') {
            return None;
        }
        let (_, span) = cut_span(kind);
        match span.has(version) {
            Some(true) => names.push(name.into()),
            Some(false) => {}
            None if span.first.is_none() && span.last.is_none() && version.is_none() => {
                names.push(name.into())
            }
            None => return None,
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_and_go() {
        assert_eq!(has_module("os", None), Some(true));
        assert_eq!(has_module("distutils.util", Some((3, 11))), Some(true));
        assert_eq!(has_module("distutils.util", Some((3, 12))), Some(false));
        assert_eq!(has_module("tomllib", Some((3, 10))), Some(false));
        assert_eq!(has_module("tomllib", None), None);
        assert_eq!(has_module("psutil", Some((3, 11))), Some(false));
        assert!(is_package("logging"));
    }

    #[test]
    fn names_have_kinds_and_values() {
        let version = Some((3, 11));
        assert!(
            matches!(look_up("logging", "DEBUG", version, true), Known::Value(v) if v.as_int() == Some(10.into()))
        );
        assert!(matches!(look_up("logging", "nope", version, true), Known::Missing));
        assert!(matches!(look_up("logging", "nope", None, true), Known::Unclear));
        assert!(matches!(look_up("logging", "getHandlerByName", version, true), Known::Missing));
        assert!(
            matches!(look_up("string", "digits", None, true), Known::Value(v) if v.as_str() == Some("0123456789"))
        );
    }

    #[test]
    fn stars_bring_what_all_names() {
        let names = star("os", Some((3, 11))).unwrap();
        for name in ["chdir", "umask", "environ", "path"] {
            assert!(names.iter().any(|n| **n == *name), "{name}");
        }
        assert!(!names.iter().any(|n| **n == *"sys"));
    }
}
