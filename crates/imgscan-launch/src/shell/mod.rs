//! `sh -c …` and shell scripts, which the shell crate follows; the programs that they start come back here.

mod host;
mod invocation;
mod traps;

use imgscan_model::{FileView, LaunchStep, Launcher, Origin, Problem, Text};
use imgscan_shell::{Dialect, End, External, Options, PathEnd, State, Stream};

use crate::call::{Call, Placement, shown};
use crate::follow::Follower;
use crate::lookup;
use host::ShellHost;
use invocation::{Invocation, What};

/// Follows a shell. `in_image` is whether its program is there.
pub(crate) fn follow(
    follower: &mut Follower,
    mut call: Call,
    dialect: Dialect,
    in_image: bool,
) -> Vec<External> {
    let dialect = if in_image { dialect } else { as_if_there(dialect) };
    let invocation = match Invocation::read(&call.argv, dialect) {
        Ok(invocation) => invocation,
        Err(refused) => {
            let origin = call.origin(refused.word);
            return follower.lose_at(call, origin, refused.message);
        }
    };
    let mut state = state(follower, &call, dialect, &invocation);
    let source = match invocation.what {
        What::Text(at) => {
            let what = shown(call.argv.get(..at).unwrap_or_default());
            let origin = call.origin(0);
            call.steps.push(LaunchStep { what, launcher: Launcher::ShellForm, origin });
            state.arg0 = call.argv.get(at + 1).or(call.argv.first()).cloned().unwrap_or_default();
            state.positional = call.argv.get(at + 2..).unwrap_or_default().to_vec();
            call.argv.get(at).cloned().unwrap_or_default()
        }
        What::File(at) => match script_file(&call, at, dialect) {
            Ok((file, origin, text)) => {
                let launcher = Launcher::Script;
                call.steps.push(LaunchStep { what: file, launcher, origin });
                state.arg0 = call.argv.get(at).cloned().unwrap_or_default();
                state.positional = call.argv.get(at + 1..).unwrap_or_default().to_vec();
                text
            }
            Err(message) => {
                let origin = call.origin(at);
                return follower.lose_at(call, origin, message);
            }
        },
        What::Input(at) => {
            state.positional = call.argv.get(at..).unwrap_or_default().to_vec();
            match &call.stdin {
                Stream::Content(text) => text.clone(),
                _ => return interactive(follower, call),
            }
        }
    };
    let launcher =
        if matches!(invocation.what, What::Text(_)) { Launcher::ShellForm } else { Launcher::Script };
    let states = start_files(follower, &call, state, &invocation);
    run_all(follower, &call, states, &source, launcher)
}

/// A shell that is not in the image: which it would be is known by a name other than `sh` only.
fn as_if_there(dialect: Dialect) -> Dialect {
    if dialect == Dialect::BashPosix { Dialect::Posix } else { dialect }
}

/// A shell without a script waits for a person.
fn interactive(follower: &mut Follower, call: Call) -> Vec<External> {
    let name = call.argv.first().map(|word| imgscan_model::path::name(word.raw()).to_owned());
    let program = imgscan_model::Program { name: name.unwrap_or_default(), words: 1, ..Default::default() };
    follower.arrive(call, program)
}

fn state(follower: &Follower, call: &Call, dialect: Dialect, invocation: &Invocation) -> State {
    let mut state = State::new(dialect, &call.env, call.files.clone());
    state.cwd = call.cwd.clone();
    state.user = call.user.clone();
    state.umask = call.umask;
    state.cpus = follower.cpus();
    state.stdin = call.stdin.clone();
    state.options =
        Options { command_string: matches!(invocation.what, What::Text(_)), ..invocation.options };
    state.depth = call.shells + 1;
    state.budget = call.budget.clone();
    state
}

