//! Signals: who gets them, and what each server makes of them.

use imgscan_model::{Launcher, Origin, Pid1Role, Server};

use crate::Facts;
use crate::draft::serving;

/// A server that a stop signal does not reach because of a shell.
pub(crate) struct Deaf<'a> {
    pub(crate) server: &'a Server,
    pub(crate) why: &'a str,
    /// The shell form, or the line of the script that starts the server.
    pub(crate) origin: &'a Origin,
}

/// The servers that a stop signal does not reach because of a shell between PID 1 and them, one for each place.
pub(crate) fn deaf<'a>(facts: &Facts<'a>) -> impl Iterator<Item = Deaf<'a>> {
    let mut seen: Vec<&Origin> = Vec::new();
    serving(facts).filter_map(move |server| {
        let pid1 = &server.process.pid1;
        let (why, origin) = pid1.because.as_ref()?;
        let is_deaf = pid1.signals_reach_server == Some(false) && is_shells_doing(server);
        if !is_deaf || seen.contains(&origin) {
            return None;
        }
        seen.push(origin);
        Some(Deaf { server, why, origin })
    })
}

/// Whether a shell is what holds the signal: it is PID 1, or it stands right above the server below an init.
fn is_shells_doing(server: &Server) -> bool {
    let nearest =
        server.process.launched_by.iter().rev().map(|s| s.launcher).find(|l| *l != Launcher::Wrapper);
    match server.process.pid1.role {
        Pid1Role::Shell => true,
        Pid1Role::Init => matches!(nearest, Some(Launcher::Script | Launcher::ShellForm)),
        Pid1Role::Server | Pid1Role::Supervisor | Pid1Role::Other => false,
    }
}

/// What a server does on a stop signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Finishes its requests first.
    Graceful,
    /// Ends at once.
    Fast,
    /// Does something else and goes on.
    Ignored,
}

/// The signal that a server ends gracefully on, first choice first, and what it makes of `signal` (without `SIG`).
/// Sources: gunicorn/arbiter.py (`handle_term`, `handle_int`, `handle_quit` …), nginx's `ngx_signal_handler`
/// (src/os/unix/ngx_process.c), uvicorn/server.py (`HANDLED_SIGNALS`).
pub(crate) fn stop(server: &str, signal: &str) -> Option<(&'static str, Stop)> {
    let (graceful, fast, ignored): (&'static str, &[&str], &[&str]) = match server {
        "gunicorn" => ("TERM", &["INT", "QUIT", "KILL"], &["HUP", "TTIN", "TTOU", "USR1", "USR2", "WINCH"]),
        "nginx" => ("QUIT", &["TERM", "INT", "KILL"], &["HUP", "USR1", "USR2", "WINCH"]),
        "uvicorn" => ("TERM", &["QUIT", "KILL", "HUP", "USR1", "USR2"], &[]),
        _ => return None,
    };
    let stop = match signal {
        s if s == graceful => Stop::Graceful,
        "INT" if server == "uvicorn" => Stop::Graceful,
        s if fast.contains(&s) => Stop::Fast,
        s if ignored.contains(&s) => Stop::Ignored,
        _ => return None,
    };
    Some((graceful, stop))
}

/// A signal's name without `SIG`, from any of its spellings: `SIGQUIT`, `quit`, `3`. Numbers as on Linux (x86, Arm).
pub(crate) fn name(signal: &str) -> String {
    let upper = signal.trim().to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    let by_number = match bare {
        "1" => "HUP",
        "2" => "INT",
        "3" => "QUIT",
        "9" => "KILL",
        "10" => "USR1",
        "12" => "USR2",
        "15" => "TERM",
        "28" => "WINCH",
        other => other,
    };
    by_number.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_many_spellings() {
        assert_eq!(["SIGQUIT", "quit", "3", "SIGRTMIN+3"].map(name), ["QUIT", "QUIT", "QUIT", "RTMIN+3"]);
    }

    #[test]
    fn servers_differ_in_what_they_call_graceful() {
        assert_eq!(stop("gunicorn", "QUIT"), Some(("TERM", Stop::Fast)));
        assert_eq!(stop("nginx", "QUIT"), Some(("QUIT", Stop::Graceful)));
        assert_eq!(stop("uvicorn", "INT"), Some(("TERM", Stop::Graceful)));
        assert_eq!(stop("redis", "TERM"), None);
    }
}
