//! gunicorn, from 19.9 on: its settings as `gunicorn.app.wsgiapp` loads them and as its arbiter starts with them.
//!
//! The order is that of `Application.load_config`: class defaults, some of them from the environment; the command line
//! is parsed; `GUNICORN_CMD_ARGS` is parsed; one config file is run and its names are set; then the arguments of the
//! variable and those of the command line are set. Each value passes its setting's validator when it is set, also one
//! that a later source replaces, and the first that is refused ends gunicorn.

mod args;
mod context;
mod env;
mod file;
mod ignored;
mod load;
mod modules;
mod paste;
mod py;
mod script;
mod settings;
mod setup;
mod unread;
mod validate;
mod value;
mod version;
mod worker;

use imgscan_model::{Confidence, Problem, Process, Server, Source, Text};
use imgscan_python::PyValue;
use imgscan_text::py_shlex::SplitError;

use args::{Args, Namespace};
use context::Context;
use file::Files;
use load::{Attempt, Load};
use modules::Found;
use script::Script;

use settings::Table;
use setup::Setup;
use validate::Imported;
use version::Installed;

use crate::{Dialect, Reading};

/// The gunicorn dialect.
pub struct Gunicorn;

impl Dialect for Gunicorn {
    fn name(&self) -> &'static str {
        "gunicorn"
    }

    fn claims(&self, process: &Process) -> bool {
        process.program.name == "gunicorn"
    }

    fn read(&self, process: &Process) -> Reading {
        let installed = version::installed(process);
        let table = installed.as_ref().map_or_else(Table::newest, |i| Table::of(&i.version));
        let context = Context::of(process, installed.as_ref().map(|i| &*i.dir));
        Reading { server: read(&context, table, installed.as_ref()), starts: Vec::new() }
    }
}

fn read(context: &Context<'_>, table: &Table, installed: Option<&Installed>) -> Server {
    let import = |module: &str, name: &str| import(context, installed, module, name);
    let world = context.world(&import);
    let version = installed.map_or(table.version.as_str(), |i| i.version.as_str());
    let mut load = Load::new(table, &world, version);
    let mut files = configure(context, installed, &mut load);
    unread::find(context, &mut files, &mut load);
    let loaded = files.loaded.as_ref();
    let ignored_names = loaded.map(|(text, outcome)| ignored::find(table, text, outcome)).unwrap_or_default();
    let (start, settings) = load.finish();
    let mut reads_env = env::reads(table);
    reads_env.extend(files.reads_env);
    let mut seen = std::collections::BTreeSet::new();
    reads_env.retain(|name| seen.insert(name.clone()));
    let mut process = context.process.clone();
    let mut problems = doubts(context, table, installed);
    if !problems.is_empty() {
        process.confidence = process.confidence.min(Confidence::Likely);
    }
    problems.extend(files.problems);
    Server {
        id: "gunicorn".to_owned(),
        name: "gunicorn".to_owned(),
        version: installed.map(|i| i.version.clone()),
        version_origin: installed.map(|i| i.origin.clone()),
        process,
        start,
        config_files: files.listed,
        settings,
        scopes: Vec::new(),
        ignored_names,
        reads_env,
        problems,
    }
}

/// What makes the whole reading less certain.
fn doubts(context: &Context<'_>, table: &Table, installed: Option<&Installed>) -> Vec<Problem> {
    let mut problems = Vec::new();
    match installed {
        None => problems.push(Problem::new(format!(
            "gunicorn's version is not in the image; it is read as {}, the newest that is known",
            table.version
        ))),
        Some(found) if settings::Number::of(&found.version) != table.number => problems.push(Problem::at(
            found.origin.clone(),
            format!(
                "gunicorn {} is not known; it is read as {}, the nearest below it",
                found.version, table.version
            ),
        )),
        Some(_) => {}
    }
    if context.python.is_some_and(|(major, _)| major < 3) {
        problems.push(Problem::new("gunicorn runs on Python 2 here; it is read as on Python 3"));
    }
    problems
}

/// Everything that gunicorn does up to its listeners.
fn configure(context: &Context<'_>, installed: Option<&Installed>, load: &mut Load<'_>) -> Files {
    shadowed(context, installed, load);
    run_as_package(context, load);
    env::import(load, context);
    env::defaults(load, context);
    let table = load.table();
    let args = Args::new(table, context.python, env::program(context, table));
    let cli = args.command_line(context.process.args());
    args.end(&cli, load);
    let from_paste = paste::init(&args, &cli, context, load);
    let application = cli.positionals().first().map(|word| word.text.clone());
    if !from_paste {
        name_the_application(application.as_ref(), &args, &cli, load);
    }
    let variable = variable(&args, context, load);
    let files = file::load(&args, &cli, &variable, context, installed, load);
    args.apply(&variable, load);
    args.apply(&cli, load);
    load.settle();
    if table.at_least(20, 1, 0) && !from_paste && application.is_none() && !cli.is_unknown() {
        match load.stored("wsgi_app") {
            PyValue::None => load.fail("Error: No application module specified.", None),
            PyValue::Unknown { .. } => load.doubt("whether an application is named is not known", None),
            _ => {}
        }
    }
    let source = files.loaded.as_ref().map_or("", |(text, _)| text.raw());
    let changes_path = source.contains("sys.path") || source.contains("addsitedir");
    Setup { context, installed, load, changes_path }.run();
    files
}

