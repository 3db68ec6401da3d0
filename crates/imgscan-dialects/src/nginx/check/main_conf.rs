//! Directives outside of `http` and in `events` (`src/core/nginx.c`, `src/core/ngx_log.c`, `src/event/ngx_event.c`).

use imgscan_model::FileError;

use super::{Call, Check, Checked, directive, http_core, message, unsure, warn};
use crate::nginx::cidr;
use crate::nginx::installed::Builder;
use crate::nginx::load::Loader;
use crate::nginx::modules;
use crate::nginx::units;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("user", user),
    ("worker_processes", worker_processes),
    ("worker_priority", worker_priority),
    ("worker_cpu_affinity", worker_cpu_affinity),
    ("load_module", load_module),
    ("thread_pool", thread_pool),
    ("worker_connections", worker_connections),
    ("use", event_method),
    ("debug_connection", debug_connection),
    ("events", once),
    ("http", once),
    ("stream", once),
    ("mail", once),
];

/// `ngx_set_user`. Names are looked up in the image's own files.
fn user(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match loader.world.is_root {
        Some(false) => {
            warn(
                loader,
                call,
                "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored",
            );
            return Ok(());
        }
        None => unsure(loader, call, "whether the master process runs as root is not known"),
        Some(true) => {}
    }
    let group = if call.len() == 2 { call.arg(1) } else { call.arg(0) };
    for (file, name, function) in
        [("/etc/passwd", call.arg(0), "getpwnam"), ("/etc/group", group, "getgrnam")]
    {
        match loader.world.files.read(file) {
            Ok(text) if !text.raw().lines().any(|l| l.split(':').next() == Some(name)) => {
                if text.known().is_some() && loader.world.is_root == Some(true) {
                    return message(format!("{function}(\"{name}\") failed"));
                }
            }
            Ok(_) | Err(FileError::NotFound) => {}
            Err(_) => unsure(loader, call, &format!("whether `{name}` stands in `{file}` is not known")),
        }
    }
    Ok(())
}

/// `ngx_set_worker_processes`.
fn worker_processes(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if call.arg(0) == "auto" || units::number(call.arg(0)).is_some() {
        Ok(())
    } else {
        directive("invalid value")
    }
}

/// `ngx_set_priority`.
fn worker_priority(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let earlier = loader.config.named(call.block, "worker_priority").filter_map(|e| e.args().next());
    let mut set = earlier.filter(|v| units::number(v.trim_start_matches(['-', '+'])) != Some(0));
    if set.next().is_some() {
        return directive("is duplicate");
    }
    let value = call.arg(0);
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if units::number(digits).is_some() { Ok(()) } else { directive("invalid number") }
}

/// `ngx_set_cpu_affinity`.
fn worker_cpu_affinity(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let auto = call.arg(0) == "auto";
    if auto && call.len() > 2 {
        return message("invalid number of arguments in \"worker_cpu_affinity\" directive");
    }
    for mask in call.args().skip(usize::from(auto)) {
        if mask.len() > 1024 {
            return message("\"worker_cpu_affinity\" supports up to 1024 CPUs only");
        }
        if let Some(ch) = mask.chars().rev().find(|c| !matches!(c, ' ' | '0' | '1')) {
            return message(format!("invalid character \"{ch}\" in \"worker_cpu_affinity\""));
        }
    }
    Ok(())
}

/// `ngx_load_module`. A module's file is not looked into.
fn load_module(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let blocks = ["events", "http", "stream", "mail"];
    if blocks.iter().any(|name| loader.config.named(call.block, name).next().is_some()) {
        return directive("is specified too late");
    }
    let file = call.arg(0);
    let name = modules::name_of(file).to_owned();
    match loader.world.paths.in_prefix(file) {
        None => unsure(loader, call, "the prefix that modules are looked for under is not known"),
        Some(path) => match loader.world.files.resolve(&loader.world.paths.absolute(&path)) {
            Ok(_) => {}
            Err(FileError::NotFound | FileError::NotADirectory) if loader.world.installed.in_image => {
                let reason = format!("{path}: cannot open shared object file: No such file or directory");
                return message(format!("dlopen() \"{path}\" failed ({reason})"));
            }
            Err(_) => unsure(loader, call, &format!("whether `{path}` can be loaded is not known")),
        },
    }
    if loader.state.loaded.contains(&name) {
        return message(format!("module \"{name}\" is already loaded"));
    }
    loader.state.unknown_modules |= !modules::is_known_file(&name);
    loader.state.foreign_variables |= modules::defines_variables(&name);
    loader.state.loaded.push(name);
    Ok(())
}

/// `ngx_thread_pool`.
fn thread_pool(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let name = call.arg(0);
    let mut threads = None;
    for word in call.args().skip(1) {
        if let Some(number) = word.strip_prefix("threads=") {
            threads = units::number(number).filter(|n| *n > 0);
            if threads.is_none() {
                return message(format!("invalid threads value \"{word}\""));
            }
        } else if let Some(number) = word.strip_prefix("max_queue=")
            && units::number(number).is_none()
        {
            return message(format!("invalid max_queue value \"{word}\""));
        }
    }
    if loader.config.named(call.block, "thread_pool").any(|e| e.args().next() == Some(name)) {
        return message(format!("duplicate thread pool \"{name}\""));
    }
    if threads.is_none() {
        return message("\"thread_pool\" must have \"threads\" parameter");
    }
    Ok(())
}

/// `ngx_event_connections`.
fn worker_connections(_: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match units::number(call.arg(0)) {
        Some(_) => Ok(()),
        None => message(format!("invalid number \"{}\"", call.arg(0))),
    }
}

/// `ngx_event_use`, for Linux.
fn event_method(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    match call.arg(0) {
        "epoll" => Ok(()),
        // They are built in where epoll is not, or if somebody asks for them.
        "select" | "poll" if !loader.world.installed.is_closed() => {
            unsure(loader, call, "whether this nginx knows that event method is not known");
            Ok(())
        }
        other => message(format!("invalid event type \"{other}\"")),
    }
}

/// `ngx_event_debug_connection`. Debian builds with `--with-debug`, nginx.org does not.
fn debug_connection(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    let value = call.arg(0);
    match loader.world.installed.builder {
        Builder::Official => {
            let text = "\"debug_connection\" is ignored, you need to rebuild nginx using --with-debug option to enable it";
            warn(loader, call, text);
        }
        Builder::Debian => match cidr::parse(value) {
            Some(net) if net.has_low_bits() => {
                warn(loader, call, &format!("low address bits of {value} are meaningless"));
            }
            None if value != "unix:" => http_core::needs_name(loader, call, value),
            _ => {}
        },
        _ => unsure(loader, call, "whether this nginx was built with debug support is not known"),
    }
    Ok(())
}

/// Blocks of which there is one.
fn once(loader: &mut Loader<'_>, call: &Call<'_>) -> Checked {
    if loader.config.named(call.block, call.name()).next().is_some() {
        return directive("is duplicate");
    }
    Ok(())
}
