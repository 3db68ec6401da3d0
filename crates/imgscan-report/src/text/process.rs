//! One server: what starts and how, its config files, its settings.

use imgscan_model::{
    Confidence, ConfigFile, ConfigFileStatus, ImageReport, Pid1, Pid1Role, Server, StartStatus, Text,
};

use super::ink::{Ink, pad, width, wrap};
use super::{place, scopes, settings};

/// Columns of the words at the left.
const LEFT: usize = 12;

/// Everything about one server.
pub(super) fn block(image: &ImageReport, server: &Server, ink: &Ink<'_>) -> String {
    let mut out = heading(server, ink);
    for (word, text) in facts(server, ink) {
        let mut lines = wrap(&text, ink.width.saturating_sub(LEFT + 2)).into_iter();
        let first = lines.next().unwrap_or_default();
        out.push_str(&format!("  {}{first}\n", ink.dim(&pad(word, LEFT))));
        lines.for_each(|line| out.push_str(&format!("  {}{line}\n", " ".repeat(LEFT))));
    }
    for file in &server.config_files {
        out.push_str(&config_file(file, ink));
    }
    out.push_str(&start(server, ink));
    for table in [settings::table(image, server, ink), scopes::tree(server, ink)] {
        if !table.is_empty() {
            out.push('\n');
            out.push_str(&table);
        }
    }
    out
}

/// The server's name and version.
pub(super) fn heading(server: &Server, ink: &Ink<'_>) -> String {
    if server.name == "unknown" {
        let word = server.process.argv.first().map(Text::display).unwrap_or_default();
        let program = if word.is_empty() { "?" } else { imgscan_model::path::name(&word) };
        return format!("{} {}\n", ink.bold(&ink.image(program)), ink.dim("(no server that imgscan knows)"));
    }
    let version = match &server.version {
        Some(version) => ink.prose(version),
        None => ink.dim("(its version is not in the image)"),
    };
    let name = if server.id == server.name {
        server.name.clone()
    } else {
        format!("{} ({})", server.name, server.id)
    };
    format!("{} {version}\n", ink.bold(&ink.prose(&name)))
}

fn facts(server: &Server, ink: &Ink<'_>) -> Vec<(&'static str, String)> {
    let process = &server.process;
    let user = if process.user.is_empty() { "root".to_owned() } else { ink.text(&process.user) };
    let steps: Vec<String> = process.launched_by.iter().map(|s| ink.image(&s.what)).collect();
    let mut facts =
        vec![("runs", ink.command(&process.argv)), ("in", format!("{} as {user}", ink.text(&process.cwd)))];
    if !steps.is_empty() {
        facts.push(("started by", steps.join(" > ")));
    }
    facts.push(("PID 1", pid1(&process.pid1, ink)));
    if let Some(condition) = &process.condition {
        facts.push(("only if", ink.image(condition)));
    }
    if process.confidence != Confidence::Certain {
        facts.push(("confidence", format!("{:?}", process.confidence).to_lowercase()));
    }
    facts
}

fn pid1(pid1: &Pid1, ink: &Ink<'_>) -> String {
    let who = match pid1.role {
        Pid1Role::Server => "the server itself".to_owned(),
        Pid1Role::Shell => format!("the shell {}", ink.prose(&pid1.program)),
        Pid1Role::Init => format!("the init {}", ink.prose(&pid1.program)),
        Pid1Role::Supervisor => format!("the supervisor {}", ink.prose(&pid1.program)),
        Pid1Role::Other => ink.prose(&pid1.program),
    };
    let signals = match pid1.signals_reach_server {
        Some(true) if pid1.role == Pid1Role::Server => return who,
        Some(true) => "stop signals reach the server",
        Some(false) => "stop signals do not reach the server",
        None => "whether stop signals reach the server cannot be told",
    };
    format!("{who}; {signals}")
}

fn config_file(file: &ConfigFile, ink: &Ink<'_>) -> String {
    let path = ink.prose(&file.path);
    let fate = match file.status {
        ConfigFileStatus::Loaded if file.generated => "written by the start",
        ConfigFileStatus::Loaded => "",
        ConfigFileStatus::NotLoaded => "never read",
        // A pattern that nothing matches is no fault by itself.
        ConfigFileStatus::Missing if file.path.contains(['*', '?', '[']) => "",
        ConfigFileStatus::Missing => "missing",
        ConfigFileStatus::Shadowed => "hidden by a mount",
    };
    let paint = |fate: &str| match file.status {
        _ if fate.is_empty() => String::new(),
        ConfigFileStatus::Loaded => format!("  {fate}"),
        ConfigFileStatus::Missing => format!("  {}", ink.bad(fate)),
        ConfigFileStatus::NotLoaded | ConfigFileStatus::Shadowed => format!("  {}", ink.warn(fate)),
    };
    let left = ink.dim(&pad("config", LEFT));
    let why =
        file.reason.as_deref().filter(|_| file.status != ConfigFileStatus::Loaded).map(|why| ink.prose(why));
    let Some(why) = why else { return format!("  {left}{path}{}\n", paint(fate)) };
    let room = ink.width.saturating_sub(LEFT + 2);
    if width(&path) + width(fate) + width(&why) + 4 <= room {
        return format!("  {left}{path}{}: {}\n", paint(fate), ink.dim(&why));
    }
    let mut out = format!("  {left}{path}{}\n", paint(fate));
    for line in wrap(&why, room) {
        out.push_str(&format!("  {}{}\n", " ".repeat(LEFT), ink.dim(&line)));
    }
    out
}

/// A start that does not simply work.
fn start(server: &Server, ink: &Ink<'_>) -> String {
    let words = match server.start.status {
        StartStatus::Ok => return String::new(),
        StartStatus::Fails => ink.bad("refuses to start"),
        StartStatus::Exits => ink.warn("prints and ends"),
        StartStatus::Unknown => ink.warn("cannot be told"),
    };
    let message = server.start.message.as_deref().map(|m| format!(": {}", ink.prose(m)));
    let place = server.start.origin.as_ref().map(|o| format!("  {}", ink.dim(&place::words(o, ink))));
    let left = ink.dim(&pad("start", LEFT));
    format!("  {left}{words}{}{}\n", message.unwrap_or_default(), place.unwrap_or_default())
}
