//! Console scripts: the few lines that installers write into `bin`, which import a function and call it.

use std::sync::Arc;

use imgscan_model::FileView;

/// What a console script calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryPoint {
    /// `from MODULE import function`.
    Import {
        /// The module.
        module: String,
    },
    /// `load_entry_point('gunicorn==19.9.0', 'console_scripts', 'gunicorn')`.
    Metadata {
        /// The distribution.
        distribution: String,
        /// The name of the entry point.
        name: String,
    },
}

/// Reads a script. `None` where it does anything besides importing a function and calling it: then it is a program of
/// its own. The forms are those of pip (distlib), setuptools, uv, poetry, pdm, flit and Debian.
pub(crate) fn read(text: &str) -> Option<EntryPoint> {
    let mut found: Option<(EntryPoint, String)> = None;
    let mut called = false;
    for (number, line) in text.lines().enumerate() {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') || (number < 3 && is_trampoline(code)) {
            continue;
        }
        if let Some(entry) = import(code) {
            if found.is_some() {
                return None;
            }
            found = Some(entry);
        } else if let Some(entry) = loaded(code) {
            if found.is_some() {
                return None;
            }
            called = true;
            found = Some((entry, String::new()));
        } else if found.as_ref().is_some_and(|(_, function)| calls(code, function)) {
            called = true;
        } else if !is_frame(code) {
            return None;
        }
    }
    found.filter(|_| called).map(|(entry, _)| entry)
}

/// The second line of a script whose interpreter does not fit into a `#!` line: `'''exec' /path/python "$0" "$@"`.
fn is_trampoline(code: &str) -> bool {
    code.starts_with("'''exec' ") || code == "' '''"
}

/// `from gunicorn.app.wsgiapp import run`, with the function's name (`as` counts).
fn import(code: &str) -> Option<(EntryPoint, String)> {
    let (module, names) = code.strip_prefix("from ")?.split_once(" import ")?;
    let module = module.trim();
    if matches!(module, "pkg_resources" | "importlib.metadata" | "importlib_metadata" | "re" | "sys") {
        return None;
    }
    let mut words = names.split_whitespace();
    let name = words.next()?;
    let function = match (words.next(), words.next(), words.next()) {
        (None, ..) => name,
        (Some("as"), Some(other), None) => other,
        _ => return None,
    };
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    (is_name(module) && is_name(function))
        .then(|| (EntryPoint::Import { module: module.to_owned() }, function.to_owned()))
}

/// `load_entry_point('gunicorn==19.9.0', 'console_scripts', 'gunicorn')()`, perhaps inside `sys.exit(…)`, or the
/// `importlib_load_entry_point` of newer setuptools.
fn loaded(code: &str) -> Option<EntryPoint> {
    let code = code.strip_prefix("sys.exit(").and_then(|code| code.strip_suffix(')')).unwrap_or(code);
    let code = code.strip_prefix("return ").unwrap_or(code);
    let code = code.strip_prefix("importlib_").unwrap_or(code);
    let arguments = code.strip_prefix("load_entry_point(")?.strip_suffix(")()")?;
    let mut words = arguments.split(',').map(|word| word.trim().trim_matches(['\'', '"']));
    let (spec, group, name) = (words.next()?, words.next()?, words.next()?);
    let distribution = spec.split(['=', '<', '>', '!', '~', ' ']).next()?;
    (group == "console_scripts" && words.next().is_none())
        .then(|| EntryPoint::Metadata { distribution: distribution.to_owned(), name: name.to_owned() })
}

/// Whether a line calls the function and does nothing else.
fn calls(code: &str, function: &str) -> bool {
    let root = function.split('.').next().unwrap_or(function);
    let call = [format!("sys.exit({function}())"), format!("{function}()"), format!("exit({function}())")];
    call.iter().any(|form| code == form)
        || (!root.is_empty()
            && code.strip_prefix(&format!("sys.exit({root}.")).is_some_and(|rest| {
                rest.strip_suffix("())")
                    .is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c)))
            }))
}

/// The lines around the call that change nothing of what it does.
fn is_frame(code: &str) -> bool {
    const LINES: [&str; 16] = [
        "import re",
        "import sys",
        "import re, sys",
        "import re,sys",
        "from re import sub",
        "from sys import argv, exit",
        "try:",
        "if __name__ == '__main__':",
        "if __name__ == \"__main__\":",
        "from pkg_resources import load_entry_point",
        "from importlib.metadata import distribution",
        "from importlib_metadata import distribution",
        "except ImportError:",
        "pass",
        "sys.exit(",
        "globals().setdefault('load_entry_point', importlib_load_entry_point)",
    ];
    LINES.contains(&code)
        || code.starts_with("sys.argv[0] = ")
        || (code.trim_start_matches("el").starts_with("if sys.argv[0].endswith(") && code.ends_with(':'))
        || code.starts_with("__requires__ = ")
        || code.starts_with("import importlib.metadata")
        || is_loader(code)
}

