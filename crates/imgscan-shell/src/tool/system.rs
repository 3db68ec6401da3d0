//! Utilities that ask the system: processors, host, time, environment.

use imgscan_model::{Need, Shape, Text};

use super::{Job, Ran};

/// `true`
pub(super) fn yes(_: &mut Job<'_>) -> Ran {
    Ran::Status(0)
}

/// `false`
pub(super) fn no(_: &mut Job<'_>) -> Ran {
    Ran::Status(1)
}

/// `pwd`
pub(super) fn pwd(job: &mut Job<'_>) -> Ran {
    let cwd = job.shell.local.cwd.through(&job.origin);
    let newline = job.new_text("\n");
    job.out(Text::concat([&cwd, &newline]));
    Ran::Status(0)
}

/// `nproc`: the processors given, else a symbol.
pub(super) fn nproc(job: &mut Job<'_>) -> Ran {
    let limits = ["OMP_NUM_THREADS", "OMP_THREAD_LIMIT"];
    let limited = limits.iter().any(|name| job.shell.value(name).is_some_and(|t| !t.is_empty()));
    if limited {
        return Ran::Unknown("`nproc` minds `OMP_NUM_THREADS`".into());
    }
    let ignore = match job.args {
        [] => Some(0),
        [all] if all.known() == Some("--all") => Some(0),
        [ignore] => ignore.known().and_then(|a| a.strip_prefix("--ignore=")?.parse::<u32>().ok()),
        _ => None,
    };
    let Some(ignore) = ignore else { return Ran::Unknown("options of `nproc` are not followed".into()) };
    match job.shell.cpus {
        Some(cpus) => {
            let left = cpus.saturating_sub(ignore).max(1);
            let text = job.new_text(&format!("{left}\n"));
            job.out(text);
            Ran::Status(0)
        }
        None => job.symbol(Shape::Number, Need::CpuCount),
    }
}

/// `hostname`
pub(super) fn hostname(job: &mut Job<'_>) -> Ran {
    match job.args {
        [] => job.symbol(Shape::Word, Need::Hostname),
        [option] if option.raw().starts_with('-') => job.symbol(Shape::Any, Need::Hostname),
        _ => Ran::Unsure,
    }
}

/// `date`
pub(super) fn date(job: &mut Job<'_>) -> Ran {
    let format = job.args.iter().filter_map(|a| a.known()).find(|a| a.starts_with('+'));
    let digits = format.is_some_and(|f| {
        let mut rest = f[1..].chars();
        let mut any = false;
        while let Some(c) = rest.next() {
            match c {
                '%' if rest.next().is_some_and(|c| "sYmdHMSyj".contains(c)) => any = true,
                c if c.is_ascii_digit() => any = true,
                _ => return false,
            }
        }
        any
    });
    job.symbol(if digits { Shape::Number } else { Shape::Any }, Need::Time)
}

/// `sleep`
pub(super) fn sleep(job: &mut Job<'_>) -> Ran {
    match job.args.first().and_then(|a| a.known()) {
        Some("infinity" | "inf") => Ran::Never("sleep infinity".into()),
        Some(_) => Ran::Status(0),
        None => Ran::Unsure,
    }
}

/// `env` without a command; with one, the host knows what it does.
pub(super) fn env(job: &mut Job<'_>) -> Ran {
    if job.args.is_empty() {
        return Ran::Unknown("the environment is written in an order of its own".into());
    }
    Ran::Host
}

/// `printenv name`
pub(super) fn printenv(job: &mut Job<'_>) -> Ran {
    let [name] = job.args else {
        return Ran::Unknown("the environment is written in an order of its own".into());
    };
    let Some(known) = name.known() else { return Ran::Unknown("which variable is read is not known".into()) };
    let origin = job.origin.clone();
    job.shell.note_read(known, None, &origin);
    let exported = job.shell.local.variables.get(known).is_some_and(|v| v.exported);
    match job.shell.local.variables.text(known).filter(|_| exported).cloned() {
        Some(text) => {
            let newline = job.new_text("\n");
            job.out(Text::concat([&text.through(&origin), &newline]));
            Ran::Status(0)
        }
        None => Ran::Status(1),
    }
}
