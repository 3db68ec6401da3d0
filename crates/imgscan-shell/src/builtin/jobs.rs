//! `wait`, `trap`, `kill`.

use imgscan_model::Text;

use crate::interp::{Interp, Paths, Stop, Words};
use crate::outcome::{End, Status};
use crate::shell::{Shell, Trap};
use crate::tool::{Job, Ran};

/// `wait`: where a program stays in the background, the shell waits for it.
pub(super) fn wait(interp: &mut Interp<'_>, words: Words, mut shell: Box<Shell>) -> Paths {
    if !shell.world.staying.is_empty() && !shell.local.context.substituted {
        let (what, _) = shell.world.staying.last().cloned().unwrap_or((String::new(), shell.here()));
        let origin = shell.here();
        return interp.stop(shell, Stop::End(End::Stays { origin, what }));
    }
    let status = match (words.argv.len(), &shell.local.background_status) {
        (1, _) => Status::Known(0),
        (_, Some(status)) => status.clone(),
        (_, None) => Status::Unknown(shell.command_text()),
    };
    shell.set_status(status);
    crate::interp::next(shell)
}

/// The name of a signal as scripts write it: `TERM`, `SIGTERM`, `15`.
fn signal(text: &str) -> Option<String> {
    let named = match text {
        "0" => "EXIT",
        "1" => "HUP",
        "2" => "INT",
        "3" => "QUIT",
        "6" => "ABRT",
        "9" => "KILL",
        "10" => "USR1",
        "12" => "USR2",
        "13" => "PIPE",
        "14" => "ALRM",
        "15" => "TERM",
        "17" => "CHLD",
        "28" => "WINCH",
        _ => "",
    };
    if !named.is_empty() {
        return Some(named.to_owned());
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper).to_owned();
    let known = [
        "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
        "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "ERR", "DEBUG", "RETURN",
    ];
    known.contains(&name.as_str()).then_some(name)
}

/// `trap`
pub(super) fn trap(job: &mut Job<'_>) -> Ran {
    let mut args = job.args;
    match args.first().and_then(|a| a.known()) {
        None if args.is_empty() => return Ran::Unknown("a list of traps".into()),
        Some("--") => args = args.get(1..).unwrap_or(&[]),
        Some("-l" | "-p") => return Ran::Unknown("a list of traps".into()),
        _ => {}
    }
    let Some((first, signals)) = args.split_first() else { return Ran::Unknown("a list of traps".into()) };
    let resets = first.known() == Some("-")
        || signals.is_empty()
        || first.known().is_some_and(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
    let signals: &[Text] = if resets && first.known() != Some("-") { args } else { signals };
    for name in signals {
        let Some(name) = name.known().and_then(signal) else { return Ran::Status(1) };
        if resets {
            job.shell.local.traps.remove(&name);
        } else if first.is_empty() {
            job.shell.local.traps.insert(name, Trap::Ignore);
        } else {
            job.shell.local.traps.insert(name, Trap::Run(first.clone()));
        }
    }
    Ran::Status(0)
}

/// `kill`: whom it meets is known at run time only.
pub(super) fn kill(job: &mut Job<'_>) -> Ran {
    match job.args.first().and_then(|a| a.known()) {
        Some("-l") => Ran::Unknown("a list of signals".into()),
        _ => Ran::Unsure,
    }
}
