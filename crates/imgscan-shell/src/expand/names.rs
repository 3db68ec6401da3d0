//! `${!prefix*}`: the variables whose names begin so.

use super::param::push;
use super::value::Got;
use super::{Frag, How};
use crate::interp::{Interp, Stop};
use crate::shell::Shell;
use crate::state::Value;
use crate::syntax::tree::{Name, Param};
use crate::texts;

/// Variables that bash 5.2 sets in a script without being asked (`set` and `${!B*}` … under `env -i`).
const BASH_NAMES: [&str; 49] = [
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_EXECUTION_STRING",
    "BASH_LINENO",
    "BASH_LOADABLES_PATH",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "BASH_VERSION",
    "COMP_WORDBREAKS",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "MACHTYPE",
    "OLDPWD",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PATH",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "PS4",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELL",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "TERM",
    "UID",
    "_",
];

impl Interp<'_> {
    /// The names, in order.
    pub(super) fn names(
        &mut self,
        shell: &mut Shell,
        param: &Param,
        star: bool,
        how: How,
        frags: &mut Vec<Frag>,
    ) -> Result<(), Stop> {
        let Name::Variable(prefix) = &param.name else { return Err(Stop::Discard) };
        let place = shell.local.unit.slice(param.span);
        if BASH_NAMES.iter().any(|name| name.starts_with(prefix.as_str())) {
            let here = shell.here();
            let reason = "which variables bash sets itself hangs on its version";
            let items = vec![texts::unknown(reason, Vec::new(), &here).unquoted()];
            push(shell, param, Got::Many { items, star, positional: false }, how, frags);
            return Ok(());
        }
        let items = shell
            .local
            .variables
            .iter()
            .filter(|(name, v)| name.starts_with(prefix.as_str()) && v.value != Value::Unset)
            .map(|(name, _)| place.respelled(name))
            .collect();
        push(shell, param, Got::Many { items, star, positional: false }, how, frags);
        Ok(())
    }
}