/// A module or package called `gunicorn` that Python finds before the real one.
fn shadowed(context: &Context<'_>, installed: Option<&Installed>, load: &mut Load<'_>) {
    let path = &context.process.program.python_path;
    let first = modules::find(context.files(), path, "gunicorn");
    let Found::Source(file) = first else { return };
    if installed.is_some_and(|i| file == format!("{}/gunicorn/__init__.py", i.dir))
        || file.ends_with("/__init__.py")
    {
        return;
    }
    let origin = context.files().resolve(&file).ok().map(|node| node.origin);
    if context.process.program.is_module {
        return load.exit(&format!("`python -m gunicorn` runs `{file}` instead of gunicorn"), origin);
    }
    load.fail("ModuleNotFoundError: No module named 'gunicorn.app'; 'gunicorn' is not a package", origin);
}

/// `python -m gunicorn` before 20.1, where the package has no `__main__`.
fn run_as_package(context: &Context<'_>, load: &mut Load<'_>) {
    if context.runs_package() && !load.table().at_least(20, 1, 0) {
        let python = context.process.argv.first().map_or_else(String::new, Text::display);
        let words =
            "No module named gunicorn.__main__; 'gunicorn' is a package and cannot be directly executed";
        let origin = context.process.argv.first().and_then(Text::whole).map(|place| place.origin);
        load.fail(&format!("{python}: {words}"), origin);
    }
}

/// `WSGIApplication.init`: the first positional names the application, and the process.
fn name_the_application(application: Option<&Text>, args: &Args, cli: &Namespace, load: &mut Load<'_>) {
    match application {
        Some(text) => {
            let Some(place) = text.whole() else { return };
            let value = value::text(text);
            let attempt = Attempt {
                source: Source::App,
                value: &value,
                place,
                written: None,
                reads: Vec::new(),
                secret: text.is_secret(),
            };
            if let Err(message) = load.set("default_proc_name", attempt) {
                load.fail(&format!("Error: {message}"), None);
            }
        }
        None if cli.is_unknown() => {
            load.open(
                Source::App,
                vec!["default_proc_name".to_owned()],
                "the command line is not known",
                Vec::new(),
            );
        }
        None if !load.table().at_least(20, 1, 0) => {
            load.fail(&args.error("No application module specified."), None);
        }
        None => {}
    }
}

/// The arguments in `GUNICORN_CMD_ARGS`.
fn variable(args: &Args, context: &Context<'_>, load: &mut Load<'_>) -> Namespace {
    let Some(text) = context.process.env.value("GUNICORN_CMD_ARGS") else {
        return Namespace::empty(Source::EnvArgs);
    };
    let origin = |range| text.place(range).map(|place| place.origin);
    match args.variable(text) {
        Ok(namespace) => {
            args.end(&namespace, load);
            namespace
        }
        Err(SplitError::Refused(message, at)) => {
            load.fail(&format!("Error: {message}"), origin(at..text.len()));
            Namespace::empty(Source::EnvArgs)
        }
        Err(SplitError::Unknown(range)) => {
            let reason = "`GUNICORN_CMD_ARGS` is not known";
            load.doubt_end(reason, origin(range));
            args.open(Source::EnvArgs, reason, text.needs(), load);
            Namespace::unknown(Source::EnvArgs, reason)
        }
    }
}

/// What an import string of a hook leads to.
fn import(context: &Context<'_>, installed: Option<&Installed>, module: &str, name: &str) -> Imported {
    if module.split('.').next() == Some("gunicorn") && installed.is_none() {
        return Imported::Unknown(format!("`{module}` is not in the image"));
    }
    let file = match modules::find(context.files(), &context.import_path, module) {
        Found::Source(file) => file,
        Found::Missing(message) => return Imported::NoModule(message),
        Found::Namespace => return Imported::NoAttribute,
        Found::Compiled(file) => return Imported::Unknown(format!("`{file}` has no source to read")),
        Found::Unknown(reason) => return Imported::Unknown(reason),
    };
    let text = match context.files().read(&file) {
        Ok(text) => text,
        Err(error) => return Imported::Unknown(format!("`{file}`: {error}")),
    };
    let outcome = Script { text, path: &file, name: module, file: Some(file.clone()) }.run(context);
    match outcome.bindings.iter().find(|binding| binding.name == name) {
        Some(binding) if binding.condition.is_none() => Imported::Value(binding.value.clone()),
        None if outcome.open.is_none() && outcome.end == imgscan_python::End::Finished => {
            Imported::NoAttribute
        }
        _ => Imported::Unknown(format!("whether `{file}` has `{name}` is not known")),
    }
}
