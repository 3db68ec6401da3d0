//! Running a config file, which is Python: abstractly, as gunicorn's process would run it.

use std::sync::Arc;

use imgscan_model::{Origin, Text};
use imgscan_python::{End, Module, Outcome, PyValue, evaluate};

use super::context::Context;
use super::settings::Table;

/// A module to run.
pub(crate) struct Script<'a> {
    /// Its source.
    pub text: Text,
    /// Its path, as gunicorn names it.
    pub path: &'a str,
    /// `__name__`
    pub name: &'a str,
    /// `__file__`; `None` where the loader leaves it undefined.
    pub file: Option<String>,
}

/// What a call comes to.
pub(crate) enum Called {
    /// It answers.
    Answered(PyValue),
    /// It raises: the last line of the traceback.
    Raised(String),
    /// That cannot be told.
    Not,
}

impl Script<'_> {
    /// What its names hold when it has run.
    pub(crate) fn run(&self, context: &Context<'_>) -> Outcome {
        self.evaluate(&self.text, context)
    }

    /// What `name()` comes to when the module has run.
    pub(crate) fn call(&self, name: &str, context: &Context<'_>) -> Called {
        const RESULT: &str = "_imgscan_result";
        let Some(place) = self.text.whole() else { return Called::Not };
        let call = Text::derived(format!("\n{RESULT} = {name}()\n"), place.origin);
        let outcome = self.evaluate(&Text::concat([&self.text, &call]), context);
        if let End::Raised { message, .. } = outcome.end {
            return Called::Raised(message);
        }
        let result = outcome.bindings.into_iter().find(|b| b.name == RESULT && b.condition.is_none());
        result.map_or(Called::Not, |binding| Called::Answered(binding.value))
    }

    fn evaluate(&self, source: &Text, context: &Context<'_>) -> Outcome {
        evaluate(&Module {
            source,
            path: self.path,
            name: self.name,
            file: self.file.clone(),
            files: context.files(),
            env: &context.process.env,
            cwd: context.directory.as_deref(),
            python_path: &context.import_path,
            argv: &argv(context),
            version: context.python,
            cpus: context.process.cpus,
        })
    }
}

/// `sys.argv`: the script that runs, and the words after those that name it.
fn argv(context: &Context<'_>) -> Vec<Text> {
    let process = context.process;
    let script = process.program.path.as_ref().filter(|_| !process.program.is_module);
    let first = match (script, process.argv.first()) {
        (Some(path), Some(word)) => {
            let origin = word.whole().map_or_else(|| Origin::Runtime { what: "argv".into() }, |p| p.origin);
            Text::derived(Arc::clone(path), origin)
        }
        (None, Some(word)) => word.clone(),
        (_, None) => Text::default(),
    };
    std::iter::once(first).chain(process.args().iter().cloned()).collect()
}

/// Whether a module sets something for gunicorn: a name that is a setting holds a value of its own. `config` alone is
/// a name that any program may have.
pub(crate) fn sets_something(table: &Table, outcome: &Outcome) -> bool {
    outcome.bindings.iter().any(|binding| {
        let own = !matches!(binding.value, PyValue::Module(_) | PyValue::Class { .. });
        own && binding.name != "config" && table.get(&binding.name).is_some()
    })
}
