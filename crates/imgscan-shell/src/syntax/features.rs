//! What each shell's grammar knows beyond POSIX (tried with dash 0.5.12, bash 5.2.15 and busybox 1.35).

use crate::dialect::Dialect;

impl Dialect {
    /// Arrays, `+=`, `((…))`, `for ((…))`, `[[ … ]]` as grammar, `select`, `coproc`, `time`, `<<<`, `|&`, `$"…"`,
    /// `{a,b}`, extended patterns.
    pub(crate) fn has_bash_grammar(self) -> bool {
        self.is_bash()
    }

    /// `$'…'`, `function f`, `&>`, `<(…)`, `${x:1:2}`, `${x/a/b}`: bash has them and busybox, built with
    /// `ASH_BASH_COMPAT`, too.
    pub(crate) fn has_compat_grammar(self) -> bool {
        self.is_bash() || self == Dialect::Ash
    }

    /// Whether `[[` is a command whose operators `&&` and `||` are taken as words up to `]]` (busybox).
    pub(crate) fn has_test2_command(self) -> bool {
        self == Dialect::Ash
    }
}