/// The lines of setuptools' `importlib_load_entry_point`.
fn is_loader(code: &str) -> bool {
    code == "def importlib_load_entry_point(spec, group, name):"
        || code == "dist_name, _, _ = spec.partition('==')"
        || code == "matches = ("
        || code == "entry_point"
        || code == "for entry_point in distribution(dist_name).entry_points"
        || code == "if entry_point.group == group and entry_point.name == name"
        || code == ")"
        || code == "return next(matches).load()"
}

/// The module of an entry point, from the metadata of the distribution (`entry_points.txt`, section
/// `[console_scripts]`).
pub(crate) fn from_metadata(
    files: &dyn FileView,
    python_path: &[Arc<str>],
    distribution: &str,
    name: &str,
) -> Option<String> {
    let wanted = normal(distribution);
    for dir in python_path {
        for entry in files.list(dir).unwrap_or_default() {
            let stem = entry.strip_suffix(".dist-info").or_else(|| entry.strip_suffix(".egg-info"));
            if stem.is_none_or(|stem| normal(stem.split('-').next().unwrap_or(stem)) != wanted) {
                continue;
            }
            let Ok(text) = files.read(&format!("{dir}/{entry}/entry_points.txt")) else { continue };
            if let Some(module) = console_entry(text.raw(), name) {
                return Some(module);
            }
        }
    }
    None
}

/// PEP 503: names that differ only in case and in `-`, `_`, `.` are one.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

fn console_entry(text: &str, name: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[console_scripts]";
        } else if let Some((_, value)) = line.split_once('=').filter(|(key, _)| inside && key.trim() == name)
        {
            return value.split(':').next().map(|module| module.trim().to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Option<String> {
        match read(text)? {
            EntryPoint::Import { module } => Some(module),
            EntryPoint::Metadata { distribution, name } => Some(format!("{distribution}/{name}")),
        }
    }

    #[test]
    fn what_pip_writes() {
        let text = "#!/usr/local/bin/python3.11\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\
                    from gunicorn.app.wsgiapp import run\nif __name__ == '__main__':\n    \
                    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(run())\n";
        assert_eq!(module(text).as_deref(), Some("gunicorn.app.wsgiapp"));
    }

    #[test]
    fn what_newer_pip_and_uv_write() {
        let text = "#!/app/.venv/bin/python\n# -*- coding: utf-8 -*-\nimport sys\nfrom uvicorn.main import main\n\
                    if __name__ == \"__main__\":\n    if sys.argv[0].endswith(\"-script.pyw\"):\n        \
                    sys.argv[0] = sys.argv[0][:-11]\n    elif_ = 1\n    sys.exit(main())\n";
        assert_eq!(module(text), None);
        let text = text.replace("    elif_ = 1\n", "");
        assert_eq!(module(&text).as_deref(), Some("uvicorn.main"));
    }

    #[test]
    fn a_trampoline_in_front_of_a_long_path() {
        let text = "#!/bin/sh\n'''exec' \"/a very long/bin/python\" \"$0\" \"$@\"\n' '''\nimport re\nimport sys\n\
                    from gunicorn.app.wsgiapp import run\nif __name__ == '__main__':\n    sys.exit(run())\n";
        assert_eq!(module(text).as_deref(), Some("gunicorn.app.wsgiapp"));
    }

    #[test]
    fn what_old_setuptools_writes() {
        let text = "#!/usr/bin/python3\n# EASY-INSTALL-ENTRY-SCRIPT: 'gunicorn==19.9.0','console_scripts','gunicorn'\n\
                    __requires__ = 'gunicorn==19.9.0'\nimport re\nimport sys\n\
                    from pkg_resources import load_entry_point\n\nif __name__ == '__main__':\n    \
                    sys.exit(\n        load_entry_point('gunicorn==19.9.0', 'console_scripts', 'gunicorn')()\n    )\n";
        assert_eq!(module(text).as_deref(), Some("gunicorn/gunicorn"));
    }

    #[test]
    fn a_launcher_of_ones_own_is_none() {
        let text = "#!/usr/bin/python3\nimport os, sys\nfrom gunicorn.app.wsgiapp import run\n\
                    os.environ['WEB_CONCURRENCY'] = '9'\nsys.exit(run())\n";
        assert_eq!(module(text), None);
        assert_eq!(module("from gunicorn.app.wsgiapp import run\n"), None);
    }

    #[test]
    fn an_entry_point_from_metadata() {
        let text =
            "[console_scripts]\ngunicorn = gunicorn.app.wsgiapp:run\n[paste.server_runner]\nmain = x:y\n";
        assert_eq!(console_entry(text, "gunicorn").as_deref(), Some("gunicorn.app.wsgiapp"));
        assert_eq!(console_entry(text, "main"), None);
    }
}