/// The script that the word at `at` names: its path, its place and its text. bash also looks along `PATH`.
fn script_file(call: &Call, at: usize, dialect: Dialect) -> Result<(String, Origin, Text), String> {
    let word = call.argv.get(at).cloned().unwrap_or_default();
    let Some(name) = word.known() else {
        return Err(format!("which script starts is not known: `{}`", word.display()));
    };
    let Some(path) = lookup::at(name, &call.cwd) else {
        return Err(format!("script `{name}`: the working directory is not known"));
    };
    let mut found = call.files.resolve(&path);
    let sought = found.is_err() && dialect.is_bash() && !name.contains('/');
    if sought
        && let lookup::Lookup::Found { node, .. } = lookup::look_up(name, &call.env, &call.cwd, &call.files)
    {
        found = Ok(node);
    }
    let node = found.map_err(|error| format!("script `{path}`: {error}"))?;
    let text = call.files.read(&node.path).map_err(|error| format!("script `{path}`: {error}"))?;
    Ok((path, node.origin, text))
}

/// The files that a shell reads before its script: `/etc/profile` and the user's, for a login shell; `$BASH_ENV`, for
/// bash with a script.
fn start_files(follower: &mut Follower, call: &Call, state: State, invocation: &Invocation) -> Vec<State> {
    let mut states = vec![state];
    let mut wanted: Vec<String> = Vec::new();
    let dialect = states.first().map(|state| state.dialect);
    if invocation.login {
        wanted.push("/etc/profile".to_owned());
        wanted.extend(personal_profile(call, dialect));
    } else if dialect == Some(Dialect::Bash) && !invocation.posix {
        wanted.extend(
            call.env.value("BASH_ENV").and_then(Text::known).filter(|f| !f.is_empty()).map(str::to_owned),
        );
    }
    for file in wanted {
        let Some(path) = lookup::at(&file, &call.cwd) else { continue };
        let mut after = Vec::new();
        for state in states {
            let Ok(text) = state.files.read(&path) else {
                after.push(state);
                continue;
            };
            for end in run_one(follower, call, state, &text, Launcher::Script) {
                after.push(end.state);
            }
        }
        states = after;
    }
    states
}

/// bash reads the first of three, every other shell `~/.profile`.
fn personal_profile(call: &Call, dialect: Option<Dialect>) -> Option<String> {
    let home = call.env.value("HOME").and_then(Text::known).filter(|home| !home.is_empty())?;
    let names: &[&str] = if dialect == Some(Dialect::Bash) {
        &[".bash_profile", ".bash_login", ".profile"]
    } else {
        &[".profile"]
    };
    let mut paths = names.iter().map(|name| format!("{home}/{name}"));
    paths.find(|path| call.files.exists(path) != Some(false))
}

/// Follows the script from every state that it may begin in.
fn run_all(
    follower: &mut Follower,
    call: &Call,
    states: Vec<State>,
    source: &Text,
    launcher: Launcher,
) -> Vec<External> {
    let mut outcomes = Vec::new();
    for state in states {
        let ends = run_one(follower, call, state, source, launcher);
        if ends.iter().any(|end| matches!(end.end, End::Stays { .. })) && call.place != Placement::Background
        {
            follower.hold();
        }
        outcomes.extend(External::of_paths(ends));
    }
    outcomes
}

/// Follows the script from one state.
fn run_one(
    follower: &mut Follower,
    call: &Call,
    state: State,
    source: &Text,
    launcher: Launcher,
) -> Vec<PathEnd> {
    let dialect = state.dialect;
    let (script, problems) = imgscan_shell::parse(source, dialect);
    problems.into_iter().for_each(|problem| follower.problem(problem));
    let mut host =
        ShellHost { follower: &mut *follower, shell: call, dialect, launcher, source: source.raw() };
    let ends = imgscan_shell::run(&script, state, &mut host);
    for end in &ends {
        end.problems.iter().for_each(|problem| follower.problem(problem.clone()));
        end.state.reads.iter().for_each(|read| follower.reads(read.name.clone()));
        if let End::Lost { origin, reason } = &end.end {
            let message = format!("the script is followed up to here only: {reason}");
            let problem =
                origin.clone().map_or_else(|| Problem::new(&message), |at| Problem::at(at, &message));
            follower.problem(problem);
        }
    }
    ends
}
