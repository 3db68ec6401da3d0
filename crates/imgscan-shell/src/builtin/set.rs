//! `set` and bash's `shopt`.

use imgscan_model::Text;

use crate::dialect::Dialect;
use crate::interp::{Interp, Paths, Words, done};
use crate::outcome::Status;
use crate::shell::Shell;
use crate::tool::{Job, Ran};

/// `set`
pub(super) fn set(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    let mut args = words.argv.get(1..).unwrap_or(&[]);
    if args.is_empty() {
        return interp.ran(Ran::Unknown("a list of all variables".into()), shell);
    }
    let mut positional: Option<Vec<Text>> = None;
    while let Some((arg, rest)) = args.split_first() {
        let option = arg.known().filter(|a| a.starts_with(['-', '+']) && a.len() > 1);
        let Some(option) = option else {
            if arg.known() == Some("-") {
                shell.local.options.xtrace = false;
                if !rest.is_empty() {
                    positional = Some(rest.to_vec());
                }
            } else {
                positional = Some(args.to_vec());
            }
            break;
        };
        args = rest;
        if option == "--" {
            positional = Some(rest.to_vec());
            break;
        }
        let on = option.starts_with('-');
        for letter in option.chars().skip(1) {
            if letter == 'o' {
                let Some((name, rest)) = args.split_first() else {
                    return interp.ran(Ran::Unknown("a list of options".into()), shell);
                };
                args = rest;
                let known = name.known().is_some_and(|name| by_name(&mut shell, name, on));
                if !known {
                    return refused(interp, shell);
                }
            } else if !by_letter(&mut shell, letter, on) {
                return refused(interp, shell);
            }
        }
    }
    if let Some(words) = positional {
        shell.local.positional = words;
        shell.local.getopts = None;
    }
    done(shell, 0)
}

fn refused(interp: &mut Interp<'_>, shell: Box<Shell>) -> Paths {
    if shell.local.dialect == Dialect::Bash {
        return done(shell, 2);
    }
    interp.exit(shell, Status::Known(2));
    Vec::new()
}

fn by_letter(shell: &mut Shell, letter: char, on: bool) -> bool {
    let options = &mut shell.local.options;
    match letter {
        'e' => options.errexit = on,
        'u' => options.nounset = on,
        'x' => options.xtrace = on,
        'f' => options.noglob = on,
        'a' => options.allexport = on,
        'n' => options.noexec = on,
        'C' => options.noclobber = on,
        'b' | 'm' | 'v' | 'h' | 'B' | 'E' | 'T' | 'H' | 'P' | 'k' | 'p' | 't' | 'i' | 'I' | 'V' => {}
        _ => return false,
    }
    true
}

fn by_name(shell: &mut Shell, name: &str, on: bool) -> bool {
    let dash = matches!(shell.local.dialect, Dialect::Dash | Dialect::Posix);
    let letter = match name {
        "errexit" => 'e',
        "nounset" => 'u',
        "xtrace" => 'x',
        "noglob" => 'f',
        "allexport" => 'a',
        "noexec" => 'n',
        "noclobber" => 'C',
        "pipefail" if !dash => {
            shell.local.options.pipefail = on;
            return true;
        }
        "posix" if shell.is_bash() => {
            shell.local.dialect = if on { Dialect::BashPosix } else { Dialect::Bash };
            return true;
        }
        "monitor" | "notify" | "verbose" | "ignoreeof" | "vi" | "emacs" | "nolog" => return true,
        "functrace"
        | "errtrace"
        | "history"
        | "histexpand"
        | "hashall"
        | "braceexpand"
        | "interactive-comments"
        | "physical"
        | "privileged"
        | "onecmd"
        | "keyword" => return shell.is_bash(),
        _ => return false,
    };
    by_letter(shell, letter, on)
}

/// bash's `shopt`
pub(super) fn shopt(job: &mut Job<'_>) -> Ran {
    let mut set = None;
    let mut quiet = false;
    let mut names = Vec::new();
    for arg in job.args {
        match arg.known() {
            Some("-s") => set = Some(true),
            Some("-u") => set = Some(false),
            Some("-q") => quiet = true,
            Some("-p") => {}
            Some("-o" | "-so" | "-uo") => return Ran::Unknown("options of `set` through `shopt`".into()),
            Some("-qs" | "-sq") => set = Some(true),
            Some(name) => names.push(name.to_owned()),
            None => return Ran::Unknown("which option is set is not known".into()),
        }
    }
    let mut status = 0;
    for name in &names {
        let shopts = &mut job.shell.local.shopts;
        let flag = match name.as_str() {
            "nullglob" => &mut shopts.nullglob,
            "failglob" => &mut shopts.failglob,
            "dotglob" => &mut shopts.dotglob,
            "globstar" => &mut shopts.globstar,
            "extglob" => &mut shopts.extglob,
            "nocaseglob" => &mut shopts.nocaseglob,
            "nocasematch" => &mut shopts.nocasematch,
            "lastpipe" => &mut shopts.lastpipe,
            "inherit_errexit" => &mut shopts.inherit_errexit,
            "expand_aliases" => &mut shopts.expand_aliases,
            _ if set.is_some() => continue,
            _ => return Ran::Unsure,
        };
        match set {
            Some(on) => *flag = on,
            None => status |= u8::from(!*flag),
        }
    }
    if set.is_none() && !quiet {
        return Ran::Unknown("the state of options is written".into());
    }
    Ran::Status(status)
}
