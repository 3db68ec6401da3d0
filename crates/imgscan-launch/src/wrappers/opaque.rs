//! Programs whose own files say what they start, and which are only named.

use imgscan_model::Program;

use super::{Stuck, Unwrapped, Wrapper};
use crate::call::Call;

pub(super) static WRAPPERS: &[Wrapper] = &[
    Wrapper::custom(&["npm", "npx", "yarn", "yarnpkg", "pnpm", "pnpx", "bun", "bunx"], &[], package_scripts),
    Wrapper::custom(&["zsh", "ksh", "ksh93", "mksh", "fish", "csh", "tcsh", "pwsh"], &[], other_shells),
    Wrapper::custom(&["systemd"], &[], systemd),
    Wrapper::custom(&["make", "just", "task", "invoke", "fab"], &[], task_files),
];

fn package_scripts(_: &Call, _: &Program) -> Result<Unwrapped, Stuck> {
    Err(Stuck::Opaque("what the scripts of `package.json` start is not followed"))
}

fn other_shells(_: &Call, _: &Program) -> Result<Unwrapped, Stuck> {
    Err(Stuck::Opaque("scripts of this shell are not followed"))
}

fn systemd(_: &Call, _: &Program) -> Result<Unwrapped, Stuck> {
    Err(Stuck::Opaque("the units that systemd starts are not followed"))
}

fn task_files(_: &Call, _: &Program) -> Result<Unwrapped, Stuck> {
    Err(Stuck::Opaque("what the tasks of its file start is not followed"))
}
