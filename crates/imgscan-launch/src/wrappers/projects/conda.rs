//! `conda run`, `mamba run`, `micromamba run`: the command runs with the environment's `bin` first in `PATH`. Whether
//! signals reach it differs between them and their versions.

use imgscan_model::{EnvSource, FileView, Program, Text, path};

use super::{put_in_path, variable};
use crate::call::{Call, Executor};
use crate::getopt::Grammar;
use crate::lookup::{self, Lookup};
use crate::wrappers::{Stuck, Tree, Unwrapped, Wrapper, assume, made};

pub(super) const WRAPPER: Wrapper =
    Wrapper::custom(&["conda", "mamba", "micromamba"], &["conda.cli", "mamba.mamba"], conda);

const GRAMMAR: Grammar = Grammar {
    flags: "hvqsd",
    values: "npraec",
    optional: "",
    long_flags: &[
        "help",
        "verbose",
        "quiet",
        "dev",
        "debug-wrapper-scripts",
        "no-capture-output",
        "live-stream",
        "detach",
        "clean-env",
    ],
    long_values: &["name", "prefix", "cwd", "root-prefix", "attach", "env", "label"],
    long_optional: &[],
    abbreviated: false,
    one_dash: false,
};

fn conda(call: &Call, program: &Program) -> Result<Unwrapped, Stuck> {
    let global = GRAMMAR.parse(&call.argv, program.words)?;
    if call.argv.get(global.rest).map(Text::raw) != Some("run") {
        return Err(Stuck::Ends);
    }
    let options = GRAMMAR.parse(&call.argv, global.rest + 1)?;
    let mut inner = Tree::Fork(None).start(call, options.rest, Executor::Shell)?;
    let name = options.value(&["n", "name"]).and_then(Text::known);
    let prefix = match options.value(&["p", "prefix"]).and_then(Text::known) {
        Some(prefix) => super::at(call, prefix)?,
        None => named(call, name.unwrap_or("base"))?,
    };
    if let Some(dir) = options.value(&["cwd"]) {
        inner.cwd = crate::wrappers::env::directory(call, dir);
    }
    put_in_path(call, &mut inner, &format!("{prefix}/bin"));
    for (variable, value) in
        [("CONDA_PREFIX", prefix.as_str()), ("CONDA_DEFAULT_ENV", name.unwrap_or(&prefix))]
    {
        inner.env.set(variable, made(call, value), EnvSource::Script);
    }
    let scripts = call.files.list(&format!("{prefix}/etc/conda/activate.d")).unwrap_or_default();
    if !scripts.is_empty() {
        assume(
            &mut inner,
            format!("what the scripts in `{prefix}/etc/conda/activate.d` set is not followed"),
        );
    }
    Ok(Unwrapped::one(inner))
}

/// `base` is where conda itself is, any other environment is below its `envs`.
fn named(call: &Call, name: &str) -> Result<String, Stuck> {
    let word = call.argv.first().and_then(Text::known).unwrap_or_default();
    let own = match lookup::look_up(word, &call.env, &call.cwd, &call.files) {
        Lookup::Found { path: program, .. } => {
            let above = path::parent(path::parent(&program)).to_owned();
            // `condabin/conda` stands beside `bin`.
            Some(above)
        }
        _ => None,
    };
    let root =
        variable(call, "MAMBA_ROOT_PREFIX").or_else(|| variable(call, "CONDA_ROOT")).map(str::to_owned);
    let root = root.or(own).ok_or_else(|| Stuck::at(0, "where conda's environments are is not known"))?;
    Ok(if name == "base" { root } else { format!("{root}/envs/{name}") })
}
