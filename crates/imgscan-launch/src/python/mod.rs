//! Python programs: `python -m …`, scripts, and console scripts, which are known by what they import.

mod console_script;
mod interpreter;
mod search_path;

use std::sync::Arc;

use imgscan_model::{FileView, Problem, Program, Text, path};
use imgscan_shell::External;

use crate::call::Call;
use crate::follow::Follower;
use crate::lookup;
use crate::{servers, wrappers};

use console_script::EntryPoint;
pub(crate) use interpreter::Interpreter;
use interpreter::{Invocation, What};

/// Follows `python …` to the module that runs.
pub(crate) fn follow(follower: &mut Follower, call: Call, interpreter: Interpreter) -> Vec<External> {
    let invocation = match Invocation::read(&call.argv) {
        Ok(invocation) => invocation,
        Err(refused) => {
            let origin = call.origin(refused.word);
            return follower.lose_at(call, origin, format!("python: {}", refused.message));
        }
    };
    match invocation.what {
        What::Module(at) => module(follower, call, &interpreter, &invocation, at),
        What::Script(at) => script(follower, call, &interpreter, &invocation, at),
        What::Code(at) => {
            let message = "a program given with `python -c` is not followed";
            let origin = call.origin(at);
            unfollowed(follower, call, &interpreter, at + 1, Problem::at(origin, message))
        }
        What::Nothing => {
            let words = call.argv.len();
            let program = program(&interpreter, "python", words);
            follower.arrive(call, program)
        }
    }
}

/// `python -m NAME`: `sys.path` begins with the working directory.
fn module(
    follower: &mut Follower,
    call: Call,
    interpreter: &Interpreter,
    invocation: &Invocation,
    at: usize,
) -> Vec<External> {
    let Some(name) = call.argv.get(at).and_then(Text::known).map(str::to_owned) else {
        return follower.lose(call, "which module `python -m` runs is not known");
    };
    let first = call.cwd.known().map(str::to_owned);
    let python_path = search_path::compute(&call, interpreter, invocation, first.as_deref());
    let mut program = Program {
        path: interpreter.path.clone(),
        name: programs(&name),
        words: at + 1,
        python_path,
        python_version: interpreter.version,
        is_module: true,
    };
    if interpreter.path.is_none() {
        let (packages, version) = search_path::of_absent(&call, &program.name);
        program.python_path.extend(packages.into_iter().filter(|dir| call.cwd.known() != Some(dir)));
        program.python_version = program.python_version.or(version);
    }
    known(follower, Call { written: None, ..call }, program)
}

/// `python FILE`, also as the kernel calls it for a script: `sys.path` begins with the directory of the file, links
/// resolved (`Modules/main.c` `pymain_run_python`).
fn script(
    follower: &mut Follower,
    call: Call,
    interpreter: &Interpreter,
    invocation: &Invocation,
    at: usize,
) -> Vec<External> {
    let Some(file) = call.argv.get(at).and_then(Text::known).map(str::to_owned) else {
        return follower.lose(call, "which file `python` runs is not known");
    };
    let Some(path) = lookup::at(&file, &call.cwd) else {
        return follower.lose(call, "the working directory is not known");
    };
    let (node, text) = match call.files.resolve(&path).and_then(|node| Ok((call.files.read(&path)?, node))) {
        Ok((text, node)) => (node, text),
        Err(error) => {
            let problem = Problem::at(call.origin(at), format!("python script `{path}`: {error}"));
            return unfollowed(follower, call, interpreter, at + 1, problem);
        }
    };
    let python_path = search_path::compute(&call, interpreter, invocation, Some(path::parent(&node.path)));
    let words = if call.written.is_some() { 1 } else { at + 1 };
    let entry = text.known().and_then(console_script::read);
    let module = entry.and_then(|entry| match entry {
        EntryPoint::Import { module } => Some(module),
        EntryPoint::Metadata { distribution, name } => {
            console_script::from_metadata(&call.files, &python_path, &distribution, &name)
        }
    });
    let Some(module) = module else {
        let message = format!("python script `{path}` is not followed: what it starts is not known");
        return unfollowed(follower, call, interpreter, words, Problem::at(node.origin.clone(), message));
    };
    let program = Program {
        path: Some(Arc::clone(&node.path)),
        name: programs(&module),
        words,
        python_path,
        python_version: interpreter.version,
        is_module: false,
    };
    known(follower, call, program)
}

/// Programs of [`PROGRAMS`] are Python programs wherever they are.
pub(crate) fn is_python_server(name: &str) -> bool {
    PROGRAMS.iter().any(|(_, program)| *program == name)
}

/// What can be told of a Python program that is not in the image: its packages may be, and `PYTHONPATH` holds.
pub(crate) fn fill_absent(program: &mut Program, call: &Call) {
    let (python_path, version) = search_path::of_absent(call, &program.name);
    program.python_path = python_path;
    program.python_version = version;
}

/// A module that runs: a wrapper to take off, or a program.
fn known(follower: &mut Follower, mut call: Call, program: Program) -> Vec<External> {
    match wrappers::by_module(&program.name) {
        Some(wrapper) => {
            if let Some(written) = call.written.take() {
                call.argv = written;
            }
            follower.wrapper(call, wrapper, program)
        }
        None => follower.arrive(call, program),
    }
}

/// A Python program of which nothing but its file is known.
fn unfollowed(
    follower: &mut Follower,
    mut call: Call,
    interpreter: &Interpreter,
    words: usize,
    problem: Problem,
) -> Vec<External> {
    let argv = call.written.as_ref().unwrap_or(&call.argv);
    let name = argv.get(words.saturating_sub(1)).map(|word| path::name(word.raw())).unwrap_or("python");
    let mut program = program(interpreter, name, words);
    if servers::find(&program).is_some() {
        program.name = "python".to_owned();
    }
    call.doubts.push(problem);
    follower.arrive(call, program)
}

fn program(interpreter: &Interpreter, name: &str, words: usize) -> Program {
    Program {
        path: interpreter.path.clone(),
        name: name.to_owned(),
        words,
        python_path: Vec::new(),
        python_version: interpreter.version,
        is_module: false,
    }
}

/// Modules whose run is that of a program with a name of its own, from the packages' `entry_points.txt` and
/// `__main__.py`. Every other module is its own name.
const PROGRAMS: [(&str, &str); 16] = [
    ("gunicorn.app.wsgiapp", "gunicorn"),
    ("uvicorn.main", "uvicorn"),
    ("hypercorn.__main__", "hypercorn"),
    ("daphne.cli", "daphne"),
    ("granian.cli", "granian"),
    ("airflow.__main__", "airflow"),
    ("airflow.bin.airflow", "airflow"),
    ("waitress.runner", "waitress-serve"),
    ("waitress", "waitress-serve"),
    ("uwsgi.uwsgi", "uwsgi"),
    ("flask.cli", "flask"),
    ("celery.__main__", "celery"),
    ("celery.bin.celery", "celery"),
    ("streamlit.web.cli", "streamlit"),
    ("fastapi.cli", "fastapi"),
    ("fastapi_cli.cli", "fastapi"),
];

/// The program that a module is when it runs.
fn programs(module: &str) -> String {
    let listed = PROGRAMS.iter().find(|(name, _)| *name == module).map(|(_, program)| *program);
    listed.or_else(|| module.strip_suffix(".__main__")).unwrap_or(module).to_owned()
}
